import { latin1, u8 } from '../../../net/index.ts';
import {
  COLON,
  CR,
  indexOfByte,
  isToken,
  isWhite,
  LF,
  SPACE,
  skipWhite,
  TAB,
  trimWhite,
} from './characters.ts';

/** Line folds that one field may have. */
const FOLDS = 128;

/** What {@link FieldReader.read} found. */
export const INCOMPLETE = -1;
export const FIELD = 0;
export const END_OF_HEAD = 1;

/**
 * Reads the header fields of a head one after the other with the tolerance of browsers, as libhtp describes
 * it: in responses CR alone, LF CR and stranger mixtures end a line too, a field may be folded over lines
 * (RFC 9112, section 5.2) even inside its name, and a line without a colon is a field without a name. One object
 * is reused for all fields of a direction.
 */
export class FieldReader {
  /** The name without surrounding white space: `[nameStart, nameEnd)`; empty where the line has no colon. */
  nameStart = 0;
  nameEnd = 0;
  /** The value likewise, unless it was folded. */
  valueStart = 0;
  valueEnd = 0;
  /** The value of a folded field, as Latin-1. */
  folded: string | undefined;
  /** Index behind the field (or behind the empty line that ends the head). */
  next = 0;
  missingColon = false;
  nameNotToken = false;
  whiteBeforeColon = false;
  deformedEnd = false;

  private readonly response: boolean;

  constructor(response: boolean) {
    this.response = response;
  }

  /**
   * Reads one field at `start`. `last` says that no more bytes will come. Where a decision depends on bytes behind
   * `end` the field is {@link INCOMPLETE}.
   */
  read(bytes: Uint8Array, start: number, end: number, last: boolean): number {
    if (start >= end) return INCOMPLETE;
    const first = u8(bytes, start);
    if (first === LF) {
      this.next = start + 1;
      return END_OF_HEAD;
    }
    if (first === CR) {
      if (start + 1 >= end) {
        if (!last) return INCOMPLETE;
        this.next = end;
        return END_OF_HEAD;
      }
      if (u8(bytes, start + 1) === LF) {
        this.next = start + 2;
        return END_OF_HEAD;
      }
      if (this.response) {
        this.next = start + 1;
        return END_OF_HEAD;
      }
    }
    this.folded = undefined;
    this.deformedEnd = false;
    const colon = this.name(bytes, start, end);
    if (colon === INCOMPLETE && !last) return INCOMPLETE;
    let from = start;
    if (colon >= 0) {
      from = colon + 1;
      while (from < end && (u8(bytes, from) === SPACE || u8(bytes, from) === TAB)) from++;
    } else {
      this.missingColon = true;
      this.nameEnd = this.nameStart = start;
      this.nameNotToken = false;
      this.whiteBeforeColon = false;
    }
    return this.value(bytes, from, end, last);
  }

  /** Finds the colon: its index, -2 where the line has none. */
  private name(bytes: Uint8Array, start: number, end: number): number {
    let i = start;
    let token = true;
    for (; i < end; i++) {
      const c = u8(bytes, i);
      if (c === COLON) break;
      if (c === LF || (c === CR && this.response)) {
        let next = i + 1;
        if (c === CR && next < end && u8(bytes, next) === LF) next++;
        if (next >= end) return INCOMPLETE;
        if (u8(bytes, next) !== SPACE) return -2;
        // A name that goes on in the next line.
        i = next;
        continue;
      }
      if (token && !isToken(c) && !isWhite(c)) token = false;
    }
    if (i >= end) return INCOMPLETE;
    this.missingColon = false;
    this.nameNotToken = !token;
    this.nameStart = skipWhite(bytes, start, i);
    this.nameEnd = trimWhite(bytes, this.nameStart, i);
    this.whiteBeforeColon = this.nameEnd < i && this.nameStart < i;
    return i;
  }

  private value(bytes: Uint8Array, start: number, end: number, last: boolean): number {
    const stop = this.lineBreak(bytes, start, end);
    if (stop < 0) {
      if (!last) return INCOMPLETE;
      this.plain(bytes, start, end, end);
      return FIELD;
    }
    const plain = this.regularEnd(bytes, stop, end);
    if (stop + plain >= end && !last) return INCOMPLETE;
    if (stop + plain < end && isFold(u8(bytes, stop + plain))) {
      return this.foldedValue(bytes, start, stop, stop + plain, end, last);
    }
    const length = this.fullEnd(bytes, stop, end, last);
    if (length < 0) return INCOMPLETE;
    this.deformedEnd = length > plain;
    this.plain(bytes, start, stop, stop + length);
    return FIELD;
  }

  private plain(bytes: Uint8Array, start: number, stop: number, next: number): void {
    this.valueStart = skipWhite(bytes, start, stop);
    this.valueEnd = trimWhite(bytes, this.valueStart, stop);
    this.next = next;
  }

  /** A value whose first line is `[start, stop)`, with white space at `fold` beginning the next line. */
  private foldedValue(
    bytes: Uint8Array,
    start: number,
    stop: number,
    fold: number,
    end: number,
    last: boolean,
  ): number {
    let text = latin1(bytes, start, stop);
    let separator = u8(bytes, fold) === 0 ? ' ' : latin1(bytes, fold, fold + 1);
    let line = fold + 1;
    let next = line;
    for (let folds = 0; ; folds++) {
      if (this.response) {
        const field = startsField(bytes, line, end);
        if (field === INCOMPLETE && !last) return INCOMPLETE;
        if (field === 1) {
          // White space in front of a field of its own, not a continuation.
          this.settleFolded(text, line);
          return FIELD;
        }
      }
      const lineEnd = this.lineBreak(bytes, line, end);
      if (lineEnd < 0) {
        if (!last) return INCOMPLETE;
        this.settleFolded(text + separator + latin1(bytes, line, end), end);
        return FIELD;
      }
      const plain = this.regularEnd(bytes, lineEnd, end);
      if (lineEnd + plain >= end && !last) return INCOMPLETE;
      const again = lineEnd + plain < end && isFold(u8(bytes, lineEnd + plain));
      const length = again ? plain : this.fullEnd(bytes, lineEnd, end, last);
      if (length < 0) return INCOMPLETE;
      const behind = lineEnd + length + (again ? 1 : 0);
      if (text.length > 0) text += separator;
      if (lineEnd > line || length > 1) {
        text += latin1(bytes, line, lineEnd);
        next = behind;
      } else if (behind < end && u8(bytes, behind) === LF) {
        next = behind;
      }
      if (!again || folds >= FOLDS) {
        this.settleFolded(text, next);
        return FIELD;
      }
      separator = latin1(bytes, behind - 1, behind);
      line = behind;
    }
  }

  private settleFolded(text: string, next: number): void {
    this.folded = text.trim();
    this.next = next;
  }

  /** Index of the byte that ends the line, with a CR in front of the LF belonging to the end. */
  private lineBreak(bytes: Uint8Array, start: number, end: number): number {
    if (this.response) {
      for (let i = start; i < end; i++) {
        const c = u8(bytes, i);
        if (c === LF || c === CR) return i;
      }
      return -1;
    }
    const lf = indexOfByte(bytes, LF, start, end);
    if (lf < 0) return -1;
    return lf > start && u8(bytes, lf - 1) === CR ? lf - 1 : lf;
  }

  /** Length of the ordinary line end at `i`. */
  private regularEnd(bytes: Uint8Array, i: number, end: number): number {
    const next = i + 1 < end ? u8(bytes, i + 1) : -1;
    if (u8(bytes, i) === CR) return next === LF ? 2 : 1;
    return this.response && next === CR ? 2 : 1;
  }

  /** Length of the line end at `i` including the strange mixtures; -1 where more bytes are needed to tell. */
  private fullEnd(bytes: Uint8Array, i: number, end: number, last: boolean): number {
    const plain = this.regularEnd(bytes, i, end);
    if (u8(bytes, i) === LF) {
      // LF CR CR LF in front of an empty line; in requests LF CR in front of one.
      if (i + 1 >= end || u8(bytes, i + 1) !== CR) return plain;
      if (i + 3 >= end) return last ? plain : -1;
      if (!this.response && u8(bytes, i + 2) === CR && u8(bytes, i + 3) === LF) {
        if (i + 4 >= end) return last ? 2 : -1;
        if (u8(bytes, i + 4) === LF || u8(bytes, i + 4) === CR) return 4;
        return 2;
      }
      if (u8(bytes, i + 2) !== CR || u8(bytes, i + 3) !== LF) return plain;
      if (i + 5 >= end && !last) return -1;
      const empty =
        i + 4 < end &&
        (u8(bytes, i + 4) === LF || (u8(bytes, i + 4) === CR && i + 5 < end && u8(bytes, i + 5) === LF));
      return empty ? 4 : plain;
    }
    if (!this.response || plain !== 2 || i + 2 >= end || u8(bytes, i + 2) !== CR) return plain;
    // CR LF CR, more CRs and blanks, perhaps LF, and no empty line behind: all that is one line end.
    let j = i + 3;
    while (j < end && (u8(bytes, j) === CR || u8(bytes, j) === SPACE || u8(bytes, j) === TAB)) j++;
    if (j >= end) return last ? plain : -1;
    if (j === i + 3) return plain;
    if (u8(bytes, j) === LF) j++;
    if (j >= end) return last ? plain : -1;
    if (u8(bytes, j) === LF) return plain;
    if (u8(bytes, j) === CR) {
      if (j + 1 >= end) return last ? plain : -1;
      if (u8(bytes, j + 1) === LF) return plain;
    }
    return j - i;
  }
}

function isFold(byte: number): boolean {
  return byte === SPACE || byte === TAB || byte === 0;
}

/** 1 where a token and a colon stand at `start`, 0 where not. */
function startsField(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && (u8(bytes, i) === SPACE || u8(bytes, i) === TAB)) i++;
  const name = i;
  while (i < end && isToken(u8(bytes, i))) i++;
  if (i === name && i < end) return 0;
  while (i < end && (u8(bytes, i) === SPACE || u8(bytes, i) === TAB)) i++;
  if (i >= end) return INCOMPLETE;
  return u8(bytes, i) === COLON ? 1 : 0;
}
