import type { FlowTables } from '../tap/flow/tables.ts';
import { FlowView } from '../tap/flow/view.ts';
import type { PayloadSink } from '../tap/host.ts';
import { TCP } from '../tap/packet/index.ts';

/** Which part of which conversation is wanted. */
export interface ConversationWish {
  /** A flow id or a community id. */
  readonly flow: string;
  readonly side: 'both' | 'client' | 'server';
  /** Where in the payload of that side, or of both in the order in which it went, the part begins. */
  readonly offset: number;
  /** Bytes of the part. */
  readonly limit: number;
}

/** What one side said before the other did, or, over UDP, one datagram; or bytes that are missing. */
export interface Segment {
  readonly kind: 'data' | 'gap';
  readonly side: 'client' | 'server';
  /** When its first byte could be read, microseconds since 1970. */
  readonly timeUs: number;
  /** Position in what was asked for, without the gaps. */
  readonly offset: number;
  /** Position in what this side said, with the gaps. */
  readonly streamOffset: number;
  readonly length: number;
  /** Printable; other characters are points. */
  readonly text?: string;
  readonly base64?: string;
}

/** What is known of the flow when it has ended. */
export interface ConversationFlow {
  readonly flowId: number;
  readonly communityId: string;
  readonly startUs: number;
  /** Payload in the captures, and what is missing of it. */
  readonly clientBytes: number;
  readonly serverBytes: number;
  readonly missingBytes: number;
  readonly packets: number;
  /** As in records: http, tls, ...; empty where it was not recognised. */
  readonly protocol: string;
}

/** Segments of one answer. */
const MOST_SEGMENTS = 4096;
/** Bytes of a segment: a page shows one after the other. */
const MOST_OF_ONE = 64 << 10;

interface Growing {
  readonly kind: Segment['kind'];
  readonly direction: 0 | 1;
  readonly timeUs: number;
  readonly offset: number;
  readonly streamOffset: number;
  length: number;
  readonly pieces: Buffer[];
}

/** Takes the payload of one flow out of that of all, as far as it is wanted. The first of several flows counts. */
export class SegmentCollector implements PayloadSink {
  /** The flow has ended: nothing more will come. */
  isDone = false;
  private readonly wish: ConversationWish;
  private seen: ConversationFlow | undefined;
  private readonly view: FlowView;
  private readonly parts: Growing[] = [];
  /** Flows that are alive: whether each is the one. */
  private readonly known = new Map<number, boolean>();
  private readonly streams: [number, number] = [0, 0];
  private readonly said: [number, number] = [0, 0];
  private at = 0;
  private missed = 0;
  /** Where the part ends. */
  private end: number;
  private chosen = -1;

  constructor(tables: FlowTables, wish: ConversationWish) {
    this.view = new FlowView(tables);
    this.wish = wish;
    this.end = wish.offset + wish.limit;
  }

  /** The flow, once it has ended. */
  get flow(): ConversationFlow | undefined {
    return this.seen;
  }

  /** Offset of what follows the part; undefined where nothing does. */
  get next(): number | undefined {
    return this.at > this.end ? this.end : undefined;
  }

  /** Bytes of what was asked for, of all parts. */
  get total(): number {
    return this.at;
  }

  payload(w: number, direction: 0 | 1, bytes: Uint8Array, start: number, end: number): void {
    if (!this.isWanted(w)) return;
    const length = end - start;
    const streamOffset = this.streams[direction];
    this.streams[direction] += length;
    this.said[direction] += length;
    if (!this.shows(direction)) return;
    const from = Math.max(0, this.wish.offset - this.at);
    const to = Math.min(length, this.end - this.at);
    if (from < to) {
      const piece = Buffer.from(bytes.subarray(start + from, start + to));
      this.add('data', direction, this.at + from, streamOffset + from, piece.length, piece);
    }
    this.at += length;
  }

  missing(w: number, direction: 0 | 1, length: number): void {
    if (!this.isWanted(w)) return;
    const streamOffset = this.streams[direction];
    this.streams[direction] += length;
    this.missed += length;
    if (!this.shows(direction) || this.at < this.wish.offset || this.at >= this.end) return;
    this.add('gap', direction, this.at, streamOffset, length, undefined);
  }

  ended(w: number): void {
    const isChosen = this.known.get(w) === true;
    this.known.delete(w);
    // A flow without payload counts where no other comes.
    if (!isChosen && (this.chosen >= 0 || this.seen !== undefined || !this.isNamed(w))) return;
    const { id, communityId, startUs, packets, appProto } = this.view.at(w);
    this.isDone = isChosen;
    this.seen = {
      flowId: id,
      communityId,
      startUs,
      clientBytes: this.said[0],
      serverBytes: this.said[1],
      missingBytes: this.missed,
      packets: packets[0] + packets[1],
      protocol: appProto ?? '',
    };
  }

  /** The part. */
  segments(): readonly Segment[] {
    return this.parts.map(({ kind, direction, timeUs, offset, streamOffset, length, pieces }) => ({
      kind,
      side: direction === 0 ? 'client' : 'server',
      timeUs,
      offset,
      streamOffset,
      length,
      ...(kind === 'gap' ? {} : contentOf(Buffer.concat(pieces))),
    }));
  }

  private isWanted(w: number): boolean {
    const known = this.known.get(w);
    if (known !== undefined) return known;
    const wanted = this.chosen < 0 && this.isNamed(w);
    if (wanted) this.chosen = w;
    this.known.set(w, wanted);
    return wanted;
  }

  private isNamed(w: number): boolean {
    const { id, communityId } = this.view.at(w);
    return communityId === this.wish.flow || String(id) === this.wish.flow;
  }

  private shows(direction: 0 | 1): boolean {
    const { side } = this.wish;
    return side === 'both' || (side === 'client') === (direction === 0);
  }

  private add(
    kind: Segment['kind'],
    direction: 0 | 1,
    offset: number,
    streamOffset: number,
    length: number,
    piece: Buffer | undefined,
  ): void {
    const { protocol, lastUs: timeUs } = this.view.at(this.chosen);
    const last = this.parts.at(-1);
    const goesOn = last?.kind === kind && last.direction === direction && protocol === TCP;
    if (last !== undefined && goesOn && (kind === 'gap' || last.length + length <= MOST_OF_ONE)) {
      last.length += length;
      if (piece !== undefined) last.pieces.push(piece);
      return;
    }
    if (this.parts.length >= MOST_SEGMENTS) {
      // The part ends here.
      this.end = offset;
      return;
    }
    const pieces = piece === undefined ? [] : [piece];
    this.parts.push({ kind, direction, timeUs, offset, streamOffset, length, pieces });
  }
}

/** Bytes as JSON can hold them. */
export function contentOf(bytes: Buffer): { readonly text: string; readonly base64: string } {
  return { text: printable(bytes), base64: bytes.toString('base64') };
}

function printable(bytes: Buffer): string {
  // What is no UTF-8 becomes U+FFFD; what changes the direction of text could show it other than it is.
  return bytes.toString('utf8').replace(/[^\P{C}\t\n\r]|\ufffd/gu, '.');
}
