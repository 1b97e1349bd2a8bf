import { isUtf8 } from 'node:buffer';
import { latin1, utf8 } from '../../../net/index.ts';

/** Names longer than this are cut, as most software does that reads more than RFC 1035's 255 bytes. */
const MAXIMUM_LENGTH = 1025;
/** Labels and pointers of one name, so that no chain of pointers runs for ever (RFC 1035 section 4.1.4). */
const MAXIMUM_STEPS = 255;
/** Names remembered by their offset, since most names of a message are pointers to one of its first. */
const REMEMBERED = 8;

/** A domain name: its labels joined by dots, without the root's; `''` is the root. */
export interface Name {
  /** Text as {@link textOf} makes it. */
  readonly text: string;
  /** True when it was longer than 1025 bytes, or had more than 255 labels, and was cut. */
  readonly truncated: boolean;
}

/** The root, and the name of what has none. */
export const ROOT: Name = { text: '', truncated: false };

/**
 * Bytes as text that loses nothing: UTF-8 where it is valid, otherwise ASCII with `\xHH` for each byte above 127
 * (as EVE has it).
 */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  let high = 0;
  for (let i = start; i < end; i++) high |= bytes[i]!;
  return high < 128 ? latin1(bytes, start, end) : beyondAscii(bytes, start, end);
}

function beyondAscii(bytes: Uint8Array, start: number, end: number): string {
  if (isUtf8(bytes.subarray(start, end))) return utf8(bytes, start, end);
  let text = '';
  let from = start;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte < 128) continue;
    text += `${latin1(bytes, from, i)}\\x${byte.toString(16)}`;
    from = i + 1;
  }
  return text + latin1(bytes, from, end);
}

/**
 * Reads the names of one message after the other. After {@link NameReader.read} it holds where the name ended and
 * what was odd; the `too*` and `loop` fields add up over a message.
 */
export class NameReader {
  /** Index behind the name where it stands in the message (behind its first pointer); -1 after a failure. */
  next = -1;
  tooLong = false;
  tooManyLabels = false;
  loop = false;

  private readonly scratch = new Uint8Array(MAXIMUM_LENGTH + 65);
  private readonly offsets = new Int32Array(REMEMBERED);
  private readonly names: (Name | undefined)[] = new Array<Name | undefined>(REMEMBERED).fill(undefined);
  private remembered = 0;

  /** Forgets what was seen of the last message. */
  reset(): void {
    this.remembered = 0;
    this.tooLong = false;
    this.tooManyLabels = false;
    this.loop = false;
  }

  /**
   * Reads the name at `offset` of the message `[start, end)`. Pointers may lead forward as well as backward, since
   * some software sends that. Undefined when it is malformed.
   */
  read(bytes: Uint8Array, offset: number, start: number, end: number): Name | undefined {
    if (offset + 1 < end && bytes[offset]! >= 0xc0) {
      const target = ((bytes[offset]! & 0x3f) << 8) | bytes[offset + 1]!;
      for (let i = Math.min(this.remembered, REMEMBERED) - 1; i >= 0; i--) {
        if (this.offsets[i] === target) {
          this.next = offset + 2;
          return this.names[i];
        }
      }
      const name = this.decode(bytes, offset, start, end);
      if (name !== undefined) this.remember(target, name);
      return name;
    }
    const name = this.decode(bytes, offset, start, end);
    if (name !== undefined) this.remember(offset - start, name);
    return name;
  }

  private remember(offset: number, name: Name): void {
    const slot = this.remembered++ % REMEMBERED;
    this.offsets[slot] = offset;
    this.names[slot] = name;
  }

  private decode(bytes: Uint8Array, offset: number, start: number, end: number): Name | undefined {
    const scratch = this.scratch;
    let position = offset;
    let length = 0;
    let high = 0;
    let next = -1;
    let cut = false;
    this.next = -1;
    for (let steps = 0; position < end; ) {
      const size = bytes[position]!;
      if (size === 0) {
        position++;
        break;
      }
      if (size < 0x40) {
        if (position + 1 + size > end) return undefined;
        if (!cut) {
          if (length > 0) scratch[length++] = 0x2e;
          for (let i = position + 1; i <= position + size; i++) {
            const byte = bytes[i]!;
            high |= byte;
            scratch[length++] = byte;
          }
        }
        position += 1 + size;
      } else {
        if (size < 0xc0 || position + 1 >= end) return undefined;
        const target = start + (((size & 0x3f) << 8) | bytes[position + 1]!);
        if (target > end) return undefined;
        if (target === position) {
          this.loop = true;
          if (next < 0) return undefined;
          break;
        }
        if (next < 0) next = position + 2;
        position = target;
      }
      if (++steps > MAXIMUM_STEPS) {
        this.tooManyLabels = true;
        if (next < 0) return undefined;
        cut = true;
        break;
      }
      if (length > MAXIMUM_LENGTH) {
        length = MAXIMUM_LENGTH;
        cut = true;
        if (next >= 0) break;
      }
    }
    if (cut) this.tooLong = true;
    this.next = next < 0 ? position : next;
    if (length === 0 && !cut) return ROOT;
    const text = high < 128 ? latin1(scratch, 0, length) : beyondAscii(scratch, 0, length);
    return { text, truncated: cut };
  }
}
