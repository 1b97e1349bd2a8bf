/** Of so many of the last ones quantiles are told. */
const LAST = 1024;

/** Durations in milliseconds, of the last ones of which quantiles can be told. */
export class Durations {
  private readonly last = new Float64Array(LAST);
  private count = 0;

  add(ms: number): void {
    this.last[this.count++ % LAST] = ms;
  }

  summary(): { readonly count: number; readonly p50: number; readonly p99: number } {
    const sorted = this.last.slice(0, Math.min(this.count, LAST)).sort();
    const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
    return { count: this.count, p50: rounded(at(0.5)), p99: rounded(at(0.99)) };
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
