import { Automaton } from './automaton.ts';
import { bytesOf } from './latin1.ts';
import { weight } from './literals.ts';
import type { Pattern } from './pattern.ts';

/** Bytes of a literal that are looked for: more of them say little more, and make the automaton's table large. */
const LONGEST = 8;

/** Requirements of a pattern that are looked at: the best ones. */
const LOOKED_AT = 2;

/**
 * Tells of many patterns which could match a value, in one pass over it.
 *
 * Each state of the automaton at which literals end has masks: of the patterns whose first requirement it meets, and of
 * those whose second. A pattern is a candidate when both are met; one with a single requirement has met its second
 * from the start, one without any has met both.
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

  /** Requirements by pattern; without one, every value is a candidate. Throws an `OperatorError` when they are too many. */
  constructor(requirements: readonly Pattern['required'][]) {
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
    const byLiteral = [...bits.values()];
    this.#automaton = new Automaton([...bits.keys()]);
    const { ends, literals } = this.#automaton;
    const states = ends.length - 1;
    const starts = new Int32Array(states + 1);
    const indexes: number[] = [];
    const masks: number[] = [];
    const merged = new Int32Array(LOOKED_AT * words);
    for (let state = 0; state < states; state++) {
      merged.fill(0);
      for (const literal of literals.subarray(ends[state], ends[state + 1])) {
        for (const bit of byLiteral[literal] ?? []) setBit(merged, bit);
      }
      for (const [index, mask] of merged.entries()) {
        if (mask === 0) continue;
        indexes.push(index);
        masks.push(mask);
      }
      starts[state + 1] = indexes.length;
    }
    this.#starts = starts;
    this.#indexes = Uint16Array.from(indexes);
    this.#masks = Int32Array.from(masks);
    this.#seen = new Uint32Array(states);
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
    let row = 0;
    for (let i = 0; i < length; i++) {
      row = next[row + (classes[bytes[i] as number] as number)] as number;
      if (row < accepting) continue;
      const state = (row - accepting) / width;
      if (seen[state] === scan) continue;
      seen[state] = scan;
      const end = starts[state + 1] as number;
      for (let entry = starts[state] as number; entry < end; entry++) {
        const index = this.#indexes[entry] as number;
        met[index] = (met[index] as number) | (this.#masks[entry] as number);
      }
    }
    const { words } = this;
    for (let word = 0; word < words; word++) {
      candidates[at + word] = (met[word] as number) & (met[words + word] as number);
    }
  }
}

function setBit(words: Int32Array, bit: number): void {
  words[bit >> 5] = (words[bit >> 5] as number) | (1 << (bit & 31));
}
