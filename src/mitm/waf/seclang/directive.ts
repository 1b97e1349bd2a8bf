import type { Mistake } from './mistake.ts';

/** One directive of a rule file, its continued lines joined. */
export interface Directive {
  /** As it was written: `SecRule`. */
  readonly name: string;
  /** Arguments without their quotes; `\"` inside of them is `"`, every other backslash stays. */
  readonly arguments: readonly string[];
  readonly file: string;
  readonly line: number;
}

/** Splits a rule file, given as a binary string, into its directives. */
export function parseDirectives(
  text: string,
  file: string,
): { readonly directives: readonly Directive[]; readonly mistakes: readonly Mistake[] } {
  const directives: Directive[] = [];
  const mistakes: Mistake[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; ) {
    const line = i + 1;
    let last = withoutReturn(lines[i] ?? '');
    i++;
    if (/^\s*(?:#|$)/.test(last)) continue;
    const parts: string[] = [];
    for (; last.endsWith('\\') && i < lines.length; i++) {
      parts.push(last.slice(0, -1));
      last = withoutReturn(lines[i] ?? '');
    }
    parts.push(last);
    const words = split(parts.join(''));
    if (typeof words === 'string') mistakes.push({ file, line, message: words });
    else {
      const [name = '', ...rest] = words;
      directives.push({ name, arguments: rest, file, line });
    }
  }
  return { directives, mistakes };
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** The words of a line, quoted or not; a text that says what is wrong where they cannot be told apart. */
function split(line: string): readonly string[] | string {
  const words: string[] = [];
  let at = 0;
  while (true) {
    while (at < line.length && isSpace(line, at)) at++;
    if (at >= line.length) return words;
    const quote = line[at];
    if (quote !== '"' && quote !== "'") {
      const start = at;
      while (at < line.length && !isSpace(line, at)) at++;
      words.push(line.slice(start, at));
      continue;
    }
    let word = '';
    at++;
    while (at < line.length && line[at] !== quote) {
      if (line[at] === '\\' && at + 1 < line.length) {
        if (line[at + 1] !== quote) word += '\\';
        at++;
      }
      word += line[at];
      at++;
    }
    if (at >= line.length) return `the ${quote} that begins ${shown(word)} is never closed`;
    at++;
    if (at < line.length && !isSpace(line, at)) return `after ${shown(word)} a space is missing`;
    words.push(word);
  }
}

function isSpace(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 32 || code === 9;
}

function shown(word: string): string {
  return JSON.stringify(word.length > 40 ? `${word.slice(0, 40)}...` : word);
}
