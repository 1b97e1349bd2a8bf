import { type EveRecord, newIdentifier, objectOf, timeOf, type Wish } from '../event/index.ts';
import { ActiveBans } from './active-bans.ts';
import { AddressJoins } from './address-join.ts';
import { Behaviours } from './behaviours.ts';
import { AddressContexts, secuboxContext } from './context/index.ts';
import { Durations } from './durations.ts';
import type { Evidence, Observation, Overflow } from './evidence.ts';
import {
  crowdsecEvidence,
  type EvidenceWithFacts,
  type ManualEvidence,
  manualEvidence,
  overflowEvidence,
  replayEvidence,
  requestEvidence,
} from './evidence-of.ts';
import { type Exceptions, occurrenceOf } from './exception/index.ts';
import { type Incident, Incidents } from './incident/index.ts';
import { type FlowSide, Joiner } from './join/index.ts';
import { Observer } from './observation/index.ts';
import { type Correlation, correlationOf } from './record/index.ts';
import type { Reputation } from './reputation/index.ts';
import { type Scenario, ScenarioEngine } from './scenario/index.ts';

/** What a correlator works with. */
export interface CorrelatorOptions {
  /** Own networks, as CIDR. */
  readonly networks: readonly string[];
  /** How far apart in time what has only the address in common may lie, in milliseconds. */
  readonly windowMs: number;
  readonly scenarios: readonly Scenario[];
  readonly reputation: Reputation;
  readonly exceptions: Exceptions;
  /** Those of before; without, there are none. */
  readonly incidents?: Incidents | undefined;
  readonly autoBan: { readonly enabled: boolean; readonly threshold: number; readonly durationMs: number };
  /** Milliseconds since 1970, of this machine: how long decisions take is counted from it. */
  readonly now: () => number;
}

/** Who gets what the correlator finds. None of these throws. */
export interface CorrelatorOutput {
  /** A correlation: one for each piece of evidence. */
  correlated(correlation: Correlation, incident: Incident | undefined): void;
  /** Something that should be decided. */
  wish(wish: Wish): void;
  /** A scenario's bucket ran over, whatever comes of it. */
  overflowed?(overflow: Overflow): void;
}

/**
 * What is kept when strangers send from ever other addresses: some 150 MB, on a small gateway as on a large one. Who was
 * evicted is counted.
 */
const JOIN_BOUNDS = { connections: 50_000, bytes: 48 << 20 };
const BUCKET_BOUNDS = { buckets: 50_000, bucketsOfScenario: 20_000, entries: 100_000, blackholes: 20_000 };
const CONTEXT_BOUNDS = { addresses: 10_000, entries: 100_000 };
/** Bans last so long where a scenario says nothing of it. */
const BAN_MS = 4 * 3_600_000;
/**
 * So long the record of a correlation waits for its flow, or for what its address did, by the time of the records; at most
 * so many do.
 */
const WAIT_US = 2e6;
const MOST_WAITING = 2048;
/** Addresses that were asked to be banned and of which no answer came yet. */
const MOST_ASKED = 10_000;

/** A correlation that is told a little later. */
interface Waiting {
  readonly parts: Omit<Parameters<typeof correlationOf>[0], 'context' | 'flow' | 'isExact' | 'byAddress'>;
  readonly incident: Incident | undefined;
  /** Microseconds since 1970. */
  readonly dueUs: number;
}

/** Whether the passive stream has told of a flow's counters: after its first second, or when it has closed. */
function isKnown(flow: FlowSide | undefined): boolean {
  return flow !== undefined && flow.bytesToServer >= 0;
}

/**
 * Both streams joined. Takes every record, in about the order of time, and keeps of each address its context, its
 * reputation and its incidents; what speaks against an address becomes a correlation, and where it is enough a wish.
 * Time is that of the records. All state is bounded.
 */
export class Correlator {
  readonly reputation: Reputation;
  readonly contexts = new AddressContexts(CONTEXT_BOUNDS);
  readonly incidents: Incidents;
  readonly joiner: Joiner;
  private readonly options: CorrelatorOptions;
  private readonly output: CorrelatorOutput;
  private readonly addressJoins: AddressJoins;
  private readonly behaviours = new Behaviours();
  private readonly observer: Observer;
  private readonly engine: ScenarioEngine;
  private readonly bans = new ActiveBans();
  /** When the reputation of an address last led to a wish, in microseconds since 1970. */
  private readonly asked = new Map<string, number>();
  private autoBan: CorrelatorOptions['autoBan'];
  private clockUs = 0;
  /** Correlations that wait for what the passive stream tells of their flow, in the order in which they were found. */
  private readonly waiting: Waiting[] = [];
  /** Those that name no connection: they wait for their time alone. */
  private readonly waitingByAddress: Waiting[] = [];
  /** When the records that are looked at were taken, of the clock that never goes back. */
  private begunMs = 0;
  private readonly verdicts = new Durations();
  private readonly counts = { records: 0, evidence: 0, excepted: 0, wishes: 0, hurried: 0 };

  constructor(options: CorrelatorOptions, output: CorrelatorOutput) {
    this.options = options;
    this.output = output;
    this.reputation = options.reputation;
    this.autoBan = options.autoBan;
    this.joiner = new Joiner(JOIN_BOUNDS);
    this.addressJoins = new AddressJoins(this.contexts, options.windowMs);
    this.observer = new Observer({ networks: options.networks });
    // Records of flows come when these have ended: as late as the longest time-out.
    this.engine = new ScenarioEngine(options.scenarios, { lateMs: 900_000, ...BUCKET_BOUNDS });
    this.incidents = options.incidents ?? new Incidents({ newId: newIdentifier });
  }

  /** The latest time of a record, in microseconds since 1970. */
  get nowUs(): number {
    return this.clockUs;
  }

  /** Takes records that came together. `sinceMs`: when they came, in milliseconds since 1970. */
  take(records: readonly EveRecord[], sinceMs: number = this.options.now()): void {
    this.begunMs = performance.now();
    // A request's matches have a record each: it is weighed when all of them are there.
    const matched = new Set<string>();
    for (const record of records) this.takeOne(record, matched, sinceMs);
    for (const reference of matched) {
      const request = this.joiner.request(reference);
      const found = request && requestEvidence(request);
      this.weighFound(found, sinceMs);
    }
    this.tellWaiting();
  }

  private takeOne(record: EveRecord, matched: Set<string>, sinceMs: number): void {
    this.counts.records++;
    const timeUs = timeOf(record.timestamp);
    if (timeUs === undefined) return;
    if (timeUs > this.clockUs) this.clockUs = timeUs;
    this.contexts.take(record, this.knownSide(record, timeUs));
    this.addressJoins.saw(record, timeUs);
    for (const { change, request } of this.joiner.take(record)) {
      if (request.matchCount > 0 && request.kind === 'alert') {
        const found = change === 'new' ? requestEvidence(request) : undefined;
        this.weighFound(found, sinceMs);
      }
    }
    switch (record.event_type) {
      case 'waf': {
        const reference = objectOf(record.waf)?.reference;
        if (typeof reference === 'string') matched.add(reference);
        break;
      }
      case 'tls':
      case 'tls_hello':
      case 'quic': {
        const ja4 = objectOf(record[record.event_type])?.ja4;
        if (typeof ja4 === 'string' && typeof record.src_ip === 'string')
          this.reputation.saw(ja4, record.src_ip);
        break;
      }
      case 'decision':
        this.bans.take(record);
        this.weighFound(crowdsecEvidence(record), sinceMs);
        break;
      case 'crowdsec':
        this.weighFound(crowdsecEvidence(record), sinceMs);
        break;
      case 'replay':
        this.weighFound(replayEvidence(record), sinceMs);
        break;
      default:
    }
    for (const observation of this.observer.observe(record)) this.observe(observation, sinceMs);
  }

  /** What is known of a flow when a record tells of its counters. */
  private knownSide({ event_type: type, community_id: id }: EveRecord, timeUs: number): FlowSide | undefined {
    if (type !== 'flow' && type !== 'flow_progress') return undefined;
    return typeof id === 'string' ? this.joiner.flow(id, timeUs) : undefined;
  }

  /** Takes an observation from elsewhere, as out of the log of a server. */
  observe(observation: Observation, sinceMs: number = this.options.now()): void {
    for (const overflow of this.engine.take(observation)) this.overflowed(overflow, sinceMs);
  }

  /** Brings the clock on where no records come: what is to end by time does. Microseconds since 1970. */
  advance(nowUs: number): void {
    const sinceMs = this.options.now();
    for (const overflow of this.engine.advance(nowUs)) this.overflowed(overflow, sinceMs);
    this.incidents.advance(nowUs);
    if (nowUs > this.clockUs) this.clockUs = nowUs;
    this.tellWaiting();
  }

  /**
   * Takes what somebody says against an address, as if it had just been found: a correlation, unless it is excepted.
   * `timeUs` should be no earlier than the clock.
   */
  correlate(word: ManualEvidence, timeUs: number): Correlation | undefined {
    if (timeUs > this.clockUs) this.clockUs = timeUs;
    const found = this.weigh(manualEvidence(word, timeUs), undefined, this.options.now());
    return found && this.tell(found);
  }

  /** Bans by reputation go by these numbers from now on. */
  tune(autoBan: CorrelatorOptions['autoBan']): void {
    this.autoBan = autoBan;
    this.asked.clear();
  }

  private overflowed(overflow: Overflow, sinceMs: number): void {
    this.contexts.takeOverflow(overflow);
    this.output.overflowed?.(overflow);
    const found = overflowEvidence(overflow);
    const weighed = found && this.weigh(found, overflow, sinceMs);
    if (weighed === undefined) return;
    this.tellLater(weighed);
    if (!overflow.remediation) return;
    const { id, value, scenario, description, banMs = BAN_MS, simulated } = overflow;
    this.ask({
      value,
      origin: 'scenario',
      reason: description || scenario,
      scenario,
      durationMs: banMs,
      simulated,
      evidence: [id],
      askedMs: sinceMs,
    });
  }

  private weighFound(found: EvidenceWithFacts | undefined, sinceMs: number): void {
    const weighed = found && this.weigh(found, undefined, sinceMs);
    if (weighed !== undefined) this.tellLater(weighed);
  }

  /** Weighs a piece of evidence; undefined where it is excepted. */
  private weigh(
    { evidence: found, facts, manual }: EvidenceWithFacts,
    overflow: Overflow | undefined,
    sinceMs: number,
  ): Waiting | undefined {
    let evidence = found;
    if (this.options.exceptions.use(occurrenceOf(evidence, facts), evidence.timeUs) !== undefined) {
      this.counts.excepted++;
      return undefined;
    }
    this.counts.evidence++;
    if (overflow !== undefined) {
      const sameAs = this.behaviours.take(overflow, this.reputation.weightOf(evidence));
      if (sameAs !== undefined) evidence = { ...evidence, sameAs };
    }
    const { before, after, network } = this.reputation.add(evidence, this.clockUs);
    this.contexts.takeEvidence(evidence);
    const incident = this.incidents.take(evidence, overflow).at(-1)?.incident;
    if (after > before) this.askByReputation(evidence, evidence.address, after, sinceMs);
    // Who changes addresses within a /64 is met there.
    if (network !== undefined && network.after > network.before) {
      this.askByReputation(evidence, network.subject, network.after, sinceMs);
    }
    return {
      parts: {
        evidence,
        facts,
        manual: manual === true,
        reputation: after,
        banned: this.bans.has(evidence.address, evidence.timeUs),
        incident: incident?.id ?? '',
      },
      incident,
      dueUs: this.clockUs + WAIT_US,
    };
  }

  /** What was decided does not wait; what is written of it is to have the facts of its flow, or of what lay near it. */
  private tellLater(weighed: Waiting): void {
    const { evidence } = weighed.parts;
    if (evidence.communityId === '' && evidence.reference === '') this.waitingByAddress.push(weighed);
    else if (isKnown(this.connectionOf(evidence).flow)) this.tell(weighed);
    else this.waiting.push(weighed);
  }

  private tell({ parts, incident }: Waiting): Correlation {
    const { evidence } = parts;
    const { flow, isExact } = this.connectionOf(evidence);
    const byAddress = isExact ? undefined : this.addressJoins.join(evidence);
    const context = isExact
      ? this.contexts.secubox(evidence.address)
      : (byAddress?.context ?? secuboxContext(undefined));
    const correlation = correlationOf({ ...parts, context, flow, isExact, byAddress });
    this.output.correlated(correlation, incident);
    return correlation;
  }

  /** The passive flow of the same connection, as far as it is known, and whether that or its request is. */
  private connectionOf({ reference, communityId, timeUs }: Evidence): {
    readonly flow: FlowSide | undefined;
    readonly isExact: boolean;
  } {
    const request = reference === '' ? undefined : this.joiner.request(reference);
    const flow = request?.client ?? (communityId === '' ? undefined : this.joiner.flow(communityId, timeUs));
    return { flow, isExact: request !== undefined || flow !== undefined };
  }

  /** Tells of correlations whose flow is known by now, or was waited for long enough. */
  private tellWaiting(isEnd = false): void {
    const { waiting, waitingByAddress } = this;
    let due = 0;
    for (const { dueUs } of waitingByAddress) {
      const isHurried = !isEnd && waitingByAddress.length - due > MOST_WAITING;
      if (!isEnd && !isHurried && dueUs > this.clockUs) break;
      if (isHurried) this.counts.hurried++;
      due++;
    }
    if (due > 0) for (const one of waitingByAddress.splice(0, due)) this.tell(one);
    let kept = 0;
    for (const [at, one] of waiting.entries()) {
      const isHurried = !isEnd && waiting.length - at > MOST_WAITING;
      const isDue = isEnd || isHurried || one.dueUs <= this.clockUs;
      if (!isDue && !isKnown(this.connectionOf(one.parts.evidence).flow)) {
        waiting[kept++] = one;
        continue;
      }
      if (isHurried) this.counts.hurried++;
      this.tell(one);
    }
    waiting.length = kept;
  }

  /** Tells of what waits for more: no records come any more. */
  finish(): void {
    this.tellWaiting(true);
  }

  private askByReputation(
    { timeUs, id, reason }: Evidence,
    value: string,
    score: number,
    sinceMs: number,
  ): void {
    const { enabled, threshold, durationMs } = this.autoBan;
    if (!enabled || score < threshold || this.bans.has(value, timeUs)) return;
    const asked = this.asked.get(value);
    // The answer is on its way; if it was a refusal, it would be one again.
    if (asked !== undefined && timeUs - asked < 60e6) return;
    if (this.asked.size >= MOST_ASKED) this.asked.clear();
    this.asked.set(value, timeUs);
    this.ask({
      value,
      origin: 'reputation',
      reason: `reputation ${Math.round(score)} of 100; last: ${reason}`,
      scenario: '',
      durationMs,
      simulated: false,
      evidence: [id],
      askedMs: sinceMs,
    });
  }

  private ask(wish: Omit<Wish, 'type' | 'scope' | 'author'>): void {
    this.counts.wishes++;
    this.verdicts.add(performance.now() - this.begunMs);
    const scope = wish.value.includes('/') ? 'range' : 'address';
    this.output.wish({ type: 'ban', scope, author: '', ...wish });
  }

  /** Whether a ban of an address is in force, as the records of decisions tell. */
  isBanned(address: string): boolean {
    return this.bans.has(address, this.clockUs);
  }

  /** Forgets what speaks against an address. */
  reset(address: string): boolean {
    this.asked.delete(address);
    this.behaviours.forget(address);
    return this.reputation.forget(address);
  }

  statistics() {
    return {
      ...this.counts,
      /** Milliseconds from a batch of records to a wish. */
      verdict: this.verdicts.summary(),
      join: this.joiner.statistics(),
      byAddress: this.addressJoins.statistics(),
      behaviours: this.behaviours.statistics(),
      observations: this.observer.statistics(),
      scenarios: { loaded: this.options.scenarios.length, ...this.engine.statistics() },
      reputation: this.reputation.statistics(),
      incidents: this.incidents.statistics(),
      contexts: this.contexts.statistics(),
      exceptions: this.options.exceptions.size,
    };
  }
}
