import type { IncidentCase } from './case.ts';
import type { Access } from './contents.ts';

/** How far detection of an earlier step may be behind that of a later one. */
export const DISORDER_US = 300e6;
/** Incidents of one victim that are looked at. */
const MOST_OF_VICTIM = 32;

/** An incident that may have got into a host. */
interface Intruder {
  readonly of: IncidentCase;
  readonly access: Access;
  /** The higher, the more tells for it. */
  readonly certainty: number;
}

/**
 * Who may have got into which victim. What is found does not depend on the order in which incidents became known, so it
 * is the same after a restart.
 */
export class Intruders {
  private readonly chainUs: number;
  private readonly byVictim = new Map<string, Set<IncidentCase>>();

  /** `chainUs`: how long after an attack what its victim does may belong to it. */
  constructor(chainUs: number) {
    this.chainUs = chainUs;
  }

  /** Takes note of an access. Of too many, who likely failed is forgotten first, then who is longest ago. */
  note(victim: string, one: IncidentCase): void {
    const all = this.byVictim.get(victim) ?? new Set();
    this.byVictim.set(victim, all.add(one));
    if (all.size <= MOST_OF_VICTIM) return;
    all.delete([...all].reduce((a, b) => (isLess(b.access(victim), a.access(victim)) ? b : a)));
  }

  /** Takes note of all accesses of an incident. */
  noteAll(one: IncidentCase): void {
    for (const [victim] of one.accessed()) this.note(victim, one);
  }

  /** Forgets that an incident may have got into a victim. */
  drop(victim: string, one: IncidentCase): void {
    const all = this.byVictim.get(victim);
    if (all?.delete(one) && all.size === 0) this.byVictim.delete(victim);
  }

  /** Forgets all accesses of an incident. */
  dropAll(one: IncidentCase): void {
    for (const [victim] of one.accessed()) this.drop(victim, one);
  }

  /**
   * The incident that most likely got into a host before a time; undefined where nobody did, or it is not clear.
   * `remote`: with whom the host did what it should not; empty where nobody else is named.
   */
  find(host: string, remote: string, timeUs: number): IncidentCase | undefined {
    const found: Intruder[] = [];
    for (const of of this.byVictim.get(host) ?? []) {
      const access = of.access(host);
      if (access === undefined) continue;
      if (access.firstUs > timeUs + DISORDER_US || access.lastUs < timeUs - this.chainUs) continue;
      found.push({ of, access, certainty: certaintyOf(of, access, host, remote) });
    }
    if (found.length === 0) return undefined;
    const best = found.reduce((a, b) => (compare(a, b, timeUs) <= 0 ? a : b));
    return best.certainty === 0 && found.length > 1 ? undefined : best.of;
  }
}

function certaintyOf(of: IncidentCase, access: Access, host: string, remote: string): number {
  // The host reports to where this incident's victims report to.
  if (remote !== '' && remote !== host && of.role(remote) !== undefined) return 3;
  if (of.hasTurned(host)) return 2;
  return access.isLikely ? 1 : 0;
}

/** The more certain one first, then the nearer one; of equals always the same. */
function compare(a: Intruder, b: Intruder, timeUs: number): number {
  return (
    b.certainty - a.certainty ||
    distance(a.access, timeUs) - distance(b.access, timeUs) ||
    a.access.firstUs - b.access.firstUs ||
    (a.of.id < b.of.id ? -1 : 1)
  );
}

/** How far an access is from what it may have led to. */
function distance({ firstUs, lastUs }: Access, timeUs: number): number {
  return Math.min(Math.abs(timeUs - lastUs), Math.abs(timeUs - firstUs));
}

/** Whether an access tells less than another one: it likely failed, or is longer ago. */
function isLess(one: Access | undefined, other: Access | undefined): boolean {
  if (one === undefined || other === undefined) return other !== undefined;
  return one.isLikely === other.isLikely ? one.lastUs < other.lastUs : other.isLikely;
}
