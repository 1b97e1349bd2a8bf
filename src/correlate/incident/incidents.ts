import type { Evidence, EvidenceType, Overflow } from '../evidence.ts';
import { Wheel } from '../join/index.ts';
import { type Stage, stageOf } from './attack.ts';
import { IncidentCase } from './case.ts';
import type { CaseContents } from './contents.ts';
import type { Incident, IncidentChange } from './incident.ts';
import { DISORDER_US, Intruders } from './intruders.ts';

/** Waits and bounds of incidents. Times in milliseconds. */
export interface IncidentOptions {
  /** An incident without news for this long is closed; an hour without. */
  readonly idleMs?: number | undefined;
  /** How long after an attack what its victim does may belong to it; 6 hours without. */
  readonly chainMs?: number | undefined;
  /** Incidents that are kept, closed ones included; 10,000 without. */
  readonly incidents?: number | undefined;
  /** Makes identifiers of 20 lower-case letters and digits. */
  readonly newId: () => string;
}

/** What is found of incidents. */
export interface IncidentQuestion {
  readonly status?: 'open' | 'closed' | undefined;
  /** Only those that an address has a role in, in its short form. */
  readonly address?: string | undefined;
  readonly leastScore?: number | undefined;
  /** 100 without. */
  readonly limit?: number | undefined;
}

/** Incidents of one address that are looked at. */
const MOST_OF_ADDRESS = 32;

/** Stages in which a host itself does something that it should not: its own address is that of the evidence. */
const OUTBOUND: ReadonlySet<Stage> = new Set([
  'tool_transfer',
  'command_and_control',
  'exfiltration',
  'collection',
  'execution',
  'persistence',
  'defense_evasion',
]);
/** Evidence of an attack from outside, whatever its technique. */
const INBOUND_TYPES: ReadonlySet<EvidenceType> = new Set([
  'waf_block',
  'waf_alert',
  'crowdsec_ban',
  'scanner',
  'brute_force',
]);
/** What leads into no host. */
const NO_ACCESS: ReadonlySet<Stage> = new Set(['reconnaissance', 'discovery', 'impact', 'unassigned']);

interface Place {
  readonly to: IncidentCase;
  /** Why; empty where the attacker did it. */
  readonly link: string;
}

/**
 * Chains evidence into incidents. What one address does is one incident. What a host does after it was got into belongs
 * to that incident: to the one attacker who most likely got in, never to all who tried. Time is that of the evidence,
 * which may come out of order.
 */
export class Incidents {
  private readonly idleUs: number;
  private readonly chainUs: number;
  private readonly limit: number;
  private readonly newId: () => string;
  private nowUs = Number.NEGATIVE_INFINITY;
  private readonly cases = new Map<string, IncidentCase>();
  private readonly wheel = new Wheel<IncidentCase>();
  /** Incidents by the address that they are known by, the latest last. */
  private readonly byPrincipal = new Map<string, IncidentCase[]>();
  private readonly intruders: Intruders;
  private closed: IncidentCase[] = [];
  private evicted = 0;
  private total = 0;

  constructor(options: IncidentOptions) {
    this.idleUs = 1000 * (options.idleMs ?? 3_600_000);
    this.chainUs = 1000 * (options.chainMs ?? 6 * 3_600_000);
    this.intruders = new Intruders(this.chainUs);
    this.limit = Math.max(1, options.incidents ?? 10_000);
    this.newId = options.newId;
  }

  /**
   * Takes a piece of evidence, with the overflow that it stems from where there is one. What it changed: the incident
   * that it belongs to, and those that time has closed. `id`: the name that an incident has which begins with it; a new one without.
   */
  take(evidence: Evidence, overflow?: Overflow, id?: string): readonly IncidentChange[] {
    const { timeUs } = evidence;
    const closed = this.advance(timeUs);
    if (evidence.address === '') return closed;
    const found = stageOf(evidence.type, evidence.techniques);
    const isOutbound = OUTBOUND.has(found) && !INBOUND_TYPES.has(evidence.type);
    const place = this.placeOf(evidence, isOutbound);
    const to = place?.to ?? this.begin(evidence, isOutbound, id);
    const link = place?.link ?? '';
    const stage = link === '' ? found : withinOf(found);
    to.isClosed = false;
    this.setRoles(to, evidence, stage, isOutbound);
    to.add(evidence, overflow, stage, link);
    if (link !== '') to.turn(to.role(evidence.address) === 'victim' ? evidence.address : evidence.target);
    const absorbed = this.absorbLater(to, evidence);
    this.relate(to, evidence);
    this.wheel.put(to, to.lastUs + this.idleUs);
    return [
      ...closed,
      { change: place === undefined ? 'new' : 'updated', incident: to.incident(), absorbed },
    ];
  }

  /** Time goes on to this one; incidents that are closed by it. */
  advance(timeUs: number): readonly IncidentChange[] {
    if (timeUs <= this.nowUs) return [];
    this.nowUs = timeUs;
    this.wheel.due(timeUs, (one) => this.pass(one, timeUs));
    const { closed } = this;
    if (closed.length === 0) return [];
    this.closed = [];
    return closed.map((one) => ({ change: 'closed', incident: one.incident(), absorbed: [] }));
  }

  /** Whether an incident has a piece of evidence, by their identifiers, among the first and the last of a step. */
  knows(id: string, evidenceId: string): boolean {
    return this.cases.get(id)?.names(evidenceId) === true;
  }

  /** An incident by its identifier. */
  incident(id: string): Incident | undefined {
    return this.cases.get(id)?.incident();
  }

  /** Incidents, the latest first. */
  list(question: IncidentQuestion = {}): readonly Incident[] {
    const { status, address, leastScore = 0, limit = 100 } = question;
    return [...this.cases.values()]
      .filter((one) => status === undefined || one.isClosed === (status === 'closed'))
      .filter((one) => address === undefined || one.role(address) !== undefined)
      .sort((a, b) => b.lastUs - a.lastUs || (a.id < b.id ? -1 : 1))
      .map((one) => one.incident())
      .filter(({ score }) => score >= leastScore)
      .slice(0, Math.max(0, limit));
  }

  /** Everything that is known of at most so many incidents, for a snapshot: open ones first, then the latest. */
  *contents(most: number): Generator<CaseContents> {
    const kept = [...this.cases.values()]
      .sort((a, b) => Number(a.isClosed) - Number(b.isClosed) || b.lastUs - a.lastUs)
      .slice(0, most);
    const isKept = new Set(kept);
    // In the order in which they began: which of an address is the latest follows from it.
    for (const one of [...this.cases.values()]) if (isKept.has(one)) yield one.contents();
  }

  /** Takes back an incident of a snapshot; nothing where it is known, or there is no room. */
  restore(contents: CaseContents): void {
    if (this.cases.size >= this.limit || this.cases.has(contents.id)) return;
    const one = IncidentCase.of(contents);
    this.cases.set(one.id, one);
    this.total++;
    this.notePrincipal(one);
    this.intruders.noteAll(one);
    this.wheel.put(one, one.lastUs + this.idleUs);
  }

  statistics() {
    let open = 0;
    for (const { isClosed } of this.cases.values()) if (!isClosed) open++;
    return { total: this.total, open, closed: this.cases.size - open, evicted: this.evicted };
  }

  /** The incident that a piece of evidence belongs to; undefined: a new one. */
  private placeOf({ address, target, timeUs }: Evidence, isOutbound: boolean): Place | undefined {
    const own = this.openOf(address, timeUs);
    if (own?.role(address) === 'attacker') return { to: own, link: '' };
    // A victim that talks to its attacker, whoever is named first.
    for (const [attacker, victim] of [
      [target, address],
      [address, target],
    ] as const) {
      const of = attacker === '' ? undefined : this.lastOf(attacker, timeUs);
      if (isOutbound && of?.role(attacker) === 'attacker' && of.role(victim) === 'victim')
        return { to: of, link: `${victim} was attacked by ${attacker} before` };
    }
    // A host that does what it should not, after somebody got in; or what is done to it by who serves the malware.
    const hosts = isOutbound ? [address, target] : [address];
    for (const host of hosts) {
      const into =
        host === '' ? undefined : this.intruders.find(host, target === host ? address : target, timeUs);
      if (into !== undefined) return { to: into, link: linkOf(host, into) };
    }
    return own === undefined ? undefined : { to: own, link: '' };
  }

  private begin({ address, timeUs }: Evidence, isOutbound: boolean, id = ''): IncidentCase {
    if (this.cases.size >= this.limit) this.evict();
    // Nobody knows who got into a host that reports to somewhere: it is a victim itself.
    const name = id === '' || this.cases.has(id) ? this.newId() : id;
    const one = new IncidentCase(name, address, isOutbound ? 'victim' : 'attacker', timeUs);
    this.cases.set(one.id, one);
    this.notePrincipal(one);
    this.total++;
    return one;
  }

  private notePrincipal(one: IncidentCase): void {
    const list = this.byPrincipal.get(one.principal) ?? [];
    this.byPrincipal.set(one.principal, list);
    list.push(one);
    if (list.length > MOST_OF_ADDRESS) list.shift();
  }

  private setRoles(
    to: IncidentCase,
    { address, target, timeUs, type }: Evidence,
    stage: Stage,
    isOutbound: boolean,
  ): void {
    if (isOutbound && to.role(address) !== 'attacker') {
      // Who serves malware may be named as the one that did it.
      const isHost = to.role(target) === 'victim' && to.role(address) === undefined;
      to.setRole(isHost ? address : target, 'infrastructure');
      return;
    }
    if (target === '' || to.role(target) === 'attacker') return;
    const isAccess = !NO_ACCESS.has(stage);
    if (isAccess) {
      const forgotten = to.setAccess(target, timeUs, type !== 'waf_block' && type !== 'brute_force');
      if (forgotten !== undefined) this.intruders.drop(forgotten, to);
      this.intruders.note(target, to);
    }
    to.setRole(target, 'victim');
  }

  /** Evidence of what a victim did may have come before that of the attack. */
  private absorbLater(to: IncidentCase, { target, timeUs }: Evidence): readonly string[] {
    if (target === '' || to.access(target) === undefined) return [];
    const absorbed: string[] = [];
    for (const other of [...(this.byPrincipal.get(target) ?? [])]) {
      if (other === to || other.role(target) !== 'victim') continue;
      if (other.firstUs < timeUs - DISORDER_US || other.firstUs > timeUs + this.chainUs) continue;
      if (this.intruders.find(target, '', other.firstUs) !== to) continue;
      // Accesses of either may be forgotten, as there is a bound.
      this.intruders.dropAll(to);
      to.absorb(other, linkOf(target, to));
      this.remove(other);
      this.intruders.noteAll(to);
      absorbed.push(other.id);
    }
    return absorbed;
  }

  /** Incidents that share the target of an outbound connection are told to be related. */
  private relate(to: IncidentCase, { address, target }: Evidence): void {
    for (const end of [address, target]) {
      for (const other of this.byPrincipal.get(end) ?? []) {
        if (other === to || this.cases.get(other.id) !== other) continue;
        to.relate(other.id);
        other.relate(to.id);
      }
    }
  }

  /** The latest incident that an address is known by, if it has not been silent for too long. */
  private openOf(address: string, timeUs: number): IncidentCase | undefined {
    // A host that was got into stays that for longer than an attacker is busy.
    return this.byPrincipal
      .get(address)
      ?.findLast((one) => isNear(one, timeUs, one.role(address) === 'victim' ? this.chainUs : this.idleUs));
  }

  /** The latest incident that an address is known by within the time in which steps are chained. */
  private lastOf(address: string, timeUs: number): IncidentCase | undefined {
    return this.byPrincipal.get(address)?.findLast((one) => isNear(one, timeUs, this.chainUs));
  }

  /** Closes what is idle, and forgets what can have no more steps. */
  private pass(one: IncidentCase, nowUs: number): void {
    const idleUntil = one.lastUs + this.idleUs;
    const knownUntil = one.lastUs + Math.max(this.idleUs, this.chainUs);
    if (idleUntil > nowUs) {
      this.wheel.put(one, idleUntil);
      return;
    }
    if (!one.isClosed) {
      one.isClosed = true;
      this.closed.push(one);
    }
    if (knownUntil > nowUs) this.wheel.put(one, knownUntil);
    else this.remove(one);
  }

  /** Closed ones go first, then the oldest: a sixty-fourth at once. */
  private evict(): void {
    let left = Math.ceil(this.limit / 64);
    for (const closedOnly of [true, false]) {
      for (const one of this.cases.values()) {
        if (left <= 0) return;
        if (closedOnly && !one.isClosed) continue;
        this.remove(one);
        this.evicted++;
        left--;
      }
    }
  }

  private remove(one: IncidentCase): void {
    this.cases.delete(one.id);
    this.wheel.delete(one);
    const list = (this.byPrincipal.get(one.principal) ?? []).filter((other) => other !== one);
    if (list.length === 0) this.byPrincipal.delete(one.principal);
    else this.byPrincipal.set(one.principal, list);
    this.intruders.dropAll(one);
  }
}

/** What is an attack from outside is, by a host that somebody got into, the way on from there. */
function withinOf(stage: Stage): Stage {
  if (stage === 'reconnaissance') return 'discovery';
  return stage === 'initial_access' || stage === 'credential_access' ? 'lateral_movement' : stage;
}

function linkOf(host: string, { principal }: IncidentCase): string {
  return `${host} was attacked by ${principal} before`;
}

function isNear({ firstUs, lastUs }: IncidentCase, timeUs: number, withinUs: number): boolean {
  return timeUs <= lastUs + withinUs && timeUs >= firstUs - withinUs;
}
