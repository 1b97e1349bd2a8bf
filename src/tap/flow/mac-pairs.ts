/** Pairs that are kept at most: a record has 16 bits for the number of one. */
const MOST_PAIRS = 65_535;
/** Slots of the hash table, twice as many as pairs. */
const SLOTS = 1 << 17;
/** Words of a pair: as it stands in a frame (destination, source), and the other way around. */
const PAIR_WORDS = 6;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The two ends of a link as text. */
export interface MacPair {
  readonly destination: string;
  readonly source: string;
}

/**
 * Pairs of MAC addresses (destination and source of a frame) under numbers from 1: a link has few of them and many
 * flows. When there are too many, further ones have number 0.
 */
export class MacPairs {
  /** Seed of the hash: whoever sends frames chooses the addresses. */
  private readonly seed: number;
  private words = new Int32Array(64 * PAIR_WORDS);
  private readonly slots = new Int32Array(SLOTS);
  private readonly texts: (MacPair | undefined)[] = [];
  private count = 0;
  private last = 0;

  constructor(seed: number) {
    this.seed = seed;
  }

  /** True when the frame whose addresses begin at `at` has the pair `number`, `reversed`: the other way around. */
  is(number: number, bytes: Uint8Array, at: number, reversed: boolean): boolean {
    const { words } = this;
    const pair = number * PAIR_WORDS + (reversed ? 3 : 0);
    return (
      words[pair + 1] === word(bytes, at + 4) &&
      words[pair + 2] === word(bytes, at + 8) &&
      words[pair] === word(bytes, at)
    );
  }

  /** Number of the pair of the frame whose addresses begin at `at`. */
  number(bytes: Uint8Array, at: number): number {
    if (this.last !== 0 && this.is(this.last, bytes, at, false)) return this.last;
    this.last = this.find(word(bytes, at), word(bytes, at + 4), word(bytes, at + 8));
    return this.last;
  }

  /** Number of the pair with the ends exchanged. */
  reversed(number: number): number {
    if (number === 0) return 0;
    const pair = number * PAIR_WORDS + 3;
    return this.find(this.words[pair]!, this.words[pair + 1]!, this.words[pair + 2]!);
  }

  /** The pair as text; equal numbers give the same object. */
  text(number: number): MacPair {
    let text = this.texts[number];
    if (text === undefined) {
      const pair = number * PAIR_WORDS;
      const a = this.words[pair]!;
      const b = this.words[pair + 1]!;
      text = {
        destination: address(a >>> 16, (a << 16) | (b >>> 16)),
        source: address(b & 0xffff, this.words[pair + 2]!),
      };
      this.texts[number] = text;
    }
    return text;
  }

  /** Zeros are no addresses: a loopback interface has them. */
  private find(a: number, b: number, c: number): number {
    if ((a | b | c) === 0) return 0;
    const { slots } = this;
    let hash = Math.imul(a ^ this.seed, 0x85ebca6b) ^ b;
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35) ^ c;
    hash = Math.imul(hash ^ (hash >>> 13), 0x27d4eb2f);
    for (let s = (hash ^ (hash >>> 16)) & (SLOTS - 1); ; s = (s + 1) & (SLOTS - 1)) {
      const number = slots[s]!;
      if (number === 0) return this.add(s, a, b, c);
      const pair = number * PAIR_WORDS;
      if (this.words[pair] === a && this.words[pair + 1] === b && this.words[pair + 2] === c) return number;
    }
  }

  private add(slot: number, a: number, b: number, c: number): number {
    if (this.count >= MOST_PAIRS) return 0;
    const number = ++this.count;
    const pair = number * PAIR_WORDS;
    if (pair + PAIR_WORDS > this.words.length) {
      const grown = new Int32Array(this.words.length * 2);
      grown.set(this.words);
      this.words = grown;
    }
    this.words[pair] = a;
    this.words[pair + 1] = b;
    this.words[pair + 2] = c;
    this.words[pair + 3] = (b << 16) | (c >>> 16);
    this.words[pair + 4] = (c << 16) | (a >>> 16);
    this.words[pair + 5] = (a << 16) | (b >>> 16);
    this.slots[slot] = number;
    return number;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** An address as text, from its first two bytes and its last four. */
function address(high: number, low: number): string {
  const bytes = [high >>> 8, high & 255, low >>> 24, (low >> 16) & 255, (low >> 8) & 255, low & 255];
  return bytes.map((byte) => HEX[byte]).join(':');
}
