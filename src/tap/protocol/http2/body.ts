import type { Direction, FileSink, ParserContext } from '../parser.ts';
import { type Coding, decodeContent } from './content.ts';

/** Largest DNS message, which is the largest body that is kept for reading as one. */
const DNS_MESSAGE_BYTES = 65535;

/** What a body needs to know of its stream when it begins. */
export interface BodyStart {
  readonly direction: Direction;
  readonly transactionId: number;
  readonly filename: string | undefined;
  readonly expectedBytes: number | undefined;
  /** Where the content lies in a larger object, and that object's name and length. */
  readonly part:
    | { readonly start: number; readonly end: number; readonly object: string; readonly size: number }
    | undefined;
  readonly coding: Coding | undefined;
  /** True when the content is a DNS message that shall be kept. */
  readonly dns: boolean;
  readonly envelope: () => Record<string, unknown>;
}

/** Coded bytes that all streams of a connection may hold together. */
export interface Allowance {
  bytes: number;
}

/** The content of one direction of a stream: handed to a file, decoded first where it is coded. */
export class Body {
  private readonly context: ParserContext;
  private readonly start: BodyStart;
  private readonly allowance: Allowance;
  private readonly file: FileSink;
  private taken = 0;
  private coded: Uint8Array[] = [];
  private codedBytes = 0;
  private lost = false;
  private closed = false;
  private kept: Uint8Array[] = [];
  private keptBytes = 0;

  constructor(context: ParserContext, start: BodyStart, allowance: Allowance) {
    this.context = context;
    this.start = start;
    this.allowance = allowance;
    this.file = context.openFile({
      direction: start.direction,
      source: 'HTTP',
      filename: start.filename,
      transactionId: start.transactionId,
      envelope: start.envelope,
      expectedBytes: start.part?.size ?? (start.coding === undefined ? start.expectedBytes : undefined),
      range: start.part,
      object: start.part?.object,
    });
  }

  /** True when no more of the content will be looked at. */
  get full(): boolean {
    return this.closed || this.lost || this.taken >= this.context.limits.bodyBytes;
  }

  /** Bytes of the content as they were sent. */
  data(bytes: Uint8Array, from: number, to: number): void {
    if (this.closed) return;
    const { coding } = this.start;
    const wanted = this.lost ? 0 : Math.min(to - from, this.context.limits.bodyBytes - this.taken);
    const room = coding === undefined ? wanted : Math.min(wanted, this.allowance.bytes);
    if (room > 0) {
      this.taken += room;
      if (coding === undefined) this.content(bytes, from, from + room);
      else {
        this.allowance.bytes -= room;
        this.codedBytes += room;
        this.coded.push(bytes.slice(from, from + room));
      }
    }
    if (room < to - from) this.skipped(to - from - room);
  }

  /** Bytes that were sent but are not looked at. */
  skipped(length: number): void {
    if (this.closed) return;
    // What is left out of coded content makes all that follows unreadable.
    if (this.start.coding !== undefined) this.lost = true;
    else this.file.skipped(length);
  }

  /** Bytes that are missing from the capture. */
  gap(length: number): void {
    if (this.closed) return;
    this.lost ||= this.start.coding !== undefined;
    if (this.start.coding === undefined) this.file.gap(length);
  }

  /** The content is over; `complete` when its end was seen. Returns the whole of it where it was kept as DNS. */
  close(complete: boolean): Uint8Array | undefined {
    if (this.closed) return undefined;
    this.closed = true;
    const { coding, direction } = this.start;
    if (coding !== undefined && this.codedBytes > 0) {
      const decoded = decodeContent(coding, Buffer.concat(this.coded), this.context.limits.bodyBytes);
      this.allowance.bytes += this.codedBytes;
      this.coded = [];
      if (!decoded.sound) this.context.anomaly('failed_decompression', direction);
      else if (decoded.cut) this.context.anomaly('compression_bomb', direction);
      this.content(decoded.bytes, 0, decoded.bytes.length);
    }
    this.file.close(complete && !this.lost);
    const kept = this.kept.length > 0 ? Buffer.concat(this.kept) : undefined;
    this.kept = [];
    return kept;
  }

  private content(bytes: Uint8Array, from: number, to: number): void {
    if (to > from) this.file.data(bytes, from, to);
    if (!this.start.dns || this.keptBytes > DNS_MESSAGE_BYTES) return;
    this.keptBytes += to - from;
    if (this.keptBytes > DNS_MESSAGE_BYTES) {
      this.kept = [];
      this.keptBytes = DNS_MESSAGE_BYTES + 1;
      this.context.anomaly(
        this.start.direction === 0 ? 'dns_request_too_long' : 'dns_response_too_long',
        this.start.direction,
      );
    } else this.kept.push(bytes.slice(from, to));
  }
}
