import { useState } from 'react';
import { formatDuration } from '../../data/format.ts';
import { useApiChange } from '../../data/queries.ts';
import { Badge, Button, Dialog, ErrorState, Field, KeyValue, Select, TextInput } from '../../design/index.ts';
import type { Replayed } from './answers.ts';

const SANDBOX = /^https?:\/\/[^/?#@\s]{1,255}$/;
/** Comparisons that are named. */
const MOST_NAMED = 12;

/** Sends stored requests of an address to a sandbox, and compares its answers with those that were recorded. */
export function ReplayDialog({
  address,
  reference,
  onClose,
}: {
  readonly address: string;
  /** Of one request; empty where there is none. */
  readonly reference: string;
  readonly onClose: () => void;
}) {
  const [to, setTo] = useState('http://127.0.0.1:3001');
  const [which, setWhich] = useState<'one' | 'all'>(reference === '' ? 'all' : 'one');
  const replay = useApiChange<void, Replayed>(() => ({
    method: 'POST',
    path: '/replays',
    body: { selection: which === 'one' ? { reference } : { address }, to },
  }));
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Replay requests of ${address}`}
      actions={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button
            kind="primary"
            busy={replay.isPending}
            disabled={!SANDBOX.test(to)}
            onClick={() => replay.mutate()}
          >
            Send to the sandbox
          </Button>
        </>
      }
    >
      <div className="stack">
        <p className="muted">
          Stored requests are sent again, without cookies and Authorization, to a copy of the site that nobody
          uses; never to where they really went. Its answers are compared with those that were recorded.
        </p>
        {reference !== '' && (
          <Field label="Which">
            <Select
              value={which}
              options={[
                { value: 'one', label: 'This request' },
                { value: 'all', label: 'All that are stored of the address' },
              ]}
              onChange={setWhich}
            />
          </Field>
        )}
        <Field
          label="Sandbox"
          help="Its origin: scheme, host and port."
          error={SANDBOX.test(to) ? undefined : 'an origin such as http://127.0.0.1:3001'}
        >
          <TextInput
            className="mono"
            value={to}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setTo(event.currentTarget.value.trim())}
          />
        </Field>
        {replay.error !== null && <ErrorState title="Nothing was replayed" error={replay.error} />}
        {replay.data !== undefined && <Outcome outcome={replay.data} />}
      </div>
    </Dialog>
  );
}

function Outcome({ outcome }: { readonly outcome: Replayed }) {
  const { sent, answered, failed, otherStatus, otherLength, skipped, left, comparisons, tookMs } = outcome;
  return (
    <section aria-label="What came of it" className="stack">
      <KeyValue
        items={[
          ['Sent', `${sent}, in ${formatDuration(tookMs / 1000)}`],
          ['Answered', `${answered}, ${failed} without an answer`],
          ['Other status', String(otherStatus)],
          ['Other length', String(otherLength)],
          ['Left out', skipped + left === 0 ? undefined : `${skipped} incomplete, ${left} for want of time`],
        ]}
      />
      {sent === 0 && <p className="muted">No request of it is stored any more.</p>}
      <ul className="plain-list">
        {comparisons.slice(0, MOST_NAMED).map((one) => (
          <li key={one.reference} className="row">
            <Badge tone={one.error !== '' ? 'danger' : one.isSameStatus ? 'good' : 'warning'}>
              {one.error !== '' ? 'failed' : one.isSameStatus ? 'same' : 'other'}
            </Badge>
            <span className="mono">
              {one.method} {one.reference.slice(0, 8)}…
            </span>
            <span className="muted">
              {one.error !== ''
                ? one.error
                : `${one.recorded?.status ?? '–'} → ${one.replayed?.status ?? '–'}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
