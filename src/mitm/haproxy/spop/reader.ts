import { formatIpv4, formatIpv6, i32, latin1 } from '../../../net/index.ts';
import {
  BOOL_TRUE,
  DATA_BINARY,
  DATA_BOOL,
  DATA_INT32,
  DATA_INT64,
  DATA_IPV4,
  DATA_IPV6,
  DATA_NULL,
  DATA_STRING,
  DATA_UINT32,
  DATA_UINT64,
  SpopError,
  STATUS,
} from './protocol.ts';

/** Bytes that a number of 64 bits takes at most: 4 bits in the first, 7 in each that follows. */
const LONGEST_VARINT = 10;

/**
 * Reads the values of SPOP one after another. What goes beyond the end, or is no value, is a {@link SpopError} of
 * status 4 (invalid frame). One reader is used for many frames: {@link SpopReader.begin} sets it on the next.
 */
export class SpopReader {
  bytes: Uint8Array = new Uint8Array(0);
  position = 0;
  end = 0;
  /** Bytes of what {@link SpopReader.textUpTo} read last, before it was cut. */
  length = 0;

  /** Reads `[start, end)` of these bytes from now on. */
  begin(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  get isAtEnd(): boolean {
    return this.position >= this.end;
  }

  byte(): number {
    if (this.position >= this.end) throw ends('a byte');
    return this.bytes[this.position++] as number;
  }

  /**
   * A number of variable length (3.1). Those above 2^53 are not exact: a caller that needs one refuses what is no safe
   * integer.
   */
  varint(): number {
    const first = this.byte();
    if (first < 240) return first;
    let value = first;
    let factor = 16;
    for (let count = 1; ; count++) {
      if (count === LONGEST_VARINT) {
        throw new SpopError(STATUS.invalid, `a number is longer than ${LONGEST_VARINT} bytes`);
      }
      const next = this.byte();
      value += next * factor;
      if (next < 128) return value;
      factor *= 128;
    }
  }

  /** The length of what follows, which lies within the frame. */
  private span(): number {
    const length = this.varint();
    if (length > this.end - this.position) throw ends(`a text of ${length} bytes`);
    return length;
  }

  /** A string without its type (3.1): name of a message, of an argument, of a header field. Latin-1. */
  string(): string {
    const length = this.span();
    this.position += length;
    return latin1(this.bytes, this.position - length, this.position);
  }

  /** A typed string or binary as Latin-1; undefined for what is of another type, which is passed over. */
  text(): string | undefined {
    const type = this.byte();
    const kind = type & 15;
    if (kind === DATA_STRING || kind === DATA_BINARY) return this.string();
    this.passOver(type);
    return undefined;
  }

  /** As {@link SpopReader.text}, of at most so many bytes of it; {@link SpopReader.length} tells how many there were. */
  textUpTo(most: number): string | undefined {
    const start = this.blob();
    return start === -1 ? undefined : latin1(this.bytes, start, start + Math.min(this.length, most));
  }

  /**
   * Passes over a typed string or binary and returns where its bytes begin; they end at the position. -1, with a
   * {@link SpopReader.length} of 0, for what is of another type, which is passed over too.
   */
  blob(): number {
    const type = this.byte();
    const kind = type & 15;
    if (kind !== DATA_STRING && kind !== DATA_BINARY) {
      this.length = 0;
      this.passOver(type);
      return -1;
    }
    this.length = this.span();
    return this.take(this.length);
  }

  /** A typed number; -1 for what is of another type or no safe integer, which is passed over. */
  integer(): number {
    const type = this.byte();
    const kind = type & 15;
    if (kind >= DATA_INT32 && kind <= DATA_UINT64) {
      const value = this.varint();
      return Number.isSafeInteger(value) ? value : -1;
    }
    this.passOver(type);
    return -1;
  }

  /** A typed boolean; undefined for what is of another type, which is passed over. */
  boolean(): boolean | undefined {
    const type = this.byte();
    if ((type & 15) === DATA_BOOL) return (type & BOOL_TRUE) !== 0;
    this.passOver(type);
    return undefined;
  }

  /** A typed address as text; a string as it is; empty for what is of another type, which is passed over. */
  address(): string {
    const type = this.byte();
    const { bytes } = this;
    switch (type & 15) {
      case DATA_IPV4: {
        const at = this.take(4);
        return formatIpv4(i32(bytes, at));
      }
      case DATA_IPV6: {
        const at = this.take(16);
        return formatIpv6(i32(bytes, at), i32(bytes, at + 4), i32(bytes, at + 8), i32(bytes, at + 12));
      }
      case DATA_STRING:
        return this.string();
      default:
        this.passOver(type);
        return '';
    }
  }

  /** Passes over a typed value. */
  skip(): void {
    this.passOver(this.byte());
  }

  private passOver(type: number): void {
    switch (type & 15) {
      case DATA_NULL:
      case DATA_BOOL:
        return;
      case DATA_INT32:
      case DATA_UINT32:
      case DATA_INT64:
      case DATA_UINT64:
        this.varint();
        return;
      case DATA_IPV4:
        this.take(4);
        return;
      case DATA_IPV6:
        this.take(16);
        return;
      case DATA_STRING:
      case DATA_BINARY:
        this.take(this.span());
        return;
      default:
        throw new SpopError(STATUS.invalid, `data of type ${type & 15}, which is none`);
    }
  }

  /** Passes over so many bytes; returns where they begin. */
  private take(count: number): number {
    if (count > this.end - this.position) throw ends(`${count} bytes`);
    this.position += count;
    return this.position - count;
  }
}

function ends(what: string): SpopError {
  return new SpopError(STATUS.invalid, `the frame ends where ${what} should be`);
}
