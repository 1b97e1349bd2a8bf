/** Base and extra bits of the length codes 257 to 285 and the distance codes 0 to 29 (RFC 1951, section 3.2.5). */
const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
  6145, 8193, 12289, 16385, 24577,
];
const DISTANCE_BITS = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
/** Order in which the lengths of the code length codes come (section 3.2.7). */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** A canonical Huffman code: how many codes of each length there are, and the symbols in the order of their codes. */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

/** Builds a code from the length of each symbol's; undefined where more codes are asked for than there are. */
function codeOf(lengths: Uint8Array): Code | undefined {
  const counts = new Uint16Array(16);
  for (const length of lengths) counts[length] = counts[length]! + 1;
  let left = 1;
  for (let i = 1; i < 16; i++) {
    left = 2 * left - counts[i]!;
    if (left < 0) return undefined;
  }
  const offsets = new Uint16Array(16);
  for (let i = 1; i < 15; i++) offsets[i + 1] = offsets[i]! + counts[i]!;
  const symbols = new Uint16Array(lengths.length);
  for (const [symbol, length] of lengths.entries()) {
    if (length === 0) continue;
    symbols[offsets[length]!] = symbol;
    offsets[length] = offsets[length]! + 1;
  }
  counts[0] = 0;
  return { counts, symbols };
}

const FIXED_LENGTHS = new Uint8Array(288)
  .fill(8, 0, 144)
  .fill(9, 144, 256)
  .fill(7, 256, 280)
  .fill(8, 280, 288);
const FIXED = codeOf(FIXED_LENGTHS);
const FIXED_DISTANCE = codeOf(new Uint8Array(30).fill(5));

/** What was inflated, and whether it ended because the data is wrong (rather than over, cut or too long). */
export interface Inflated {
  readonly output: Uint8Array;
  readonly corrupt: boolean;
}

/**
 * Inflates raw deflate data (RFC 1951) as far as it goes: up to its end, its cut, its first mistake or `limit` bytes.
 * For data that zlib refuses; what zlib takes is left to it.
 */
export function inflate(input: Uint8Array, limit: number): Inflated {
  return new Inflater(input, limit).run();
}

class Inflater {
  private readonly input: Uint8Array;
  private readonly limit: number;
  private output: Uint8Array;
  private length = 0;
  private at = 0;
  private hold = 0;
  private held = 0;
  /** 0 going on, 1 over (ended, cut or full), 2 wrong. */
  private stop = 0;

  constructor(input: Uint8Array, limit: number) {
    this.input = input;
    this.limit = limit;
    this.output = new Uint8Array(Math.min(limit, Math.max(1024, 4 * input.length)));
  }

  run(): Inflated {
    let final = false;
    while (!final && this.stop === 0) {
      final = this.bits(1) === 1;
      const kind = this.bits(2);
      if (this.stop !== 0) break;
      if (kind === 0) this.stored();
      else if (kind === 1) this.block(FIXED, FIXED_DISTANCE);
      else if (kind === 2) this.dynamic();
      else this.stop = 2;
    }
    return { output: this.output.subarray(0, this.length), corrupt: this.stop === 2 };
  }

  private bits(count: number): number {
    while (this.held < count) {
      if (this.at >= this.input.length) {
        this.stop ||= 1;
        return 0;
      }
      this.hold |= this.input[this.at++]! << this.held;
      this.held += 8;
    }
    const value = this.hold & ((1 << count) - 1);
    this.hold >>>= count;
    this.held -= count;
    return value;
  }

  private symbol(code: Code): number {
    let value = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length < 16; length++) {
      value |= this.bits(1);
      if (this.stop !== 0) return -1;
      const count = code.counts[length]!;
      if (value - count < first) return code.symbols[index + (value - first)]!;
      index += count;
      first = (first + count) << 1;
      value <<= 1;
    }
    this.stop = 2;
    return -1;
  }

  private put(byte: number): void {
    if (this.length >= this.output.length && !this.grow(1)) return;
    this.output[this.length++] = byte;
  }

  private grow(count: number): boolean {
    const need = this.length + count;
    if (need > this.limit) {
      this.stop ||= 1;
      return false;
    }
    if (need > this.output.length) {
      const larger = new Uint8Array(Math.min(this.limit, Math.max(need, 2 * this.output.length)));
      larger.set(this.output.subarray(0, this.length));
      this.output = larger;
    }
    return true;
  }

  private stored(): void {
    this.hold = 0;
    this.held = 0;
    const { input } = this;
    if (this.at + 4 > input.length) {
      this.stop = 1;
      return;
    }
    const length = input[this.at]! | (input[this.at + 1]! << 8);
    const check = input[this.at + 2]! | (input[this.at + 3]! << 8);
    if (length !== (~check & 0xffff)) {
      this.stop = 2;
      return;
    }
    this.at += 4;
    const count = Math.min(length, input.length - this.at, this.limit - this.length);
    if (count > 0 && this.grow(count)) {
      this.output.set(input.subarray(this.at, this.at + count), this.length);
      this.length += count;
      this.at += count;
    }
    if (count < length) this.stop ||= 1;
  }

  private dynamic(): void {
    const literals = this.bits(5) + 257;
    const distances = this.bits(5) + 1;
    const count = this.bits(4) + 4;
    const lengths = new Uint8Array(19);
    for (let i = 0; i < count; i++) lengths[ORDER[i]!] = this.bits(3);
    const code = this.stop === 0 ? codeOf(lengths) : undefined;
    if (code === undefined || literals > 286 || distances > 30) {
      this.stop ||= 2;
      return;
    }
    const all = new Uint8Array(literals + distances);
    for (let i = 0; i < all.length; ) {
      const symbol = this.symbol(code);
      if (symbol < 0) return;
      if (symbol < 16) {
        all[i++] = symbol;
        continue;
      }
      const repeat = symbol === 16 ? 3 + this.bits(2) : symbol === 17 ? 3 + this.bits(3) : 11 + this.bits(7);
      if ((symbol === 16 && i === 0) || i + repeat > all.length) {
        this.stop ||= 2;
        return;
      }
      all.fill(symbol === 16 ? all[i - 1]! : 0, i, i + repeat);
      i += repeat;
    }
    this.block(codeOf(all.subarray(0, literals)), codeOf(all.subarray(literals)));
  }

  private block(literals: Code | undefined, distances: Code | undefined): void {
    if (literals === undefined || distances === undefined) {
      this.stop = 2;
      return;
    }
    while (this.stop === 0) {
      const symbol = this.symbol(literals);
      if (symbol < 0 || symbol === 256) return;
      if (symbol < 256) {
        this.put(symbol);
        continue;
      }
      if (symbol > 285) {
        this.stop = 2;
        return;
      }
      const length = LENGTH_BASE[symbol - 257]! + this.bits(LENGTH_BITS[symbol - 257]!);
      const code = this.symbol(distances);
      if (code < 0) return;
      if (code > 29) {
        this.stop = 2;
        return;
      }
      const distance = DISTANCE_BASE[code]! + this.bits(DISTANCE_BITS[code]!);
      if (this.stop !== 0) return;
      if (distance > this.length) {
        this.stop = 2;
        return;
      }
      const count = Math.min(length, this.limit - this.length);
      if (count > 0 && this.grow(count)) {
        const { output } = this;
        for (let i = 0; i < count; i++, this.length++) output[this.length] = output[this.length - distance]!;
      }
      if (count < length) this.stop ||= 1;
    }
  }
}
