import { latin1, u8 } from '../../../net/index.ts';
import type { Direction } from '../parser.ts';
import { Body, type BodyTarget } from './body.ts';
import { CR, fieldString, fieldText, indexOfByte, isWhite, LF } from './characters.ts';
import { chunkLength, startsChunkLength, WRONG_LENGTH } from './chunk.ts';
import type { Encoding } from './content-encoding.ts';
import type { Conversation } from './conversation.ts';
import { type Exchange, Fields } from './exchange.ts';
import { fieldName, nameHash } from './field-name.ts';
import { END_OF_HEAD, FIELD, FieldReader } from './field-reader.ts';

/** What a direction expects next. */
export const LINE = 0;
export const HEAD = 1;
export const FIXED = 2;
export const CHUNK_LENGTH = 3;
export const CHUNK_DATA = 4;
export const CHUNK_END = 5;
export const TRAILER = 6;
export const UNTIL_CLOSE = 7;
/** Behind a message. */
export const BEHIND = 8;
/** A hole has hit a head: the next message is looked for. */
export const RESYNC = 9;
/** Nothing more can be made of this direction. */
export const DEAD = 10;
/** Held back until the other direction says how to go on. */
export const WAIT = 11;
/** States of one direction only. */
export const SPECIAL = 12;

/** Fields of one head that are looked at. */
const HEAD_FIELDS = 1024;
/** Bytes that are passed over at a time: what is counted too many when a flow ends meanwhile. */
const SKIP = 1 << 18;

/** What requests and responses have in common: the head's fields and the framing of the body. */
export abstract class MessageReader {
  protected state = LINE;
  protected exchange: Exchange | undefined;
  protected body: Body | undefined;
  /** Bytes of the body or chunk that are still to come. */
  protected left = 0;
  protected readonly direction: Direction;
  protected readonly owner: Conversation;
  protected readonly reader: FieldReader;
  protected fields: Fields | undefined;
  /** Bytes of the head so far, and of what waits that hold no line end. */
  private headLength = 0;
  private scanned = 0;

  constructor(owner: Conversation, direction: Direction) {
    this.owner = owner;
    this.direction = direction;
    this.reader = new FieldReader(direction === 1);
  }

  /** Reads the start line at `at`; returns the index behind it. */
  protected abstract line(bytes: Uint8Array, at: number, end: number): number;
  /** The head is complete: says what body follows. */
  protected abstract headDone(): void;
  /** Bytes behind a message, or none. */
  protected abstract behind(bytes: Uint8Array, at: number, end: number): number;
  protected abstract special(bytes: Uint8Array, at: number, end: number): number;
  /** The message is complete, or as complete as it will be. */
  protected abstract finish(complete: boolean): void;
  /** A chunk length that is none. */
  protected abstract badChunk(): void;
  /** Index of the next message in `[at, end)`, or -1. */
  protected abstract findStart(bytes: Uint8Array, at: number, end: number): number;
  protected abstract openBody(fields: Fields): BodyTarget | undefined;
  /** Bytes that the transfer coding added. */
  protected abstract overhead(length: number): void;

  /** Takes what can be taken of `[start, end)`; returns the index behind it. */
  data(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    for (;;) {
      const before = at;
      const state = this.state;
      at = this.step(bytes, at, end);
      if (at === before && this.state === state) return at;
      if (at > before) this.scanned = 0;
      // Empty lines too many behind the head belong to it rather than to what is spoken next.
      if (this.owner.left) return skipLineEnds(bytes, at, end);
    }
  }

  private step(bytes: Uint8Array, at: number, end: number): number {
    switch (this.state) {
      case LINE:
        return at >= end ? at : this.line(bytes, at, end);
      case HEAD:
        return this.head(bytes, at, end, false);
      case FIXED:
        return this.fixed(bytes, at, end);
      case CHUNK_LENGTH:
        return this.chunkLength(bytes, at, end);
      case CHUNK_DATA:
        return this.fixed(bytes, at, end);
      case CHUNK_END:
        return this.chunkEnd(bytes, at, end);
      case TRAILER:
        return this.trailer(bytes, at, end);
      case UNTIL_CLOSE:
        if (end > at) this.content(bytes, at, end, false);
        return end;
      case BEHIND:
        return this.behind(bytes, at, end);
      case RESYNC:
        return this.resync(bytes, at, end);
      case WAIT:
        return skipLineEnds(bytes, at, end);
      case DEAD:
        return end;
      default:
        return this.special(bytes, at, end);
    }
  }

  /** A hole of `length` bytes. False where this direction cannot go on. */
  gap(length: number): void {
    this.scanned = 0;
    let rest = length;
    if (this.state === UNTIL_CLOSE) {
      this.body?.gap(rest);
      return;
    }
    if (this.state === FIXED || this.state === CHUNK_DATA) {
      const inside = Math.min(rest, this.left);
      this.ensureBody();
      this.body?.gap(inside);
      this.left -= inside;
      rest -= inside;
      if (this.left === 0) {
        if (this.state === CHUNK_DATA) this.state = CHUNK_END;
        else this.state = BEHIND;
      }
      if (rest === 0) {
        if (this.state === BEHIND) {
          this.finish(true);
          this.state = LINE;
        }
        return;
      }
    }
    if (this.state === DEAD) return;
    // The hole goes beyond what can be told: the message is over, the next one is looked for.
    if (this.exchange !== undefined) this.finish(this.state === BEHIND);
    if (this.state !== DEAD) this.state = RESYNC;
  }

  /**
   * No more bytes of this direction will come: it was closed, or the flow ended without that. As in Suricata a
   * body that its sender closed early counts as complete.
   */
  close(closed: boolean): void {
    const { state } = this;
    if (state === DEAD) return;
    if (this.exchange !== undefined) this.finish(closed || state === BEHIND || state === TRAILER);
    this.state = DEAD;
  }

  /** Stops for good. */
  protected dead(): void {
    if (this.exchange !== undefined) this.finish(false);
    this.state = DEAD;
  }

  protected anomaly(event: string): void {
    this.owner.anomaly(event, this.direction, this.exchange);
  }

  /** Index of the next LF (or CR, where asked for) from what was not looked at yet, or -1. */
  protected lineEnd(bytes: Uint8Array, at: number, end: number, orCr: boolean): number {
    let i = at + this.scanned;
    if (orCr) {
      while (i < end && bytes[i] !== LF && bytes[i] !== CR) i++;
      if (i < end) return i;
    } else {
      const found = indexOfByte(bytes, LF, i, end);
      if (found >= 0) return found;
    }
    this.scanned = end - at;
    return -1;
  }

  protected startHead(): void {
    this.state = HEAD;
    this.headLength = 0;
    this.fields = new Fields(this.owner.keepHeaders);
  }

  // Heads

  private head(bytes: Uint8Array, start: number, end: number, trailer: boolean): number {
    const { reader } = this;
    // What waits is looked at again only when another line has ended in it.
    if (this.scanned > 0 && this.lineEnd(bytes, start, end, true) < 0) {
      return this.headLength + end - start > this.owner.headerBytes ? this.headTooLong(end) : start;
    }
    let at = start;
    for (;;) {
      const kind = reader.read(bytes, at, end, false);
      if (kind === END_OF_HEAD) {
        const { next } = reader;
        this.headLength = 0;
        this.owner.headBytes(this.direction, this.exchange, next - at);
        if (trailer) this.message(true);
        else this.headDone();
        return next;
      }
      if (kind !== FIELD) break;
      this.headLength += reader.next - at;
      this.owner.headBytes(this.direction, this.exchange, reader.next - at);
      if (!trailer) this.field(bytes);
      at = reader.next;
    }
    if (this.headLength + end - at > this.owner.headerBytes) return this.headTooLong(end);
    this.scanned = end - at;
    // A line end among the last bytes may yet turn out to be one.
    this.scanned = Math.max(0, this.scanned - 6);
    return at;
  }

  private headTooLong(end: number): number {
    this.anomaly(this.direction === 0 ? 'REQUEST_FIELD_TOO_LONG' : 'RESPONSE_FIELD_TOO_LONG');
    this.dead();
    return end;
  }

  /** Takes down the field that the reader has found. */
  private field(bytes: Uint8Array): void {
    const { reader, fields } = this;
    if (fields === undefined) return;
    const request = this.direction === 0;
    if (reader.missingColon)
      this.anomaly(request ? 'REQUEST_FIELD_MISSING_COLON' : 'RESPONSE_FIELD_MISSING_COLON');
    else if (reader.nameNotToken)
      this.anomaly(request ? 'REQUEST_HEADER_INVALID' : 'RESPONSE_HEADER_INVALID');
    if (reader.deformedEnd) this.anomaly('DEFORMED_EOL');
    if (fields.count++ >= HEAD_FIELDS) {
      this.anomaly(request ? 'REQUEST_TOO_MANY_HEADERS' : 'RESPONSE_TOO_MANY_HEADERS');
      return;
    }
    const { nameStart, nameEnd, valueStart, valueEnd } = reader;
    if (!reader.missingColon && fields.repeats(nameHash(bytes, nameStart, nameEnd))) {
      this.anomaly(request ? 'REQUEST_HEADER_REPETITION' : 'RESPONSE_HEADER_REPETITION');
    }
    const name = reader.missingColon ? undefined : fieldName(bytes, nameStart, nameEnd);
    if (name === undefined && fields.all === undefined) return;
    const value =
      reader.folded !== undefined ? fieldString(reader.folded) : fieldText(bytes, valueStart, valueEnd);
    fields.all?.push({ name: fieldText(bytes, nameStart, nameEnd), value });
    if (name === undefined) return;
    const existing = fields.known.get(name);
    if (existing === undefined) {
      fields.known.set(name, value);
      return;
    }
    if (name === 'content-length') {
      const first = contentLength(existing);
      if (first === undefined || first !== contentLength(value)) {
        this.anomaly(
          request
            ? 'DUPLICATE_CONTENT_LENGTH_FIELD_IN_REQUEST'
            : 'DUPLICATE_CONTENT_LENGTH_FIELD_IN_RESPONSE',
        );
        this.anomaly('REQUEST_SMUGGLING');
      }
    } else if (existing.length + value.length < this.owner.headerBytes)
      fields.known.set(name, `${existing}, ${value}`);
  }

  // Bodies

  /** Makes the body of the message; `layers` are its content encodings. */
  protected startBody(fields: Fields, layers: readonly Encoding[]): void {
    this.body = new Body(this.owner.bodyBytes, layers, () => this.openBody(fields));
  }

  private ensureBody(): void {
    if (this.body === undefined && this.exchange !== undefined) {
      this.startBody(this.fields ?? new Fields(false), []);
    }
  }

  protected content(bytes: Uint8Array, start: number, end: number, last: boolean): void {
    this.ensureBody();
    this.body?.data(bytes, start, end, last);
    this.progress();
  }

  /** Tells the exchange how much has come. */
  protected abstract progress(): void;

  /** A body or chunk of known length. */
  private fixed(bytes: Uint8Array, at: number, end: number): number {
    const chunk = this.state === CHUNK_DATA;
    const available = Math.min(end - at, this.left);
    if (available > 0) {
      this.left -= available;
      this.content(bytes, at, at + available, !chunk && this.left === 0);
    }
    if (this.left > 0 && this.body?.full === true) {
      const skipped = Math.min(this.left, SKIP);
      this.body.skip(skipped);
      this.left -= skipped;
      this.owner.skip(skipped, this.direction);
      this.progress();
      // The bytes behind are not here: whether something odd follows cannot be seen.
      if (this.left === 0 && !chunk) this.message(true);
    }
    if (this.left === 0) {
      if (chunk) this.state = CHUNK_END;
      else if (this.state === FIXED) this.state = BEHIND;
    }
    return at + available;
  }

  private chunkLength(bytes: Uint8Array, at: number, end: number): number {
    const lf = this.lineEnd(bytes, at, end, false);
    if (lf < 0) {
      if (!startsChunkLength(bytes, at, end)) {
        this.badChunk();
        return at;
      }
      if (end - at > this.owner.headerBytes) this.badChunk();
      return at;
    }
    const next = lf + 1;
    const length = chunkLength(bytes, at, next);
    if (length === WRONG_LENGTH) {
      this.badChunk();
      return at;
    }
    this.overhead(next - at);
    if (length < 0) return next;
    if (indexOfByte(bytes, 0x3b, at, lf) >= 0) {
      this.anomaly(this.direction === 0 ? 'REQUEST_CHUNK_EXTENSION' : 'RESPONSE_CHUNK_EXTENSION');
    }
    if (length === 0) {
      this.headLength = 0;
      this.state = TRAILER;
    } else {
      this.left = length;
      this.state = CHUNK_DATA;
    }
    return next;
  }

  /** The rest of the line behind a chunk. */
  private chunkEnd(bytes: Uint8Array, at: number, end: number): number {
    const lf = indexOfByte(bytes, LF, at, end);
    const next = lf < 0 ? end : lf + 1;
    this.overhead(next - at);
    if (lf >= 0) this.state = CHUNK_LENGTH;
    return next;
  }

  private trailer(bytes: Uint8Array, at: number, end: number): number {
    return this.head(bytes, at, end, true);
  }

  /** The message is over; what stands behind it is looked at where it is known to be there. */
  protected message(complete: boolean): void {
    this.state = BEHIND;
    if (complete && this.direction === 1 && !this.owner.skipping) return;
    this.finish(complete);
  }

  /** Ends the body. */
  protected closeBody(complete: boolean): void {
    const { body } = this;
    this.body = undefined;
    if (body === undefined) return;
    body.close(complete);
    this.settle(body);
  }

  /** Takes down the final lengths. */
  protected abstract settle(body: Body): void;

  private resync(bytes: Uint8Array, at: number, end: number): number {
    const found = this.findStart(bytes, at, end);
    if (found < 0) return end;
    this.state = LINE;
    return found;
  }
}

/** A Content-Length as tolerant readers take it: the first digits in it; undefined where there are none. */
export function contentLength(value: string): number | undefined {
  if (value.length <= 10 && value !== '') {
    let length = 0;
    let i = 0;
    for (; i < value.length; i++) {
      const digit = value.charCodeAt(i) - 0x30;
      if (digit < 0 || digit > 9) break;
      length = length * 10 + digit;
    }
    if (i === value.length) return length;
  }
  const digits = /\d{1,400}/.exec(value)?.[0];
  if (digits === undefined) return undefined;
  const length = Number(digits);
  return Number.isSafeInteger(length) ? length : undefined;
}

function skipLineEnds(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && (bytes[i] === CR || bytes[i] === LF)) i++;
  return i;
}

/** True where all of `[start, end)` is white space. */
export function allWhite(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (!isWhite(u8(bytes, i))) return false;
  return true;
}

/** The text of `[start, end)` for looking at, not for keeping. */
export function peekText(bytes: Uint8Array, start: number, end: number): string {
  return latin1(bytes, start, end);
}

/** True for what may be a method: not too long, and none of the marks that begin other things in it. */
export function startsRequest(method: string): boolean {
  if (method.length > 256) return false;
  for (let i = 0; i < method.length; i++) {
    const c = method.charCodeAt(i);
    if (c <= 0x20 || c === 0x22 || c === 0x3c || c === 0x3e || c === 0x7b || c === 0x7d || c === 0x7f)
      return false;
  }
  return true;
}
