import type { Match } from './parser.ts';

/**
 * Reads lines that end with LF (or CR LF) out of bytes that arrive in any pieces. A line longer than `limit` is
 * handed out in pieces of exactly `limit` bytes, so that what a parser sees never depends on the segmentation,
 * and no byte is looked at twice while a line is still incomplete.
 */
export class LineReader {
  private readonly limit: number;
  private scanned = 0;
  private inside = false;

  /** End of the content of the piece found by {@link next}, without its line ending. */
  stop = 0;
  /** Index behind the piece and its line ending. */
  after = 0;
  /** True for the piece that begins a line, and for the one that ends it. */
  first = true;
  last = true;

  constructor(limit: number) {
    this.limit = limit;
  }

  /**
   * Looks for the next piece in `[start, end)`, where `start` is the first byte that was not consumed. Returns
   * false when more bytes are needed.
   */
  next(bytes: Uint8Array, start: number, end: number): boolean {
    const bound = end - start > this.limit ? start + this.limit : end;
    let i = start + this.scanned;
    while (i < bound && bytes[i] !== 10) i++;
    if (i < bound) {
      this.after = i + 1;
      this.stop = i > start && bytes[i - 1] === 13 ? i - 1 : i;
      this.last = true;
    } else if (bound - start >= this.limit) {
      this.after = bound;
      this.stop = bound;
      this.last = false;
    } else {
      this.scanned = bound - start;
      return false;
    }
    this.scanned = 0;
    this.first = !this.inside;
    this.inside = !this.last;
    return true;
  }

  /** Forgets a line that is not finished: the next byte begins another one. */
  reset(): void {
    this.scanned = 0;
    this.inside = false;
  }

  /** Bytes are missing: what comes up to the next line ending belongs to a line whose beginning is lost. */
  lose(): void {
    this.scanned = 0;
    this.inside = true;
  }
}

/** True when `[start, end)` begins with `word` (given in upper case), whatever the case of the bytes. */
export function beginsWith(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start < word.length) return false;
  for (let i = 0; i < word.length; i++) {
    const byte = bytes[start + i] as number;
    const upper = byte >= 97 && byte <= 122 ? byte - 32 : byte;
    if (upper !== word.charCodeAt(i)) return false;
  }
  return true;
}

/** True when all of `[start, end)` agrees with the beginning of `word`: more bytes could complete it. */
export function couldBegin(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  const length = Math.min(end - start, word.length);
  return length > 0 && beginsWith(bytes, start, start + length, word.slice(0, length));
}

/** The three digits of a reply code at `start` as a number, or -1. */
export function replyCode(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 3) return -1;
  let code = 0;
  for (let i = start; i < start + 3; i++) {
    const digit = (bytes[i] as number) - 48;
    if (digit < 0 || digit > 9) return -1;
    code = code * 10 + digit;
  }
  return code;
}

/**
 * What a client's first bytes say: yes for a word that only this protocol has, perhaps for the beginning of one, or
 * of a word that others have too.
 */
export function probeCommand(
  bytes: Uint8Array,
  start: number,
  end: number,
  sure: readonly string[],
  shared: readonly string[],
): Match {
  let match: Match = 'no';
  for (const word of sure) {
    if (beginsWith(bytes, start, end, word)) return 'yes';
    if (couldBegin(bytes, start, end, word)) match = 'maybe';
  }
  for (const word of shared) if (couldBegin(bytes, start, end, word)) match = 'maybe';
  return match;
}
