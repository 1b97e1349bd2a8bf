import type { Evidence } from '../evidence.ts';
import { Reputation, type ReputationOptions } from '../reputation/index.ts';
import { ExceptionLookup } from './lookup.ts';
import type { Verdict } from './marks.ts';
import {
  checkedMatch,
  type EvidenceFacts,
  type ExceptionMatch,
  type Occurrence,
  occurrenceOf,
} from './match.ts';

/** A piece of evidence as it was stored, with its facts where it has any. */
export interface StoredEvidence {
  readonly evidence: Evidence;
  readonly facts?: EvidenceFacts;
}

/** What somebody thinks of changing. */
export interface Change {
  readonly exceptions?: readonly ExceptionMatch[];
  /** Weights of sources, by `Evidence.source`; they go before those in force. */
  readonly overrides?: Readonly<Record<string, number>>;
}

/** What the change is compared with. */
export interface WhatIfOptions {
  /** As the reputation in force has them. */
  readonly reputation?: ReputationOptions;
  /** Score from which on an address is banned; default 80. */
  readonly threshold?: number;
  /** What was excepted already counts on neither side. */
  readonly isExcepted?: (occurrence: Occurrence, timeUs: number) => boolean;
  /** What was marked: evidence marked true must not be missed. */
  readonly verdicts?: Iterable<Verdict>;
  /** Pieces that are looked at; default 1,000,000. */
  readonly most?: number;
}

/** An address whose highest score would have been another one. */
export interface ChangedScore {
  readonly address: string;
  readonly before: number;
  readonly after: number;
}

/** A ban that there was on one side and not on the other: when the threshold was reached there, and the scores. */
export interface ChangedBan extends ChangedScore {
  /** Microseconds since 1970. */
  readonly timeUs: number;
}

/** An attack, marked true, that the change would hide. */
export interface MissedAttack {
  readonly evidenceId: string;
  readonly address: string;
  /** `excepted`: an exception is for it; `not banned`: its address would not have been banned any more. */
  readonly how: 'excepted' | 'not banned';
}

/** A list of which at most 1000 are named. */
export interface Listed<T> {
  readonly count: number;
  readonly first: readonly T[];
}

/** What would have been different. */
export interface Difference {
  /** Pieces that were looked at. */
  readonly evidence: number;
  /** There was more than `most`. */
  readonly isCut: boolean;
  /** Ids of evidence that an exception of the change is for. */
  readonly leftOut: Listed<string>;
  /** Those with the greatest differences first. */
  readonly scores: Listed<ChangedScore>;
  /** Bans that would not have been, and that would have been besides; the earliest first. */
  readonly bansGone: Listed<ChangedBan>;
  readonly bansNew: Listed<ChangedBan>;
  readonly missed: Listed<MissedAttack>;
}

const THRESHOLD = 80;
const MOST_EVIDENCE = 1_000_000;
const MOST_LISTED = 1000;

interface Seen {
  before: number;
  after: number;
  bannedBeforeUs: number | undefined;
  bannedAfterUs: number | undefined;
}

/**
 * Runs the reputation over stored evidence with and without a change, in the order in which the evidence is given
 * (that of time), and tells the differences. Nothing in force is touched. Bans are those of an address's own score.
 * Addresses that have evidence are all kept, so the bound on evidence is the bound on memory. Throws ExceptionError
 * and ReputationOptionError for a change that may not be.
 */
export function whatIf(
  history: Iterable<StoredEvidence>,
  change: Change,
  options: WhatIfOptions = {},
): Difference {
  const { threshold = THRESHOLD, isExcepted = () => false, most = MOST_EVIDENCE } = options;
  const lookup = new ExceptionLookup<{ readonly match: ExceptionMatch }>();
  for (const match of change.exceptions ?? []) lookup.add({ match: checkedMatch(match) });
  const base = { ...options.reputation, seed: 0 };
  const before = new Reputation(base);
  const after = new Reputation({ ...base, overrides: { ...base.overrides, ...change.overrides } });
  const right = new Set<string>();
  for (const { evidenceId, verdict } of options.verdicts ?? []) if (verdict === 'true') right.add(evidenceId);

  const seen = new Map<string, Seen>();
  const leftOut = new Set<string>();
  const attacks: { readonly id: string; readonly address: string; readonly isExcepted: boolean }[] = [];
  let evidenceCount = 0;
  let isCut = false;
  let nowUs = 0;
  for (const { evidence, facts } of history) {
    const { id, address, timeUs } = evidence;
    const occurrence = occurrenceOf(evidence, facts);
    if (isExcepted(occurrence, timeUs)) continue;
    if (evidenceCount >= most) {
      isCut = true;
      break;
    }
    evidenceCount++;
    nowUs = Math.max(nowUs, timeUs);
    const isOut = lookup.find(occurrence, () => true) !== undefined;
    if (isOut) leftOut.add(id);
    if (right.has(id)) attacks.push({ id, address, isExcepted: isOut });
    const of = seen.get(address) ?? {
      before: 0,
      after: 0,
      bannedBeforeUs: undefined,
      bannedAfterUs: undefined,
    };
    seen.set(address, of);
    const scoreBefore = before.add(evidence, nowUs).after;
    of.before = Math.max(of.before, scoreBefore);
    if (scoreBefore >= threshold) of.bannedBeforeUs ??= nowUs;
    if (isOut) continue;
    const { sameAs } = evidence;
    // What weighed for both would be gone: then this one weighs.
    const weighing =
      sameAs !== undefined && leftOut.has(sameAs) ? { ...evidence, sameAs: undefined } : evidence;
    const scoreAfter = after.add(weighing, nowUs).after;
    of.after = Math.max(of.after, scoreAfter);
    if (scoreAfter >= threshold) of.bannedAfterUs ??= nowUs;
  }

  const scores: ChangedScore[] = [];
  const bansGone: ChangedBan[] = [];
  const bansNew: ChangedBan[] = [];
  for (const [address, of] of seen) {
    if (of.before !== of.after) scores.push({ address, before: of.before, after: of.after });
    const { bannedBeforeUs, bannedAfterUs } = of;
    const ban = { address, before: of.before, after: of.after };
    if (bannedBeforeUs !== undefined && bannedAfterUs === undefined) {
      bansGone.push({ ...ban, timeUs: bannedBeforeUs });
    }
    if (bannedAfterUs !== undefined && bannedBeforeUs === undefined)
      bansNew.push({ ...ban, timeUs: bannedAfterUs });
  }
  const gone = new Set(bansGone.map(({ address }) => address));
  const missed = attacks.flatMap(({ id, address, isExcepted: isOut }): readonly MissedAttack[] => {
    if (isOut) return [{ evidenceId: id, address, how: 'excepted' }];
    return gone.has(address) ? [{ evidenceId: id, address, how: 'not banned' }] : [];
  });
  const difference = ({ before: was, after: is }: ChangedScore): number => Math.abs(was - is);
  return {
    evidence: evidenceCount,
    isCut,
    leftOut: listed([...leftOut]),
    scores: listed(scores.toSorted((a, b) => difference(b) - difference(a))),
    bansGone: listed(bansGone.toSorted((a, b) => a.timeUs - b.timeUs)),
    bansNew: listed(bansNew.toSorted((a, b) => a.timeUs - b.timeUs)),
    missed: listed(missed),
  };
}

function listed<T>(items: readonly T[]): Listed<T> {
  return { count: items.length, first: items.slice(0, MOST_LISTED) };
}
