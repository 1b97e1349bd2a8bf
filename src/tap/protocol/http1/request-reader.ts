import type { Body, BodyTarget } from './body.ts';
import { CR, isWhite, LF } from './characters.ts';
import { contentEncodings } from './content-encoding.ts';
import { dispositionName } from './disposition.ts';
import { type Exchange, type Fields, pathOf } from './exchange.ts';
import {
  BEHIND,
  CHUNK_LENGTH,
  contentLength,
  FIXED,
  LINE,
  MessageReader,
  peekText,
  RESYNC,
  SPECIAL,
  startsRequest,
  WAIT,
} from './message-reader.ts';
import { Multipart, multipartBoundary } from './multipart.ts';
import { isIgnorableLine, isKnownMethod, requestLine, versionOf } from './start-line.ts';
import { hostPort, target } from './uri.ts';

/** White space behind a line without a version that still leaves it a request of HTTP/0.9. */
const SHORT_WHITE = 16;

/** Bytes of an unfinished request line that are kept. */
const PARTIAL = 2048;

/** A host that is an address. */
const NUMERIC = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\])$/;

/** Reads the client's direction. */
export class RequestReader extends MessageReader {
  private white = 0;
  private requests = 0;
  /** The beginning of a line whose end has not come. */
  private partial: Buffer | undefined;
  /** The request that was made of it because its answer came. */
  private early: Exchange | undefined;

  /** True while the request of an exchange has not sent a byte of the body that it announced. */
  awaitsContinue(): boolean {
    return this.state === FIXED && this.body === undefined && this.left > 0;
  }

  /** Ends the request whose body will not come. */
  abandon(): void {
    if (this.exchange !== undefined) this.finish(true);
    this.state = LINE;
  }

  /** The answer to a CONNECT was no: requests go on. */
  resume(): void {
    if (this.state === WAIT) this.state = LINE;
  }

  /** An answer begins, or nothing more comes: what there is of a request line is one. */
  settlePartial(): void {
    const { partial } = this;
    if (this.state !== LINE || partial === undefined || this.early !== undefined) return;
    const line = requestLine(partial, 0, partial.length);
    if (!isKnownMethod(line.method) || line.uri === undefined) return;
    this.early = this.owner.asked(line);
    this.early.target = target(line.uri, line.method === 'CONNECT');
  }

  override close(closed: boolean): void {
    if (this.state === LINE) this.settlePartial();
    const { early } = this;
    this.early = undefined;
    this.partial = undefined;
    super.close(closed);
    if (early !== undefined && !early.requestDone) {
      early.requestDone = true;
      this.owner.requestDone(early);
    }
  }

  /** An answer begins: a line without a version was a request of HTTP/0.9. */
  settleShort(): void {
    if (this.state !== SPECIAL || this.exchange === undefined) return;
    this.exchange.short = true;
    this.state = BEHIND;
    this.finish(true);
  }

  protected line(bytes: Uint8Array, at: number, end: number): number {
    const lf = this.lineEnd(bytes, at, end, false);
    if (lf < 0) {
      if (end - at > this.owner.headerBytes) {
        this.anomaly('REQUEST_FIELD_TOO_LONG');
        this.dead();
        return end;
      }
      if ((this.partial?.length ?? 0) < PARTIAL) {
        this.partial = Buffer.from(bytes.subarray(at, Math.min(end, at + PARTIAL)));
      }
      return at;
    }
    this.partial = undefined;
    const next = lf + 1;
    if (isIgnorableLine(bytes, at, next)) return next;
    let stop = lf;
    while (stop > at && bytes[stop - 1] === CR) stop--;
    const line = requestLine(bytes, at, stop);
    if (line.method === '') return next;
    const version = versionOf(line.protocol);
    const strange = line.protocol === undefined && !isKnownMethod(line.method);
    if (!startsRequest(line.method) || (strange && this.requests > 0)) {
      // Not a request: what a client says behind a message that announced no body.
      this.anomaly('REQUEST_BODY_UNEXPECTED');
      return next;
    }
    const exchange = this.early ?? this.owner.asked(line);
    this.early = undefined;
    this.requests++;
    exchange.requestLine = line;
    this.exchange = exchange;
    if (line.leadingWhite) this.anomaly('REQUEST_LINE_LEADING_WHITESPACE');
    if (line.oddMethodEnd) this.anomaly('METHOD_DELIM_NON_COMPLIANT');
    if (line.oddUriEnd) this.anomaly('URI_DELIM_NON_COMPLIANT');
    if (line.uri !== undefined) {
      exchange.target = target(line.uri, line.method === 'CONNECT');
      if (exchange.target.authority?.valid === false) this.anomaly('REQUEST_URI_HOST_INVALID');
    }
    if (line.protocol === undefined) {
      if (!isKnownMethod(line.method)) this.anomaly('REQUEST_LINE_UNKNOWN_METHOD_NO_PROTOCOL');
      this.state = SPECIAL;
      this.white = 0;
      return next;
    }
    if (version === 0 && !isKnownMethod(line.method))
      this.anomaly('REQUEST_LINE_UNKNOWN_METHOD_INVALID_PROTOCOL');
    this.startHead();
    exchange.request = this.fields;
    return next;
  }

  /** Behind a line without a version: HTTP/0.9 unless more than white space follows. */
  protected special(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && isWhite(bytes[at] ?? 0) && this.white <= SHORT_WHITE) {
      if (bytes[at] === LF && this.exchange !== undefined) this.exchange.shortEnded = true;
      at++;
      this.white++;
    }
    if (at < end) {
      this.anomaly('REQUEST_LINE_MISSING_PROTOCOL');
      this.startHead();
      if (this.exchange !== undefined) this.exchange.request = this.fields;
    }
    return at;
  }

  protected headDone(): void {
    const { exchange, fields } = this;
    if (exchange === undefined || fields === undefined) return;
    this.host(fields);
    this.authorization(fields);
    if (exchange.method === 'CONNECT') {
      this.finish(true);
      this.state = WAIT;
      return;
    }
    const transfer = fields.get('transfer-encoding')?.replaceAll('\0', '').toLowerCase();
    const length = fields.get('content-length');
    const encodings = contentEncodings(fields.get('content-encoding'));
    if (encodings.abnormal) this.anomaly('ABNORMAL_CE_HEADER');
    if (encodings.tooMany) this.anomaly('TOO_MANY_ENCODING_LAYERS');
    if (transfer !== undefined) {
      if (length !== undefined) this.anomaly('REQUEST_SMUGGLING');
      if (transfer.includes('chunked')) {
        if (transfer !== 'chunked') this.anomaly('REQUEST_ABNORMAL_TRANSFER_ENCODING');
        this.startBody(fields, encodings.layers);
        this.state = CHUNK_LENGTH;
        return;
      }
      this.anomaly('INVALID_TRANSFER_ENCODING_VALUE_IN_REQUEST');
    }
    if (length !== undefined) {
      const bytes = contentLength(length);
      if (bytes === undefined) this.anomaly('INVALID_CONTENT_LENGTH_FIELD_IN_REQUEST');
      else if (bytes > 0) {
        if (!/^\s*\d/.test(length)) this.anomaly('CONTENT_LENGTH_EXTRA_DATA_START');
        if (!/\d\s*$/.test(length)) this.anomaly('CONTENT_LENGTH_EXTRA_DATA_END');
        if (encodings.layers.length > 0) this.startBody(fields, encodings.layers);
        this.left = bytes;
        this.state = FIXED;
        return;
      }
    }
    this.finish(true);
    this.state = LINE;
  }

  private host(fields: Fields): void {
    const { exchange } = this;
    const field = fields.get('host');
    const authority = exchange?.target?.authority;
    if (field === undefined || field === '') {
      if (field === undefined && versionOf(exchange?.requestLine?.protocol) >= 11)
        this.anomaly('MISSING_HOST_HEADER');
      if (authority !== undefined && authority.host !== '') this.owner.serverName(authority.host);
      return;
    }
    const named = hostPort(field);
    if (!named.valid) this.anomaly('REQUEST_HEADER_HOST_INVALID');
    if (NUMERIC.test(named.host)) this.owner.context.risk('HTTP/TLS/QUIC Numeric Hostname/SNI');
    if (authority !== undefined && authority.host !== '') {
      if (
        authority.host !== named.host ||
        (authority.port !== undefined && named.port !== undefined && authority.port !== named.port)
      )
        this.anomaly('HOST_HEADER_AMBIGUOUS');
      this.owner.serverName(authority.host);
    } else if (named.host !== '') this.owner.serverName(named.host);
  }

  private authorization(fields: Fields): void {
    const value = fields.get('authorization');
    if (value !== undefined && /^basic\s/i.test(value)) this.owner.context.risk('Clear-Text Credentials');
    if (value !== undefined && !/^(?:basic|digest|bearer)/i.test(value))
      this.anomaly('REQUEST_AUTH_UNRECOGNIZED');
  }

  protected openBody(fields: Fields): BodyTarget | undefined {
    const { exchange } = this;
    if (exchange === undefined) return undefined;
    const type = fields.get('content-type');
    const boundary = type === undefined ? undefined : multipartBoundary(type);
    if (boundary !== undefined) {
      return new Multipart(boundary, (filename) => {
        if (filename !== undefined) exchange.addName(0, filename);
        return this.owner.openFile(exchange, {
          direction: 0,
          filename,
          body: filename === undefined,
          depth: 0,
        });
      });
    }
    const disposition = fields.get('content-disposition');
    const named = disposition === undefined ? undefined : dispositionName(disposition);
    if (named !== undefined) exchange.addName(0, named);
    const encoded = fields.get('content-encoding') !== undefined;
    const length = fields.get('transfer-encoding') === undefined ? fields.get('content-length') : undefined;
    return this.owner.openFile(exchange, {
      direction: 0,
      filename: named,
      path: pathOf(exchange),
      expectedBytes: encoded || length === undefined ? undefined : contentLength(length),
      depth: 0,
    });
  }

  protected badChunk(): void {
    this.anomaly('INVALID_REQUEST_CHUNK_LEN');
    this.finish(false);
    this.state = RESYNC;
  }

  protected behind(_bytes: Uint8Array, at: number, _end: number): number {
    this.finish(true);
    this.state = LINE;
    return at;
  }

  protected overhead(_length: number): void {}

  protected progress(): void {
    if (this.exchange !== undefined && this.body !== undefined) {
      this.exchange.requestLength = this.body.received;
      this.exchange.requestDecoded = this.body.decoded;
    }
  }

  protected settle(body: Body): void {
    if (this.exchange === undefined) return;
    this.exchange.requestLength = body.received;
    this.exchange.requestDecoded = body.decoded;
  }

  protected finish(complete: boolean): void {
    const { exchange } = this;
    if (exchange === undefined) return;
    this.closeBody(complete);
    this.exchange = undefined;
    this.fields = undefined;
    exchange.requestDone = true;
    this.owner.requestDone(exchange);
  }

  protected findStart(bytes: Uint8Array, at: number, end: number): number {
    const text = peekText(bytes, at, Math.min(end, at + 8192));
    const found =
      /(?:^|\n)((?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PROPFIND) \S{1,4096} HTTP\/1\.)/.exec(
        text,
      );
    return found?.[1] === undefined ? -1 : at + found.index + found[0].length - found[1].length;
  }
}
