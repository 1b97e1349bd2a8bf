import { type ReactNode, useMemo, useState } from 'react';
import { useMay } from '../../data/session.ts';
import { Badge, Button, Dialog, ErrorState, Field, Skeleton, TextInput } from '../../design/index.ts';
import type { ConfigurationChange, ConfigurationText } from './answers.ts';
import { useApply, usePlan, type Wish } from './changing.ts';
import { DiffView } from './diff-view.tsx';
import { type DiffLine, diffLines } from './line-diff.ts';
import { valueIn, wordsOf } from './options.ts';

/** What PlanDialog takes. */
export interface PlanDialogProps {
  readonly wish: Wish;
  readonly configuration: ConfigurationText;
  readonly onClose: () => void;
  readonly onApplied: () => void;
}

/** Shows what a wish would change and what weir would do by it, and applies it. */
export function PlanDialog({ wish, configuration, onClose, onApplied }: PlanDialogProps) {
  const [note, setNote] = useState('');
  const mayApply = useMay('admin');
  const plan = usePlan(wish);
  const { apply, busy } = useApply();
  const answer = plan.data;
  const ready = answer !== undefined && answer.mistakes.length === 0 && !plan.isPlaceholderData;
  const run = async () => {
    if (!(await apply({ ...wish, basis: configuration.digest, note }))) return;
    onApplied();
    onClose();
  };
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="Plan"
      actions={
        <>
          <Button onClick={onClose}>Back</Button>
          <Button kind="primary" busy={busy} disabled={!ready || !mayApply} onClick={() => void run()}>
            Apply
          </Button>
        </>
      }
    >
      <div className="stack">
        {plan.isError && (
          <ErrorState title="There is no plan" error={plan.error} retry={() => void plan.refetch()} />
        )}
        {plan.isPending && <Skeleton height={160} />}
        {answer !== undefined && <PlanText answer={answer} configuration={configuration} set={wish.set} />}
        {ready &&
          (mayApply ? (
            <Field label="Note" help="Why; it stands in the history.">
              <TextInput
                value={note}
                maxLength={256}
                onChange={({ currentTarget }) => setNote(currentTarget.value)}
              />
            </Field>
          ) : (
            <p className="muted">An admin can apply this.</p>
          ))}
      </div>
    </Dialog>
  );
}

interface PlanTextProps {
  readonly answer: ConfigurationChange;
  readonly configuration: ConfigurationText;
  readonly set: Wish['set'];
}

function PlanText({ answer, configuration, set }: PlanTextProps) {
  const now = usePlan(useMemo(() => ({ text: configuration.text }), [configuration.text]));
  const sentences = useMemo(() => diffLines(now.data?.plan ?? answer.plan, answer.plan), [now.data, answer]);
  const changed = sentences.filter(({ kind }) => kind !== 'same');
  const text = useMemo(
    () => diffLines(configuration.text.split('\n'), answer.text.split('\n')),
    [configuration.text, answer.text],
  );
  if (answer.mistakes.length > 0) {
    return (
      <Part title={answer.mistakes.length === 1 ? 'A mistake' : `${answer.mistakes.length} mistakes`}>
        <ul className="plan-list">
          {answer.mistakes.map(({ line, column, message }) => (
            <li key={`${line}:${column}:${message}`} className="option-mistake">
              <code>
                {line}:{column}
              </code>{' '}
              {message}
            </li>
          ))}
        </ul>
      </Part>
    );
  }
  return (
    <>
      <Part title="What changes">
        {answer.changes.length === 0 ? (
          <p className="muted">Nothing: weir runs by these settings already.</p>
        ) : (
          <ul className="plan-list">
            {answer.changes.map(({ name, live }) => (
              <li key={name} className="row">
                <code>{name}</code>
                {set !== undefined && Object.hasOwn(set, name) && (
                  <span className="plan-values">
                    {before(configuration, name)} → {set[name] === null ? 'the default' : wordsOf(set[name])}
                  </span>
                )}
                <Badge tone={live ? 'good' : 'warning'}>{live ? 'at once' : 'with a new start'}</Badge>
              </li>
            ))}
          </ul>
        )}
      </Part>
      <Part title="What weir will do">
        {changed.length > 0 && <Sentences lines={changed} />}
        <details className="plan-all" open={changed.length === 0}>
          <summary>All that it will do ({answer.plan.length})</summary>
          <Sentences lines={sentences} />
        </details>
      </Part>
      <Part title="The file">
        <DiffView lines={text} label="What changes in the file" />
      </Part>
    </>
  );
}

function Sentences({ lines }: { readonly lines: readonly DiffLine[] }) {
  return (
    <ul className="plan-sentences">
      {lines.map(({ kind, text: sentence }) => (
        <li key={`${kind}${sentence}`} className={`plan-${kind}`}>
          {kind === 'new' && <Badge tone="accent">new</Badge>}
          {kind === 'gone' && <Badge>no longer</Badge>} {sentence}
        </li>
      ))}
    </ul>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="plan-part">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function before(configuration: ConfigurationText, name: string): string {
  const value = valueIn(configuration.settings, name);
  return value === undefined ? 'the default' : wordsOf(value);
}
