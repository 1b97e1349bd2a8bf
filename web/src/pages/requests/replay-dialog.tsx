import { useState } from 'react';
import type { Static } from 'typebox';
import type { RejudgedSchema, ReplayedSchema } from '../../../../src/api/schema/replay.ts';
import { useApiChange } from '../../data/queries.ts';
import { useMay } from '../../data/session.ts';
import {
  Badge,
  Button,
  Dialog,
  ErrorState,
  Field,
  KeyValue,
  Select,
  TextArea,
  TextInput,
} from '../../design/index.ts';
import type { StoredRequest } from './request-row.ts';

type Replayed = Static<typeof ReplayedSchema>;
type Rejudged = Static<typeof RejudgedSchema>;

const LEVELS = [
  { value: '', label: 'Paranoia level as it is' },
  { value: '1', label: 'Paranoia level 1' },
  { value: '2', label: 'Paranoia level 2' },
  { value: '3', label: 'Paranoia level 3' },
  { value: '4', label: 'Paranoia level 4, the strictest' },
] as const;

/** Judges a stored request once more, or sends it to a sandbox and compares the answers. */
export function ReplayDialog({
  request,
  onClose,
}: {
  readonly request: StoredRequest;
  readonly onClose: () => void;
}) {
  const [rules, setRules] = useState('');
  const [level, setLevel] = useState<(typeof LEVELS)[number]['value']>('');
  const [to, setTo] = useState('http://127.0.0.1:3001');
  // The sandbox gets the whole body, which administrators alone may see.
  const maySend = useMay('admin');
  const selection = { reference: request.reference };
  const rejudge = useApiChange<void, Rejudged>(() => ({
    method: 'POST',
    path: '/waf/rejudge',
    body: {
      selection,
      ...(rules.trim() === '' ? {} : { rules }),
      ...(level === '' ? {} : { paranoia: Number(level) }),
    },
  }));
  const replay = useApiChange<void, Replayed>(() => ({
    method: 'POST',
    path: '/replays',
    body: { selection, to },
  }));
  const valid = /^https?:\/\/[^/?#@\s]{1,255}$/.test(to);
  return (
    <Dialog open wide onClose={onClose} title={`${request.method} ${request.path.slice(0, 80)} once more`}>
      <div className="stack">
        <h3>Judge it again</h3>
        <p className="muted">
          Nothing is sent anywhere: the rules in force look at it again, with what you add.
        </p>
        <Field label="Rules behind those in force" help="SecLang; empty: only those in force.">
          <TextArea
            value={rules}
            rows={3}
            spellCheck={false}
            className="mono"
            placeholder={'SecRule ARGS "@contains x" "id:1,phase:2,deny"'}
            onChange={(event) => setRules(event.target.value)}
          />
        </Field>
        <div className="row">
          <Select label="Paranoia level" value={level} options={LEVELS} onChange={setLevel} />
          <Button kind="primary" busy={rejudge.isPending} onClick={() => rejudge.mutate()}>
            Judge again
          </Button>
        </div>
        {rejudge.error !== null && <ErrorState title="It could not be judged" error={rejudge.error} />}
        {rejudge.data !== undefined && <RejudgedView answer={rejudge.data} />}
        {maySend && (
          <>
            <h3 className="request-section">Send it to a sandbox</h3>
            <p className="muted">Without Authorization and cookies, and never to where it really went.</p>
            <Field
              label="Origin of the sandbox"
              error={valid ? undefined : 'Scheme, host and port alone, such as http://127.0.0.1:3001.'}
            >
              <TextInput value={to} onChange={(event) => setTo(event.target.value)} />
            </Field>
            <div className="row">
              <Button busy={replay.isPending} disabled={!valid} onClick={() => replay.mutate()}>
                Send it
              </Button>
            </div>
            {replay.error !== null && <ErrorState title="It could not be sent" error={replay.error} />}
            {replay.data !== undefined && <ReplayedView answer={replay.data} />}
          </>
        )}
      </div>
    </Dialog>
  );
}

function RejudgedView({ answer }: { readonly answer: Rejudged }) {
  if (answer.judged === 0) return <p>It was not judged: the buffer no longer has it.</p>;
  const [newly] = answer.newlyDenied;
  const [no] = answer.noLongerDenied;
  return (
    <KeyValue
      items={[
        [
          'Verdict',
          answer.deniedAfter > 0 ? (
            <Badge key="verdict" tone="danger">
              deny
            </Badge>
          ) : (
            <Badge key="verdict" tone="good">
              pass
            </Badge>
          ),
        ],
        [
          'Change',
          newly !== undefined
            ? `denied now, by rule ${newly.ruleId}`
            : no !== undefined
              ? 'no longer denied'
              : 'none: as it was judged before',
        ],
        ['Score', String(answer.highestScore)],
        [
          'Rules',
          answer.rules.length === 0
            ? 'no rule matches otherwise than before'
            : answer.rules.map(({ id, before, after }) => `${id}: ${before} → ${after}`).join(', '),
        ],
      ]}
    />
  );
}

function ReplayedView({ answer }: { readonly answer: Replayed }) {
  const [one] = answer.comparisons;
  if (one === undefined)
    return (
      <p>
        Nothing was sent: {answer.skipped > 0 ? 'it cannot be sent again' : 'the buffer no longer has it'}.
      </p>
    );
  if (one.error !== '') return <p>No answer: {one.error}</p>;
  const words = (side: typeof one.recorded) =>
    side === undefined ? undefined : `${side.status}, ${side.bytes} bytes, ${Math.round(side.latencyMs)} ms`;
  return (
    <KeyValue
      items={[
        ['Recorded', words(one.recorded)],
        ['Sandbox', words(one.replayed)],
        ['Same status', one.isSameStatus ? 'yes' : 'no'],
      ]}
    />
  );
}
