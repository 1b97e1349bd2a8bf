/** Decisions that the rules know. */
export const RULE_TYPES = ['ban', 'throttle', 'redirect', 'allow'] as const;
/** A type of decision that the rules know. */
export type RuleType = (typeof RULE_TYPES)[number];
const VERSIONS = [4, 6] as const;

/**
 * A hash set of the table: addresses of hosts, or first addresses of networks of one length. A change of such a set takes
 * the same time however much is in it; that of an interval set takes longer with each element.
 */
export interface ElementSet {
  /** `ban4`: hosts; `allow6_64`: networks. */
  readonly name: string;
  readonly type: RuleType;
  readonly version: 4 | 6;
  /** The prefix length of its networks; undefined: it is of hosts. A network of a single address is no host. */
  readonly length: number | undefined;
}

const known = new Map<string, ElementSet>();

/** The set of a type and version, of hosts or of networks of a length: the same object each time. */
export function elementSet(type: RuleType, version: 4 | 6, length?: number): ElementSet {
  const name = `${type}${version}${length === undefined ? '' : `_${length}`}`;
  const set = known.get(name) ?? { name, type, version, length };
  known.set(name, set);
  return set;
}

/** The sets that are always there: those of hosts. */
const HOST_SETS: readonly ElementSet[] = RULE_TYPES.flatMap((type) =>
  VERSIONS.map((version) => elementSet(type, version)),
);

/** The sets that a table has to have for these, in the order of their names. */
export function layoutFor(used: Iterable<ElementSet>): readonly ElementSet[] {
  const sets = new Set([...HOST_SETS, ...used]);
  return [...sets].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The set of a name; undefined where the name is not that of one. */
export function setNamed(name: string): ElementSet | undefined {
  const [, type, digit, digits] = /^([a-z]+)([46])(?:_(0|[1-9]\d{0,2}))?$/.exec(name) ?? [];
  if (type === undefined || !isRuleType(type)) return undefined;
  const version = digit === '4' ? 4 : 6;
  const length = digits === undefined ? undefined : Number(digits);
  if (length !== undefined && length > bitsOf(version)) return undefined;
  return elementSet(type, version, length);
}

/** Whether the rules know a type of decision. */
export function isRuleType(type: string): type is RuleType {
  return (RULE_TYPES as readonly string[]).includes(type);
}

/** Bits of an address. */
export function bitsOf(version: 4 | 6): number {
  return version === 4 ? 32 : 128;
}

/** Elements of a set, addresses as text, and when each ends in ms since 1970; Infinity where it does not. */
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

/** Whether a change changes anything. */
export function changesAnything({ remove, add }: SetChange): boolean {
  return remove.length > 0 || add.length > 0;
}

function near(a: number, b: number, toleranceMs: number): boolean {
  return a === b || Math.abs(a - b) <= toleranceMs;
}
