import type { PatternCharacter } from './pattern.ts';
import { QueryError } from './query-error.ts';

/** How a field is compared with its value. */
export const OPERATORS = ['!=', '<=', '>=', '=', ':', '<', '>'] as const;
/** See {@link OPERATORS}. */
export type Operator = (typeof OPERATORS)[number];

/** A character, and where it was written. */
export interface WordCharacter extends PatternCharacter {
  readonly column: number;
}

/** A piece of a question; columns count from 1. */
export type Token =
  | { readonly kind: 'open' | 'close' | 'end'; readonly column: number }
  /** What stands without a space; quoted parts are literal. */
  | { readonly kind: 'word'; readonly column: number; readonly characters: readonly WordCharacter[] };

/** Characters of a question. */
export const MOST_CHARACTERS = 1024;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** Takes a text apart. Throws {@link QueryError}. */
export function tokensOf(text: string): readonly Token[] {
  if (text.length > MOST_CHARACTERS) {
    throw new QueryError(MOST_CHARACTERS + 1, `a question has at most ${MOST_CHARACTERS} characters`);
  }
  const control = CONTROL.exec(text);
  if (control !== null) throw new QueryError(control.index + 1, 'a control character; write it without');
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const character = text[at] ?? '';
    const column = at + 1;
    if (/\s/.test(character)) at++;
    else if (character === '(' || character === ')') {
      tokens.push({ kind: character === '(' ? 'open' : 'close', column });
      at++;
    } else {
      const characters: WordCharacter[] = [];
      at = readWord(text, at, characters);
      tokens.push({ kind: 'word', column, characters });
    }
  }
  tokens.push({ kind: 'end', column: text.length + 1 });
  return tokens;
}

/** Reads to the next space or parenthesis outside of quotes; returns where that is. */
function readWord(text: string, start: number, into: WordCharacter[]): number {
  let quote = -1;
  let at = start;
  for (; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === '\\' && at + 1 < text.length) {
      at++;
      into.push({ character: text[at] ?? '', isLiteral: true, column: at + 1 });
    } else if (character === '"') {
      quote = quote < 0 ? at : -1;
      // So that an empty text in quotes is one.
      into.push({ character: '', isLiteral: true, column: at + 1 });
    } else if (quote >= 0) into.push({ character, isLiteral: true, column: at + 1 });
    else if (/[\s()]/.test(character)) break;
    else into.push({ character, isLiteral: false, column: at + 1 });
  }
  if (quote >= 0) throw new QueryError(quote + 1, 'this quotation mark has no second one');
  return at;
}
