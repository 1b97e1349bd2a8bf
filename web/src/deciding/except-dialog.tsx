import './decide-dialog.css';
import { useState } from 'react';
import { api } from '../data/client.ts';
import { queryClient } from '../data/queries.ts';
import { Button, Dialog, Field, Select, TextInput, toast } from '../design/index.ts';
import type { ExceptionMatch } from './answers.ts';
import { tell } from './deciding.ts';
import { DURATIONS } from './decision-words.ts';

/** The conditions of an exception in the order in which they are offered. */
export const CONDITIONS = [
  ['address', 'Address', '198.51.100.7'],
  ['network', 'Network', '198.51.100.0/24'],
  ['target', 'Target', '192.0.2.80'],
  ['host', 'Host', 'shop.example.com'],
  ['path', 'Path', '/search'],
  ['ruleId', 'Rule', '942100'],
  ['scenario', 'Scenario', 'weir/port-scan'],
  ['ja4', 'JA4', 't13d1516h2_…'],
] as const satisfies readonly (readonly [keyof ExceptionMatch, string, string])[];

const FOREVER = '0';
const LASTING = [...DURATIONS.slice(1), { value: FOREVER, label: 'Until it is removed' }];

/** Answers that an exception changes. */
export function refreshExceptions(): void {
  for (const path of ['/exceptions', '/proposals']) {
    void queryClient.invalidateQueries({ queryKey: ['api', path] });
  }
}

/** Says what shall not count as evidence. Undefined: nothing is open. */
export function ExceptDialog({
  match,
  onClose,
}: {
  readonly match: ExceptionMatch | undefined;
  readonly onClose: () => void;
}) {
  const [shown, setShown] = useState(match);
  if (match !== undefined && match !== shown) setShown(match);
  return shown === undefined ? null : (
    <ExceptForm key={JSON.stringify(shown)} match={shown} open={match !== undefined} onClose={onClose} />
  );
}

function ExceptForm({
  match: first,
  open,
  onClose,
}: {
  readonly match: ExceptionMatch;
  readonly open: boolean;
  readonly onClose: () => void;
}) {
  const [match, setMatch] = useState<Readonly<Record<string, string | undefined>>>(first);
  const [reason, setReason] = useState('');
  const [durationMs, setDuration] = useState<string>('604800000');
  const [busy, setBusy] = useState(false);
  const given = Object.fromEntries(
    Object.entries(match).flatMap(([name, value]) => (value?.trim() ? [[name, value.trim()]] : [])),
  );
  const both = given.address !== undefined && given.network !== undefined;

  const confirm = async () => {
    setBusy(true);
    try {
      const body = { match: given, reason: reason.trim(), durationMs: Number(durationMs) };
      const { done } = await api<{ readonly done: string }>('/exceptions', { method: 'POST', body });
      toast({ title: 'Exception made', text: done, tone: 'good' });
      refreshExceptions();
      onClose();
    } catch (error) {
      tell('No exception was made', error);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Make an exception"
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            busy={busy}
            disabled={Object.keys(given).length === 0 || reason.trim() === '' || both}
            onClick={() => void confirm()}
          >
            Make the exception
          </Button>
        </>
      }
    >
      <div className="stack">
        <p className="muted">
          What matches all that is filled in does not count as evidence any more. It lifts no ban, and what
          was counted already stays.
        </p>
        <div className="decide-choices">
          {CONDITIONS.map(([name, label, example]) => (
            <Field
              key={name}
              label={label}
              error={both && name === 'network' ? 'an address or a network, not both' : undefined}
            >
              <TextInput
                className="mono"
                value={match[name] ?? ''}
                placeholder={example}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => setMatch({ ...match, [name]: event.currentTarget.value })}
              />
            </Field>
          ))}
        </div>
        <Field label="For">
          <Select value={durationMs} options={LASTING} onChange={setDuration} />
        </Field>
        <Field label="Why" help="Needed: who reads it later wants to know.">
          <TextInput
            value={reason}
            maxLength={512}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        </Field>
      </div>
    </Dialog>
  );
}
