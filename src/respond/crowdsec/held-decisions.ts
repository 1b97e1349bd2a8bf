import type { Subject } from './shapes.ts';

/** A decision of CrowdSec that is in force. */
export interface HeldDecision {
  readonly id: number;
  readonly subject: Subject;
  /** Milliseconds since 1970, by our clock. */
  readonly untilMs: number;
  readonly origin: string;
  readonly scenario: string;
  readonly simulated: boolean;
}

/** How what is in force has changed, by its subject. What goes is to be done before what comes. */
export interface HeldChange {
  /** In force from now on, or for longer than was told before. */
  readonly came: readonly HeldDecision[];
  /** Lifted before its time, or to be replaced by one that ends earlier. What ends by itself is not told. */
  readonly went: readonly HeldDecision[];
}

/** Times are counted from when an answer came, which took this long at most: smaller differences are none. */
const TOLERANCE_MS = 2000;
/** Decisions about the same subject that are kept; beyond that the one that ends first is dropped. */
const MOST_PER_SUBJECT = 8;

/**
 * The decisions of CrowdSec, in memory. Several may be about one subject (type, scope, value): what is in force is the
 * one that lasts longest.
 */
export class HeldDecisions {
  private readonly limit: number;
  private held = new Map<string, readonly HeldDecision[]>();
  private turnedAway = 0;

  /** `limit`: subjects at most. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** Subjects with a decision. */
  get size(): number {
    return this.held.size;
  }

  /** Decisions that found no room. */
  get overBound(): number {
    return this.turnedAway;
  }

  /** What is in force, the longest of each subject. */
  *inForce(): Generator<HeldDecision> {
    for (const list of this.held.values()) yield longestOf(list) as HeldDecision;
  }

  /** Puts these in the place of all that was there. */
  replace(decisions: Iterable<HeldDecision>, nowMs: number): HeldChange {
    const before = this.held;
    this.held = new Map();
    for (const decision of decisions) this.add(keyOf(decision.subject), decision);
    const came: HeldDecision[] = [];
    const went: HeldDecision[] = [];
    for (const key of new Set([...before.keys(), ...this.held.keys()])) {
      compare(longestOf(before.get(key)), longestOf(this.held.get(key)), nowMs, came, went);
    }
    return { came, went };
  }

  /** Takes in what is new and takes out what was deleted: the subject and the id of each. */
  update(
    added: Iterable<HeldDecision>,
    deleted: Iterable<{ readonly subject: Subject; readonly id: number }>,
    nowMs: number,
  ): HeldChange {
    const before = new Map<string, HeldDecision | undefined>();
    const touch = (key: string): void => {
      if (!before.has(key)) before.set(key, longestOf(this.held.get(key)));
    };
    for (const { subject, id } of deleted) {
      const key = keyOf(subject);
      touch(key);
      this.put(key, this.held.get(key)?.filter((one) => one.id !== id) ?? []);
    }
    for (const decision of added) {
      const key = keyOf(decision.subject);
      touch(key);
      this.add(key, decision);
    }
    const came: HeldDecision[] = [];
    const went: HeldDecision[] = [];
    for (const [key, was] of before) compare(was, longestOf(this.held.get(key)), nowMs, came, went);
    return { came, went };
  }

  /** Forgets what is over. */
  expire(nowMs: number): void {
    for (const [key, list] of this.held) {
      if (list.some(({ untilMs }) => untilMs <= nowMs)) {
        this.put(
          key,
          list.filter(({ untilMs }) => untilMs > nowMs),
        );
      }
    }
  }

  private add(key: string, decision: HeldDecision): void {
    const list = this.held.get(key);
    if (list === undefined) {
      if (this.held.size >= this.limit) this.turnedAway++;
      else this.held.set(key, [decision]);
      return;
    }
    const others = list.filter(({ id }) => id !== decision.id);
    const all = [...others, decision].sort((a, b) => b.untilMs - a.untilMs);
    if (all.length > MOST_PER_SUBJECT) this.turnedAway++;
    this.held.set(key, all.slice(0, MOST_PER_SUBJECT));
  }

  private put(key: string, list: readonly HeldDecision[]): void {
    if (list.length === 0) this.held.delete(key);
    else this.held.set(key, list);
  }
}

/** Type, scope and value as one text. */
export function keyOf({ type, scope, value }: Subject): string {
  return `${type} ${scope} ${value}`;
}

function longestOf(list: readonly HeldDecision[] | undefined): HeldDecision | undefined {
  return list?.reduce((longest, one) => (one.untilMs > longest.untilMs ? one : longest));
}

function compare(
  was: HeldDecision | undefined,
  is: HeldDecision | undefined,
  nowMs: number,
  came: HeldDecision[],
  went: HeldDecision[],
): void {
  if (was === undefined) {
    if (is !== undefined) came.push(is);
    return;
  }
  if (is === undefined) {
    if (was.untilMs > nowMs) went.push(was);
    return;
  }
  const longer = is.untilMs - was.untilMs;
  if (Math.abs(longer) <= TOLERANCE_MS && is.simulated === was.simulated) return;
  if (longer < 0 || is.simulated !== was.simulated) went.push(was);
  came.push(is);
}
