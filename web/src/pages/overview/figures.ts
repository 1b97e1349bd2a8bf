import type { Static } from 'typebox';
import type { ThreatSchema, ThreatsSchema } from '../../../../src/api/schema/threats.ts';
import type { TopSchema } from '../../../../src/api/schema/traffic.ts';
import type { StatusSample } from '../../data/live.ts';
import type { StatusFigures } from '../../data/types.ts';
import type { TimePoint } from '../../design/time-chart-scale.ts';

/** What speaks against somebody. */
export type Threat = Static<typeof ThreatSchema>;
/** `GET /threats`. */
export type Threats = Static<typeof ThreatsSchema>;
/** `GET /top/…`. */
export type Top = Static<typeof TopSchema>;
/** A process of weir with what waits for it. */
export interface ProcessHealth {
  readonly name: string;
  readonly state: StatusFigures['processes'][number]['state'];
  readonly cpu: number | undefined;
  readonly residentBytes: number;
  readonly restarts: number;
  /** The share that is taken of its fullest queue, 0 to 1; undefined where it has none. */
  readonly queueShare: number | undefined;
  /** Records that found no room in its queues. */
  readonly dropped: number;
  /** Its queues in words, a line each. */
  readonly queues: readonly string[];
}

/** How one figure went over the last minutes. */
export function pointsOf(
  history: readonly StatusSample[],
  pick: (figures: StatusFigures) => number | undefined,
): readonly TimePoint[] {
  return history.map(({ atMs, figures }) => ({ atMs, value: pick(figures) }));
}

/** Requests per second that did not pass. */
export function blockedPerSecond(figures: StatusFigures): number | undefined {
  return figures.active?.verdicts
    .filter(({ name }) => name !== 'pass')
    .reduce((sum, { perSecond }) => sum + perSecond, 0);
}

/** Requests per second that passed. */
export function passedPerSecond(figures: StatusFigures): number | undefined {
  return figures.active?.verdicts.find(({ name }) => name === 'pass')?.perSecond;
}

/** Each process with its queues; those are named `process: what`. */
export function processHealth({
  processes,
  queues,
}: Pick<StatusFigures, 'processes' | 'queues'>): readonly ProcessHealth[] {
  return processes.map((one) => {
    const own = queues.filter(({ name }) => name.startsWith(`${one.name}: `));
    const shares = own.map(({ bytes, limitBytes }) => (limitBytes > 0 ? bytes / limitBytes : 0));
    return {
      name: one.name,
      state: one.state,
      cpu: one.cpu,
      residentBytes: one.residentBytes,
      restarts: one.restarts,
      queueShare: shares.length === 0 ? undefined : Math.max(...shares),
      dropped: own.reduce((sum, { dropped }) => sum + dropped, 0),
      queues: own.map(
        ({ name, dropped }, index) =>
          `${name.slice(one.name.length + 2)}: ${Math.round((shares[index] ?? 0) * 100)} % full, ${dropped} dropped`,
      ),
    };
  });
}
