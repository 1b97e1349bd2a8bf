import type { Verdict } from '../verdict.ts';

/** What a pool has done since it was started, and how it stands. */
export interface PoolStatistics {
  /** Verdicts of the rules. */
  readonly inspected: number;
  /** Of these: in the thread that asked. */
  readonly local: number;
  /** What was begun there, took too long, and was left to a worker. */
  readonly overruns: number;
  /** Of the verdicts: anything but `pass`. */
  readonly denied: number;
  /** Of the verdicts: a bound of the rules or of the rule files was met. */
  readonly limited: number;
  /** Refused because the queue was full. */
  readonly refused: number;
  /** Without a verdict: waited too long, or their worker hung, died or failed. */
  readonly unjudged: number;
  /** Not to be judged, by the policy. */
  readonly unsampled: number;
  readonly off: number;
  /** Workers that did not answer in time and were ended. */
  readonly hung: number;
  /** Workers that died by themselves. */
  readonly died: number;
  /** Requests that waited for their answers and were forgotten. */
  readonly dropped: number;
  /** Workers that are ready. */
  readonly workers: number;
  readonly queueLength: number;
  readonly inFlight: number;
  /** Requests that wait for their answers. */
  readonly kept: number;
  /** Time that verdicts took where they were made; the percentiles are exact to a quarter. */
  readonly microseconds: {
    readonly mean: number;
    readonly p50: number;
    readonly p99: number;
    readonly max: number;
  };
}

/** Buckets of a factor of 2 to the 1/4 each: up to an hour. */
const PER_DOUBLING = 4;
const BUCKETS = 32 * PER_DOUBLING;

/** How long things took, in buckets that grow with the time. */
class Durations {
  private readonly buckets = new Float64Array(BUCKETS);
  private count = 0;
  private sum = 0;
  private max = 0;

  add(microseconds: number): void {
    const bucket = Math.floor(Math.log2(Math.max(1, microseconds)) * PER_DOUBLING);
    this.buckets[Math.min(BUCKETS - 1, bucket)]! += 1;
    this.count++;
    this.sum += microseconds;
    if (microseconds > this.max) this.max = microseconds;
  }

  get summary(): PoolStatistics['microseconds'] {
    const mean = this.count === 0 ? 0 : this.sum / this.count;
    return { mean, p50: this.percentile(0.5), p99: this.percentile(0.99), max: this.max };
  }

  /** The upper end of the bucket in which the share is reached. */
  private percentile(share: number): number {
    let left = this.count * share;
    for (let i = 0; i < BUCKETS; i++) {
      left -= this.buckets[i]!;
      if (left <= 0) return Math.min(this.max, 2 ** ((i + 1) / PER_DOUBLING));
    }
    return this.max;
  }
}

/** What a pool counts. */
export class Tally {
  readonly counts = {
    inspected: 0,
    local: 0,
    denied: 0,
    limited: 0,
    refused: 0,
    unjudged: 0,
    hung: 0,
    died: 0,
  };
  private readonly durations = new Durations();

  /** A verdict, and what it took; `isLocal`: in the thread that asked. */
  judged({ action, limit }: Verdict, microseconds: number, isLocal: boolean): void {
    const { counts } = this;
    counts.inspected++;
    if (isLocal) counts.local++;
    if (action !== 'pass') counts.denied++;
    if (limit !== '') counts.limited++;
    this.durations.add(microseconds);
  }

  get figures(): Tally['counts'] & Pick<PoolStatistics, 'microseconds'> {
    return { ...this.counts, microseconds: this.durations.summary };
  }
}
