import { u8 } from '../../../net/index.ts';
import type { Body, BodyTarget } from './body.ts';
import { CR, LF } from './characters.ts';
import { contentEncodings } from './content-encoding.ts';
import { contentRange, dispositionName, parameter } from './disposition.ts';
import { Fields, objectOf, pathOf } from './exchange.ts';
import {
  allWhite,
  BEHIND,
  CHUNK_LENGTH,
  contentLength,
  DEAD,
  FIXED,
  LINE,
  MessageReader,
  peekText,
  SPECIAL,
  UNTIL_CLOSE,
} from './message-reader.ts';
import { isIgnorableLine, startsStatusLine, statusLine, versionOf } from './start-line.ts';

/** A line that is no status line: perhaps junk in front of one, perhaps already the content. */
const JUNK = SPECIAL;
/** An answer that should have no body announces one: the next bytes tell. */
const PERHAPS = SPECIAL + 1;

/** Reads the server's direction. */
export class ResponseReader extends MessageReader {
  private junk: Buffer | undefined;
  private junkEnded = false;

  protected line(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    if (this.exchange === undefined) {
      // Empty lines in front of a response begin none.
      while (at < end && (bytes[at] === CR || bytes[at] === LF)) at++;
      if (at >= end) return at;
      this.exchange = this.owner.answered();
      if (this.exchange.short) {
        this.fields = new Fields(false);
        this.state = UNTIL_CLOSE;
        return at;
      }
    }
    const found = this.lineEnd(bytes, at, end, true);
    if (found < 0) {
      if (startsStatusLine(bytes, at, end) === 0) {
        this.state = JUNK;
        this.junk = undefined;
        this.junkEnded = false;
      } else if (end - at > this.owner.headerBytes) {
        this.anomaly('RESPONSE_FIELD_TOO_LONG');
        this.dead();
        return end;
      }
      return at;
    }
    let next = found + 1;
    if (u8(bytes, found) === CR) {
      if (next >= end) return at;
      if (u8(bytes, next) === LF) next++;
    }
    if (isIgnorableLine(bytes, at, next)) return next;
    if (startsStatusLine(bytes, at, next) !== 1) {
      this.state = JUNK;
      this.junk = undefined;
      this.junkEnded = false;
      return at;
    }
    const status = statusLine(bytes, at, found);
    this.exchange.statusLine = status;
    this.exchange.responseHeadLength += next - at;
    const version = versionOf(status.protocol);
    if (version === 0) this.anomaly('RESPONSE_INVALID_PROTOCOL');
    if (status.status === undefined) this.anomaly('RESPONSE_INVALID_STATUS');
    this.startHead();
    this.exchange.response = this.fields;
    return next;
  }

  protected special(bytes: Uint8Array, at: number, end: number): number {
    return this.state === PERHAPS ? this.perhaps(bytes, at, end) : this.junkLine(bytes, at, end);
  }

  /** Takes a line in; when another line that may be a status line follows it is dropped, otherwise it is content. */
  private junkLine(bytes: Uint8Array, at: number, end: number): number {
    if (at >= end) return at;
    if (this.junkEnded) {
      const { junk } = this;
      let length = junk?.length ?? 0;
      while (length > 0 && (junk?.[length - 1] === LF || junk?.[length - 1] === CR)) length--;
      if (u8(bytes, at) === 0x48 || length <= 2) {
        this.junk = undefined;
        this.state = LINE;
        return at;
      }
      this.contentWithoutHead();
      return at;
    }
    const found = this.lineEnd(bytes, at, end, true);
    let next = found < 0 ? end : found + 1;
    if (found >= 0 && u8(bytes, found) === CR) {
      if (next >= end) next = found;
      else if (u8(bytes, next) === LF) next++;
    }
    if (next > at) {
      const piece = bytes.subarray(at, next);
      this.junk = this.junk === undefined ? Buffer.from(piece) : Buffer.concat([this.junk, piece]);
      if (found >= 0 && next > found) this.junkEnded = true;
      if (this.junk.length > this.owner.headerBytes) this.contentWithoutHead();
    }
    return next;
  }

  private contentWithoutHead(): void {
    const { junk } = this;
    this.junk = undefined;
    this.fields = new Fields(false);
    this.state = UNTIL_CLOSE;
    if (junk !== undefined) this.content(junk, 0, junk.length, false);
  }

  private perhaps(bytes: Uint8Array, at: number, end: number): number {
    if (at >= end) return at;
    const starts = startsStatusLine(bytes, at, end);
    if (starts < 0) return at;
    if (starts === 1) this.state = BEHIND;
    else if (this.fields !== undefined) this.frame(this.fields);
    return at;
  }

  override close(closed: boolean): void {
    if (this.state === JUNK && this.junk !== undefined) this.contentWithoutHead();
    if (this.state === PERHAPS) this.state = BEHIND;
    super.close(closed);
  }

  protected headDone(): void {
    const { exchange, fields } = this;
    if (exchange === undefined || fields === undefined) return;
    this.owner.answerHead(exchange);
    const status = exchange.statusLine?.status ?? 0;
    if (exchange.method === 'CONNECT' && status >= 200 && status <= 299) {
      this.finish(true);
      this.state = DEAD;
      this.owner.become(undefined);
      return;
    }
    const framed =
      fields.get('transfer-encoding') !== undefined || fields.get('content-length') !== undefined;
    const length = contentLength(fields.get('content-length') ?? '') ?? 0;
    if (status === 101 && !framed) {
      this.upgrade(fields);
      return;
    }
    if (status === 101) this.anomaly('SWITCHING_PROTO_WITH_CONTENT_LENGTH');
    if (status === 100 && fields.get('transfer-encoding') === undefined && length === 0) {
      if (exchange.interim?.status === 100) this.anomaly('100_CONTINUE_ALREADY_SEEN');
      this.interim();
      return;
    }
    if (status > 101 && status <= 199 && !framed) {
      this.interim();
      return;
    }
    if (exchange.method === 'HEAD') {
      this.message(true);
      return;
    }
    if ((status >= 100 && status <= 199) || status === 204 || status === 304) {
      if (!framed) this.message(true);
      else {
        this.anomaly('RESPONSE_BODY_UNEXPECTED');
        if (fields.get('transfer-encoding') === undefined && length === 0) this.message(true);
        else this.state = PERHAPS;
      }
      return;
    }
    this.frame(fields);
  }

  /** An interim answer: the final one follows. */
  private interim(): void {
    const { exchange } = this;
    if (exchange !== undefined) {
      exchange.interim = exchange.statusLine;
      exchange.response = undefined;
    }
    this.fields = undefined;
    this.state = LINE;
  }

  private upgrade(fields: Fields): void {
    const { exchange } = this;
    if (exchange !== undefined) exchange.interim = exchange.statusLine;
    const protocol = (fields.get('upgrade') ?? '').toLowerCase();
    this.finish(true);
    this.state = DEAD;
    this.owner.become(
      protocol.includes('websocket') ? 'websocket' : protocol.includes('h2c') ? 'http2' : undefined,
    );
  }

  /** Says how long the body is (RFC 9112, section 6.3). */
  private frame(fields: Fields): void {
    const transfer = fields.get('transfer-encoding')?.replaceAll('\0', '').toLowerCase();
    const length = fields.get('content-length');
    const encodings = contentEncodings(fields.get('content-encoding'));
    if (encodings.abnormal) this.anomaly('ABNORMAL_CE_HEADER');
    if (encodings.tooMany) this.anomaly('TOO_MANY_ENCODING_LAYERS');
    this.startBody(fields, encodings.layers);
    if (transfer?.includes('chunked') === true) {
      if (transfer !== 'chunked') this.anomaly('RESPONSE_ABNORMAL_TRANSFER_ENCODING');
      if (versionOf(this.exchange?.statusLine?.protocol) < 11) this.anomaly('RESPONSE_CHUNKED_OLD_PROTO');
      if (length !== undefined) this.anomaly('REQUEST_SMUGGLING');
      this.state = CHUNK_LENGTH;
      return;
    }
    if (transfer !== undefined) this.anomaly('INVALID_TRANSFER_ENCODING_VALUE_IN_RESPONSE');
    if (length !== undefined) {
      const bytes = contentLength(length);
      if (bytes !== undefined) {
        if (!/^\s*\d/.test(length)) this.anomaly('CONTENT_LENGTH_EXTRA_DATA_START');
        if (!/\d\s*$/.test(length)) this.anomaly('CONTENT_LENGTH_EXTRA_DATA_END');
        if (bytes === 0) {
          this.message(true);
          return;
        }
        this.left = bytes;
        this.state = FIXED;
        return;
      }
      this.anomaly('INVALID_CONTENT_LENGTH_FIELD_IN_RESPONSE');
    }
    this.state = UNTIL_CLOSE;
  }

  protected openBody(fields: Fields): BodyTarget | undefined {
    const { exchange } = this;
    if (exchange === undefined) return undefined;
    const disposition = fields.get('content-disposition');
    const named =
      (disposition === undefined ? undefined : dispositionName(disposition)) ??
      (disposition === undefined ? typeName(fields.get('content-type')) : undefined);
    if (named !== undefined) exchange.addName(1, named);
    const length = fields.get('transfer-encoding') === undefined ? fields.get('content-length') : undefined;
    const plain = fields.get('content-encoding') === undefined && length !== undefined;
    const range = contentRange(fields.get('content-range') ?? '');
    return this.owner.openFile(exchange, {
      direction: 1,
      filename: named,
      path: pathOf(exchange),
      expectedBytes: range?.size ?? (plain ? contentLength(length) : undefined),
      depth: 0,
      range:
        range?.start !== undefined && range.end !== undefined
          ? { start: range.start, end: range.end }
          : undefined,
      object: range === undefined || exchange.requestLine === undefined ? undefined : objectOf(exchange),
    });
  }

  /** Invalid length: browsers show the rest as it is. */
  protected badChunk(): void {
    this.anomaly('INVALID_RESPONSE_CHUNK_LEN');
    this.state = UNTIL_CLOSE;
  }

  /**
   * Bytes behind a response that are no other response belong to its body, an empty line among them, as in libhtp;
   * without any the message is over.
   */
  protected behind(bytes: Uint8Array, at: number, end: number): number {
    const found = at >= end ? -1 : this.lineEnd(bytes, at, end, false);
    const next = found < 0 ? end : found + 1;
    const other = at < end && startsStatusLine(bytes, at, next) === 0;
    const empty = found >= 0 && this.body !== undefined && allWhite(bytes, at, next);
    if (!other && !empty) {
      this.finish(true);
      this.state = LINE;
      return at;
    }
    if (other) this.anomaly('RESPONSE_BODY_UNEXPECTED');
    if (this.exchange !== undefined) this.exchange.responseTrailing += next - at;
    this.content(bytes, at, next, false);
    return next;
  }

  protected overhead(length: number): void {
    if (this.exchange !== undefined) this.exchange.responseLength += length;
  }

  private counted = 0;

  protected progress(): void {
    const { body, exchange } = this;
    if (body === undefined || exchange === undefined) return;
    exchange.responseLength += body.received - this.counted;
    this.counted = body.received;
    exchange.responseDecoded = body.decoded;
  }

  protected settle(body: Body): void {
    const { exchange } = this;
    if (exchange !== undefined) {
      exchange.responseLength += body.received - this.counted;
      exchange.responseDecoded = body.decoded;
    }
    this.counted = 0;
  }

  protected finish(complete: boolean): void {
    const { exchange } = this;
    if (exchange === undefined) return;
    this.progress();
    this.closeBody(complete);
    this.exchange = undefined;
    this.fields = undefined;
    exchange.responseDone = true;
    this.owner.responseDone(exchange);
  }

  protected findStart(bytes: Uint8Array, at: number, end: number): number {
    const text = peekText(bytes, at, Math.min(end, at + 65536));
    const found = /(?:^|\n)(HTTP\/1\.[01] \d{3}\s)/.exec(text);
    return found?.[1] === undefined ? -1 : at + found.index + found[0].length - found[1].length;
  }
}

/** The name that some servers give in the type. */
function typeName(type: string | undefined): string | undefined {
  return type?.includes('=') === true ? parameter(type, 'name') : undefined;
}
