import type { Writable } from 'node:stream';
import { type MissedReason, missedFrame } from './frame.ts';

/** Bytes that may wait for a reader; what comes while there are more is dropped for it. */
export const MOST_QUEUED = 1 << 20;

/** Where events go: the answer to a request. */
export type EventOutput = Pick<Writable, 'write' | 'end' | 'destroy' | 'writableLength' | 'destroyed'>;

/** One reader. What it does not take in time it misses, and is told so before what comes next. */
export class Stream {
  /** Records that it was given, and those that it missed. */
  delivered = 0;
  dropped = 0;
  private readonly output: EventOutput;
  private readonly mostQueued: number;
  private readonly missed = new Map<MissedReason, number>();

  constructor(output: EventOutput, mostQueued = MOST_QUEUED) {
    this.output = output;
    this.mostQueued = mostQueued;
  }

  /** Bytes that it has not taken yet. */
  get queuedBytes(): number {
    return this.output.writableLength;
  }

  /** Gives it events with so many records; false where it has no room. */
  push(events: Buffer, records: number): boolean {
    if (this.output.destroyed) return false;
    // What is longer than the whole queue goes where the queue is empty.
    const queued = this.output.writableLength;
    if (queued > 0 && queued + events.length > this.mostQueued) {
      if (records > 0) this.miss(records, 'slow');
      return false;
    }
    this.tellMissed();
    this.delivered += records;
    this.output.write(events);
    return true;
  }

  /** Counts records that it does not get; it is told with the next events, or by {@link tellMissed}. */
  miss(records: number, why: MissedReason): void {
    this.missed.set(why, (this.missed.get(why) ?? 0) + records);
    this.dropped += records;
  }

  /** Tells what it missed, if it did and has room. */
  tellMissed(): void {
    if (this.missed.size === 0 || this.output.destroyed) return;
    if (this.output.writableLength > this.mostQueued / 2) return;
    for (const [why, count] of this.missed) this.output.write(missedFrame(count, why));
    this.missed.clear();
  }

  /** Ends it: what is on its way still goes. */
  end(): void {
    this.output.end();
  }
}
