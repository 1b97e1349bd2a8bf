import type { RecordBatch, SubscriberStatistics } from './bus.ts';

/** What a line costs besides its letters. */
const LINE_BYTES = 48;

/** A batch in a queue. */
export interface Entry {
  readonly id: number;
  readonly batch: RecordBatch;
  readonly bytes: number;
  /** True when it was on its way to a subscriber that went. */
  again: boolean;
}

/** Bytes that a batch takes of a queue. */
export function batchBytes(batch: RecordBatch): number {
  let bytes = 0;
  for (const line of batch) bytes += line.length + LINE_BYTES;
  return bytes;
}

/** What one subscriber has yet to acknowledge: batches that wait, and a few that are on their way. */
export class Queue {
  readonly topic: string;
  readonly name: string;
  readonly durable: boolean;
  private readonly limit: number;
  private readonly window: number;
  private waiting = new Map<number, Entry>();
  private readonly travelling = new Map<number, Entry>();
  private bytes = 0;
  private nextId = 1;
  private readonly counters = { acknowledged: 0, redelivered: 0, dropped: 0 };

  /** `limit` in bytes; `window`: batches that may be on their way at once. */
  constructor(topic: string, name: string, durable: boolean, limit: number, window: number) {
    this.topic = topic;
    this.name = name;
    this.durable = durable;
    this.limit = limit;
    this.window = window;
  }

  /** Nothing waits and nothing is on its way. */
  get empty(): boolean {
    return this.waiting.size === 0 && this.travelling.size === 0;
  }

  /** True when the batch will never fit. */
  tooLarge(bytes: number): boolean {
    return bytes > this.limit;
  }

  /** Takes a batch; false when there is no room. */
  offer(batch: RecordBatch, bytes: number): boolean {
    if (this.bytes + bytes > this.limit) return false;
    const id = this.nextId++;
    this.waiting.set(id, { id, batch, bytes, again: false });
    this.bytes += bytes;
    return true;
  }

  /** Counts a batch that found no room. */
  drop(batch: RecordBatch): void {
    this.counters.dropped += batch.length;
  }

  /** The next batch to send; undefined when there is none, or enough are on their way. */
  next(): Entry | undefined {
    if (this.travelling.size >= this.window) return undefined;
    for (const entry of this.waiting.values()) {
      this.waiting.delete(entry.id);
      this.travelling.set(entry.id, entry);
      if (entry.again) this.counters.redelivered += entry.batch.length;
      return entry;
    }
    return undefined;
  }

  /** The subscriber has the batch for good. False for one that is not on its way. */
  acknowledge(id: number): boolean {
    const entry = this.travelling.get(id);
    if (entry === undefined) return false;
    this.travelling.delete(id);
    this.bytes -= entry.bytes;
    this.counters.acknowledged += entry.batch.length;
    return true;
  }

  /** The subscriber went: what was on its way waits again, in its old place. */
  takeBack(): void {
    if (this.travelling.size === 0) return;
    for (const entry of this.travelling.values()) entry.again = true;
    this.waiting = new Map([...this.travelling, ...this.waiting]);
    this.travelling.clear();
  }

  statistics(connected: boolean): SubscriberStatistics {
    return {
      topic: this.topic,
      name: this.name,
      connected,
      queuedBatches: this.waiting.size + this.travelling.size,
      queuedBytes: this.bytes,
      limitBytes: this.limit,
      ...this.counters,
    };
  }
}
