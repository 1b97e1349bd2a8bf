import { DECISION_TYPES, type Decision, type DecisionType } from '../event/index.ts';
import { formatPrefix, type Prefix, PrefixSet, parsePrefix } from '../net/index.ts';
import { ExpiryHeap } from './decision-book-expiry.ts';
import { RangeIndex } from './decision-book-ranges.ts';

/** What a decision is about, as one text: no two active decisions share it. */
export function decisionKey({ type, scope, value }: Pick<Decision, 'type' | 'scope' | 'value'>): string {
  return `${type} ${scope} ${value}`;
}

/** The network or the single address that a decision is about; undefined for a session. */
export function decisionPrefix(decision: Decision): Prefix | undefined {
  return decision.scope === 'session' ? undefined : parsePrefix(decision.value);
}

/** What became of a decision that was offered to the book. */
export type Offer =
  | { readonly kind: 'added'; readonly replaced: Decision | undefined }
  /** The one that is active stays: it lasts as long. */
  | { readonly kind: 'kept'; readonly by: Decision }
  | { readonly kind: 'full' };

/** How many decisions of a type are active. */
export interface ActiveCount {
  readonly enforced: number;
  readonly simulated: number;
}

/**
 * All active decisions in memory: by id, by what they are about, and by the addresses that they cover. Values must be in
 * their short form. It knows nothing of time but the ends of its decisions, and does no input or output.
 */
export class DecisionBook {
  /** Decisions that fit. */
  readonly capacity: number;
  private readonly ids = new Map<string, Decision>();
  private readonly keys = new Map<string, Decision>();
  private readonly allowedRanges = new RangeIndex();
  private readonly otherRanges = new RangeIndex();
  private readonly allows = new Map<string, Decision>();
  private readonly ends = new ExpiryHeap(this.ids);
  private readonly counts = new Map<DecisionType, { enforced: number; simulated: number }>();

  constructor(capacity = 200_000) {
    this.capacity = capacity;
    for (const type of DECISION_TYPES) this.counts.set(type, { enforced: 0, simulated: 0 });
  }

  get size(): number {
    return this.ids.size;
  }

  get(id: string): Decision | undefined {
    return this.ids.get(id);
  }

  /** The active decision of this type about exactly this. */
  find(about: Pick<Decision, 'type' | 'scope' | 'value'>): Decision | undefined {
    return this.keys.get(decisionKey(about));
  }

  /** Active decisions of all types about exactly this address, network or session. */
  about(value: string): Decision[] {
    const scopes =
      value.startsWith('cookie:') || value.startsWith('ja4:')
        ? 'session'
        : value.includes('/')
          ? 'range'
          : 'address';
    return DECISION_TYPES.flatMap((type) => this.keys.get(`${type} ${scopes} ${value}`) ?? []);
  }

  /** All, in the order in which they were taken. */
  all(): IterableIterator<Decision> {
    return this.ids.values();
  }

  /**
   * Adds a decision unless one about the same lasts as long: then that one stays. One that is enforced stands before one
   * that is simulated, whatever their ends. `beyond`: how many more than the capacity may be held for this one.
   */
  offer(decision: Decision, beyond = 0): Offer {
    const active = this.find(decision);
    if (active === undefined) {
      if (this.size >= this.capacity + beyond) return { kind: 'full' };
    } else if (active.simulated === decision.simulated) {
      if (active.untilMs >= decision.untilMs) return { kind: 'kept', by: active };
    } else if (decision.simulated) return { kind: 'kept', by: active };
    return { kind: 'added', replaced: this.put(decision) };
  }

  /** Puts a decision in, whatever there is; the one about the same that it replaced. */
  put(decision: Decision): Decision | undefined {
    const key = decisionKey(decision);
    const replaced = this.keys.get(key);
    if (replaced !== undefined) this.drop(replaced);
    const sameId = this.ids.get(decision.id);
    if (sameId !== undefined) this.drop(sameId);
    this.ids.set(decision.id, decision);
    this.keys.set(key, decision);
    this.ends.add(decision.id, decision.untilMs);
    if (decision.scope === 'range') this.rangesFor(decision).add(decision);
    if (decision.type === 'allow') this.allows.set(decision.id, decision);
    this.count(decision, 1);
    return replaced;
  }

  /** Takes a decision out; undefined when there is none of that id. */
  remove(id: string): Decision | undefined {
    const decision = this.ids.get(id);
    if (decision !== undefined) this.drop(decision);
    return decision;
  }

  /** When the next decision ends, in milliseconds since 1970. */
  nextEnd(): number | undefined {
    return this.ends.next();
  }

  /** Decisions whose end has come, the soonest first, at most so many; they are still in the book. */
  due(nowMs: number, limit: number): Decision[] {
    const found: Decision[] = [];
    while (found.length < limit) {
      const id = this.ends.due(nowMs);
      if (id === undefined) break;
      const decision = this.ids.get(id);
      if (decision !== undefined) found.push(decision);
    }
    return found;
  }

  /** All decisions that cover an address: about itself and about networks around it. Empty for what is no address. */
  covering(address: string): Decision[] {
    const prefix = parsePrefix(address);
    if (prefix === undefined || address.includes('/')) return [];
    const value = formatPrefix(prefix).split('/', 1)[0] ?? '';
    const found: Decision[] = [];
    for (const type of DECISION_TYPES) {
      const decision = this.keys.get(`${type} address ${value}`);
      if (decision !== undefined) found.push(decision);
    }
    found.push(...this.otherRanges.covering(prefix), ...this.allowedRanges.covering(prefix));
    return found;
  }

  /**
   * The decision that is in force for an address: an `allow` before all others, then the strictest type, then the one
   * about the smallest network. Simulated ones are passed over.
   */
  effective(address: string): Decision | undefined {
    let best: Decision | undefined;
    for (const decision of this.covering(address)) {
      if (!decision.simulated && (best === undefined || precedes(decision, best))) best = decision;
    }
    return best;
  }

  /** The allow that covers all of what this decision is about; undefined for an allow, and where there is none. */
  allowFor(decision: Decision): Decision | undefined {
    if (decision.type === 'allow' || this.allows.size === 0) return undefined;
    const same = this.keys.get(`allow ${decision.scope} ${decision.value}`);
    if (same !== undefined && !same.simulated) return same;
    const prefix = decisionPrefix(decision);
    return prefix && this.allowedRanges.covering(prefix).find(({ simulated }) => !simulated);
  }

  /** Allows about a part of what this decision is about. */
  allowsWithin(decision: Decision): Decision[] {
    if (decision.scope !== 'range' || decision.type === 'allow' || this.allows.size === 0) return [];
    const set = new PrefixSet([parsePrefix(decision.value)!]);
    return [...this.allows.values()].filter(({ scope, simulated, value }) => {
      if (scope === 'session' || simulated) return false;
      const { version, words, length } = parsePrefix(value)!;
      return length > Number(decision.value.split('/')[1]) && set.has(version, ...words);
    });
  }

  /** Decisions about addresses and networks that share an address with one of these networks. */
  overlapping(prefixes: readonly Prefix[]): Set<Decision> {
    const found = new Set<Decision>();
    const set = new PrefixSet(prefixes);
    for (const prefix of prefixes) {
      for (const decision of this.otherRanges.covering(prefix)) found.add(decision);
      for (const decision of this.allowedRanges.covering(prefix)) found.add(decision);
      if (prefix.length !== (prefix.version === 4 ? 32 : 128)) continue;
      for (const decision of this.covering(formatPrefix(prefix).split('/', 1)[0] ?? '')) found.add(decision);
    }
    const wide = prefixes.some(({ version, length }) => length !== (version === 4 ? 32 : 128));
    if (!wide) return found;
    for (const decision of this.ids.values()) {
      const prefix = decisionPrefix(decision);
      if (prefix !== undefined && set.has(prefix.version, ...prefix.words)) found.add(decision);
    }
    return found;
  }

  /** Active decisions by type. */
  active(): ReadonlyMap<DecisionType, ActiveCount> {
    return this.counts;
  }

  private drop(decision: Decision): void {
    this.ids.delete(decision.id);
    this.keys.delete(decisionKey(decision));
    if (decision.scope === 'range') this.rangesFor(decision).remove(decision);
    this.allows.delete(decision.id);
    this.count(decision, -1);
  }

  private rangesFor(decision: Decision): RangeIndex {
    return decision.type === 'allow' ? this.allowedRanges : this.otherRanges;
  }

  private count(decision: Decision, by: 1 | -1): void {
    const count = this.counts.get(decision.type)!;
    count[decision.simulated ? 'simulated' : 'enforced'] += by;
  }
}

/** The strictest last, `allow` before all. */
const STRICTNESS: Readonly<Record<DecisionType, number>> = {
  throttle: 0,
  captcha: 1,
  redirect: 2,
  ban: 3,
  allow: 4,
};

function precedes(a: Decision, b: Decision): boolean {
  if (a.type !== b.type) return STRICTNESS[a.type] > STRICTNESS[b.type];
  return decisionPrefix(a)!.length > decisionPrefix(b)!.length;
}
