import { useState } from 'react';
import { ApiError } from '../../data/api-error.ts';
import { api } from '../../data/client.ts';
import { formatAgo, formatMoment } from '../../data/format.ts';
import { useApi } from '../../data/queries.ts';
import { useMay } from '../../data/session.ts';
import type { Exception, ExceptionMatch } from '../../deciding/answers.ts';
import { tell } from '../../deciding/deciding.ts';
import { CONDITIONS, ExceptDialog, refreshExceptions } from '../../deciding/except-dialog.tsx';
import { Unavailable } from '../../deciding/switched-off.tsx';
import {
  AddressLink,
  Button,
  ConfirmDialog,
  EmptyState,
  FingerprintLink,
  IconButton,
  RuleLink,
  Skeleton,
  TimeAgo,
  toast,
  useNow,
} from '../../design/index.ts';

const NOTHING: ExceptionMatch = {};

/** What does not count as evidence: for what, by whom, until when, how often it was used. */
export function ExceptionList() {
  const exceptions = useApi<{ readonly items: readonly Exception[] }>('/exceptions', {}, { everyMs: 30_000 });
  const mayAct = useMay('operator');
  const [adds, setAdds] = useState<ExceptionMatch>();
  const [removed, setRemoved] = useState<Exception>();
  const add = mayAct && (
    <Button icon="plus" onClick={() => setAdds(NOTHING)}>
      Make an exception …
    </Button>
  );
  if (exceptions.data === undefined) {
    return exceptions.error instanceof ApiError ? (
      <Unavailable
        what="Exceptions"
        error={exceptions.error}
        setting="correlation.enabled: true"
        retry={() => void exceptions.refetch()}
      >
        They keep evidence from counting.
      </Unavailable>
    ) : (
      <Skeleton height={140} />
    );
  }
  const { items } = exceptions.data;
  return (
    <div className="exceptions">
      {items.length === 0 ? (
        <EmptyState icon="filter" title="No exceptions" action={add}>
          An exception keeps evidence from counting: of a test of yours, of a rule that does not fit a site.
          It lifts no ban. Also: weir mark except.
        </EmptyState>
      ) : (
        <>
          <div className="row">
            <p className="muted exceptions-words">
              What matches all conditions of a line does not count as evidence. It lifts no ban.
            </p>
            {add}
          </div>
          <ul className="exception-lines">
            {items.map((one) => (
              <ExceptionLine
                key={one.id}
                exception={one}
                onRemove={mayAct ? () => setRemoved(one) : undefined}
              />
            ))}
          </ul>
        </>
      )}
      <ExceptDialog match={adds} onClose={() => setAdds(undefined)} />
      <RemoveDialog exception={removed} onClose={() => setRemoved(undefined)} />
    </div>
  );
}

/** The conditions of an exception. */
export function Conditions({ match }: { readonly match: ExceptionMatch }) {
  return CONDITIONS.flatMap(([name, label]) => {
    const value = match[name];
    if (value === undefined) return [];
    return [
      <span key={name} className="exception-condition">
        <span className="muted">{label.toLowerCase()}</span>{' '}
        <span className="mono">
          {name === 'address' || name === 'target' || name === 'network' ? (
            <AddressLink value={value} />
          ) : name === 'ruleId' ? (
            <RuleLink value={value} />
          ) : name === 'ja4' ? (
            <FingerprintLink value={value} />
          ) : (
            value
          )}
        </span>
      </span>,
    ];
  });
}

function ExceptionLine({
  exception: { match, reason, author, untilMs, createdMs, used, lastUsedUs },
  onRemove,
}: {
  readonly exception: Exception;
  readonly onRemove: (() => void) | undefined;
}) {
  const now = useNow();
  return (
    <li className="exception-line">
      <div className="exception-words">
        <p>
          <Conditions match={match} />
        </p>
        <p>{reason}</p>
        <p className="muted">
          by {author || 'a program'}, <TimeAgo at={createdMs * 1000} />;{' '}
          {untilMs === undefined ? (
            'until it is removed'
          ) : (
            <span title={formatMoment(untilMs)}>
              {untilMs <= now ? 'ended' : `ends ${formatAgo(untilMs, now)}`}
            </span>
          )}
          ;{' '}
          {used === 0 ? (
            'never used yet'
          ) : (
            <>
              used {used} times, last <TimeAgo at={lastUsedUs} />
            </>
          )}
        </p>
      </div>
      {onRemove !== undefined && <IconButton icon="trash" label="Remove the exception" onClick={onRemove} />}
    </li>
  );
}

function RemoveDialog({
  exception,
  onClose,
}: {
  readonly exception: Exception | undefined;
  readonly onClose: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const [shown, setShown] = useState(exception);
  if (exception !== undefined && exception !== shown) setShown(exception);
  const confirm = async () => {
    if (shown === undefined) return;
    setBusy(true);
    try {
      const { done } = await api<{ readonly done: string }>(`/exceptions/${shown.id}`, { method: 'DELETE' });
      toast({ title: 'Exception removed', text: done, tone: 'good', undo: () => void putBack(shown) });
      onClose();
    } catch (error) {
      tell('It was not removed', error);
    } finally {
      setBusy(false);
      refreshExceptions();
    }
  };
  return (
    <ConfirmDialog
      open={exception !== undefined}
      onClose={onClose}
      title="Remove the exception"
      confirm="Remove it"
      kind="danger"
      busy={busy}
      onConfirm={() => void confirm()}
    >
      {shown !== undefined && (
        <p>
          <Conditions match={shown.match} /> counts as evidence again from now on.
        </p>
      )}
    </ConfirmDialog>
  );
}

async function putBack({ match, reason, untilMs }: Exception): Promise<void> {
  try {
    const durationMs = untilMs === undefined ? 0 : Math.max(1000, Math.round(untilMs - Date.now()));
    await api('/exceptions', { method: 'POST', body: { match, reason, durationMs } });
    toast({ title: 'The exception is there again', tone: 'good' });
  } catch (error) {
    tell('It could not be put back', error);
  }
  refreshExceptions();
}
