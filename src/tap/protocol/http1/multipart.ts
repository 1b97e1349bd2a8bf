import type { BodyTarget } from './body.ts';
import { fieldText } from './characters.ts';
import { dispositionName, parameter } from './disposition.ts';
import { fieldName } from './field-name.ts';
import { END_OF_HEAD, FIELD, FieldReader } from './field-reader.ts';

/** Parts of one form that are opened; what follows is passed over. */
const PARTS = 256;
/** Bytes of the head of a part. */
const PART_HEAD = 8192;
/** Longest boundary (RFC 2046, section 5.1.1 allows 70). */
const BOUNDARY = 200;

/** Multiparts inside of multiparts that are taken apart. */
const DEPTH = 20;

const PREAMBLE = 0;
const HEAD = 1;
const CONTENT = 2;
const EPILOGUE = 3;

/** Opens a part's content; the name is undefined for a form field that is no file. */
export type OpenPart = (filename: string | undefined) => BodyTarget | undefined;

/** Takes a multipart body (RFC 2046, section 5.1; RFC 7578) apart as it comes. */
export class Multipart implements BodyTarget {
  private readonly delimiter: Buffer;
  private readonly openPart: OpenPart;
  private readonly reader = new FieldReader(false);
  private state = PREAMBLE;
  /** What could not be decided yet: the beginning of a delimiter, or a part's head. */
  private rest: Buffer = Buffer.alloc(0);
  private part: BodyTarget | undefined;
  private parts = 0;

  private readonly depth: number;

  constructor(boundary: string, openPart: OpenPart, depth = 0) {
    this.depth = depth;
    this.delimiter = Buffer.from(`--${boundary.slice(0, BOUNDARY)}`, 'latin1');
    this.openPart = openPart;
  }

  data(bytes: Uint8Array, start: number, end: number): void {
    const piece = bytes.subarray(start, end);
    const buffer =
      this.rest.length === 0
        ? Buffer.from(piece.buffer, piece.byteOffset, piece.length)
        : Buffer.concat([this.rest, piece]);
    let at = 0;
    for (;;) {
      const before = at;
      const state = this.state;
      if (state === HEAD) at = this.head(buffer, at);
      else if (state === EPILOGUE) at = buffer.length;
      else at = this.content(buffer, at);
      if (at === before && this.state === state) break;
      if (at >= buffer.length) break;
    }
    this.rest = at >= buffer.length ? Buffer.alloc(0) : Buffer.from(buffer.subarray(at));
  }

  gap(length: number): void {
    this.spill();
    this.part?.gap(length);
  }

  skipped(length: number): void {
    this.spill();
    this.part?.skipped(length);
  }

  close(complete: boolean): void {
    this.spill();
    this.part?.close(complete && this.state === EPILOGUE);
    this.part = undefined;
  }

  /** What waits for more is content after all. */
  private spill(): void {
    if (this.state === CONTENT && this.rest.length > 0) this.part?.data(this.rest, 0, this.rest.length);
    this.rest = Buffer.alloc(0);
    if (this.state === HEAD) this.state = EPILOGUE;
  }

  /** Content up to the next delimiter, with its line end in front, which belongs to the delimiter. */
  private content(buffer: Buffer, from: number): number {
    const found = buffer.indexOf(this.delimiter, from);
    if (found < 0) {
      // The end may be the beginning of a delimiter.
      const keep = Math.max(from, buffer.length - this.delimiter.length - 1);
      if (this.state === CONTENT && keep > from) this.part?.data(buffer, from, keep);
      return keep;
    }
    const behind = found + this.delimiter.length;
    if (behind + 2 > buffer.length) {
      const keep = Math.max(from, found - 2);
      if (this.state === CONTENT && keep > from) this.part?.data(buffer, from, keep);
      return keep;
    }
    let stop = found;
    if (stop > from && buffer[stop - 1] === 0x0a) stop--;
    if (stop > from && stop < found && buffer[stop - 1] === 0x0d) stop--;
    if (this.state === CONTENT && stop > from) this.part?.data(buffer, from, stop);
    this.part?.close(true);
    this.part = undefined;
    if (buffer[behind] === 0x2d && buffer[behind + 1] === 0x2d) {
      this.state = EPILOGUE;
      return buffer.length;
    }
    const line = buffer.indexOf(0x0a, behind);
    if (line < 0) {
      this.state = buffer.length - behind > PART_HEAD ? EPILOGUE : this.state;
      return found;
    }
    this.state = HEAD;
    return line + 1;
  }

  private head(buffer: Buffer, from: number): number {
    let at = from;
    let filename: string | undefined;
    let boundary: string | undefined;
    for (;;) {
      const kind = this.reader.read(buffer, at, buffer.length, false);
      if (kind === END_OF_HEAD) {
        this.state = CONTENT;
        if (this.parts++ >= PARTS) return this.reader.next;
        this.part =
          boundary !== undefined && this.depth < DEPTH
            ? new Multipart(boundary, this.openPart, this.depth + 1)
            : this.openPart(filename);
        return this.reader.next;
      }
      if (kind !== FIELD) {
        if (buffer.length - from > PART_HEAD) this.state = EPILOGUE;
        return from;
      }
      const { reader } = this;
      const name = fieldName(buffer, reader.nameStart, reader.nameEnd);
      if (name === 'content-disposition' || name === 'content-type') {
        const value = reader.folded ?? fieldText(buffer, reader.valueStart, reader.valueEnd);
        if (name === 'content-disposition') filename = dispositionName(value);
        else boundary = multipartBoundary(value);
      }
      at = reader.next;
    }
  }
}

/** The boundary that a Content-Type of a multipart announces; undefined for other types. */
export function multipartBoundary(type: string): string | undefined {
  if (!/^\s{0,64}multipart\//i.test(type)) return undefined;
  const boundary = parameter(type, 'boundary');
  return boundary === '' ? undefined : boundary;
}
