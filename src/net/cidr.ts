import { formatAddress, parseAddress } from './address.ts';

/**
 * Prefixes (RFC 4632, RFC 4291) and sets of them. Addresses are as in `address.ts`: four big-endian signed
 * words, IPv4 in the first. The two families never meet: an IPv4-mapped IPv6 address is an IPv6 address.
 */
export interface Prefix {
  readonly version: 4 | 6;
  /** The first address: bits beyond the length are 0. */
  readonly words: readonly [number, number, number, number];
  /** 0 to 32 or 0 to 128. */
  readonly length: number;
}

/**
 * Reads `10.0.0.0/8`, `2001:db8::/32` or a single address, which is a prefix of its whole length. Bits beyond
 * the length are cleared. Undefined when the text is none of these.
 */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const bits = address.version === 4 ? 32 : 128;
  if (slash < 0) return { ...address, length: bits };
  const digits = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(digits) || Number(digits) > bits) return undefined;
  const length = Number(digits);
  const [w0, w1, w2, w3] = address.words;
  const words = [
    w0 & ones(length, 0),
    w1 & ones(length, 1),
    w2 & ones(length, 2),
    w3 & ones(length, 3),
  ] as const;
  return { version: address.version, words, length };
}

/** The prefix as text, with its length. */
export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.version, ...prefix.words)}/${prefix.length}`;
}

/** True when the address of this version lies in the prefix. */
export function prefixContains(
  prefix: Prefix,
  version: number,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
): boolean {
  const { words, length } = prefix;
  if (version !== prefix.version || ((w0 ^ words[0]) & ones(length, 0)) !== 0) return false;
  if (version === 4) return true;
  return (
    ((w1 ^ words[1]) & ones(length, 1)) === 0 &&
    ((w2 ^ words[2]) & ones(length, 2)) === 0 &&
    ((w3 ^ words[3]) & ones(length, 3)) === 0
  );
}

/** Word `index` of a mask of `length` ones. */
function ones(length: number, index: number): number {
  const count = length - 32 * index;
  return count <= 0 ? 0 : count >= 32 ? -1 : -1 << (32 - count);
}

/** From this many IPv4 ranges on, an index by the upper 16 bits shortens the search. */
const INDEX_FROM = 64;

/**
 * A set of addresses, given by any number of prefixes. It holds sorted ranges that do not touch: a look-up is one
 * binary search without allocation, among few ranges where the set is large. The set does not change; a new list
 * makes a new set.
 */
export class PrefixSet {
  /** Ranges that remain of the prefixes of both families. */
  readonly size: number;
  /** First and last address of each IPv4 range. */
  private readonly first4: Uint32Array;
  private readonly last4: Uint32Array;
  /** For each value of the upper 16 bits: the first range that ends there or later. Empty where the set is small. */
  private readonly index4: Uint32Array;
  /** First and last address of each IPv6 range, four words each. */
  private readonly first6: Uint32Array;
  private readonly last6: Uint32Array;

  constructor(prefixes: Iterable<Prefix>) {
    const version4: Prefix[] = [];
    const version6: Prefix[] = [];
    for (const prefix of prefixes) (prefix.version === 4 ? version4 : version6).push(prefix);
    [this.first4, this.last4] = mergedRanges(version4, 1);
    [this.first6, this.last6] = mergedRanges(version6, 4);
    this.size = this.first4.length + this.first6.length / 4;
    this.index4 = indexOf(this.last4);
  }

  /** Reads a list of texts; undefined with the first that is none as `mistake`. */
  static parse(texts: Iterable<string>): { readonly set?: PrefixSet; readonly mistake?: string } {
    const prefixes: Prefix[] = [];
    for (const text of texts) {
      const prefix = parsePrefix(text.trim());
      if (prefix === undefined) return { mistake: text };
      prefixes.push(prefix);
    }
    return { set: new PrefixSet(prefixes) };
  }

  /** True when the address lies in one of the prefixes. */
  has(version: number, w0: number, w1: number, w2: number, w3: number): boolean {
    return version === 6 ? this.has6(w0 >>> 0, w1 >>> 0, w2 >>> 0, w3 >>> 0) : this.has4(w0 >>> 0);
  }

  private has4(word: number): boolean {
    const { first4, last4, index4 } = this;
    let low = 0;
    let high = first4.length;
    if (index4.length > 0) {
      low = index4[word >>> 16] as number;
      // The range that is looked for ends here or later; the next index says where later ones begin.
      high = Math.min(high, (index4[(word >>> 16) + 1] as number) + 1);
    }
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((last4[middle] as number) < word) low = middle + 1;
      else high = middle;
    }
    return low < first4.length && (first4[low] as number) <= word;
  }

  private has6(w0: number, w1: number, w2: number, w3: number): boolean {
    const { first6, last6 } = this;
    const count = first6.length / 4;
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(last6, middle, w0, w1, w2, w3) < 0) low = middle + 1;
      else high = middle;
    }
    return low < count && compare(first6, low, w0, w1, w2, w3) <= 0;
  }

  /** True when the address in text form lies in the set; false for what is no address. */
  hasText(text: string): boolean {
    const address = parseAddress(text);
    return address !== undefined && this.has(address.version, ...address.words);
  }
}

/** Compares entry `index` of a table of IPv6 addresses with an address. */
function compare(table: Uint32Array, index: number, w0: number, w1: number, w2: number, w3: number): number {
  const at = 4 * index;
  return (
    (table[at] as number) - w0 ||
    (table[at + 1] as number) - w1 ||
    (table[at + 2] as number) - w2 ||
    (table[at + 3] as number) - w3
  );
}

function indexOf(last4: Uint32Array): Uint32Array {
  if (last4.length < INDEX_FROM) return new Uint32Array(0);
  const index = new Uint32Array(65537);
  let range = 0;
  for (let upper = 0; upper < 65536; upper++) {
    while (range < last4.length && (last4[range] as number) >>> 16 < upper) range++;
    index[upper] = range;
  }
  index[65536] = last4.length;
  return index;
}

/** Sorts prefixes of one family and joins those that lie in each other or touch. */
function mergedRanges(prefixes: readonly Prefix[], words: 1 | 4): [first: Uint32Array, last: Uint32Array] {
  const sorted = prefixes.toSorted((a, b) => {
    for (let i = 0; i < words; i++) {
      const difference = (a.words[i]! >>> 0) - (b.words[i]! >>> 0);
      if (difference !== 0) return difference;
    }
    return a.length - b.length;
  });
  const first = new Uint32Array(sorted.length * words);
  const last = new Uint32Array(sorted.length * words);
  const end = new Uint32Array(words);
  let count = 0;
  for (const prefix of sorted) {
    for (let i = 0; i < words; i++) end[i] = prefix.words[i]! | ~ones(prefix.length, i);
    const previous = (count - 1) * words;
    if (count > 0 && !isBeyond(prefix, last, previous, words)) {
      if (isLess(last, previous, end, words)) last.set(end, previous);
      continue;
    }
    for (let i = 0; i < words; i++) first[count * words + i] = prefix.words[i]!;
    last.set(end, count * words);
    count++;
  }
  return [first.slice(0, count * words), last.slice(0, count * words)];
}

/** True when the prefix begins after `last[at...]` and does not touch it. */
function isBeyond(prefix: Prefix, last: Uint32Array, at: number, words: number): boolean {
  // Walks from the lowest word: `carry` adds the one that turns the last address into the next.
  let carry = 1;
  let difference = 0;
  for (let i = words - 1; i >= 0; i--) {
    const next = (last[at + i] as number) + carry;
    carry = next > 0xffffffff ? 1 : 0;
    const part = (prefix.words[i]! >>> 0) - (next >>> 0);
    if (part !== 0) difference = part;
  }
  // After the last address of all comes none.
  return carry === 0 && difference > 0;
}

function isLess(table: Uint32Array, at: number, other: Uint32Array, words: number): boolean {
  for (let i = 0; i < words; i++) {
    const difference = (table[at + i] as number) - (other[i] as number);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
