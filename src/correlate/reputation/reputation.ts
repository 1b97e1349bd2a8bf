import { randomInt } from 'node:crypto';
import type { Evidence } from '../evidence.ts';
import type {
  Added,
  Assessment,
  Ja4Assessment,
  ScoreChange,
  Standing,
  StandingFilter,
  Withdrawal,
} from './answers.ts';
import { Decay, HOUR_US, MINUTE_US, MOST_ADDING } from './decay.ts';
import { type Explanation, explanationOf, HIGHEST, shownScore } from './explanation.ts';
import { type ClientsRecord, FingerprintClients } from './fingerprint-clients.ts';
import { type ReputationOptions, within } from './options.ts';
import {
  eventsOf,
  findGroup,
  type Group,
  isGone,
  isJa4,
  mergeOldest,
  networkOf,
  potentialOf,
  prune,
  type Subject,
  type SubjectKind,
  type SubjectName,
  subjectOf,
  totalOf,
} from './subject.ts';
import { SubjectTable } from './subject-table.ts';
import { boundedText } from './text.ts';
import { type WeightOptions, Weights } from './weights.ts';

/** Share of a piece's weight that counts against the subject of each kind. */
export const SHARES: Readonly<Record<SubjectKind, number>> = { address: 1, network: 0.5, ja4: 0.25 };

/** Reasons that are kept of one subject; the oldest beyond are merged. */
export const MOST_REASONS = 64;
const LONGEST_REASON = 256;
const LONGEST_SOURCE = 128;
const LONGEST_ID = 64;

/**
 * Reputations, 0 (nothing known) to 100. A score is a function of the evidence, the options and the time that it is
 * asked for: not of the order of evidence, nor of earlier questions. This holds for a clock that does not run
 * backwards and for what was not merged or given up for lack of room.
 *
 * Evidence of one type, source and address in one minute is one reason (see `repeated`): a scanner's thousand matches
 * take the room of one.
 */
export class Reputation {
  decay: Decay;
  private readonly options: Required<Omit<ReputationOptions, keyof WeightOptions>>;
  private weights: Weights;
  private readonly table = new SubjectTable();
  private readonly clients: FingerprintClients;
  private reasons = 0;
  private readonly counts = {
    added: 0,
    duplicates: 0,
    weightless: 0,
    refused: 0,
    merged: 0,
    evicted: 0,
    retracted: 0,
    same: 0,
  };

  /** Throws ReputationOptionError. */
  constructor(options: ReputationOptions = {}) {
    const maxSubjects = within('maxSubjects', options.maxSubjects ?? 50_000, 3, 5_000_000);
    this.options = {
      decayPerHour: options.decayPerHour ?? 5,
      maxSubjects,
      maxReasons: within('maxReasons', options.maxReasons ?? 8 * maxSubjects, 3, 50_000_000),
      maxFingerprints: within('maxFingerprints', options.maxFingerprints ?? 4096, 1, 1_000_000),
      fewAddresses: within('fewAddresses', options.fewAddresses ?? 2, 0, 1000),
      badScore: within('badScore', options.badScore ?? 20, 0, HIGHEST),
      mostInherited: within('mostInherited', options.mostInherited ?? 50, 0, HIGHEST),
      seed: within('seed', options.seed ?? randomInt(2 ** 32), 0, 2 ** 32 - 1),
    };
    this.decay = new Decay(this.options.decayPerHour);
    this.weights = new Weights(options);
    this.clients = new FingerprintClients(this.options.maxFingerprints, this.options.seed);
  }

  /** Of the hash over clients; a snapshot has it. */
  get seed(): number {
    return this.clients.seed;
  }

  /**
   * Takes a piece of evidence in; one that is there already changes nothing. `nowUs` is the time of the scores that
   * are returned, and no earlier than any before; what has faded by then is dropped. Evidence of a behaviour that other
   * evidence weighs for (`sameAs`) adds nothing. Evidence with an address that is none, or without a time, is refused and counted.
   */
  add(evidence: Evidence, nowUs: number = evidence.timeUs): Added {
    const name = subjectOf(evidence.address);
    const { timeUs, id, ja4 } = evidence;
    if (name?.kind !== 'address' || !Number.isSafeInteger(timeUs) || timeUs < 0 || !isId(id)) {
      this.counts.refused++;
      return { before: 0, after: 0, network: undefined, ja4: undefined };
    }
    if (evidence.sameAs !== undefined) {
      this.counts.same++;
      const score = this.score(name.key, nowUs);
      return { before: score, after: score, network: undefined, ja4: undefined };
    }
    const weight = this.weightOf(evidence);
    if (weight === 0) this.counts.weightless++;
    else this.counts.added++;
    const own = this.put(name, name.key, evidence, weight, nowUs);
    const key = networkOf(name.key);
    const network =
      key === undefined ? undefined : this.put({ kind: 'network', key }, name.key, evidence, weight, nowUs);
    if (!isJa4(ja4)) return { before: own.before, after: own.after, network, ja4: undefined };
    this.clients.seen(ja4, name.key);
    const fingerprint = this.put({ kind: 'ja4', key: ja4 }, name.key, evidence, weight, nowUs);
    return { before: own.before, after: own.after, network, ja4: fingerprint };
  }

  /** Points of a fresh piece of evidence like this. */
  weightOf({ type, source }: Pick<Evidence, 'type' | 'source'>): number {
    return this.weights.of(type, boundedText(source, LONGEST_SOURCE));
  }

  /** Takes note that an address has a fingerprint, evidence or not: so those that browsers share are known. */
  saw(ja4: string, address: string): void {
    const name = subjectOf(address);
    if (isJa4(ja4) && name?.kind === 'address') this.clients.seen(ja4, name.key);
  }

  /** Score of a subject at a time (microseconds since 1970); 0 for one that is not known. */
  score(subject: string, nowUs: number): number {
    const known = this.find(subject);
    return known === undefined ? 0 : shownScore(totalOf(known, this.decay, nowUs));
  }

  /** Each contribution to a subject's score; undefined for one that is not known. */
  explain(subject: string, nowUs: number): Explanation | undefined {
    const known = this.find(subject);
    return known && explanationOf(known, this.decay, nowUs);
  }

  /**
   * An address together with its /64 and with a JA4 that it has. What others did counts less (shares of 0.5 and 0.25)
   * and never beyond `mostInherited`; that of a JA4 counts only where few other addresses in good standing have it,
   * or where most addresses that have it are bad.
   */
  assess(address: string, ja4: string, nowUs: number): Assessment {
    const own = this.score(address, nowUs);
    const key = networkOf(address);
    const network = key === undefined ? undefined : this.score(key, nowUs);
    const fingerprint = isJa4(ja4) ? this.assessJa4(ja4, address, nowUs) : undefined;
    const { mostInherited } = this.options;
    let score = own;
    let decides: SubjectKind = 'address';
    const inherit = (kind: SubjectKind, value: number): void => {
      const inherited = Math.min(mostInherited, value);
      if (inherited <= score) return;
      score = inherited;
      decides = kind;
    };
    if (network !== undefined) inherit('network', network);
    if (fingerprint?.counts === true) inherit('ja4', fingerprint.score);
    return { score, decides, own, network, ja4: fingerprint };
  }

  /**
   * Takes one piece of evidence out of all subjects, by its id: scores are as if it had never come. Returns the
   * subjects that had it: none where it was never there, was only counted (the ninth and later ones of a minute, which
   * add nothing), or was merged.
   */
  retract(evidenceId: string): readonly string[] {
    return this.takeOut((group, subject) => {
      const at = group.ids.indexOf(evidenceId);
      if (at < 0) return 0;
      group.ids.splice(at, 1);
      group.count--;
      return subject.kind === 'address' ? 1 : 0;
    }).subjects;
  }

  /** Takes out all evidence of a type, source and address that was not merged; how many pieces. */
  withdraw(which: Withdrawal): number {
    const { type, source } = which;
    const address = which.address === undefined ? undefined : (subjectOf(which.address)?.key ?? '');
    if (type === undefined && source === undefined && address === undefined) return 0;
    return this.takeOut((group, subject) => {
      if (type !== undefined && group.type !== type) return 0;
      if (source !== undefined && group.source !== source) return 0;
      if (address !== undefined && group.address !== address) return 0;
      const { count } = group;
      group.count = 0;
      return subject.kind === 'address' ? count : 0;
    }).pieces;
  }

  /** Erases an address: its own evidence, what it gave to its network and JA4, and that it was seen. */
  forget(address: string): boolean {
    const name = subjectOf(address);
    if (name?.kind !== 'address') return false;
    const own = this.table.get(name.key);
    if (own !== undefined) this.drop(own);
    this.clients.forget(name.key);
    const { subjects } = this.takeOut((group) => {
      if (group.address === name.key) group.count = 0;
      return 0;
    });
    return own !== undefined || subjects.length > 0;
  }

  /** Forgets everything. */
  reset(): void {
    this.table.clear();
    this.clients.clear();
    this.reasons = 0;
  }

  /**
   * Weighs all evidence anew, other than what was merged; with a decay all of it fades by that. Throws
   * ReputationOptionError.
   */
  reweigh(options: WeightOptions & Pick<ReputationOptions, 'decayPerHour'>): void {
    const decay = options.decayPerHour === undefined ? this.decay : new Decay(options.decayPerHour);
    this.weights = new Weights(options);
    this.decay = decay;
    this.takeOut((group, subject) => {
      group.weight = this.weights.of(group.type, group.source) * SHARES[subject.kind] * (group.faded ?? 1);
      if (group.weight === 0) group.count = 0;
      return 0;
    });
    for (const subject of [...this.table.values()]) this.rank(subject);
  }

  /**
   * Has everything fade at once, as in an hour with a decay of so many points (0 to 50). Later evidence counts in full,
   * other than that which joins a reason of the same minute. Throws ReputationOptionError.
   */
  fade(points: number): void {
    const share = new Decay(points).left(0, HOUR_US);
    for (const subject of [...this.table.values()]) {
      for (const group of subject.groups) {
        group.faded = (group.faded ?? 1) * share;
        group.weight *= share;
      }
      if (subject.earlier !== undefined) subject.earlier.points *= share;
      this.rank(subject);
    }
  }

  /** Subjects by their score, the highest first. */
  standings(nowUs: number, filter: StandingFilter = {}): readonly Standing[] {
    const { kind, least = Number.MIN_VALUE, limit = 1000 } = filter;
    const found: Standing[] = [];
    for (const subject of this.table.values()) {
      if (kind !== undefined && subject.kind !== kind) continue;
      const score = shownScore(totalOf(subject, this.decay, nowUs));
      if (score < least) continue;
      const newest = subject.groups.at(-1);
      const lastUs = newest?.lastUs ?? subject.earlier?.sinceUs ?? 0;
      const events = eventsOf(subject);
      found.push({ subject: subject.key, kind: subject.kind, score, events, lastType: newest?.type, lastUs });
    }
    found.sort((a, b) => b.score - a.score || b.lastUs - a.lastUs);
    return found.slice(0, limit);
  }

  /** Numbers for the status. */
  statistics(): Readonly<Record<string, number>> {
    return {
      subjects: this.table.size,
      reasons: this.reasons,
      ...this.counts,
      fingerprints: this.clients.size,
      fingerprintsEvicted: this.clients.evicted,
    };
  }

  /** Everything that is known, for a snapshot; evidence may come in meanwhile. */
  *contents(): Generator<{ readonly subject: Subject } | { readonly clients: ClientsRecord }> {
    for (const subject of this.table.values()) yield { subject };
    for (const clients of this.clients.records()) yield { clients };
  }

  /** Takes back a subject of a snapshot, with the present weights, in place of what is known of it. */
  restoreSubject(subject: Subject): void {
    const known = this.table.get(subject.key);
    if (known !== undefined) this.drop(known);
    for (const group of subject.groups) {
      group.weight = this.weights.of(group.type, group.source) * SHARES[subject.kind] * (group.faded ?? 1);
    }
    const kept = subject.groups.filter((group) => group.weight > 0);
    subject.groups.splice(0, subject.groups.length, ...kept);
    if (kept.length === 0 && subject.earlier === undefined) return;
    this.makeRoom(kept.length);
    this.reasons += kept.length;
    subject.potential = potentialOf(subject, this.decay);
    this.table.add(subject);
  }

  /** Takes back the clients of a fingerprint of a snapshot, which was taken under the same seed. */
  restoreClients(record: ClientsRecord): void {
    this.clients.restore(record);
  }

  private find(text: string): Subject | undefined {
    return this.table.get(text) ?? this.table.get(subjectOf(text)?.key ?? '');
  }

  private put(
    name: SubjectName,
    address: string,
    evidence: Evidence,
    pieceWeight: number,
    nowUs: number,
  ): ScoreChange {
    const { decay } = this;
    const known = this.table.get(name.key);
    const before = known === undefined ? 0 : shownScore(totalOf(known, decay, nowUs));
    const { timeUs } = evidence;
    const group: Group = {
      minute: Math.floor(timeUs / MINUTE_US),
      type: evidence.type,
      source: boundedText(evidence.source, LONGEST_SOURCE),
      address,
      weight: pieceWeight * SHARES[name.kind],
      reason: boundedText(evidence.reason, LONGEST_REASON),
      count: 1,
      ids: [evidence.id],
      firstUs: timeUs,
      lastUs: timeUs,
    };
    if (isGone(group, decay, nowUs)) return { subject: name.key, before, after: before };
    const subject = known ?? { ...name, groups: [], earlier: undefined, potential: 0, place: 0 };
    this.reasons -= prune(subject, decay, nowUs);
    const at = findGroup(subject.groups, group);
    if (at >= 0) {
      if (!this.join(subject.groups[at]!, evidence, group.reason)) {
        if (name.kind === 'address') this.counts.duplicates++;
        return { subject: name.key, before, after: before };
      }
    } else {
      if (known === undefined) this.makeRoom(1);
      subject.groups.splice(~at, 0, group);
      this.reasons++;
      if (subject.groups.length > MOST_REASONS || this.reasons > this.options.maxReasons) {
        this.merge(subject, group);
      }
    }
    subject.potential = potentialOf(subject, decay);
    if (known === undefined) this.table.add(subject);
    else this.table.moved(subject);
    return { subject: name.key, before, after: shownScore(totalOf(subject, decay, nowUs)) };
  }

  /** Counts a further piece of a group; false where it is there already. */
  private join(group: Group, evidence: Evidence, reason: string): boolean {
    if (group.ids.includes(evidence.id)) return false;
    group.count++;
    if (group.ids.length < MOST_ADDING) group.ids.push(evidence.id);
    if (evidence.timeUs >= group.lastUs) {
      group.lastUs = evidence.timeUs;
      group.reason = reason;
    }
    group.firstUs = Math.min(group.firstUs, evidence.timeUs);
    return true;
  }

  private merge(subject: Subject, keep: Group): void {
    if (subject.groups.length < 2) return;
    mergeOldest(subject, keep, this.decay);
    this.reasons--;
    this.counts.merged++;
  }

  /** Makes room for a subject with so many reasons: those with the least points go. */
  private makeRoom(reasons: number): void {
    const { maxSubjects, maxReasons } = this.options;
    for (;;) {
      const least = this.table.least();
      if (least === undefined) return;
      if (this.table.size < maxSubjects && this.reasons + reasons <= maxReasons) return;
      this.drop(least);
      this.counts.evicted++;
    }
  }

  private drop(subject: Subject): void {
    this.reasons -= subject.groups.length;
    this.table.delete(subject);
  }

  /**
   * Lets `take` lower the count of groups, and takes out those without pieces and subjects without groups. `take` says
   * how many pieces it took.
   */
  private takeOut(take: (group: Group, subject: Subject) => number): {
    readonly subjects: readonly string[];
    readonly pieces: number;
  } {
    const subjects: string[] = [];
    let pieces = 0;
    for (const subject of this.table.values()) {
      const { groups } = subject;
      let changed = false;
      let kept = 0;
      for (const group of groups) {
        const { count } = group;
        pieces += take(group, subject);
        if (group.count !== count) changed = true;
        if (group.count > 0) groups[kept++] = group;
      }
      this.reasons -= groups.length - kept;
      groups.length = kept;
      if (!changed) continue;
      subjects.push(subject.key);
      this.rank(subject);
    }
    if (pieces > 0) this.counts.retracted += pieces;
    return { subjects, pieces };
  }

  /** Puts a subject in its place after its groups have changed; it goes when nothing is left of it. */
  private rank(subject: Subject): void {
    if (subject.groups.length === 0 && subject.earlier === undefined) {
      this.drop(subject);
      return;
    }
    subject.potential = potentialOf(subject, this.decay);
    this.table.moved(subject);
  }

  private assessJa4(ja4: string, address: string, nowUs: number): Ja4Assessment {
    const addresses = this.clients.count(ja4);
    const own = subjectOf(address)?.key;
    let sampled = 0;
    let bad = 0;
    let others = 0;
    let goodOthers = 0;
    for (const client of this.clients.sample(ja4)) {
      sampled++;
      const isBad = this.score(client, nowUs) >= this.options.badScore;
      if (isBad) bad++;
      if (client === own) continue;
      others++;
      if (!isBad) goodOthers++;
    }
    const good = others === 0 ? 0 : Math.round((goodOthers / others) * Math.max(others, addresses - 1));
    const counts = sampled > 0 && (good <= this.options.fewAddresses || 2 * bad > sampled);
    return { score: this.score(ja4, nowUs), addresses, good, counts };
  }
}

function isId(id: string): boolean {
  return id !== '' && id.length <= LONGEST_ID;
}
