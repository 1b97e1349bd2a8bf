import { u8, u16, u24 } from '../../../net/index.ts';
import { HANDSHAKE_HEADER } from './record.ts';

/** Messages of one direction that may be in pieces at the same time; a flight has hardly more. */
const MAX_PENDING = 8;

interface Pending {
  readonly type: number;
  readonly bytes: Uint8Array;
  /** 1 where the octet has come. */
  readonly seen: Uint8Array;
  missing: number;
}

/** Takes whole handshake messages; `[start, end)` of `bytes` is the body, valid during the call only. */
export type MessageSink = (type: number, bytes: Uint8Array, start: number, end: number) => void;

/**
 * Puts handshake messages of one direction together from fragments, which may overlap, repeat and come in any order
 * (RFC 6347 section 4.2.3). Whole messages pass straight through, sent again or not.
 */
export class FragmentAssembler {
  /** Fragments that were turned away: of a message beyond the bound, or that do not fit what came before. */
  refused = 0;
  private readonly bound: number;
  private readonly sink: MessageSink;
  private readonly pending = new Map<number, Pending>();
  /** Sequence number of the last message that was put together, so that its fragments sent again are known. */
  private lastAssembled = -1;

  constructor(bound: number, sink: MessageSink) {
    this.bound = bound;
    this.sink = sink;
  }

  /** The content of one record of type handshake: one message or fragment, or several. */
  record(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at + HANDSHAKE_HEADER <= end) {
      const from = at + HANDSHAKE_HEADER;
      const to = from + u24(bytes, at + 9);
      if (to > end) {
        this.refused++;
        return;
      }
      const length = u24(bytes, at + 1);
      const offset = u24(bytes, at + 6);
      if (offset === 0 && to - from === length) this.sink(u8(bytes, at), bytes, from, to);
      else this.fragment(bytes, at, offset, length, from, to);
      at = to;
    }
  }

  private fragment(
    bytes: Uint8Array,
    header: number,
    offset: number,
    length: number,
    from: number,
    to: number,
  ): void {
    const sequence = u16(bytes, header + 4);
    if (sequence === this.lastAssembled) return;
    if (length > this.bound || offset + to - from > length) {
      this.refused++;
      return;
    }
    let pending = this.pending.get(sequence);
    if (pending === undefined) {
      if (this.pending.size >= MAX_PENDING) {
        const [oldest] = this.pending.keys();
        this.pending.delete(oldest as number);
        this.refused++;
      }
      pending = {
        type: u8(bytes, header),
        bytes: new Uint8Array(length),
        seen: new Uint8Array(length),
        missing: length,
      };
      this.pending.set(sequence, pending);
    }
    if (pending.bytes.length !== length || pending.type !== u8(bytes, header)) {
      this.refused++;
      return;
    }
    for (let i = from; i < to; i++) {
      const index = offset + i - from;
      if (pending.seen[index] === 1) continue;
      pending.seen[index] = 1;
      pending.bytes[index] = bytes[i] as number;
      pending.missing--;
    }
    if (pending.missing > 0) return;
    this.pending.delete(sequence);
    this.lastAssembled = sequence;
    this.sink(pending.type, pending.bytes, 0, length);
  }
}
