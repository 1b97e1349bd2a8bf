import { latin1 } from '../../net/index.ts';
import { LF } from './character.ts';
import { FieldSection } from './field-section.ts';
import { type Field, HttpError } from './message.ts';

const MOST_BYTES = 16_384;
const MOST_FIELDS = 64;

/** What must not stand in trailers (RFC 9110, 6.5.1): framing, routing, and what guards requests. */
const NOT_HERE: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'host',
  'connection',
  'upgrade',
  'te',
  'trailer',
  'content-encoding',
  'content-type',
  'content-range',
  'authorization',
  'cookie',
  'set-cookie',
  'expect',
  'range',
  'cache-control',
  'location',
]);

/** Collects the trailer section of a chunked body (RFC 9112, 7.1.2) and reads it as the fields of a head are read. */
export class TrailerReader {
  /** Complete when `done` is. */
  fields: readonly Field[] = [];
  done = false;

  #bytes: Buffer = Buffer.allocUnsafe(256);
  #length = 0;
  /** Bytes of the line that has not ended yet. */
  #lineLength = 0;
  readonly #malformed: 400 | 502;

  constructor(malformed: 400 | 502) {
    this.#malformed = malformed;
  }

  /** Takes `bytes[start, end)`; returns the offset behind what belonged to the trailers. Throws HttpError. */
  read(bytes: Buffer, start: number, end: number): number {
    const within = bytes.length === end ? bytes : bytes.subarray(0, end);
    let at = start;
    while (at < end && !this.done) {
      const lf = within.indexOf(LF, at);
      const to = lf < 0 ? end : lf + 1;
      this.#keep(within, at, to);
      this.#lineLength += to - at;
      at = to;
      if (lf < 0) break;
      if (this.#lineLength <= 2) this.#finish();
      this.#lineLength = 0;
    }
    return at;
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    const length = this.#length + to - from;
    if (length > MOST_BYTES) {
      throw new HttpError(this.#malformed === 400 ? 431 : 502, 'trailers that are too long');
    }
    if (this.#bytes.length < length) {
      const larger = Buffer.allocUnsafe(2 * length);
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    bytes.copy(this.#bytes, this.#length, from, to);
    this.#length = length;
  }

  #finish(): void {
    const bytes = this.#bytes;
    const length = this.#length;
    const section = new FieldSection(
      bytes,
      latin1(bytes, 0, length),
      0,
      this.#malformed,
      MOST_FIELDS,
      NOT_HERE,
    );
    if (section.read(0, length) !== length) throw new HttpError(this.#malformed, 'malformed trailers');
    this.fields = section.fields;
    this.done = true;
  }
}
