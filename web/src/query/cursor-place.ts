/** What is being written at a place of a question. */
export type CursorPlace =
  /** A word that may become a field, an address or a text. */
  | { readonly kind: 'word'; readonly from: number; readonly text: string }
  /** Behind a field and its operator. `from` is where the value begins, behind a comma too; `text` is without quotes. */
  | { readonly kind: 'value'; readonly from: number; readonly field: string; readonly text: string };

/** Where one is in the question, `at` counted from 0. */
export function cursorPlace(query: string, at: number): CursorPlace {
  let start = 0;
  let quote = false;
  for (let i = 0; i < at; i++) {
    const character = query[i] ?? '';
    if (character === '\\') i++;
    else if (character === '"') quote = !quote;
    else if (!quote && /[\s()]/.test(character)) start = i + 1;
  }
  if (query[start] === '!' && start < at) start++;
  const word = query.slice(start, at);
  const named = /^([A-Za-z][A-Za-z0-9._-]*)(?:!=|<=|>=|=|:|<|>)/.exec(word);
  if (named === null) return { kind: 'word', from: start, text: word };
  const from = start + Math.max(named[0].length, lastComma(word) + 1);
  return {
    kind: 'value',
    from,
    field: (named[1] ?? '').toLowerCase(),
    text: query.slice(from, at).replace(/\\(.)|"/g, '$1'),
  };
}

/** The last comma outside of quotes; -1 without one. */
function lastComma(word: string): number {
  let found = -1;
  let quote = false;
  for (let i = 0; i < word.length; i++) {
    if (word[i] === '\\') i++;
    else if (word[i] === '"') quote = !quote;
    else if (word[i] === ',' && !quote) found = i;
  }
  return found;
}

/** The piece of a question that stands at `column` (from 1), to be marked: at least one character. */
export function markedPart(query: string, column: number): { readonly from: number; readonly to: number } {
  const from = Math.max(0, Math.min(column - 1, query.length));
  const length = /^\S+/.exec(query.slice(from))?.[0].length ?? 0;
  if (length > 0) return { from, to: from + length };
  return { from: Math.max(0, Math.min(from, query.length - 1)), to: Math.max(1, query.length) };
}
