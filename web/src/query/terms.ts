import type { PageSearch } from '../app/search.ts';

/** How a field is compared with its value. */
export type TermOperator = ':' | '!=' | '<' | '<=' | '>' | '>=';

/** The longest question that the server reads. */
export const MOST_CHARACTERS = 1024;

/** A value as a question has it: in quotes where it would be read as something else. */
export function quoted(value: string): string {
  const plain = /^[^\s()"\\,*!]+$/.test(value) && !/^(and|or|not|&&|\|\|)$/i.test(value);
  return plain ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** `name:example.org`, `port>=1024`. */
export function termOf(field: string, value: string | number, operator: TermOperator = ':'): string {
  return `${field}${operator}${quoted(String(value))}`;
}

/**
 * The question narrowed by a term, or with `exclude` by its opposite. A term that is there already stays as it is, and
 * one whose opposite is there takes that one's place.
 */
export function narrowed(query: string, term: string, exclude = false): string {
  const added = exclude ? `not ${term}` : term;
  const whole = query.trim();
  if (whole === '') return added;
  const terms = termsOf(whole);
  if (terms === undefined) return `(${whole}) ${added}`;
  const opposite = exclude ? term : `not ${term}`;
  if (terms.includes(added)) return whole;
  return [...terms.filter((one) => one !== opposite), added].join(' ');
}

/** The terms of a question that only joins them with `and`; undefined for others. */
function termsOf(query: string): string[] | undefined {
  const words = query.match(/(?:"(?:\\.|[^"\\])*"|\\.|[^\s"\\])+/g) ?? [];
  const terms: string[] = [];
  let negated = false;
  for (const word of words) {
    if (/^(or|\|\|)$/i.test(word) || /^[()]|\)$/.test(word)) return undefined;
    if (/^(and|&&)$/i.test(word)) continue;
    if (/^(not|!)$/i.test(word)) {
      negated = !negated;
      continue;
    }
    terms.push(negated ? `not ${word}` : word);
    negated = false;
  }
  // A `not` at the end belongs to something that is not there yet.
  return negated ? undefined : terms;
}

/** Words of a page's address that links from elsewhere carry, with the field each stands for. */
const LINKED: Readonly<Record<string, string>> = {
  name: 'name',
  communityId: 'community',
  address: 'address',
  source: 'source',
  destination: 'destination',
  port: 'port',
  protocol: 'protocol',
  application: 'application',
  category: 'category',
  host: 'name',
  risk: 'risk',
  rule: 'rule',
  reference: 'reference',
};

/** The field that tells fingerprints of this form. */
function fingerprintField(value: string): string {
  return /^[0-9a-f]{32}$/i.test(value) ? 'ja3' : 'ja4';
}

/**
 * What links put into the page's address as terms of the question: the question they make with `q`, and the words that
 * are thereby said. Undefined where there is none of them.
 */
export function fromLinks(
  search: PageSearch,
): { readonly query: string; readonly words: readonly string[] } | undefined {
  const words = [...Object.keys(LINKED), 'fingerprint'].filter((word) => (search[word] ?? '') !== '');
  if (words.length === 0) return undefined;
  const query = words.reduce((before, word) => {
    const value = search[word] ?? '';
    const field = word === 'fingerprint' ? fingerprintField(value) : (LINKED[word] ?? word);
    return narrowed(before, termOf(field, value));
  }, search.q ?? '');
  return { query, words };
}
