import * as R from './flow/record.ts';

/** A flow's payload is wanted from now on, or from no time on: see `WANTED_AT` of the flow's record. */
export const NOW = -0x80000000;
export const NEVER = 0x7fffffff;

/** Seconds between two looks at a flow at most. */
const LONGEST = 600;
/** How often anomalies may put a flow back, in all. */
const MOST_RETURNS = 3;
/** Flows that are looked at again at the same time. */
const MOST_AT_ONCE = 4096;

// The word R.AGAIN: how often the flow was sampled (8 bits), how often put back (8 bits), and two marks.
const SAMPLES = 0xff;
const RETURNS_SHIFT = 8;
const RETURNS = 0xff;
/** The flow had its first chance: it was inspected, or left out because of load. */
const FIRST_PASSED = 1 << 16;
/** It was told that the flow speaks another protocol than it did. */
const CHANGE_TOLD = 1 << 17;

/**
 * When a flow on the fast path is looked at again. The time of its next look lies in its record, so that a packet costs
 * one comparison; intervals begin with `seconds` and double. 0 seconds: never.
 */
export class Reinspection {
  /** Flows that are being looked at again. */
  open = 0;
  private readonly seconds: number;
  private readonly words: Int32Array;

  constructor(words: Int32Array, seconds: number) {
    this.words = words;
    this.seconds = seconds;
  }

  /** True where flows are looked at again at all. */
  get enabled(): boolean {
    return this.seconds > 0;
  }

  /** True once a flow had its first chance; the next look is one at its middle. */
  passed(w: number): boolean {
    return (this.words[w + R.AGAIN]! & FIRST_PASSED) !== 0;
  }

  /** The flow has its first chance now. */
  pass(w: number): void {
    this.words[w + R.AGAIN]! |= FIRST_PASSED;
  }

  /** False while enough others are looked at again. */
  get room(): boolean {
    return this.open < MOST_AT_ONCE;
  }

  /** The flow goes (back) to the fast path at second `now`: sets when it is looked at again. */
  schedule(w: number, now: number): void {
    const { words } = this;
    if (this.seconds === 0) return;
    const again = words[w + R.AGAIN]!;
    const samples = again & SAMPLES;
    words[w + R.WANTED_AT] = Math.min(now + this.interval(samples), NEVER - 1);
    if (samples < SAMPLES) words[w + R.AGAIN] = again + 1;
  }

  /** True when the flow has waited for the beginning of a message as long as it had waited for its turn. */
  overdue(w: number, now: number): boolean {
    const at = this.words[w + R.WANTED_AT]!;
    if (at === NOW) return true;
    const samples = this.words[w + R.AGAIN]! & SAMPLES;
    return now - at >= this.interval(Math.max(0, samples - 1));
  }

  private interval(samples: number): number {
    return Math.min(this.seconds * 2 ** samples, LONGEST);
  }

  /** An anomaly was seen of a flow on the fast path: wants its next payload. False when it was enough. */
  putBack(w: number): boolean {
    const { words } = this;
    if (this.seconds === 0) return false;
    const again = words[w + R.AGAIN]!;
    if ((again & FIRST_PASSED) === 0 || words[w + R.WANTED_AT] === NOW) return false;
    if (((again >>> RETURNS_SHIFT) & RETURNS) >= MOST_RETURNS) return false;
    words[w + R.AGAIN] = again + (1 << RETURNS_SHIFT);
    words[w + R.WANTED_AT] = NOW;
    return true;
  }

  /** True the first time that a flow is found to speak another protocol. */
  changed(w: number): boolean {
    const told = (this.words[w + R.AGAIN]! & CHANGE_TOLD) !== 0;
    this.words[w + R.AGAIN]! |= CHANGE_TOLD;
    return !told;
  }
}
