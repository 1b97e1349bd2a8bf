import type { Bucket } from './bucket.ts';

interface End {
  readonly us: number;
  readonly bucket: Bucket;
}

/**
 * Buckets by their ends, the next first (binary heap). A bucket is in it once, with an end that it had: ends only move
 * on, so one that comes up too early goes back.
 */
export class Ends {
  private heap: End[] = [];

  get size(): number {
    return this.heap.length;
  }

  add(bucket: Bucket): void {
    const { heap } = this;
    const end = { us: bucket.endUs, bucket };
    let at = heap.push(end) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.us <= end.us) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = end;
  }

  /** Takes out the next bucket that has ended by this time; undefined when there is none. */
  takeEnded(nowUs: number): Bucket | undefined {
    for (;;) {
      const next = this.heap[0];
      if (next === undefined || next.us > nowUs) return undefined;
      const { bucket } = next;
      this.removeFirst();
      if (bucket.isGone) continue;
      if (bucket.endUs <= nowUs) return bucket;
      this.add(bucket);
    }
  }

  /** Takes out the bucket whose end is next. */
  takeNext(): Bucket | undefined {
    for (let tries = 0; ; tries++) {
      const next = this.heap[0];
      if (next === undefined) return undefined;
      this.removeFirst();
      if (next.bucket.isGone) continue;
      // Some that have been poured into since go back; then the next will do.
      if (next.bucket.endUs <= next.us || tries >= 16) return next.bucket;
      this.add(next.bucket);
    }
  }

  /** Forgets buckets that are gone, when they are most of all. */
  compact(living: number): void {
    if (this.heap.length < 1024 || this.heap.length < living * 2) return;
    const kept = this.heap.filter(({ bucket }) => !bucket.isGone);
    this.heap = [];
    for (const { bucket } of kept) this.add(bucket);
  }

  private removeFirst(): void {
    const { heap } = this;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.us < heap[child]!.us) child++;
      if (heap[child]!.us >= last.us) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}
