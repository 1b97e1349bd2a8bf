import { type Address, formatAddress } from '../../net/index.ts';

/** Decisions that the rules know. */
export const RULE_TYPES = ['ban', 'throttle', 'redirect', 'allow'] as const;
/** A type of decision that the rules know. */
export type RuleType = (typeof RULE_TYPES)[number];

/** The tables: one for hosts, one for networks, since many intervals in a table make each change of it slow. */
export const TABLES = ['hosts', 'ranges'] as const;
/** One of the two tables. */
export type Table = (typeof TABLES)[number];

/** A set of a table. */
export interface ElementSet {
  readonly table: Table;
  /** `ban4`, `allow6`. */
  readonly name: string;
  readonly type: RuleType;
  readonly version: 4 | 6;
  /** Its elements are ranges of addresses (`198.51.100.0-198.51.100.255`), else addresses. */
  readonly interval: boolean;
}

/** All sets with elements of decisions. Exceptions are in both tables, and hosts among them are ranges of one address. */
export const SETS: readonly ElementSet[] = TABLES.flatMap((table) =>
  RULE_TYPES.flatMap((type) =>
    ([4, 6] as const).map((version) => ({
      table,
      name: `${type}${version}`,
      type,
      version,
      interval: table === 'ranges' || type === 'allow',
    })),
  ),
);

/** Elements of a set as text, and when each ends in ms since 1970; Infinity where it does not. */
export type Elements = ReadonlyMap<string, number>;

/** What is to change in a set; removals come first. */
export interface SetChange {
  readonly set: ElementSet;
  readonly remove: readonly string[];
  readonly add: readonly (readonly [element: string, untilMs: number])[];
}

/** The longest time of an element; the kernel takes no more than 584 years. */
const LONGEST_MS = 100 * 365 * 86_400_000;

/** How long an element is to live, in whole ms. */
export function timeoutOf(untilMs: number, nowMs: number): number {
  return Math.max(1, Math.min(LONGEST_MS, Math.ceil(untilMs - nowMs)));
}

/**
 * What turns `before` into `after`. An element whose end differs by more than `toleranceMs` is made anew. What ended
 * before `nowMs` is left alone: the kernel has taken it away.
 */
export function compare(
  set: ElementSet,
  before: Elements,
  after: Elements,
  nowMs: number,
  toleranceMs = 0,
): SetChange {
  const remove: string[] = [];
  const add: [string, number][] = [];
  for (const [element, untilMs] of before) {
    const wanted = after.get(element);
    if (untilMs > nowMs && (wanted === undefined || !near(wanted, untilMs, toleranceMs)))
      remove.push(element);
  }
  for (const [element, untilMs] of after) {
    const present = before.get(element);
    if (untilMs > nowMs && (present === undefined || !near(untilMs, present, toleranceMs))) {
      add.push([element, untilMs]);
    }
  }
  return { set, remove, add };
}

function near(a: number, b: number, toleranceMs: number): boolean {
  return a === b || Math.abs(a - b) <= toleranceMs;
}

/** An address as a number of 32 or 128 bits. */
export function numberOf({ version, words }: Address): bigint {
  if (version === 4) return BigInt(words[0] >>> 0);
  return words.reduce((sum, word) => (sum << 32n) | BigInt(word >>> 0), 0n);
}

/** The words of an address that is given as a number. */
export function wordsOf(version: 4 | 6, number: bigint): [number, number, number, number] {
  const word = (shift: bigint): number => Number((number >> shift) & 0xffff_ffffn) | 0;
  return version === 4 ? [word(0n), 0, 0, 0] : [word(96n), word(64n), word(32n), word(0n)];
}

/** The element of an interval set for a range. */
export function intervalText(version: 4 | 6, first: bigint, last: bigint): string {
  return `${formatAddress(version, ...wordsOf(version, first))}-${formatAddress(version, ...wordsOf(version, last))}`;
}

/** The last address of a version. */
export function lastAddress(version: 4 | 6): bigint {
  return version === 4 ? 0xffff_ffffn : (1n << 128n) - 1n;
}
