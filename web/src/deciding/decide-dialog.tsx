import './decide-dialog.css';
import { useDeferredValue, useEffect, useState } from 'react';
import { useMay } from '../data/session.ts';
import { Button, Checkbox, Dialog, Field, Select, TextInput } from '../design/index.ts';
import type { Decision, DecisionType } from './answers.ts';
import { decide, tell } from './deciding.ts';
import { PlanView, usePlan } from './decision-plan.tsx';
import { DECISION_TYPES, DURATIONS, wordsOf } from './decision-words.ts';

/** What a decision is thought of at first. */
export interface DecideWish {
  readonly type: DecisionType;
  /** Empty: it is asked for. */
  readonly value: string;
  readonly reason?: string;
  /** Given: this decision is to last longer. */
  readonly extends?: Decision;
}

const TYPE_OPTIONS = DECISION_TYPES.map((type) => ({ value: type, label: wordsOf(type).label }));

const USUAL = '14400000';
const LONGEST = '31536000000';

/** Milliseconds after the last key before a plan is asked for. */
const SETTLED_MS = 250;

/** Shows what a decision would do, and takes it. Undefined: nothing is open. */
export function DecideDialog({
  wish,
  onClose,
}: {
  readonly wish: DecideWish | undefined;
  readonly onClose: () => void;
}) {
  // The last wish stays while the dialog fades.
  const [shown, setShown] = useState(wish);
  if (wish !== undefined && wish !== shown) setShown(wish);
  return shown === undefined ? null : (
    <DecideForm
      key={`${shown.type} ${shown.value}`}
      wish={shown}
      open={wish !== undefined}
      onClose={onClose}
    />
  );
}

function DecideForm({
  wish,
  open,
  onClose,
}: {
  readonly wish: DecideWish;
  readonly open: boolean;
  readonly onClose: () => void;
}) {
  const [type, setType] = useState(wish.type);
  const [value, setValue] = useState(wish.value);
  const [durationMs, setDuration] = useState(() => durationOf(wish));
  const [reason, setReason] = useState(wish.reason ?? wish.extends?.reason ?? '');
  const [force, setForce] = useState(false);
  const [busy, setBusy] = useState(false);
  const isAdmin = useMay('admin');
  const subject = useSettled(value.trim());
  const body = { type, value: subject, durationMs: Number(durationMs), reason: '' };
  const plan = usePlan(useDeferredValue(body));
  const { effect, verb } = wordsOf(type);
  const refused = plan.data?.isRefused === true;
  const isSettled = subject === value.trim() && subject !== '';

  const confirm = async () => {
    setBusy(true);
    try {
      const scope = wish.extends === undefined ? {} : { scope: wish.extends.scope };
      await decide({ ...body, ...scope, reason: reason.trim(), force: force && refused });
      onClose();
    } catch (error) {
      tell('Nothing was decided', error);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={
        wish.extends !== undefined
          ? `Extend: ${wish.value}`
          : wish.value === ''
            ? 'Decide'
            : `${verb} ${value}`
      }
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind={type === 'ban' ? 'danger' : 'primary'}
            busy={busy}
            disabled={!isSettled || plan.error !== null || plan.data === undefined || (refused && !force)}
            onClick={() => void confirm()}
          >
            {verb} {value.trim() || '…'}
          </Button>
        </>
      }
    >
      <div className="stack">
        {wish.value === '' && (
          <Field
            label="About"
            help="An address, a network (192.0.2.0/24), or a session (ja4:…, cookie:NAME:DIGITS)."
          >
            <TextInput
              className="mono"
              value={value}
              placeholder="198.51.100.7"
              autoComplete="off"
              spellCheck={false}
              maxLength={256}
              onChange={(event) => setValue(event.currentTarget.value)}
            />
          </Field>
        )}
        <div className="decide-choices">
          <Field label="What">
            <Select value={type} options={TYPE_OPTIONS} onChange={setType} />
          </Field>
          <Field label={wish.extends === undefined ? 'For' : 'From now for'}>
            <Select value={durationMs} options={DURATIONS} onChange={setDuration} />
          </Field>
        </div>
        <p className="muted decide-effect">{effect}</p>
        <Field label="Why" help="Is kept with the decision.">
          <TextInput
            value={reason}
            maxLength={512}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        </Field>
        <section aria-label="What would happen">
          <h3 className="plan-title">What would happen</h3>
          {subject === '' ? (
            <p className="plan muted">Say whom it is about first.</p>
          ) : (
            <PlanView plan={plan.data} error={plan.error} />
          )}
        </section>
        {refused && isAdmin && (
          <Checkbox checked={force} onChange={setForce}>
            Decide against the guard: what would cut this machine off stays protected all the same
          </Checkbox>
        )}
      </div>
    </Dialog>
  );
}

/** Four hours; to extend a decision, the shortest time that is clearly longer than what is left. */
function durationOf(wish: DecideWish): string {
  if (wish.extends === undefined) return USUAL;
  const leftMs = wish.extends.untilMs - Date.now();
  return DURATIONS.find(({ value }) => Number(value) > 1.2 * leftMs)?.value ?? LONGEST;
}

function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
