import { Link } from '@tanstack/react-router';
import type { Static } from 'typebox';
import type { StatusSchema } from '../../../../src/api/schema/status.ts';
import { formatDuration, formatExact } from '../../data/format.ts';
import { useApi } from '../../data/queries.ts';
import { Stat } from '../../design/index.ts';

/** The threads that judge beside the one that takes requests in, and how long a request takes. */
export function WorkerStats() {
  const status = useApi<Static<typeof StatusSchema>>('/status', {}, { everyMs: 5_000 });
  const waf = within(within(within(status.data?.statistics, 'proxy'), 'judge'), 'waf');
  const micros = within(waf, 'microseconds');
  const queue = numberOf(waf, 'queueLength');
  const missed =
    (numberOf(waf, 'unjudged') ?? 0) + (numberOf(waf, 'refused') ?? 0) + (numberOf(waf, 'unsampled') ?? 0);
  return (
    <>
      <Stat
        label="Workers"
        value={status.isPending ? undefined : formatExact(numberOf(waf, 'workers'))}
        detail={queue === undefined ? 'web.waf.workers' : `${formatExact(queue)} requests wait`}
        title="web.waf.workers"
      />
      <Stat
        label="Judged in"
        value={status.isPending ? undefined : formatDuration(seconds(numberOf(micros, 'p50')))}
        detail={
          <>
            99 %: {formatDuration(seconds(numberOf(micros, 'p99')))},{' '}
            <Link className="waf-link" to="/settings" search={{ q: 'web.waf.budget' }}>
              budget
            </Link>
          </>
        }
      />
      <Stat
        label="Not judged"
        value={status.isPending ? undefined : formatExact(missed)}
        tone={missed > 0 ? 'warning' : 'neutral'}
        detail="web.waf.failure decides"
        title="Queue full, budget spent or load too high"
      />
    </>
  );
}

function within(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function numberOf(value: unknown, name: string): number | undefined {
  const found = within(value, name);
  return typeof found === 'number' ? found : undefined;
}

function seconds(micros: number | undefined): number | undefined {
  return micros === undefined ? undefined : micros / 1e6;
}
