import { createHash, type Hash } from 'node:crypto';
import { latin1, utf8 } from '../../../net/index.ts';
import type { FileSink, FileStart } from '../parser.ts';
import { Base64Decoder, decodeQuoted } from './encoding.ts';
import { field, type HeaderField, MAXIMUM_FIELDS, MAXIMUM_VALUE, parameter } from './header.ts';
import { UrlFinder } from './urls.ts';

/** Longest piece of a line that a message is shown at once; see LineReader. */
export const PIECE = 8192;

/** Multiparts inside one another that are followed; deeper ones are taken as text (RFC 2046 sets no bound). */
const MAXIMUM_NESTING = 12;
const MAXIMUM_ENTITIES = 1024;
const MAXIMUM_ATTACHMENTS = 256;

/** Lengths beyond which RFC 2045 section 6.7 and 6.8 (lines) or Suricata's defaults call a message odd. */
const LONG_LINE = 998;
const LONG_ENCODED_LINE = 76;
const LONG_HEADER_NAME = 75;
const LONG_HEADER_VALUE = 2000;
const LONG_BOUNDARY = 254;
const LONG_FILENAME = 255;
/** What is kept of a boundary. A line that goes on behind it is no delimiter. */
const MAXIMUM_BOUNDARY = 1024;

/** What a message asks of the transaction that carries it. */
export interface MessageHost {
  /** Opens the file of an entity. `body` is true for a text of the message that was given no name. */
  open(start: Pick<FileStart, 'filename' | 'depth'>, body: boolean): FileSink;
  /** An oddity, under Suricata's event name. */
  anomaly(event: string): void;
  /** Numbers the entities of a connection from 1: Zeek's depth. */
  nextDepth(): number;
  /** Bytes of each part that are looked at. */
  readonly bodyBytes: number;
}

/** Where in an entity a line lies: its header, its content, or text between entities that no one reads. */
type Part = 'header' | 'body' | 'passed';

type Encoding = 'plain' | 'base64' | 'quoted-printable';

const scratch = new Uint8Array(PIECE + 16);
const LINE_END = new Uint8Array([13, 10]);

/**
 * One message (RFC 5322 with MIME), line by line as it comes. Keeps the header of the message, names of
 * attachments and URLs; the content of each part goes to a file as it is decoded, nothing of it stays here.
 */
export class Message {
  private readonly host: MessageHost;
  private part: Part = 'header';
  private readonly boundaries: string[] = [];
  private entities = 0;

  // The entity at hand
  private headers: HeaderField[] = [];
  private headerLine = '';
  private encoding: Encoding = 'plain';
  private base64: Base64Decoder | undefined;
  private file: FileSink | undefined;
  private filename: string | undefined;
  private isText = true;
  private taken = 0;
  private depth = 0;
  /** Line ending that belongs to the content only when no delimiter follows (RFC 2046 section 5.1.1). */
  private heldEnding = 0;
  private lineLength = 0;

  private mainHeaders: HeaderField[] | undefined;
  private readonly hash: Hash = createHash('md5');
  private readonly urlFinder = new UrlFinder();

  readonly attachments: string[] = [];
  readonly fileIds: string[] = [];
  /** MD5 of the body as sent, in hexadecimal; undefined until the message is over. */
  bodyMd5: string | undefined;
  /** True when bytes of the message are missing or it ended early. */
  broken = false;

  constructor(host: MessageHost) {
    this.host = host;
  }

  /** The message's own header fields, as far as they are known. */
  get header(): readonly HeaderField[] {
    return this.mainHeaders ?? this.headers;
  }

  /** URLs in the texts of the message. */
  urls(): string[] {
    return this.urlFinder.list();
  }

  /**
   * A piece of a line: content in `[start, stop)`, its ending (none where the line goes on) in `[stop, after)`.
   * `sent` is where it began on the wire: one byte earlier where a dot was stuffed in (RFC 5321 section 4.5.2).
   */
  line(
    bytes: Uint8Array,
    sent: number,
    start: number,
    stop: number,
    after: number,
    first: boolean,
    last: boolean,
  ): void {
    // A chunk behind the last one belongs to no message any more (RFC 3030 section 2).
    if (this.bodyMd5 !== undefined) return;
    this.lineLength = (first ? 0 : this.lineLength) + stop - start;
    if (this.lineLength > LONG_LINE) this.host.anomaly('MIME_LONG_LINE');
    if (this.mainHeaders) this.hash.update(bytes.subarray(sent, after));
    if (this.part === 'header') {
      this.headerPiece(bytes, start, stop, first, last);
      return;
    }
    if (first && this.boundaries.length > 0 && this.delimiter(bytes, start, stop)) return;
    if (this.part === 'body') this.content(bytes, start, stop, after);
  }

  /** Bytes are missing. */
  gap(length: number): void {
    this.broken = true;
    if (this.part === 'body') {
      this.flushEnding();
      this.openFile();
      this.file?.gap(length);
    }
  }

  /** The end of the message, in order or not. */
  finish(complete: boolean): void {
    if (this.bodyMd5 !== undefined) return;
    if (!complete) this.broken = true;
    if (this.part === 'header') this.endHeader();
    if (this.filename === undefined) this.flushEnding();
    this.endPart(complete);
    this.bodyMd5 = this.hash.digest('hex');
  }

  private headerPiece(bytes: Uint8Array, start: number, stop: number, first: boolean, last: boolean): void {
    if (first && start === stop && last) {
      this.endHeader();
      return;
    }
    const room = MAXIMUM_VALUE - this.headerLine.length;
    if (!first) {
      this.headerLine += utf8(bytes, start, Math.min(stop, start + Math.max(0, room)));
      return;
    }
    const lead = bytes[start];
    if ((lead === 32 || lead === 9) && this.headerLine !== '') {
      // Unfolding drops the line ending and the one white space behind it, as Suricata does.
      this.headerLine += utf8(bytes, start + 1, Math.min(stop, start + 1 + Math.max(0, room)));
      return;
    }
    this.endField();
    this.headerLine = utf8(bytes, start, stop);
  }

  private endField(): void {
    const line = this.headerLine;
    this.headerLine = '';
    const colon = line.indexOf(':');
    if (colon <= 0 || this.headers.length >= MAXIMUM_FIELDS) return;
    const name = line.slice(0, colon).trim();
    const value = line.slice(colon + 1).trimStart();
    if (name.length > LONG_HEADER_NAME) this.host.anomaly('MIME_LONG_HEADER_NAME');
    if (value.length > LONG_HEADER_VALUE) this.host.anomaly('MIME_LONG_HEADER_VALUE');
    this.headers.push({ name: name.toLowerCase().slice(0, LONG_HEADER_NAME), value: value.trimEnd() });
  }

  private endHeader(): void {
    this.endField();
    this.part = 'body';
    this.entities++;
    if (!this.mainHeaders) this.mainHeaders = this.headers;
    this.describe();
  }

  /** Takes from the header what the content is and how it was encoded. */
  private describe(): void {
    this.depth = this.host.nextDepth();
    const type = field(this.headers, 'content-type') ?? 'text/plain';
    const media = (type.split(';', 1)[0] ?? '').trim().toLowerCase();
    const encoding = (field(this.headers, 'content-transfer-encoding') ?? '').trim().toLowerCase();
    this.encoding = encoding === 'base64' || encoding === 'quoted-printable' ? encoding : 'plain';
    this.base64 = this.encoding === 'base64' ? new Base64Decoder() : undefined;
    this.isText = media.startsWith('text/') || media.startsWith('message/') || media === '';
    this.taken = 0;
    this.heldEnding = 0;
    const disposition = field(this.headers, 'content-disposition');
    const name =
      (disposition === undefined ? undefined : parameter(disposition, 'filename')) || parameter(type, 'name');
    this.filename = name || undefined;
    if (name) {
      if (name.length > LONG_FILENAME) this.host.anomaly('MIME_LONG_FILENAME');
      this.filename = name.slice(0, LONG_FILENAME);
      if (this.attachments.length < MAXIMUM_ATTACHMENTS) this.attachments.push(this.filename);
    }
    if (media === 'message/rfc822' && this.entities < MAXIMUM_ENTITIES) {
      // A message within the message: its header follows, never encoded (RFC 2046 section 5.2.1).
      this.part = 'header';
      this.headers = [];
      this.filename = undefined;
      return;
    }
    const boundary = media.startsWith('multipart/') ? parameter(type, 'boundary') : undefined;
    if (!boundary) return;
    if (boundary.length > LONG_BOUNDARY) this.host.anomaly('MIME_LONG_BOUNDARY');
    if (this.boundaries.length >= MAXIMUM_NESTING || boundary.length > MAXIMUM_BOUNDARY) return;
    this.boundaries.push(boundary);
    // What precedes the first delimiter is for readers that know no MIME.
    this.part = 'passed';
  }

  /** Handles a delimiter line of any multipart that is open; false when the line is none. */
  private delimiter(bytes: Uint8Array, start: number, stop: number): boolean {
    if (stop - start < 2 || bytes[start] !== 45 || bytes[start + 1] !== 45) return false;
    const text = latin1(bytes, start + 2, Math.min(stop, start + 2 + MAXIMUM_BOUNDARY + 64));
    for (let level = this.boundaries.length - 1; level >= 0; level--) {
      const boundary = this.boundaries[level] as string;
      if (!text.startsWith(boundary)) continue;
      const rest = text.slice(boundary.length).trimEnd();
      if (rest !== '' && rest !== '--') continue;
      // The ending in front of a delimiter belongs to it; Zeek counts it all the same where lines are decoded.
      if (this.filename === undefined && this.encoding === 'quoted-printable') this.flushEnding();
      this.endPart(true);
      const closed = rest === '--';
      this.boundaries.length = closed ? level : level + 1;
      this.part = closed || this.entities >= MAXIMUM_ENTITIES ? 'passed' : 'header';
      this.headers = [];
      this.headerLine = '';
      return true;
    }
    return false;
  }

  private content(bytes: Uint8Array, start: number, stop: number, after: number): void {
    this.flushEnding();
    if (this.encoding === 'plain') {
      this.put(bytes, start, stop);
      this.heldEnding = after - stop;
      return;
    }
    if (this.lineLength > LONG_ENCODED_LINE) this.host.anomaly('MIME_LONG_ENC_LINE');
    if (this.base64) {
      const length = this.base64.decode(bytes, start, stop, scratch);
      if (this.base64.invalid) this.host.anomaly('MIME_INVALID_BASE64');
      this.put(scratch, 0, length);
      return;
    }
    const result = decodeQuoted(bytes, start, stop, scratch);
    if (result.invalid) this.host.anomaly('MIME_INVALID_QP');
    const soft = result.soft;
    this.put(scratch, 0, result.length);
    if (!soft) this.heldEnding = after - stop;
  }

  private flushEnding(): void {
    const length = this.heldEnding;
    this.heldEnding = 0;
    if (length > 0) this.put(LINE_END, 2 - length, 2);
  }

  private put(bytes: Uint8Array, start: number, end: number): void {
    if (end <= start) return;
    this.openFile();
    const room = Math.max(0, this.host.bodyBytes - this.taken);
    const looked = Math.min(end, start + room);
    this.taken += end - start;
    if (looked > start) {
      if (this.isText) this.urlFinder.text(bytes, start, looked);
      this.file?.data(bytes, start, looked);
    }
    if (end > looked) this.file?.skipped(end - looked);
  }

  private openFile(): void {
    if (this.file) return;
    this.file = this.host.open(
      { filename: this.filename, depth: this.depth },
      this.filename === undefined && this.isText,
    );
    if (this.fileIds.length < MAXIMUM_ENTITIES) this.fileIds.push(this.file.id);
  }

  private endPart(complete: boolean): void {
    if (this.base64 && this.part === 'body') this.put(scratch, 0, this.base64.finish(scratch));
    this.base64 = undefined;
    this.urlFinder.flush();
    // A named part is a file even when it is empty.
    if (this.part === 'body' && this.filename !== undefined) this.openFile();
    this.file?.close(complete);
    this.file = undefined;
    this.filename = undefined;
    this.heldEnding = 0;
  }
}
