import type { Field } from '../../http/message.ts';

/** Characters of a field, and members of its list, that are looked at. */
const MOST_CHARACTERS = 1024;
const MOST_MEMBERS = 32;

/** A member of a list with weights (RFC 9110, 12.4.2). */
interface Weighted {
  /** In lower case, without parameters. */
  readonly value: string;
  /** 0 to 1. */
  readonly weight: number;
}

/** What a client would rather read. */
export type PageKind = 'html' | 'json' | 'text';

/** Media types of each kind, and how much a client must have meant it where it takes several equally. */
const KINDS: readonly (readonly [kind: PageKind, types: readonly string[]])[] = [
  ['html', ['text/html', 'application/xhtml+xml']],
  ['json', ['application/problem+json', 'application/json']],
  ['text', ['text/plain']],
];

/**
 * What kind of page a client would rather read, by its Accept (RFC 9110, 12.5.1): what it gives the greatest weight,
 * among equals what it names more exactly; text where it does not care, as programs do.
 */
export function preferredKind(fields: readonly Field[]): PageKind {
  const accepted = weighted(fields, 'accept');
  let best: PageKind = 'text';
  let greatest = 0;
  let most = 0;
  for (const [kind, types] of KINDS) {
    for (const type of types) {
      const { weight, exactness } = weightOf(type, accepted);
      // What is refused is not shown; whoever takes anything is shown text.
      if (exactness === 0 || weight === 0) continue;
      if (weight > greatest || (weight === greatest && exactness > most)) {
        best = kind;
        greatest = weight;
        most = exactness;
      }
    }
  }
  return best;
}

/** The first of the languages that the client understands best (RFC 9110, 12.5.4); the first of all without. */
export function preferredLanguage<T extends string>(
  fields: readonly Field[],
  known: readonly [T, ...T[]],
): T {
  let best = known[0];
  let greatest = 0;
  for (const { value, weight } of weighted(fields, 'accept-language')) {
    const language = value.split('-', 1)[0];
    const found = known.find((each) => each === language);
    if (found === undefined || weight <= greatest) continue;
    best = found;
    greatest = weight;
  }
  return best;
}

function weightOf(
  type: string,
  accepted: readonly Weighted[],
): { readonly weight: number; readonly exactness: 0 | 1 | 2 } {
  const range = `${type.slice(0, type.indexOf('/'))}/*`;
  let weight = 0;
  let exactness: 0 | 1 | 2 = 0;
  for (const each of accepted) {
    const here = each.value === type ? 2 : each.value === range ? 1 : 0;
    if (here <= exactness) continue;
    exactness = here;
    weight = each.weight;
  }
  return { weight, exactness };
}

function weighted(fields: readonly Field[], name: string): Weighted[] {
  const all: Weighted[] = [];
  for (const [key, value] of fields) {
    if (key.length !== name.length || key.toLowerCase() !== name) continue;
    for (const member of value.slice(0, MOST_CHARACTERS).split(',', MOST_MEMBERS)) {
      if (all.length >= MOST_MEMBERS) return all;
      const [range = '', ...parameters] = member.toLowerCase().split(';');
      all.push({ value: range.trim(), weight: qualityOf(parameters) });
    }
  }
  return all;
}

function qualityOf(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const digits = /^\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*$/.exec(parameter)?.[1];
    if (digits !== undefined) return Math.min(1, Number(digits));
  }
  return 1;
}
