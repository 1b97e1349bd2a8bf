import type { LoadOptions, RuleSource } from '../engine/load.ts';
import type { PolicyOptions } from '../policy-options.ts';
import type { CrewOptions } from './crew.ts';

/** What a pool runs with. */
export interface WafPoolOptions {
  readonly sources: readonly RuleSource[];
  /** Threads, at least one. */
  readonly workers: number;
  /**
   * The thread that asks judges as well, what is short and quick; threads do the rest, and help it where there are
   * several. Absent: threads do all.
   */
  readonly local?: boolean | undefined;
  readonly settings?: LoadOptions['settings'];
  readonly policy?: PolicyOptions | undefined;
  /** What becomes of a request that cannot be judged: too many wait, its worker hung or died, a bound was met. */
  readonly onLimit?: 'deny' | 'pass' | undefined;
  /** Time that rules may take for a request and its answer. */
  readonly budgetMs?: number | undefined;
  /** Time after which a worker that does not answer is ended, and after which a request that waits for one is given up. */
  readonly deadlineMs?: number | undefined;
  /** Requests that may wait to be judged. */
  readonly queueLength?: number | undefined;
  /** Heap of a worker. */
  readonly heapMegabytes?: number | undefined;
  /** Requests that one thread keeps until their answers come, their size in all, and how long. */
  readonly keptMost?: number | undefined;
  readonly keptBytes?: number | undefined;
  readonly keptMs?: number | undefined;
}

/** How long requests are kept until their answers come. */
export const KEPT_MS = 60_000;

/** What the threads of a pool are given. */
export function crewOptions(options: WafPoolOptions): CrewOptions {
  const { policy } = options;
  return {
    workers: Math.max(1, Math.floor(options.workers)),
    heapMegabytes: options.heapMegabytes ?? 512,
    start: {
      settings: options.settings,
      // Who is judged has been decided before a worker is asked.
      policy: policy && { entries: policy.entries.map((entry) => ({ ...entry, samplePercent: undefined })) },
      onLimit: options.onLimit ?? 'deny',
      budgetMs: options.budgetMs ?? 500,
      kept: {
        most: options.keptMost ?? 1024,
        bytes: options.keptBytes ?? 64 << 20,
        timeoutMs: options.keptMs ?? KEPT_MS,
      },
    },
  };
}
