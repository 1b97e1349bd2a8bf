import { BUCKET, NEXT, PREVIOUS, RECORD_WORDS } from './record.ts';

/** Seconds that the wheel spans; time-outs are at most this long. */
export const WHEEL_SECONDS = 2048;

/**
 * Expiry by capture time without work per packet: each flow hangs in the bucket of the second in which it would
 * expire if nothing more came. When the bucket's time has come, its flows are asked when they really expire; those
 * that have seen packets meanwhile are hung in again.
 */
export class TimerWheel {
  private readonly words: Int32Array;
  /** Record number + 1 of the first flow of each bucket. */
  private readonly heads = new Int32Array(WHEEL_SECONDS);
  /** The second up to which buckets have been emptied; -1 before the first packet. */
  private second = -1;

  constructor(words: Int32Array) {
    this.words = words;
  }

  /** Hangs a flow in for a second since 1970. */
  add(w: number, second: number): void {
    let at = second;
    if (at <= this.second) at = this.second + 1;
    else if (at >= this.second + WHEEL_SECONDS) at = this.second + WHEEL_SECONDS - 1;
    const bucket = at & (WHEEL_SECONDS - 1);
    const { words, heads } = this;
    const head = heads[bucket]!;
    words[w + NEXT] = head;
    words[w + PREVIOUS] = 0;
    words[w + BUCKET] = bucket + 1;
    const entry = w / RECORD_WORDS + 1;
    if (head !== 0) words[(head - 1) * RECORD_WORDS + PREVIOUS] = entry;
    heads[bucket] = entry;
  }

  /** Takes a flow out of its bucket; harmless when it is in none. */
  remove(w: number): void {
    const { words, heads } = this;
    const bucket = words[w + BUCKET]!;
    if (bucket === 0) return;
    const next = words[w + NEXT]!;
    const previous = words[w + PREVIOUS]!;
    if (next !== 0) words[(next - 1) * RECORD_WORDS + PREVIOUS] = previous;
    if (previous !== 0) words[(previous - 1) * RECORD_WORDS + NEXT] = next;
    else heads[bucket - 1] = next;
    words[w + BUCKET] = 0;
  }

  /** Sets the time before the first flow is hung in. */
  start(second: number): void {
    if (this.second < 0) this.second = second;
  }

  /** Empties the buckets up to and including `second`; each flow found is given to `due`, which hangs it in again or removes it. */
  advance(second: number, due: (w: number) => void): void {
    if (second <= this.second) return;
    // After a gap longer than the wheel every bucket is due once.
    const first = Math.max(this.second + 1, second - WHEEL_SECONDS + 1);
    this.second = second;
    for (let at = first; at <= second; at++) {
      const bucket = at & (WHEEL_SECONDS - 1);
      let entry = this.heads[bucket]!;
      // The list is taken off first: what is hung in again goes to a later bucket, maybe this one a turn later.
      this.heads[bucket] = 0;
      while (entry !== 0) {
        const w = (entry - 1) * RECORD_WORDS;
        entry = this.words[w + NEXT]!;
        this.words[w + BUCKET] = 0;
        due(w);
      }
    }
  }

  /** First word of a flow that is next to expire, or -1 when none hangs here. */
  next(): number {
    for (let i = 1; i <= WHEEL_SECONDS; i++) {
      const head = this.heads[(this.second + i) & (WHEEL_SECONDS - 1)]!;
      if (head !== 0) return (head - 1) * RECORD_WORDS;
    }
    return -1;
  }
}
