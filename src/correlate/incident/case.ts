import type { Evidence, Overflow } from '../evidence.ts';
import { rankOf, type Stage, tacticOf, techniqueName } from './attack.ts';
import type { Access, CaseContents, StepContents } from './contents.ts';
import type { Incident, IncidentStep, Role, Severity } from './incident.ts';

/** What is kept of an incident at most; addresses of each role. */
export const MOST = { addresses: 64, ids: 16, techniques: 16, ja4s: 8, related: 8, reason: 512 } as const;
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

type Step = {
  -readonly [Name in keyof StepContents]: StepContents[Name] extends readonly string[]
    ? string[]
    : StepContents[Name];
};

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

  /** All that is known of it, for a snapshot; changes with it. */
  contents(): CaseContents {
    return {
      id: this.id,
      principal: this.principal,
      isClosed: this.isClosed,
      firstUs: this.firstUs,
      lastUs: this.lastUs,
      count: this.count,
      roles: [...this.roles],
      steps: [...this.steps.values()],
      accesses: [...this.accesses],
      ja4s: [...this.ja4s],
      related: [...this.related],
      turned: [...this.turned],
    };
  }

  /** The incident of a snapshot. */
  static of(contents: CaseContents): IncidentCase {
    const { id, principal, roles, steps, accesses, ja4s, related, turned } = contents;
    const role = roles.find(([address]) => address === principal)?.[1] ?? 'attacker';
    const one = new IncidentCase(id, principal, role, contents.firstUs);
    one.isClosed = contents.isClosed;
    one.lastUs = contents.lastUs;
    one.count = contents.count;
    for (const [address, other] of roles) one.roles.set(address, other);
    for (const step of steps) {
      const { stage, techniques, firstIds, lastIds } = step;
      one.steps.set(stage, {
        ...step,
        techniques: [...techniques],
        firstIds: [...firstIds],
        lastIds: [...lastIds],
      });
    }
    for (const [victim, access] of accesses) one.accesses.set(victim, access);
    one.ja4s.push(...ja4s);
    for (const other of related) one.related.add(other);
    for (const victim of turned) one.turned.add(victim);
    return one;
  }

  /** What an address has to do with it; undefined where that is nothing, or it is one of too many. */
  role(address: string): Role | undefined {
    return this.roles.get(address);
  }

  /** Whether a piece of evidence is named in a step. */
  names(evidenceId: string): boolean {
    for (const { firstIds, lastIds } of this.steps.values())
      if (firstIds.includes(evidenceId) || lastIds.includes(evidenceId)) return true;
    return false;
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
    step.techniques = merged(step.techniques, techniques, MOST.techniques);
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
      if (this.ja4s.length > MOST.ja4s) this.ja4s.shift();
    }
    this.firstUs = Math.min(this.firstUs, firstUs);
    this.lastUs = Math.max(this.lastUs, timeUs);
  }

  /** Gives an address a role; the first one counts. Of too many, those that were only looked at have none. */
  setRole(address: string, role: Role): void {
    if (address === '' || this.roles.has(address)) return;
    const ofRole = this.ofRole(role);
    if (ofRole.length >= MOST.addresses) {
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
    if (before === undefined && this.accesses.size >= MOST.addresses) {
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
    if (this.turned.size < MOST.addresses) this.turned.add(victim);
  }

  /** Takes note of an incident with an address of this one. */
  relate(id: string): void {
    if (id !== this.id && this.related.size < MOST.related) this.related.add(id);
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
      own.techniques = merged(own.techniques, step.techniques, MOST.techniques);
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
  return text.slice(0, MOST.reason);
}

function putId(step: Step, id: string): void {
  if (step.firstIds.includes(id) || step.lastIds.includes(id)) return;
  if (step.firstIds.length < MOST.ids / 2) step.firstIds.push(id);
  else {
    step.lastIds.push(id);
    if (step.lastIds.length > MOST.ids / 2) step.lastIds = step.lastIds.slice(1);
  }
}

function merged(own: string[], others: readonly string[], most: number): string[] {
  const added = others.filter((one) => !own.includes(one));
  return added.length === 0 ? own : [...own, ...added].slice(0, most);
}
