import { formatAddress, formatPrefix, parseAddress, parsePrefix } from '../../net/index.ts';
import type { EvidenceType } from '../evidence.ts';
import { type Decay, FAINT, MINUTE_US, repeated } from './decay.ts';

/** What has a reputation: an address, the /64 of an IPv6 address, or the fingerprint of a TLS client. */
export type SubjectKind = 'address' | 'network' | 'ja4';

/** A subject by its text: `203.0.113.9`, `2001:db8::/64`, `t13d1516h2_8daaf6152771_b186095e22b6`. */
export interface SubjectName {
  readonly kind: SubjectKind;
  /** In its short form; no two kinds share a key. */
  readonly key: string;
}

const JA4 = /^[A-Za-z0-9_]{1,64}$/;
/** Bits of an IPv6 network that one host or household can have all to itself (RFC 6177, RFC 4291 section 2.5.4). */
const NETWORK_BITS = 64;

/** Reads the name of a subject; undefined for what is none (networks of other lengths have no reputation). */
export function subjectOf(text: string): SubjectName | undefined {
  if (text.length > 64) return undefined;
  if (text.includes('/')) {
    const prefix = parsePrefix(text);
    return prefix?.version === 6 && prefix.length === NETWORK_BITS
      ? { kind: 'network', key: formatPrefix(prefix) }
      : undefined;
  }
  const address = parseAddress(text);
  if (address !== undefined) {
    return { kind: 'address', key: formatAddress(address.version, ...address.words) };
  }
  return isJa4(text) ? { kind: 'ja4', key: text } : undefined;
}

/** True for what can be a JA4; no address looks like one. */
export function isJa4(text: string): boolean {
  return JA4.test(text);
}

/** Key of the /64 of an IPv6 address; undefined for IPv4. */
export function networkOf(address: string): string | undefined {
  const parsed = address.includes(':') ? parseAddress(address) : undefined;
  if (parsed === undefined) return undefined;
  const [w0, w1] = parsed.words;
  return `${formatAddress(6, w0, w1, 0, 0)}/${NETWORK_BITS}`;
}

/** Evidence of one type, from one scenario or rule, about one address, within one minute. */
export interface Group {
  /** Minutes since 1970. */
  readonly minute: number;
  readonly type: EvidenceType;
  readonly source: string;
  readonly address: string;
  /** Points of the first piece, with the sensitivity and the share of the subject's kind. */
  weight: number;
  /** Of the latest piece. */
  reason: string;
  /** Pieces, of which `ids` has the first ones: as many as add something. */
  count: number;
  readonly ids: string[];
  firstUs: number;
  lastUs: number;
  /** Share of the weight that was left when somebody last had all reputations fade; missing: all of it. */
  faded?: number;
}

/** What became of groups for which there was no room: points at a time, from which on they fade as they would have. */
export interface Earlier {
  /** The end of the latest minute in it. */
  sinceUs: number;
  points: number;
  groups: number;
  count: number;
  firstUs: number;
}

/** What is known of a subject. */
export interface Subject extends SubjectName {
  /** In order of {@link compareGroups}: sums do not depend on the order of arrival, not even in their last digit. */
  readonly groups: Group[];
  earlier: Earlier | undefined;
  /** Logarithm of the points as they would have been in 1970: orders subjects at any time. */
  potential: number;
  /** Place in the order of subjects. */
  place: number;
}

/** From when a group fades: the end of its minute, so that all of its pieces are alike. */
export function fadesFromUs(group: Group): number {
  return (group.minute + 1) * MINUTE_US;
}

/** Points that a group has at a time; 0 where it could not be {@link FAINT} with any number of pieces. */
export function pointsOf(group: Group, decay: Decay, nowUs: number): number {
  return remaining(group, decay.left(fadesFromUs(group), nowUs));
}

function remaining(group: Group, left: number): number {
  return hasFaded(group, left) ? 0 : group.weight * repeated(group.count) * left;
}

function hasFaded(group: Group, left: number): boolean {
  return 2 * group.weight * left < FAINT;
}

/** True when a group has no points at a time, nor could have with any number of pieces. */
export function isGone(group: Group, decay: Decay, nowUs: number): boolean {
  return hasFaded(group, decay.left(fadesFromUs(group), nowUs));
}

/** Points of all that was merged at a time. */
export function earlierPoints(earlier: Earlier, decay: Decay, nowUs: number): number {
  const points = earlier.points * decay.left(earlier.sinceUs, nowUs);
  return points < FAINT ? 0 : points;
}

/** All points of a subject at a time, which may be more than 100. */
export function totalOf(subject: Subject, decay: Decay, nowUs: number): number {
  let total = subject.earlier === undefined ? 0 : earlierPoints(subject.earlier, decay, nowUs);
  let minute = -1;
  let left = 1;
  for (const group of subject.groups) {
    // Groups of one minute lie together: the exponential function is what takes time here.
    if (group.minute !== minute) {
      minute = group.minute;
      left = decay.left(fadesFromUs(group), nowUs);
    }
    total += remaining(group, left);
  }
  return total;
}

/** The logarithm that orders subjects; minus infinity without points. */
export function potentialOf(subject: Subject, decay: Decay): number {
  const newest = subject.groups.at(-1);
  const referenceUs = Math.max(
    newest === undefined ? 0 : fadesFromUs(newest),
    subject.earlier === undefined ? 0 : subject.earlier.sinceUs,
  );
  return Math.log(totalOf(subject, decay, referenceUs)) + decay.rate * referenceUs;
}

/** Pieces of evidence about a subject. */
export function eventsOf(subject: Subject): number {
  let events = subject.earlier?.count ?? 0;
  for (const group of subject.groups) events += group.count;
  return events;
}

/** Oldest first; equal ones are one group. */
export function compareGroups(a: Group, b: Group): number {
  return (
    a.minute - b.minute ||
    compareTexts(a.source, b.source) ||
    compareTexts(a.type, b.type) ||
    compareTexts(a.address, b.address)
  );
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Index of a group like this one, or where it belongs, as its complement (`~index`). */
export function findGroup(groups: readonly Group[], like: Group): number {
  for (let i = groups.length - 1; i >= 0; i--) {
    const order = compareGroups(groups[i]!, like);
    if (order === 0) return i;
    if (order < 0) return ~(i + 1);
  }
  return ~0;
}

/** Takes out groups of which nothing is left; how many. */
export function prune(subject: Subject, decay: Decay, nowUs: number): number {
  const { groups, earlier } = subject;
  if (earlier !== undefined && earlierPoints(earlier, decay, nowUs) === 0) subject.earlier = undefined;
  let kept = 0;
  let minute = -1;
  let left = 1;
  for (const group of groups) {
    if (group.minute !== minute) {
      minute = group.minute;
      left = decay.left(fadesFromUs(group), nowUs);
    }
    if (!hasFaded(group, left)) groups[kept++] = group;
  }
  const gone = groups.length - kept;
  groups.length = kept;
  return gone;
}

/** Merges the oldest group, other than the one to be kept, into what was merged before; the points stay the same. */
export function mergeOldest(subject: Subject, keep: Group, decay: Decay): void {
  const { groups } = subject;
  const [oldest] = groups.splice(groups[0] === keep ? 1 : 0, 1);
  if (oldest === undefined) return;
  const sinceUs = fadesFromUs(oldest);
  const { firstUs } = oldest;
  const earlier = subject.earlier ?? { sinceUs, points: 0, groups: 0, count: 0, firstUs };
  subject.earlier = earlier;
  const referenceUs = Math.max(earlier.sinceUs, sinceUs);
  earlier.points =
    earlier.points * decay.left(earlier.sinceUs, referenceUs) +
    oldest.weight * repeated(oldest.count) * decay.left(sinceUs, referenceUs);
  earlier.sinceUs = referenceUs;
  earlier.groups++;
  earlier.count += oldest.count;
  earlier.firstUs = Math.min(earlier.firstUs, firstUs);
}
