/** Buckets for each doubling, and the smallest time, in ms, that is told from nothing. */
const PER_DOUBLING = 4;
const SMALLEST_MS = 0.01;
/** Up to 1.3e5 ms. */
const BUCKETS = 96;

/** A histogram of latencies whose buckets grow by a fifth: quantiles within that, in fixed memory. */
export class LatencyHistogram {
  private readonly counts = new Float64Array(BUCKETS);
  private total = 0;

  get count(): number {
    return this.total;
  }

  add(ms: number): void {
    const bucket = ms <= SMALLEST_MS ? 0 : Math.ceil(PER_DOUBLING * Math.log2(ms / SMALLEST_MS));
    this.counts[Math.min(BUCKETS - 1, bucket)]!++;
    this.total++;
  }

  /** The time in ms that this share (0 to 1) stayed below, to the upper end of its bucket; 0 without any. */
  quantile(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.total));
    let sum = 0;
    for (const [bucket, count] of this.counts.entries()) {
      sum += count;
      if (sum >= rank) return SMALLEST_MS * 2 ** (bucket / PER_DOUBLING);
    }
    return 0;
  }
}
