import { foldCase } from './automaton.ts';
import { type ByteSet, POSIX } from './bytes.ts';
import type { Expression } from './syntax.ts';

/** Texts (ASCII in lower case) of which every match holds at least one. */
export type Alternatives = readonly string[];

/** Texts of a set that is carried on, at most. */
const MOST_EXACT = 64;
/** Longest text that is carried on. */
const LONGEST = 16;
/** Texts of a requirement at most. */
const MOST_ALTERNATIVES = 600;
/** Repetitions that are written out. */
const MOST_WRITTEN = 16;
/** So many different characters before a text are not worth telling apart. */
const WIDE = 32;
/** Requirements of an expression at most. */
const MOST_REQUIREMENTS = 3;

interface Knowledge {
  /** All texts that it matches; undefined where they are many. */
  readonly exact: ReadonlySet<string> | undefined;
  /** Each match begins with one of these, and ends with one of those. */
  readonly heads: ReadonlySet<string>;
  readonly tails: ReadonlySet<string>;
  /** Each match holds one of each. */
  readonly holds: readonly Alternatives[];
}

const ALPHANUMERIC = POSIX.get('alnum') as ByteSet;
const NOTHING: ReadonlySet<string> = new Set(['']);
const EMPTY: Knowledge = { exact: NOTHING, heads: NOTHING, tails: NOTHING, holds: [] };
const UNKNOWN: Knowledge = { exact: undefined, heads: NOTHING, tails: NOTHING, holds: [] };

/**
 * What every value must hold in which the expression matches: one text of each list, ASCII letters compared without
 * case. The best few lists; none where nothing can be said.
 */
export function requiredLiterals(root: Expression): readonly Alternatives[] {
  const { exact, heads, tails, holds } = know(root);
  const candidates = exact === undefined ? [...holds, [...heads], [...tails]] : [[...exact], ...holds];
  const chosen: Alternatives[] = [];
  for (const alternatives of candidates.map(shorten).sort((a, b) => weight(a) - weight(b))) {
    const most = chosen.length === 0 ? WORTHLESS : WORTH_A_SECOND_LOOK;
    if (chosen.length === MOST_REQUIREMENTS || weight(alternatives) > most) break;
    if (!chosen.some((other) => implies(other, alternatives))) chosen.push(alternatives);
  }
  return chosen;
}

/** A requirement that most values meet is not worth its look-ups, one that many meet is not worth a second look. */
const WORTHLESS = 0.6;
const WORTH_A_SECOND_LOOK = 0.2;

/** Whether who meets the first also meets the second. */
function implies(first: Alternatives, second: Alternatives): boolean {
  return first.every((text) => second.some((other) => text.includes(other)));
}

/** How easily a value meets a requirement, roughly: rare characters and long texts weigh little, the empty text all. */
export function weight(alternatives: Alternatives): number {
  let sum = 0;
  let rest = 0;
  for (const text of alternatives) {
    if (text === '') return Number.POSITIVE_INFINITY;
    let rarity = 1;
    let wordly = false;
    for (let i = 0; i < text.length; i++) {
      const byte = text.charCodeAt(i);
      rarity *= frequency(byte);
      wordly ||= isAlphanumeric(byte);
    }
    if (wordly) sum += rarity;
    else rest += rarity;
  }
  // However many characters of punctuation will do: a value of letters and digits has none of them.
  return sum + Math.min(rest, MOST_OF_PUNCTUATION) + alternatives.length * 1e-5;
}

const MOST_OF_PUNCTUATION = 0.5;

function isAlphanumeric(byte: number): boolean {
  return (byte >= 97 && byte <= 122) || (byte >= 48 && byte <= 57);
}

function frequency(byte: number): number {
  if (byte >= 97 && byte <= 122) return 0.3;
  if (byte >= 48 && byte <= 57) return 0.2;
  if (byte === 32 || byte === 46 || byte === 47 || byte === 45 || byte === 95 || byte === 61) return 0.1;
  return byte >= 33 && byte <= 126 ? 0.03 : 0.01;
}

/** Without texts that hold another of them. */
function shorten(alternatives: Alternatives): Alternatives {
  const unique = [...new Set(withoutWideBeginnings(alternatives))].sort(
    (a, b) => a.length - b.length || (a < b ? -1 : 1),
  );
  const kept = new Set<string>();
  for (const text of unique) if (!holdsOneOf(text, kept)) kept.add(text);
  return [...kept];
}

/** Where nearly any character may stand before a text, the text alone says as much. */
function withoutWideBeginnings(alternatives: Alternatives): Alternatives {
  const firsts = new Map<string, number>();
  for (const text of alternatives) firsts.set(text.slice(1), (firsts.get(text.slice(1)) ?? 0) + 1);
  return alternatives.map((text) => {
    const rest = text.slice(1);
    return rest !== '' && (firsts.get(rest) ?? 0) >= WIDE ? rest : text;
  });
}

function holdsOneOf(text: string, others: ReadonlySet<string>): boolean {
  if (others.has(text) || others.has('')) return true;
  for (const other of others) if (other.length < text.length && text.includes(other)) return true;
  return false;
}

function know(expression: Expression): Knowledge {
  switch (expression.kind) {
    case 'empty':
    case 'assertion':
      return EMPTY;
    case 'byte':
      return knowByte(expression.set);
    case 'sequence':
      return expression.items.map(know).reduce(join, EMPTY);
    case 'alternation':
      return knowAlternation(expression.branches.map(know));
    case 'repeat': {
      const { least, most } = expression;
      if (most === 0) return EMPTY;
      const item = know(expression.item);
      if (least === 0) return most === 1 ? knowAlternation([item, EMPTY]) : UNKNOWN;
      const written = Math.min(least, MOST_WRITTEN);
      const all = Array.from({ length: written }, () => item).reduce(join);
      return written === most ? all : withGap(all, item);
    }
    case 'capture':
    case 'atomic':
      return know(expression.item);
    case 'look': {
      if (expression.negative) return EMPTY;
      const { exact, heads, tails, holds } = know(expression.item);
      return {
        ...EMPTY,
        holds:
          exact === undefined
            ? [...holds, [...heads], [...tails]].filter(useful)
            : [...holds, [...exact]].filter(useful),
      };
    }
    case 'reference':
      return UNKNOWN;
    default:
      return expression satisfies never;
  }
}

function useful(alternatives: Alternatives): boolean {
  return weight(alternatives) <= WORTHLESS;
}

function knowByte(set: ByteSet): Knowledge {
  const texts = new Set(set.bytes().map((byte) => foldCase(String.fromCharCode(byte))));
  const few = texts.size <= MOST_EXACT || !set.meets(ALPHANUMERIC);
  if (few && texts.size > 0) return { exact: texts, heads: texts, tails: texts, holds: [] };
  return UNKNOWN;
}

/** Repeated further, with the item at the end: begins as it does and ends as the item does. */
function withGap(all: Knowledge, item: Knowledge): Knowledge {
  const heads = all.exact ?? all.heads;
  const tails = all.exact ?? all.tails;
  const holds = all.exact === undefined ? all.holds : [...all.holds, [...all.exact]].filter(useful);
  // The last rounds are the least number of rounds too, so the tail of those is the tail of all.
  return { exact: undefined, heads, tails: item.exact?.has('') === true ? NOTHING : tails, holds };
}

function knowAlternation(branches: readonly Knowledge[]): Knowledge {
  const exact = union(branches.map((branch) => branch.exact));
  const small = exact !== undefined && exact.size <= MOST_ALTERNATIVES ? exact : undefined;
  const heads = union(branches.map((branch) => branch.exact ?? branch.heads)) ?? NOTHING;
  const tails = union(branches.map((branch) => branch.exact ?? branch.tails)) ?? NOTHING;
  if (small !== undefined && branches.every(({ holds }) => holds.length === 0)) {
    return { exact: small, heads: small, tails: small, holds: [] };
  }
  const held: string[] = [];
  for (const branch of branches) {
    const own = best(branch);
    if (own === undefined)
      return { exact: small, heads: cut(heads, 'head'), tails: cut(tails, 'tail'), holds: [] };
    held.push(...own);
  }
  const holds = held.length <= MOST_ALTERNATIVES ? [shorten(held)].filter(useful) : [];
  return { exact: small, heads: cut(heads, 'head'), tails: cut(tails, 'tail'), holds };
}

/** The best that can be said of a branch. */
function best({ exact, heads, tails, holds }: Knowledge): Alternatives | undefined {
  const candidates = exact === undefined ? [...holds, [...heads], [...tails]] : [...holds, [...exact]];
  let found: Alternatives | undefined;
  for (const candidate of candidates) {
    if (!candidate.includes('') && (found === undefined || weight(candidate) < weight(found)))
      found = candidate;
  }
  return found;
}

function join(first: Knowledge, second: Knowledge): Knowledge {
  const holds = [...first.holds, ...second.holds];
  const { exact: before } = first;
  const { exact: after } = second;
  // Many texts are not carried on with something at their end: mostly that alone says as much.
  if (
    before !== undefined &&
    after !== undefined &&
    (Math.max(before.size, after.size) <= MOST_EXACT || before === NOTHING || after === NOTHING)
  ) {
    const exact = product(before, after);
    if (exact !== undefined) return { exact, heads: exact, tails: exact, holds };
  }
  const left = first.exact ?? first.tails;
  const right = second.exact ?? second.heads;
  const middle = product(left, right) ?? product(cut(left, 'tail', 4), cut(right, 'head', 4));
  for (const alternatives of [middle, left, right]) {
    if (alternatives !== undefined && useful([...alternatives])) holds.push(shorten([...alternatives]));
  }
  holds.sort((a, b) => weight(a) - weight(b));
  const heads =
    first.exact === undefined ? first.heads : (product(first.exact, cut(right, 'head', 8)) ?? first.exact);
  const tails =
    second.exact === undefined ? second.tails : (product(cut(left, 'tail', 8), second.exact) ?? second.exact);
  return {
    exact: undefined,
    heads: cut(heads, 'head'),
    tails: cut(tails, 'tail'),
    holds: holds
      .filter((each, index) => !holds.slice(0, index).some((other) => implies(other, each)))
      .slice(0, MOST_REQUIREMENTS),
  };
}

/** Each of the first with each of the second; undefined when they are too many or too long. */
function product(first: ReadonlySet<string>, second: ReadonlySet<string>): ReadonlySet<string> | undefined {
  const most = first.size === 1 || second.size === 1 ? MOST_ALTERNATIVES : MOST_EXACT;
  if (first.size * second.size > most) return undefined;
  const texts = new Set<string>();
  for (const a of first) {
    for (const b of second) {
      if (a.length + b.length > LONGEST) return undefined;
      texts.add(a + b);
    }
  }
  return texts;
}

/** Shorter heads (or tails), and nothing where they are too many. */
function cut(
  texts: ReadonlySet<string>,
  side: 'head' | 'tail',
  longest: number = LONGEST,
): ReadonlySet<string> {
  const shorter = new Set<string>();
  for (const text of texts) shorter.add(side === 'head' ? text.slice(0, longest) : text.slice(-longest));
  return shorter.size > MOST_ALTERNATIVES ? NOTHING : shorter;
}

function union(sets: readonly (ReadonlySet<string> | undefined)[]): ReadonlySet<string> | undefined {
  const all = new Set<string>();
  for (const set of sets) {
    if (set === undefined) return undefined;
    for (const text of set) all.add(text);
  }
  return all;
}
