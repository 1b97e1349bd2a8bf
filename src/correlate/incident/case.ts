import type { Evidence, Overflow } from '../evidence.ts';
import { rankOf, type Stage, tacticOf, techniqueName } from './attack.ts';
import type { Incident, IncidentStep, Role, Severity } from './incident.ts';

const MOST_ADDRESSES = 64;
const MOST_IDS = 16;
const MOST_TECHNIQUES = 16;
const MOST_JA4S = 8;
const MOST_RELATED = 8;
/** Each further tactic makes an incident worse by this much. */
const TACTIC_SCORE = 10;
/** What shows that an attack worked. */
const SUCCESS_SCORE = 15;
const SUCCESS: ReadonlySet<Stage> = new Set([
  'tool_transfer',
  'lateral_movement',
  'command_and_control',
  'exfiltration',
  'impact',
]);

interface Step {
  readonly stage: Stage;
  techniques: string[];
  firstUs: number;
  lastUs: number;
  count: number;
  readonly firstIds: string[];
  lastIds: string[];
  link: string;
  reason: string;
  /** The worst, when it was, and what it says. */
  threat: number;
  threatUs: number;
}

/** How sure it is that an attacker got into a victim. */
export interface Access {
  readonly firstUs: number;
  readonly lastUs: number;
  /** False where all that was seen were attempts: blocked requests, passwords that were guessed. */
  readonly isLikely: boolean;
}

/** An incident that is worked on: evidence comes in, {@link IncidentCase.incident} tells what it is by now. */
export class IncidentCase {
  readonly id: string;
  /** The address that the incident is known by: its attacker, or a victim whose attacker nobody knows. */
  readonly principal: string;
  isClosed = false;
  firstUs: number;
  lastUs: number;
  /** Slot of the wheel. */
  slot = -1;
  private readonly roles = new Map<string, Role>();
  private readonly steps = new Map<Stage, Step>();
  private readonly accesses = new Map<string, Access>();
  private readonly ja4s: string[] = [];
  private readonly related = new Set<string>();
  /** Victims that did something of their own. */
  private readonly turned = new Set<string>();
  private count = 0;

  constructor(id: string, principal: string, role: Role, timeUs: number) {
    this.id = id;
    this.principal = principal;
    this.firstUs = timeUs;
    this.lastUs = timeUs;
    this.setRole(principal, role);
  }

  /** What an address has to do with it; undefined where that is nothing, or it is one of too many. */
  role(address: string): Role | undefined {
    return this.roles.get(address);
  }

  /** When the attacker seems to have got into a victim; undefined where nothing tells of it. */
  access(victim: string): Access | undefined {
    return this.accesses.get(victim);
  }

  /** Victims that it seems to have got into. */
  accessed(): Iterable<readonly [string, Access]> {
    return this.accesses;
  }

  /** Adds a piece of evidence. `link`: why it belongs here, where that is not plain. */
  add(evidence: Evidence, overflow: Overflow | undefined, stage: Stage, link: string): void {
    const { id, timeUs, reason, threat, techniques, ja4 } = evidence;
    const firstUs = Math.min(timeUs, overflow?.firstUs ?? timeUs);
    let step = this.steps.get(stage);
    if (step === undefined) {
      step = {
        stage,
        techniques: [],
        firstUs,
        lastUs: timeUs,
        count: 0,
        firstIds: [],
        lastIds: [],
        reason: '',
        link,
        threat: -1,
        threatUs: timeUs,
      };
      this.steps.set(stage, step);
    }
    step.count++;
    this.count++;
    step.firstUs = Math.min(step.firstUs, firstUs);
    step.lastUs = Math.max(step.lastUs, timeUs);
    step.techniques = merged(step.techniques, techniques, MOST_TECHNIQUES);
    putId(step, id);
    // Of equals the earlier one, so that the order of arrival says nothing.
    if (threat > step.threat || (threat === step.threat && timeUs < step.threatUs)) {
      step.threat = threat;
      step.threatUs = timeUs;
      step.reason = reasonOf(reason, overflow);
    }
    if (step.link === '') step.link = link;
    if (this.roles.get(evidence.address) === 'attacker' && ja4 !== '' && !this.ja4s.includes(ja4)) {
      this.ja4s.push(ja4);
      if (this.ja4s.length > MOST_JA4S) this.ja4s.shift();
    }
    this.firstUs = Math.min(this.firstUs, firstUs);
    this.lastUs = Math.max(this.lastUs, timeUs);
  }

  /** Gives an address a role; the first one counts. Of too many, those that were only looked at have none. */
  setRole(address: string, role: Role): void {
    if (address === '' || this.roles.has(address)) return;
    const ofRole = this.ofRole(role);
    if (ofRole.length >= MOST_ADDRESSES) {
      const spare = ofRole.find((other) => other !== this.principal && !this.accesses.has(other));
      if (spare === undefined) return;
      this.roles.delete(spare);
    }
    this.roles.set(address, role);
  }

  /** Takes note that the attacker may have got into a victim; a victim that is forgotten for it, or undefined. */
  setAccess(victim: string, timeUs: number, isLikely: boolean): string | undefined {
    const before = this.accesses.get(victim);
    let forgotten: string | undefined;
    if (before === undefined && this.accesses.size >= MOST_ADDRESSES) {
      [forgotten] = this.accesses.keys();
      if (forgotten !== undefined) this.accesses.delete(forgotten);
    }
    this.accesses.set(victim, {
      firstUs: Math.min(timeUs, before?.firstUs ?? timeUs),
      lastUs: Math.max(timeUs, before?.lastUs ?? timeUs),
      isLikely: isLikely || before?.isLikely === true,
    });
    return forgotten;
  }

  /** Whether a victim did something of its own here. */
  hasTurned(victim: string): boolean {
    return this.turned.has(victim);
  }

  /** Takes note that it did. */
  turn(victim: string): void {
    if (this.turned.size < MOST_ADDRESSES) this.turned.add(victim);
  }

  /** Takes note of an incident with an address of this one. */
  relate(id: string): void {
    if (id !== this.id && this.related.size < MOST_RELATED) this.related.add(id);
  }

  /** Takes all of another incident, which is a part of this one. */
  absorb(other: IncidentCase, link: string): void {
    for (const [address, role] of other.roles) this.setRole(address, role);
    for (const [victim, { firstUs, lastUs, isLikely }] of other.accesses) {
      this.setAccess(victim, firstUs, isLikely);
      this.setAccess(victim, lastUs, isLikely);
    }
    for (const [stage, step] of other.steps) {
      const own = this.steps.get(stage);
      if (own === undefined) {
        this.steps.set(stage, { ...step, link: step.link || link });
        continue;
      }
      own.firstUs = Math.min(own.firstUs, step.firstUs);
      own.lastUs = Math.max(own.lastUs, step.lastUs);
      own.count += step.count;
      own.techniques = merged(own.techniques, step.techniques, MOST_TECHNIQUES);
      for (const id of [...step.firstIds, ...step.lastIds]) putId(own, id);
      if (step.threat > own.threat) {
        own.threat = step.threat;
        own.threatUs = step.threatUs;
        own.reason = step.reason;
      }
      if (own.link === '') own.link = link;
    }
    for (const victim of other.turned) this.turn(victim);
    this.turn(other.principal);
    for (const id of other.related) this.relate(id);
    this.related.delete(other.id);
    this.count += other.count;
    this.firstUs = Math.min(this.firstUs, other.firstUs);
    this.lastUs = Math.max(this.lastUs, other.lastUs);
  }

  /** What it is by now. */
  incident(): Incident {
    const steps = [...this.steps.values()]
      .sort((a, b) => a.firstUs - b.firstUs || rankOf(a.stage) - rankOf(b.stage))
      .map(toldStep);
    const tactics = [...new Set(steps.map(({ tactic }) => tactic))].filter((tactic) => tactic !== '');
    const score = this.score(tactics.length);
    const attackers = this.ofRole('attacker');
    const victims = this.ofRole('victim');
    return {
      id: this.id,
      title: titleOf(steps, attackers, victims),
      status: this.isClosed ? 'closed' : 'open',
      severity: severityOf(score),
      score,
      firstUs: this.firstUs,
      lastUs: this.lastUs,
      steps,
      tactics,
      attackers,
      victims,
      infrastructure: this.ofRole('infrastructure'),
      count: this.count,
      ja4s: [...this.ja4s],
      related: [...this.related],
    };
  }

  private ofRole(role: Role): string[] {
    const found: string[] = [];
    for (const [address, own] of this.roles) if (own === role) found.push(address);
    return found;
  }

  /** The worst evidence, more with each further tactic, and more where the attack seems to have worked. */
  private score(tactics: number): number {
    let worst = 0;
    let isSuccess = false;
    for (const { threat, stage } of this.steps.values()) {
      if (threat > worst) worst = threat;
      isSuccess ||= SUCCESS.has(stage);
    }
    const further = Math.max(0, tactics - 1) * TACTIC_SCORE;
    return Math.round(Math.min(100, worst + further + (isSuccess && tactics > 1 ? SUCCESS_SCORE : 0)));
  }
}

function severityOf(score: number): Severity {
  if (score >= 90) return 'critical';
  if (score >= 70) return 'high';
  return score >= 40 ? 'medium' : 'low';
}

function toldStep(step: Step): IncidentStep {
  const { stage, techniques, firstUs, lastUs, count, firstIds, lastIds, reason, link, threat } = step;
  const { tactic, name } = tacticOf(stage);
  return {
    stage,
    tactic,
    tacticName: name,
    techniques: techniques.map((id) => ({ id, name: techniqueName(id) })),
    firstUs,
    lastUs,
    count,
    evidence: [...firstIds, ...lastIds],
    reason,
    link,
    threat: Math.max(0, threat),
  };
}

function titleOf(
  steps: readonly IncidentStep[],
  attackers: readonly string[],
  victims: readonly string[],
): string {
  const what = steps.map(({ stage }) => stage.replaceAll('_', ' ')).join(', ');
  const who = attackers[0] === undefined ? '' : ` by ${attackers[0]}`;
  const more = victims.length > 1 ? ` and ${victims.length - 1} more` : '';
  const whom = victims[0] === undefined ? '' : ` ${who === '' ? 'of' : 'against'} ${victims[0]}${more}`;
  return `${what.charAt(0).toUpperCase()}${what.slice(1)}${who}${whom}`;
}

function reasonOf(reason: string, overflow: Overflow | undefined): string {
  const text = reason || overflow?.description || overflow?.scenario || '';
  return text.slice(0, 512);
}

function putId(step: Step, id: string): void {
  if (step.firstIds.includes(id) || step.lastIds.includes(id)) return;
  if (step.firstIds.length < MOST_IDS / 2) step.firstIds.push(id);
  else {
    step.lastIds.push(id);
    if (step.lastIds.length > MOST_IDS / 2) step.lastIds = step.lastIds.slice(1);
  }
}

function merged(own: string[], others: readonly string[], most: number): string[] {
  const added = others.filter((one) => !own.includes(one));
  return added.length === 0 ? own : [...own, ...added].slice(0, most);
}
