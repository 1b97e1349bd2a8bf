import { CR, HEXADECIMAL, HTAB, LF, SP } from './character.ts';
import { EXTENSION_BEGINS, EXTENSION_FAULT, extensionMayEnd, extensionState } from './chunk-extension.ts';
import { type Field, type Framing, HttpError } from './message.ts';
import { TrailerReader } from './trailers.ts';

/** Gets pieces of payload: `bytes[from, to)`, valid during the call alone. */
export type OnData = (bytes: Buffer, from: number, to: number) => void;

/** Hexadecimal digits of a chunk's size: 2^53 - 1 has 14, a few zeros may lead. */
const MOST_SIZE_DIGITS = 16;
/** Bytes that the chunk extensions of a body may have more than its data (RFC 9112, 7.1.1: they ought to be limited). */
const MOST_EXTENSION_BYTES = 16_384;

const NO_FIELDS: readonly Field[] = [];

const SEMICOLON = 0x3b;

const DATA = 0;
const SIZE = 1;
const EXTENSION = 2;
const SIZE_LF = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILERS = 6;
const DONE = 7;
const UNTIL_CLOSE = 8;
const FAILED = 9;

/**
 * Reads a body out of the pieces in which it comes, without copying it. Strict where it is chunked (RFC 9112, 7.1):
 * lines end with CR LF, a size is hexadecimal digits alone, extensions and trailers are bounded.
 */
export class BodyReader {
  #state: number;
  /** Bytes of the length, or of the chunk, that are still to come. */
  #left = 0;
  #digits = 0;
  #extension = EXTENSION_BEGINS;
  #extensionBytes = 0;
  #trailers: TrailerReader | undefined;
  #payload = 0;
  readonly #framing: Framing;
  readonly #most: number;
  readonly #malformed: 400 | 502;

  /**
   * `most`: bytes of payload that are let through. `malformed`: 502 for the body of an answer.
   * Throws HttpError 413 (502) where the length is announced and greater.
   */
  constructor(framing: Framing, most: number, malformed: 400 | 502 = 400) {
    this.#framing = framing;
    this.#most = most;
    this.#malformed = malformed;
    this.#state = DONE;
    switch (framing.kind) {
      case 'none':
        break;
      case 'length':
        if (framing.bytes > most) throw this.#tooLong();
        this.#left = framing.bytes;
        if (framing.bytes > 0) this.#state = DATA;
        break;
      case 'chunked':
        this.#state = SIZE;
        break;
      case 'close':
        this.#state = UNTIL_CLOSE;
        break;
      default:
        framing satisfies never;
    }
  }

  /** The body was read to its end. */
  get done(): boolean {
    return this.#state === DONE;
  }

  /** Fields behind the last chunk. */
  get trailers(): readonly Field[] {
    return this.#trailers?.fields ?? NO_FIELDS;
  }

  /** Bytes of the payload so far. */
  get payloadBytes(): number {
    return this.#payload;
  }

  /** Takes `bytes[start, end)`; returns the offset behind what belonged to the body. Throws HttpError. */
  read(bytes: Buffer, start: number, end: number, onData: OnData): number {
    let at = start;
    while (at < end) {
      switch (this.#state) {
        case DONE:
          return at;
        case FAILED:
          throw this.#fault('a body that was malformed before');
        case UNTIL_CLOSE:
          this.#give(bytes, at, end, onData);
          return end;
        case DATA: {
          const to = Math.min(end, at + this.#left);
          this.#left -= to - at;
          if (this.#left === 0) this.#state = this.#framing.kind === 'chunked' ? DATA_CR : DONE;
          this.#give(bytes, at, to, onData);
          at = to;
          break;
        }
        case TRAILERS:
          at = this.#readTrailers(bytes, at, end);
          break;
        default:
          at = this.#readChunkLine(bytes, at, end);
      }
    }
    return at;
  }

  /** The connection has ended: completes a body that ends with it. Throws HttpError where more was to come. */
  end(): void {
    if (this.#state === UNTIL_CLOSE) this.#state = DONE;
    if (this.#state !== DONE) throw this.#fault('a connection that ended within a body');
  }

  #give(bytes: Buffer, from: number, to: number, onData: OnData): void {
    this.#payload += to - from;
    if (this.#payload > this.#most) throw this.#tooLong();
    onData(bytes, from, to);
  }

  /** What stands around the data of chunks, byte by byte. */
  #readChunkLine(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end) {
      const byte = bytes[at++]!;
      switch (this.#state) {
        case SIZE: {
          const digit = HEXADECIMAL[byte]!;
          if (digit !== 255) {
            if (++this.#digits > MOST_SIZE_DIGITS) throw this.#fault('a chunk size of too many digits');
            this.#left = this.#left * 16 + digit;
            if (this.#left > Number.MAX_SAFE_INTEGER) throw this.#fault('a chunk size over 2^53');
            break;
          }
          if (this.#digits === 0) throw this.#fault('a chunk size that is missing or no number');
          // Refused before its data comes: what follows would not be let through.
          if (this.#payload + this.#left > this.#most) throw this.#tooLong();
          if (byte === CR) this.#state = SIZE_LF;
          else if (byte === SEMICOLON) {
            this.#state = EXTENSION;
            this.#extension = EXTENSION_BEGINS;
          } else throw this.#fault(sizeFault(byte));
          break;
        }
        case EXTENSION:
          this.#readExtensionByte(byte);
          break;
        case SIZE_LF:
          if (byte !== LF) throw this.#fault('a chunk size line that ends with a bare CR');
          this.#digits = 0;
          this.#state = this.#left === 0 ? TRAILERS : DATA;
          return at;
        case DATA_CR:
          if (byte !== CR) throw this.#fault('a chunk that is longer than its size');
          this.#state = DATA_LF;
          break;
        case DATA_LF:
          if (byte !== LF) throw this.#fault('a bare CR behind the data of a chunk');
          this.#state = SIZE;
          break;
      }
    }
    return at;
  }

  #readExtensionByte(byte: number): void {
    if (byte === CR && extensionMayEnd(this.#extension)) {
      this.#state = SIZE_LF;
      return;
    }
    this.#extension = extensionState(this.#extension, byte);
    if (this.#extension === EXTENSION_FAULT) throw this.#fault('a malformed chunk extension');
    if (++this.#extensionBytes > MOST_EXTENSION_BYTES + this.#payload) {
      throw this.#fault('chunk extensions that are too long');
    }
  }

  #readTrailers(bytes: Buffer, start: number, end: number): number {
    // The usual case: no trailers, in one piece.
    if (this.#trailers === undefined && end - start >= 2 && bytes[start] === CR && bytes[start + 1] === LF) {
      this.#state = DONE;
      return start + 2;
    }
    this.#trailers ??= new TrailerReader(this.#malformed);
    // Whatever it throws leaves a body that cannot be read on.
    this.#state = FAILED;
    const at = this.#trailers.read(bytes, start, end);
    this.#state = this.#trailers.done ? DONE : TRAILERS;
    return at;
  }

  #tooLong(): HttpError {
    this.#state = FAILED;
    return new HttpError(this.#malformed === 400 ? 413 : this.#malformed, 'a body that is too long');
  }

  #fault(reason: string): HttpError {
    this.#state = FAILED;
    return new HttpError(this.#malformed, reason);
  }
}

function sizeFault(byte: number): string {
  if (byte === LF) return 'a chunk size line that ends with a bare LF';
  if (byte === SP || byte === HTAB) return 'white space behind a chunk size';
  return 'a chunk size that is no number';
}
