import { type Automata, type Automaton, automatonOf } from './automaton.ts';
import { bytesOf } from './latin1.ts';
import { weight } from './literals.ts';
import type { Pattern } from './pattern.ts';

/** Bytes of a literal that are looked for: more of them say little more, and make the automaton's table large. */
const LONGEST = 7;

/** Requirements of a pattern that are looked at: the best ones. */
const LOOKED_AT = 2;

/** Groups of bytes that are told apart: two words of bits. */
const MOST_GROUPS = 64;

/**
 * Tells of many patterns which could match a value, in one pass over it.
 *
 * Each state of the automaton at which literals end has masks: of the patterns whose first requirement it meets, and of
 * those whose second. A pattern is a candidate when both are met; one with a single requirement has met its second
 * from the start, one without any has met both.
 *
 * Literals of one byte would end at every other state: they are kept out of the automaton. Bytes that meet the same
 * requirements are a group with a bit of its own, and the scan notes which groups it has seen.
 */
export class Prefilter {
  /** Words that {@link scan} fills: a bit for each pattern. */
  readonly words: number;
  readonly #automaton: Automaton;
  /** Of the accepting state number `s` the entries from `starts[s]` to `starts[s + 1] - 1`: a word and bits to set. */
  readonly #starts: Int32Array;
  readonly #indexes: Uint16Array;
  readonly #masks: Int32Array;
  /** What is met from the start: first requirements, then second ones. */
  readonly #always: Int32Array;
  readonly #met: Int32Array;
  /** Number of the scan that has seen a state. */
  readonly #seen: Uint32Array;
  #scan = 0;
  /** By byte the bit of its group, in the first or second word; the entries of each group, as those of a state. */
  readonly #groups: readonly [Int32Array, Int32Array];
  readonly #groupStarts: Int32Array;

  /**
   * Requirements by pattern; without one, every value is a candidate. Throws an `OperatorError` when they are too many.
   * `known`: as for `PhraseMatcher`.
   */
  constructor(requirements: readonly Pattern['required'][], known: Automata = new Map()) {
    const words = (requirements.length + 31) >> 5;
    this.words = words;
    this.#always = new Int32Array(LOOKED_AT * words);
    this.#met = new Int32Array(LOOKED_AT * words);
    /** By literal: the patterns, as numbers of bits in `met`. */
    const bits = new Map<string, Set<number>>();
    for (const [pattern, required] of requirements.entries()) {
      const best = [...(required ?? [])]
        .filter((alternatives) => !alternatives.includes(''))
        .sort((a, b) => weight(a) - weight(b));
      for (let slot = 0; slot < LOOKED_AT; slot++) {
        const bit = slot * words * 32 + pattern;
        const alternatives = best[slot];
        if (alternatives === undefined) setBit(this.#always, bit);
        for (const whole of alternatives ?? []) {
          const literal = whole.slice(0, LONGEST);
          const known = bits.get(literal);
          if (known === undefined) bits.set(literal, new Set([bit]));
          else known.add(bit);
        }
      }
    }
    const long = [...bits].filter(([literal]) => literal.length > 1);
    const searched = long.map(([literal]) => literal);
    this.#automaton = automatonOf(searched, known);
    const { ends, literals } = this.#automaton;
    const states = ends.length - 1;
    const entries = new Entries(LOOKED_AT * words);
    for (let state = 0; state < states; state++) {
      const ending = literals.subarray(ends[state], ends[state + 1]);
      entries.add([...ending].flatMap((literal) => [...(long[literal]?.[1] ?? [])]));
    }
    this.#starts = Int32Array.from(entries.starts);
    this.#seen = new Uint32Array(states);
    const groups = groupsOfBytes([...bits].filter(([literal]) => literal.length === 1));
    this.#groups = [new Int32Array(256), new Int32Array(256)];
    this.#groupStarts = new Int32Array(groups.length + 1).fill(entries.starts.at(-1) ?? 0, 0, 1);
    for (const [number, { bytes, bits: met }] of groups.entries()) {
      const byByte = this.#groups[number < 32 ? 0 : 1];
      for (const byte of bytes) byByte[byte] = 1 << (number & 31);
      entries.add(met);
      this.#groupStarts[number + 1] = entries.starts.at(-1) ?? 0;
    }
    this.#indexes = Uint16Array.from(entries.indexes);
    this.#masks = Int32Array.from(entries.masks);
  }

  /** Sets the bits of the patterns that could match the value, and clears all others, in {@link words} words from `at`. */
  scan(value: string, candidates: Uint32Array, at = 0): void {
    const { classes, next, accepting, width } = this.#automaton;
    const seen = this.#seen;
    const starts = this.#starts;
    const met = this.#met;
    const always = this.#always;
    for (let i = 0; i < met.length; i++) met[i] = always[i] as number;
    if (this.#scan === 0xffffffff) {
      seen.fill(0);
      this.#scan = 0;
    }
    const scan = ++this.#scan;
    const bytes = bytesOf(value);
    const { length } = value;
    const [firstGroups, secondGroups] = this.#groups;
    let first = 0;
    let second = 0;
    let row = 0;
    for (let i = 0; i < length; i++) {
      const byte = bytes[i] as number;
      first |= firstGroups[byte] as number;
      second |= secondGroups[byte] as number;
      row = next[row + (classes[byte] as number)] as number;
      if (row < accepting) continue;
      const state = (row - accepting) / width;
      if (seen[state] === scan) continue;
      seen[state] = scan;
      this.#meet(starts[state] as number, starts[state + 1] as number);
    }
    this.#meetGroups(first, 0);
    this.#meetGroups(second, 32);
    const { words } = this;
    for (let word = 0; word < words; word++) {
      candidates[at + word] = (met[word] as number) & (met[words + word] as number);
    }
  }

  /** Meets what the bits of groups stand for; `base` is the number of the lowest bit. */
  #meetGroups(bits: number, base: number): void {
    for (let left = bits; left !== 0; left &= left - 1) {
      const group = base + 31 - Math.clz32(left & -left);
      this.#meet(this.#groupStarts[group] as number, this.#groupStarts[group + 1] as number);
    }
  }

  #meet(start: number, end: number): void {
    for (let entry = start; entry < end; entry++) {
      const index = this.#indexes[entry] as number;
      this.#met[index] = (this.#met[index] as number) | (this.#masks[entry] as number);
    }
  }
}

/** For one state or group after the other: the words of `met` in which it sets bits, and the bits. */
class Entries {
  readonly starts: number[] = [0];
  readonly indexes: number[] = [];
  readonly masks: number[] = [];
  readonly #merged: Int32Array;

  constructor(words: number) {
    this.#merged = new Int32Array(words);
  }

  add(bits: readonly number[]): void {
    this.#merged.fill(0);
    for (const bit of bits) setBit(this.#merged, bit);
    for (const [index, mask] of this.#merged.entries()) {
      if (mask === 0) continue;
      this.indexes.push(index);
      this.masks.push(mask);
    }
    this.starts.push(this.indexes.length);
  }
}

/** Bytes that meet the same bits together; where there are more groups than can be told apart, the last ones are one. */
function groupsOfBytes(literals: readonly (readonly [string, ReadonlySet<number>])[]) {
  const groups = new Map<string, { bytes: number[]; bits: number[] }>();
  for (const [literal, met] of literals) {
    const bits = [...met].sort((a, b) => a - b);
    const last = groups.size >= MOST_GROUPS - 1;
    const name = last && !groups.has(String(bits)) ? 'others' : String(bits);
    const group = groups.get(name) ?? { bytes: [], bits: [] };
    groups.set(name, group);
    group.bytes.push(...bytesOfLetter(literal));
    group.bits.push(...bits);
  }
  return [...groups.values()];
}

/** The byte of a literal, and its upper case. */
function bytesOfLetter(literal: string): number[] {
  const byte = literal.charCodeAt(0) & 255;
  return byte >= 97 && byte <= 122 ? [byte, byte - 32] : [byte];
}

function setBit(words: Int32Array, bit: number): void {
  words[bit >> 5] = (words[bit >> 5] as number) | (1 << (bit & 31));
}
