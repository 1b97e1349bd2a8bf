import type { Direction } from './protocol/parser.ts';

/** Records of one flow that may wait for the acknowledgement of their data; beyond it the oldest is emitted. */
const MOST = 64;

interface HeldRecord {
  /** Side that sent the data, and the sequence number behind it. */
  readonly owner: Direction;
  readonly seq: number;
  emit(): void;
}

/**
 * Records that wait for the acknowledgement of their data. What a TCP sender says counts once the receiver has
 * acknowledged it, as in Suricata: a record carries the time and number of the packet that proves that its data
 * arrived.
 */
export class HeldRecords {
  private readonly waiting: HeldRecord[] = [];

  get empty(): boolean {
    return this.waiting.length === 0;
  }

  /** Holds a record of data that `owner` has sent up to `seq`. */
  hold(owner: Direction, seq: number, emit: () => void): void {
    this.waiting.push({ owner, seq, emit });
    if (this.waiting.length > MOST) this.waiting.shift()?.emit();
  }

  /** Everything that `owner` has sent up to `ack` has arrived. */
  acknowledged(owner: Direction, ack: number): void {
    const { waiting } = this;
    let kept = 0;
    for (const record of waiting) {
      if (record.owner === owner && ((ack - record.seq) | 0) >= 0) record.emit();
      else waiting[kept++] = record;
    }
    waiting.length = kept;
  }

  /** Emits all that waits: the flow is over. */
  emitAll(): void {
    for (const record of this.waiting.splice(0)) record.emit();
  }
}
