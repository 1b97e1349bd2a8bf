import { DirectiveError } from '../seclang/mistake.ts';

/** A text with `%{NAME}` or `%{NAME.key}` in it. */
export interface Macro {
  readonly source: string;
  readonly parts: readonly (string | Reference)[];
}

/** A variable, named from inside of a text. */
export interface Reference {
  /** In upper case. */
  readonly variable: string;
  /** In lower case; undefined where none is named. */
  readonly key: string | undefined;
}

const REFERENCE = /%\{([^{}]*)\}/g;

/**
 * Reads a text with macros. Where `isVariable` is given, braces that name none of the variables for which it is true
 * stay as they are: in a regular expression `%{2}` is two per cent signs. Throws {@link DirectiveError}.
 */
export function parseMacro(source: string, isVariable?: (name: string) => boolean): Macro {
  const parts: (string | Reference)[] = [];
  let end = 0;
  for (const match of source.matchAll(REFERENCE)) {
    if (isVariable !== undefined && !isVariable(/^\w*/.exec(match[1] ?? '')?.[0].toUpperCase() ?? ''))
      continue;
    if (match.index > end) parts.push(source.slice(end, match.index));
    parts.push(parseReference(match[1] ?? ''));
    end = match.index + match[0].length;
  }
  if (end < source.length) parts.push(source.slice(end));
  return { source, parts };
}

function parseReference(text: string): Reference {
  const match = /^\s*([A-Za-z_0-9]+)(?:[.:](.*?))?\s*$/s.exec(text);
  if (match === null) throw new DirectiveError(`%{${text}} names no variable`);
  return { variable: (match[1] ?? '').toUpperCase(), key: match[2]?.toLowerCase() };
}

/** The text where it has no macros; undefined where it has. */
export function constantOf({ source, parts }: Macro): string | undefined {
  return parts.every((part) => typeof part === 'string') ? source : undefined;
}

/** Replaces the macros. */
export function expand({ parts }: Macro, lookUp: (reference: Reference) => string): string {
  let text = '';
  for (const part of parts) text += typeof part === 'string' ? part : lookUp(part);
  return text;
}
