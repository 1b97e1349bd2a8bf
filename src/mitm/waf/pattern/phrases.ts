import { type Automata, type Automaton, automatonOf } from './automaton.ts';

/**
 * Finds the first of many phrases in a value (`@pm` and its kin), ASCII letters compared without case.
 *
 * Takes time linear in the value, whatever the number of phrases.
 */
export class PhraseMatcher {
  readonly #automaton: Automaton;
  readonly #phrases: readonly string[];

  /**
   * Empty phrases are left out. Throws an `OperatorError` where they are too many for a table. `known`: automata that
   * need not be made again; what is made is added.
   */
  constructor(phrases: Iterable<string>, known: Automata = new Map()) {
    this.#phrases = [...new Set(phrases)];
    this.#automaton = automatonOf(this.#phrases, known);
  }

  /** The phrase that ends first in the value, of several that end there the longest, as it was given. */
  find(value: string): string | undefined {
    const { classes, next, accepting, width, ends, literals } = this.#automaton;
    let row = 0;
    for (let i = 0; i < value.length; i++) {
      row = next[row + (classes[value.charCodeAt(i) & 255] as number)] as number;
      if (row >= accepting) {
        return this.#phrases[literals[ends[(row - accepting) / width] as number] as number];
      }
    }
    return undefined;
  }
}
