import { type FormEvent, useState } from 'react';
import { savePackets, tryPackets } from '../../conversation/packet-download.ts';
import { ApiError } from '../../data/api-error.ts';
import { formatClock, formatDay } from '../../data/format.ts';
import { useMay } from '../../data/session.ts';
import { Button, Field, TextInput } from '../../design/index.ts';

/** What PacketForm takes: the time over which packets are kept, microseconds since 1970. */
export interface PacketFormProps {
  readonly firstUs: number | undefined;
  readonly lastUs: number | undefined;
}

/** What came of the last try. */
type Outcome =
  | { readonly kind: 'none' }
  | { readonly kind: 'fits'; readonly words: string }
  | { readonly kind: 'filter' | 'failed'; readonly words: string };

const MOST_PACKETS = 100_000_000;

/** Saves the packets of a time that match a filter, and says beforehand whether the filter is one. */
export function PacketForm({ firstUs, lastUs }: PacketFormProps) {
  const may = useMay('operator');
  const [filter, setFilter] = useState('');
  const [since, setSince] = useState('');
  const [until, setUntil] = useState('');
  const [limit, setLimit] = useState('1000000');
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>({ kind: 'none' });
  const from = since === '' ? undefined : Date.parse(since);
  const to = until === '' ? undefined : Date.parse(until);
  const timeProblem =
    from !== undefined && to !== undefined && !(from < to)
      ? 'This has to be later than the beginning.'
      : undefined;
  const most = Number(limit);
  const limitProblem =
    Number.isSafeInteger(most) && most >= 1 && most <= MOST_PACKETS
      ? undefined
      : `A whole number from 1 to ${MOST_PACKETS}.`;
  const params = {
    ...(filter.trim() === '' ? {} : { filter: filter.trim() }),
    ...(from === undefined ? {} : { since: new Date(from).toISOString() }),
    ...(to === undefined ? {} : { until: new Date(to).toISOString() }),
  };
  const attempt = async (work: () => Promise<Outcome>) => {
    setBusy(true);
    try {
      setOutcome(await work());
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setOutcome({ kind: error.status === 400 ? 'filter' : 'failed', words: error.message });
    } finally {
      setBusy(false);
    }
  };
  const check = () =>
    attempt(async () => {
      const found = await tryPackets('/captures/packets', params);
      return {
        kind: 'fits',
        words: found
          ? 'It is understood, and packets are kept that match.'
          : 'It is understood, but no kept packet matches.',
      };
    });
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (timeProblem !== undefined || limitProblem !== undefined) return;
    void attempt(async () => {
      await savePackets('/captures/packets', { ...params, limit: most });
      return { kind: 'fits', words: 'The browser saves them.' };
    });
  };
  const change = (set: (value: string) => void) => (event: { target: { value: string } }) => {
    set(event.target.value);
    setOutcome({ kind: 'none' });
  };
  if (!may) {
    return (
      <p className="muted">
        Packets are for operators: <code>weir token create NAME --role operator</code> makes them a token.
      </p>
    );
  }
  return (
    <form className="stack" onSubmit={save}>
      <Field
        label="Filter"
        help="As of tcpdump: host 192.0.2.1 and tcp port 443. Empty: all packets."
        error={outcome.kind === 'filter' ? outcome.words : undefined}
      >
        <TextInput
          className="mono"
          value={filter}
          maxLength={2048}
          spellCheck={false}
          autoComplete="off"
          placeholder="host 192.0.2.1 and port 443"
          onChange={change(setFilter)}
        />
      </Field>
      <div className="captures-times">
        <Field label="From" help={firstUs === undefined ? undefined : `kept since ${words(firstUs)}`}>
          <TextInput type="datetime-local" step={1} value={since} onChange={change(setSince)} />
        </Field>
        <Field
          label="To"
          help={lastUs === undefined ? undefined : `the newest is of ${words(lastUs)}`}
          error={timeProblem}
        >
          <TextInput type="datetime-local" step={1} value={until} onChange={change(setUntil)} />
        </Field>
      </div>
      <Field label="Most packets" help="At most 1 GiB and ten minutes in any case." error={limitProblem}>
        <TextInput inputMode="numeric" value={limit} onChange={change(setLimit)} />
      </Field>
      <div className="row">
        <Button icon="check" busy={busy} onClick={() => void check()}>
          Check
        </Button>
        <Button kind="primary" icon="download" type="submit" busy={busy}>
          Save as pcapng
        </Button>
      </div>
      <p className={outcome.kind === 'failed' ? 'captures-problem' : 'muted'} role="status">
        {outcome.kind === 'fits' || outcome.kind === 'failed' ? outcome.words : ''}
      </p>
    </form>
  );
}

function words(us: number): string {
  return `${formatDay(us / 1000)} ${formatClock(us / 1000)}`;
}
