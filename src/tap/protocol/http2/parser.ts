import { u16, u24, u32 } from '../../../net/index.ts';
import type { DnsMessage } from '../dns/index.ts';
import { type Direction, type Parser, type ParserContext, TO_CLIENT, TO_SERVER } from '../parser.ts';
import { type Allowance, Body } from './body.ts';
import { queryOfPath, sound } from './doh.ts';
import * as frame from './frame.ts';
import { HeaderDecoder, type HeaderField } from './hpack.ts';
import { partOf } from './part.ts';
import { beginsWithPreface } from './probe.ts';
import { type Half, Http2Stream, type Setting } from './stream.ts';
import { Http2Transaction, httpObject } from './transaction.ts';

/** Frames this long and longer are not waited for: only their beginning is read. */
const LONGEST_FRAME = 65536;
/** Frames of unknown types in a row after which this is taken not to be HTTP/2. */
const UNKNOWN_FRAMES = 100;
/** Decoded header bytes of one block, as a multiple of the bytes that a block may have. */
const HEADER_EXPANSION = 4;
/** Coded content that all streams may hold, as a multiple of what one body may. */
const CONTENT_SHARE = 4;

/** How far one direction has been read. */
class Reader {
  readonly decoder = new HeaderDecoder();
  begun = false;
  /** Content of a DATA frame that is still to come, the padding behind it, and the stream it belongs to. */
  dataLeft = 0;
  paddingLeft = 0;
  stream: Http2Stream | undefined;
  endsStream = false;
  /** A header block whose CONTINUATION frames are awaited, and the stream it belongs to (0: none). */
  block: Uint8Array[] = [];
  blockBytes = 0;
  blockStream = 0;
  blockFrameStream = 0;
  blockCut = false;
  blockEndsStream = false;
}

/** HTTP/2 (RFC 9113) of one connection. */
export class Http2Parser implements Parser {
  private readonly context: ParserContext;
  private readonly readers: readonly [Reader, Reader] = [new Reader(), new Reader()];
  private readonly streams = new Map<number, Http2Stream>();
  private readonly allowance: Allowance;
  private readonly finished: Http2Stream[] = [];
  private transactions = 0;
  private unknown = 0;
  private dns = false;

  constructor(context: ParserContext) {
    this.context = context;
    this.allowance = { bytes: context.limits.bodyBytes * CONTENT_SHARE };
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    const reader = this.readers[direction];
    let position = start;
    if (!reader.begun) {
      if (direction === TO_SERVER) {
        if (beginsWithPreface(bytes, start, end)) {
          if (end - start < frame.PREFACE.length) return start;
          position += frame.PREFACE.length;
        } else if (!this.context.midstream) this.context.anomaly('invalid_client_magic', direction);
      }
      reader.begun = true;
    }
    while (position < end) {
      const next = this.step(bytes, position, end, reader, direction);
      if (next < 0) break;
      position = next;
    }
    this.emitFinished();
    return position;
  }

  gap(length: number, direction: Direction): boolean {
    const reader = this.readers[direction];
    const total = reader.dataLeft + reader.paddingLeft;
    // A gap within content does no harm; one that may hide headers leaves the table of header fields unknown.
    if (length > total) return false;
    const content = Math.min(length, reader.dataLeft);
    reader.dataLeft -= content;
    reader.paddingLeft -= length - content;
    if (content > 0) reader.stream?.halves[direction].body?.gap(content);
    if (reader.dataLeft === 0) this.endData(reader, direction);
    this.emitFinished();
    return true;
  }

  end(): void {
    for (const stream of this.streams.values()) this.finish(stream);
    this.streams.clear();
    this.emitFinished();
  }

  /** Takes one frame or a piece of a DATA frame; returns the index behind it, -1 when more bytes are needed. */
  private step(bytes: Uint8Array, start: number, end: number, reader: Reader, direction: Direction): number {
    if (reader.dataLeft > 0 || reader.paddingLeft > 0)
      return this.content(bytes, start, end, reader, direction);
    if (end - start < frame.FRAME_HEADER_BYTES) return -1;
    const length = u24(bytes, start);
    const type = bytes[start + frame.TYPE_OFFSET]!;
    const flags = bytes[start + frame.FLAGS_OFFSET]!;
    const id = u32(bytes, start + frame.STREAM_OFFSET) & 0x7fffffff;
    const body = start + frame.FRAME_HEADER_BYTES;
    if (type === frame.DATA && id !== 0) {
      if ((flags & frame.PADDED) !== 0 && length > 0 && end === body) return -1;
      if (length >= LONGEST_FRAME) this.context.anomaly('long_frame_data', direction);
      return this.beginData(bytes, body, end, length, flags, id, reader, direction);
    }
    const unread = type > frame.CONTINUATION || type === frame.PING;
    if (length >= LONGEST_FRAME || unread)
      return this.pass(bytes, body, end, length, type, flags, id, direction);
    if (end - body < length) return -1;
    this.unknown = 0;
    this.frame(bytes, body, body + length, type, flags, id, direction);
    return body + length;
  }

  /** A frame that is not waited for: counted, its bytes left where they are. */
  private pass(
    bytes: Uint8Array,
    body: number,
    end: number,
    length: number,
    type: number,
    flags: number,
    id: number,
    direction: Direction,
  ): number {
    if (type > frame.CONTINUATION && ++this.unknown > UNKNOWN_FRAMES) {
      this.context.fail();
      return -1;
    }
    if (id === 0) this.transactions++;
    const here = Math.min(length, end - body);
    if (length >= LONGEST_FRAME) {
      this.context.anomaly('long_frame_data', direction);
      if (type !== frame.PING && type <= frame.CONTINUATION) {
        this.frame(bytes, body, body + here, type, flags, id, direction);
      }
    }
    if (length > here) this.context.skip(length - here, direction);
    return body + here;
  }

  private frame(
    bytes: Uint8Array,
    from: number,
    to: number,
    type: number,
    flags: number,
    id: number,
    direction: Direction,
  ): void {
    const { context } = this;
    if (id === 0 && type !== frame.SETTINGS && type !== frame.GOAWAY && type !== frame.WINDOW_UPDATE) {
      this.transactions++;
      context.anomaly(type === frame.DATA ? 'data_stream_zero' : 'invalid_frame_header', direction);
      return;
    }
    const length = to - from;
    switch (type) {
      case frame.SETTINGS:
        if (length > 0) this.settings(bytes, from, to, id, direction);
        return;
      case frame.GOAWAY:
        if (length < 8) context.anomaly('invalid_frame_length', direction);
        if (length >= 4 + 4) this.error(u32(bytes, from + 4), id, direction);
        return;
      case frame.RST_STREAM:
        if (length !== 4) context.anomaly('invalid_frame_length', direction);
        else this.error(u32(bytes, from), id, direction);
        return;
      case frame.PRIORITY:
        if (length !== 5) context.anomaly('invalid_frame_length', direction);
        else setPriority(this.stream(id).halves[direction], bytes[from + 4]!);
        return;
      case frame.WINDOW_UPDATE:
        if (length !== 4) context.anomaly('invalid_frame_length', direction);
        if (id === 0) this.transactions++;
        return;
      default:
        this.headers(bytes, from, to, type, flags, id, direction);
    }
  }

  private settings(bytes: Uint8Array, from: number, to: number, id: number, direction: Direction): void {
    const settings: Setting[] = [];
    for (let at = from; at + frame.SETTING_BYTES <= to; at += frame.SETTING_BYTES) {
      const key = u16(bytes, at);
      const value = u32(bytes, at + 2);
      // It says what its sender accepts, so it concerns the other end's encoder.
      if (key === frame.SETTINGS_HEADER_TABLE_SIZE) this.readers[other(direction)].decoder.allow(value);
      const name = frame.settingName(key);
      if (name !== undefined) settings.push({ name, value });
    }
    if ((to - from) % frame.SETTING_BYTES !== 0) this.context.anomaly('invalid_frame_data', direction);
    const stream = this.stream(id);
    const half = stream.halves[direction];
    half.settings = half.settings === undefined ? settings : half.settings.concat(settings);
    if (id === 0) this.context.emit(new Http2Transaction(stream), TO_SERVER);
  }

  private error(code: number, id: number, direction: Direction): void {
    const stream = this.stream(id);
    const half = stream.halves[direction];
    if (half.errorCode === undefined) half.errorCode = code;
    else half.multiple ??= 'error_code';
    if (id === 0) this.context.emit(new Http2Transaction(stream), TO_SERVER);
  }

  /** HEADERS, PUSH_PROMISE or CONTINUATION: collects the block and decodes it when it is whole. */
  private headers(
    bytes: Uint8Array,
    start: number,
    end: number,
    type: number,
    flags: number,
    id: number,
    direction: Direction,
  ): void {
    const { context } = this;
    const reader = this.readers[direction];
    let from = start;
    let to = end;
    let target = id;
    if (type === frame.CONTINUATION) {
      if (reader.blockFrameStream !== id) {
        context.anomaly('invalid_frame_data', direction);
        return;
      }
      target = reader.blockStream;
    } else {
      if ((flags & frame.PADDED) !== 0) {
        const padding = from < to ? bytes[from]! : 0;
        from++;
        to -= padding;
      }
      if (type === frame.HEADERS && (flags & frame.WITH_PRIORITY) !== 0) {
        if (from + 5 <= to) setPriority(this.stream(id).halves[direction], bytes[from + 4]!);
        from += 5;
      }
      if (type === frame.PUSH_PROMISE) {
        target = from + 4 <= to ? u32(bytes, from) & 0x7fffffff : 0;
        from += 4;
      }
      if (from > to || target === 0) {
        context.anomaly('invalid_frame_data', direction);
        return;
      }
      reader.block = [];
      reader.blockBytes = 0;
      reader.blockCut = false;
      reader.blockStream = target;
      reader.blockFrameStream = id;
      reader.blockEndsStream = type === frame.HEADERS && (flags & frame.END_STREAM) !== 0;
    }
    const last = (flags & frame.END_HEADERS) !== 0;
    if (last && reader.blockBytes === 0) {
      this.decode(bytes, from, to, target, direction);
    } else {
      const room = Math.min(to - from, context.limits.headerBytes - reader.blockBytes);
      if (room < to - from && !reader.blockCut) {
        reader.blockCut = true;
        context.anomaly('reassembly_limit_reached', direction);
      }
      if (room > 0) {
        reader.block.push(bytes.slice(from, from + room));
        reader.blockBytes += room;
      }
      if (!last) return;
      const block = Buffer.concat(reader.block);
      reader.block = [];
      this.decode(block, 0, block.length, target, direction);
    }
    reader.blockFrameStream = 0;
    if (reader.blockEndsStream) this.endHalf(this.stream(target), direction);
  }

  private decode(bytes: Uint8Array, from: number, to: number, target: number, direction: Direction): void {
    const { context } = this;
    const fields: HeaderField[] = [];
    const limit = context.limits.headerBytes * HEADER_EXPANSION;
    const whole = this.readers[direction].decoder.decode(bytes, from, to, limit, fields);
    if (!whole) context.anomaly('reassembly_limit_reached', direction);
    let authority: string | undefined;
    let host: string | undefined;
    let overflow = false;
    let invalid = false;
    for (const field of fields) {
      if ('error' in field) {
        if (field.error === 'HTTP2HeaderDecodeIntegerOverflow') overflow = true;
        else invalid = true;
      } else if ('name' in field) {
        if (field.name === ':authority') authority = field.value;
        else if (field.name.toLowerCase() === 'host') host = field.value;
      }
    }
    if (overflow) context.anomaly('header_integer_overflow', direction);
    if (invalid) context.anomaly('invalid_header', direction);
    const stream = this.stream(target);
    if (stream.complete) context.anomaly('stream_id_reuse', direction);
    // An answer without a request: it was asked for in HTTP/1.1, before the upgrade (RFC 7540 section 3.2), or was
    // promised; either way the client sends nothing on this stream.
    if (direction === TO_CLIENT && stream.halves[TO_SERVER].headers === undefined) {
      stream.halves[TO_SERVER].ended ||= stream.halves[TO_SERVER].body === undefined;
    }
    stream.addHeaders(fields, direction);
    // RFC 9113 section 8.3.1 forbids user information in the authority, and asks both names to be the same.
    if (authority?.includes('@') === true) context.anomaly('userinfo_in_uri', direction);
    if (authority !== undefined && host !== undefined && authority.toLowerCase() !== host.toLowerCase()) {
      context.anomaly('authority_host_mismatch', direction);
    }
    if (direction !== TO_SERVER) return;
    const name = host ?? authority;
    if (name !== undefined && name !== '') context.serverName(withoutPort(name), 'host');
    if (stream.acceptsDns && stream.path !== undefined && stream.dnsRequest === undefined) {
      this.foundDns(queryOfPath(stream.path), stream, TO_SERVER);
    }
  }

  /** The header of a DATA frame: its content is taken piece by piece as it comes. */
  private beginData(
    bytes: Uint8Array,
    body: number,
    end: number,
    length: number,
    flags: number,
    id: number,
    reader: Reader,
    direction: Direction,
  ): number {
    const padded = (flags & frame.PADDED) !== 0 && length > 0;
    const padding = padded ? Math.min(bytes[body]!, length - 1) : 0;
    const stream = this.stream(id);
    if (stream.complete) this.context.anomaly('stream_id_reuse', direction);
    reader.stream = stream;
    reader.endsStream = (flags & frame.END_STREAM) !== 0;
    reader.paddingLeft = padding;
    reader.dataLeft = length - padding - (padded ? 1 : 0);
    const position = body + (padded ? 1 : 0);
    if (reader.dataLeft === 0) {
      this.endData(reader, direction);
      return position;
    }
    const half = stream.halves[direction];
    half.body ??= this.openBody(stream, half, direction);
    if (!half.body.full) return position;
    const unwanted = reader.dataLeft + reader.paddingLeft;
    const here = Math.min(unwanted, end - position);
    half.body.skipped(reader.dataLeft);
    reader.dataLeft = 0;
    reader.paddingLeft = 0;
    this.endData(reader, direction);
    if (unwanted > here) this.context.skip(unwanted - here, direction);
    return position + here;
  }

  private content(
    bytes: Uint8Array,
    start: number,
    end: number,
    reader: Reader,
    direction: Direction,
  ): number {
    let position = start;
    if (reader.dataLeft > 0) {
      const here = Math.min(reader.dataLeft, end - position);
      reader.stream?.halves[direction].body?.data(bytes, position, position + here);
      reader.dataLeft -= here;
      position += here;
      if (reader.dataLeft === 0) this.endData(reader, direction);
    }
    const padding = Math.min(reader.paddingLeft, end - position);
    reader.paddingLeft -= padding;
    return position + padding;
  }

  /** The content of a DATA frame is over. */
  private endData(reader: Reader, direction: Direction): void {
    const { stream } = reader;
    reader.stream = undefined;
    if (stream !== undefined && reader.endsStream) this.endHalf(stream, direction);
  }

  private openBody(stream: Http2Stream, half: Half, direction: Direction): Body {
    const path = stream.path?.split('?', 1)[0];
    return new Body(
      this.context,
      {
        direction,
        transactionId: stream.index,
        filename: path,
        expectedBytes: half.length,
        part: partOf(stream, half),
        coding: half.coding,
        dns: half.dns,
        envelope: () => ({ http: httpObject(stream) }),
      },
      this.allowance,
    );
  }

  private endHalf(stream: Http2Stream, direction: Direction): void {
    const half = stream.halves[direction];
    if (half.ended) return;
    half.ended = true;
    const content = half.body?.close(true);
    if (content !== undefined) this.foundDns(sound(content), stream, direction);
    if (stream.complete) this.finished.push(stream);
  }

  private foundDns(message: DnsMessage | undefined, stream: Http2Stream, direction: Direction): void {
    if (message === undefined) return;
    const { context } = this;
    if (direction === TO_SERVER) stream.dnsRequest = message;
    else stream.dnsResponse = message;
    if (!this.dns) {
      this.dns = true;
      context.rename?.('doh2');
    }
    if (direction !== TO_CLIENT || (message.flags & 15) !== 0) return;
    for (const { name, data, ttl } of message.answers) {
      const asked = message.questions[0]?.name.text ?? name.text;
      if (data.kind === 'address4' || data.kind === 'address6') context.resolved(asked, data.words, ttl);
    }
  }

  /** The stream of an identifier, made where it is new; stream 0 stands for the connection and is always new. */
  private stream(id: number): Http2Stream {
    const known = this.streams.get(id);
    if (known !== undefined) return known;
    const stream = new Http2Stream(id, this.transactions++);
    if (id === 0) return stream;
    if (this.streams.size >= this.context.limits.pendingTransactions) {
      for (const oldest of this.streams.values()) {
        this.context.anomaly('too_many_streams', TO_SERVER);
        this.streams.delete(oldest.id);
        this.finish(oldest);
        break;
      }
    }
    this.streams.set(id, stream);
    return stream;
  }

  private finish(stream: Http2Stream): void {
    for (const half of stream.halves) half.body?.close(half.ended);
    if (!stream.complete) this.finished.push(stream);
  }

  /** Streams that ended are written once all bytes at hand are read, since a last frame often follows the end. */
  private emitFinished(): void {
    if (this.finished.length === 0) return;
    for (const stream of this.finished.splice(0)) {
      if (this.streams.get(stream.id) === stream) this.streams.delete(stream.id);
      if (stream.worthShowing) this.context.emit(new Http2Transaction(stream), TO_SERVER);
    }
  }
}

function setPriority(half: Half, weight: number): void {
  if (half.priority === undefined) half.priority = weight;
  else half.multiple ??= 'priority';
}

function other(direction: Direction): Direction {
  return direction === TO_SERVER ? TO_CLIENT : TO_SERVER;
}

/** A host without the port behind it; brackets of IPv6 stay. */
function withoutPort(host: string): string {
  const behind = host.slice(host.lastIndexOf('@') + 1);
  return behind.replace(/:\d{1,5}$/, '');
}
