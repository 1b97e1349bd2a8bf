/** Upper ends of the buckets, in seconds; one more takes what is longer. */
export const BOUNDS: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** What a histogram holds: how many fell into each bucket alone, and their sum. */
export interface HistogramFigures {
  /** One more than {@link BOUNDS}. */
  readonly counts: readonly number[];
  /** In seconds. */
  readonly sum: number;
}

/** Durations by buckets, in fixed memory. */
export class Histogram {
  private readonly counts = new Float64Array(BOUNDS.length + 1);
  private sum = 0;

  /** Counts a duration in milliseconds; what is none is left out. */
  add(ms: number): void {
    if (!(ms >= 0) || ms === Number.POSITIVE_INFINITY) return;
    const seconds = ms / 1000;
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] as number)) bucket++;
    this.counts[bucket]!++;
    this.sum += seconds;
  }

  figures(): HistogramFigures {
    return { counts: [...this.counts], sum: this.sum };
  }
}

/** Reads what another process tells; undefined where it is none of ours. */
export function histogramOf(value: unknown): HistogramFigures | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { counts, sum } = value as { readonly counts?: unknown; readonly sum?: unknown };
  if (!Array.isArray(counts) || counts.length !== BOUNDS.length + 1 || typeof sum !== 'number')
    return undefined;
  return counts.every((count): count is number => typeof count === 'number') ? { counts, sum } : undefined;
}
