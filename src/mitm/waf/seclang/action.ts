import { DirectiveError } from './mistake.ts';

/** One action of a rule: `msg:'text'`, `deny`. */
export interface Action {
  /** In lower case, but for `t` the same as written. */
  readonly name: string;
  /** Without quotes; empty where the action has none. */
  readonly value: string;
}

/** Reads a list of actions, `id:1,phase:2,msg:'a, b'`. Throws {@link DirectiveError}. */
export function parseActions(text: string): readonly Action[] {
  const actions: Action[] = [];
  let at = 0;
  while (true) {
    while (at < text.length && /[\s,]/.test(text[at] ?? '')) at++;
    if (at >= text.length) return actions;
    const name = /[A-Za-z0-9_]+/y;
    name.lastIndex = at;
    const found = name.exec(text)?.[0];
    if (found === undefined) {
      throw new DirectiveError(`${JSON.stringify(text.slice(at, at + 40))} is no action`);
    }
    at += found.length;
    while (text[at] === ' ') at++;
    let value = '';
    if (text[at] === ':') [value, at] = parseValue(text, at + 1);
    else if (at < text.length && text[at] !== ',') {
      throw new DirectiveError(
        `after the action ${found} a comma is missing: ${JSON.stringify(text.slice(at, at + 40))}`,
      );
    }
    actions.push({ name: found.toLowerCase(), value });
  }
}

/** The value that begins at an offset, and where it ends. */
function parseValue(text: string, start: number): [string, number] {
  let at = start;
  while (text[at] === ' ') at++;
  if (text[at] !== "'") {
    const from = at;
    while (at < text.length && text[at] !== ',') at++;
    return [text.slice(from, at).trim(), at];
  }
  let value = '';
  at++;
  while (at < text.length && text[at] !== "'") {
    if (text[at] === '\\' && text[at + 1] === "'") at++;
    value += text[at];
    at++;
  }
  if (at >= text.length)
    throw new DirectiveError(`the ' before ${JSON.stringify(value.slice(0, 40))} is never closed`);
  at++;
  while (text[at] === ' ' || text[at] === '\t') at++;
  if (at < text.length && text[at] !== ',') {
    throw new DirectiveError(`after '${value.slice(0, 40)}' a comma is missing`);
  }
  return [value, at];
}
