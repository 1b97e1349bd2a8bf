import { OperatorError } from '../operator/operator.ts';
import { compilePattern } from '../pattern/compile.ts';
import type { Pattern } from '../pattern/pattern.ts';
import { DirectiveError } from './mistake.ts';

/** Which members of a collection are meant. */
export type Selector =
  /** The member of this name, in lower case. */
  | { readonly kind: 'key'; readonly key: string }
  /** Members whose names match. */
  | { readonly kind: 'pattern'; readonly pattern: Pattern; readonly source: string }
  /** What an XPath expression gives. */
  | { readonly kind: 'path'; readonly path: string };

/** One of the variables that a rule looks at: `ARGS`, `!ARGS:foo`, `&REQUEST_HEADERS:Host`, `TX:/^a/`. */
export interface Target {
  /** Name of the variable in upper case. */
  readonly variable: string;
  readonly selector: Selector | undefined;
  /** Counts the members instead of looking at them. */
  readonly count: boolean;
  /** Takes out what other targets put in. */
  readonly exclude: boolean;
}

/** Reads the variables of a rule: `A|B:key|!B:/pattern/|&C`. Throws {@link DirectiveError}. */
export function parseTargets(text: string): readonly Target[] {
  const targets: Target[] = [];
  let at = 0;
  while (at <= text.length) {
    const end = endOfTarget(text, at);
    targets.push(parseTarget(text.slice(at, end).trim()));
    at = end + 1;
  }
  return targets;
}

/** A `|` or `,` inside of a pattern or of quotes does not end a target. */
function endOfTarget(text: string, from: number): number {
  const colon = text.indexOf(':', from);
  let at = nextSeparator(text, from);
  if (colon < 0 || at < colon) return at;
  let start = colon + 1;
  const quoted = text[start] === "'" || text[start] === '"' ? (text[start] ?? '') : '';
  if (quoted !== '') start++;
  // What follows XML: is a path, whose slashes close nothing.
  const isPath = text.slice(from, colon).trim().toUpperCase().endsWith('XML');
  const closing = text[start] === '/' && !isPath ? patternEnd(text, start) : -1;
  if (quoted !== '') at = text.indexOf(quoted, Math.max(closing, start));
  else if (closing > 0) at = closing;
  else at = start;
  return at < 0 ? text.length : nextSeparator(text, at);
}

function nextSeparator(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '|' || text[at] === ',') return at;
  }
  return text.length;
}

/** The slash that closes a pattern, -1 without one. */
function patternEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '/' && (at + 1 === text.length || /[|,'"\s]/.test(text[at + 1] ?? ''))) return at;
  }
  return -1;
}

function parseTarget(text: string): Target {
  const match = /^(!?)(&?)([A-Za-z_0-9]+)(?:[:.]([\s\S]*))?$/.exec(text);
  if (match === null) throw new DirectiveError(`${JSON.stringify(text)} is no variable`);
  const [, exclude = '', count = '', name = '', rest] = match;
  const variable = name.toUpperCase();
  return {
    variable,
    selector: rest === undefined ? undefined : parseSelector(variable, unquoted(rest)),
    count: count !== '',
    exclude: exclude !== '',
  };
}

function unquoted(text: string): string {
  const quote = text[0];
  return (quote === "'" || quote === '"') && text.endsWith(quote) && text.length > 1
    ? text.slice(1, -1)
    : text;
}

function parseSelector(variable: string, text: string): Selector {
  if (variable === 'XML') return { kind: 'path', path: text };
  if (text.length > 1 && text.startsWith('/') && text.endsWith('/')) {
    const source = text.slice(1, -1);
    return { kind: 'pattern', pattern: compileName(text, source), source };
  }
  return { kind: 'key', key: text.toLowerCase() };
}

/** Names are what clients send: no pattern may be stalled by one. */
function compileName(text: string, source: string): Pattern {
  try {
    return compilePattern(`(?i)${source}`);
  } catch (error) {
    if (error instanceof OperatorError) throw new DirectiveError(`${text}: ${error.message}`);
    throw error;
  }
}

/** A target as rules write it; the same text for targets that mean the same. */
export function targetText({ variable, selector, count, exclude }: Target): string {
  return `${exclude ? '!' : ''}${count ? '&' : ''}${variable}${selectorText(selector)}`;
}

function selectorText(selector: Selector | undefined): string {
  switch (selector?.kind) {
    case undefined:
      return '';
    case 'key':
      return `:${selector.key}`;
    case 'pattern':
      return `:/${selector.source}/`;
    case 'path':
      return `:${selector.path}`;
    default:
      return selector satisfies never;
  }
}
