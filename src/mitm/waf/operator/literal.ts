import { foldCase } from '../pattern/automaton.ts';
import type { CompiledOperator } from './operator.ts';

/**
 * An operator that compares values with a text, letter case and all. `holds`: whatever matches holds the whole text,
 * so that the prefilter may look for it. ModSecurity captures nothing here, and neither do we.
 */
export function compareWith(
  text: string,
  matches: (value: string) => boolean,
  holds = true,
): CompiledOperator {
  const compiled = { matches: withoutCaptures(matches) };
  return holds && text !== '' ? { ...compiled, required: [[foldCase(text)]] } : compiled;
}

/** Empties the captures of whoever asks for them where the value matches. */
export function withoutCaptures(matches: (value: string) => boolean): CompiledOperator['matches'] {
  return (value, captures) => {
    const matched = matches(value);
    if (matched && captures !== undefined) captures.length = 0;
    return matched;
  };
}
