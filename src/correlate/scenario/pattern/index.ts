import { Automaton } from './automaton.ts';
import { programOf } from './program.ts';
import { parsePattern } from './syntax.ts';

export { PatternError } from './syntax.ts';

/** A regular expression of RE2's syntax, or several of which any may match; time is linear in the text. */
export interface Pattern {
  test(text: string): boolean;
}

/** Compiles one. Throws {@link PatternError}. */
export function compilePattern(text: string): Pattern {
  return new Automaton(programOf([parsePattern(text)]));
}

/** Compiles many into one automaton, which finds any of them in one pass. Throws {@link PatternError}. */
export function compilePatterns(texts: readonly string[]): Pattern {
  if (texts.length === 0) return { test: () => false };
  return new Automaton(programOf(texts.map(parsePattern)));
}
