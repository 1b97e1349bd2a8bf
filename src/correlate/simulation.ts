import { type EveRecord, formatTime, nameOf, objectOf, timeOf, type Wish } from '../event/index.ts';
import { recordAddress } from '../net/index.ts';
import { Correlator, type CorrelatorOptions } from './correlator.ts';
import type { Overflow } from './evidence.ts';
import { IncidentCollection } from './simulation-incidents.ts';
import type {
  Bounded,
  ReputationPeak,
  Ruling,
  ScenarioFigures,
  SimulatedDecision,
  SimulatedRefusal,
  SimulationResult,
} from './simulation-result.ts';

/** What a simulation works with. */
export interface SimulationOptions extends Omit<CorrelatorOptions, 'now'> {
  /** What would become of a wish; called in the order of time (milliseconds since 1970). */
  readonly rule: (wish: Wish, nowMs: number) => Ruling;
}

/** Time goes on without records so far behind the latest one, as it does live. */
const LATE_US = 3e6;
const SECOND_US = 1e6;
/** Records come together within this. */
const TOGETHER_US = 50_000;
/** After the last record time goes on by this: counters run over by it. */
const AFTERWARDS_US = 24 * 3600e6;
const MOST_LISTED = 10_000;
const MOST_ABOUT = 1000;
/** Addresses of which is remembered when they were first seen, and how bad they were. */
const MOST_ADDRESSES = 200_000;
const LONGEST_ADDRESS = 64;
/** Decisions of weir's own making in the records: they are what is simulated. */
const OWN_ORIGINS: ReadonlySet<unknown> = new Set(['scenario', 'reputation']);

type Changeable<T> = { -readonly [Key in keyof T]: T[Key] };

interface Running {
  readonly decision: Changeable<SimulatedDecision>;
  /** Of the address as records have it; empty for what is none. */
  readonly written: string;
}

/**
 * Runs a correlator over records of the past, and keeps what it finds and what would be decided. Nothing is enforced. All
 * state is bounded, and what was left out is counted.
 */
export class Simulation {
  private readonly options: SimulationOptions;
  private readonly correlator: Correlator;
  private readonly firstSeen = new Map<string, number>();
  private readonly peaks = new Map<string, Changeable<ReputationPeak>>();
  private readonly scenarios = new Map<string, Changeable<ScenarioFigures> & { readonly about: string[] }>();
  private readonly incidents: IncidentCollection;
  private readonly decisions: Running[] = [];
  private decisionCount = 0;
  private readonly running = new Map<string, Running>();
  /** Those in force by the address as records have it. */
  private readonly byWritten = new Map<string, Running>();
  private readonly refusals = new Map<string, Changeable<SimulatedRefusal>>();
  private refusalCount = 0;
  /** What was decided, for the correlator to hear of with the next records. */
  private heard: EveRecord[] = [];
  private records = 0;
  private firstUs: number | undefined;
  private lastUs: number | undefined;
  private clockUs = 0;
  private advancedUs = 0;
  private addressesLeftOut = 0;
  private isOver = false;

  constructor(options: SimulationOptions) {
    this.options = options;
    this.correlator = new Correlator(
      { ...options, now: () => this.clockUs / 1000 },
      {
        correlated: ({ ip, reputation_score: score }, incident) => {
          this.scored(ip, score);
          if (incident !== undefined) this.incidents.take(incident);
        },
        wish: (wish) => this.wished(wish),
        overflowed: (overflow) => this.overflowed(overflow),
      },
    );
    this.incidents = new IncidentCollection((id) => this.correlator.incidents.incident(id) !== undefined);
  }

  /**
   * Takes records, in about the order of time. `nowUs`: when they came, in microseconds since 1970, which of a flow is
   * later than the time of its last packet; without, the latest time of a record.
   */
  take(records: readonly EveRecord[], nowUs = 0): void {
    let together: EveRecord[] = [];
    for (const record of records) {
      const timeUs = timeOf(record.timestamp);
      if (timeUs === undefined || isOwn(record)) continue;
      if (timeUs > this.clockUs + TOGETHER_US) {
        this.pass(together);
        together = [];
      }
      this.records++;
      if (this.firstUs === undefined || timeUs < this.firstUs) this.firstUs = timeUs;
      if (this.lastUs === undefined || timeUs > this.lastUs) this.lastUs = timeUs;
      this.clockUs = Math.max(this.clockUs, timeUs);
      this.see(record, timeUs);
      together.push(record);
    }
    this.clockUs = Math.max(this.clockUs, nowUs);
    this.pass(together);
  }

  /** What the correlator gets at once: the matches of a request, for one, are weighed together. */
  private pass(records: readonly EveRecord[]): void {
    const { heard, clockUs } = this;
    this.heard = [];
    if (records.length > 0 || heard.length > 0) this.correlator.take([...heard, ...records], clockUs / 1000);
    if (clockUs - this.advancedUs < SECOND_US) return;
    this.advancedUs = clockUs;
    this.correlator.advance(clockUs - LATE_US);
  }

  /** The end of the records: what was found. */
  end(): SimulationResult {
    if (!this.isOver) {
      this.isOver = true;
      this.pass([]);
      this.correlator.advance(this.clockUs + AFTERWARDS_US);
      this.correlator.finish();
    }
    const { evidence, excepted, scenarios, incidents } = this.correlator.statistics();
    return {
      records: this.records,
      firstUs: this.firstUs,
      lastUs: this.lastUs,
      evidence,
      excepted,
      overflows: scenarios.overflows,
      scenarios: [...this.scenarios.values()].sort((a, b) => b.overflows - a.overflows),
      incidents: this.incidents.result(incidents.total),
      decisions: {
        count: this.decisionCount,
        items: this.decisions.map(({ decision }) => ({ ...decision, afterMs: this.afterMs(decision) })),
      },
      refusals: {
        count: this.refusalCount,
        items: [...this.refusals.values()].map((one) => ({ ...one, afterMs: this.afterMs(one) })),
      },
      reputations: this.reputations(),
      losses: this.losses(),
    };
  }

  /** When an address was first seen, and what it began while it was banned. */
  private see(record: EveRecord, timeUs: number): void {
    const { src_ip: address, event_type: type } = record;
    if (typeof address !== 'string' || address.length > LONGEST_ADDRESS) return;
    const isFlow = type === 'flow' || type === 'flow_progress';
    const startUs = isFlow ? (timeOf(objectOf(record[type])?.start) ?? timeUs) : timeUs;
    const known = this.firstSeen.get(address);
    if (known === undefined) {
      if (this.firstSeen.size < MOST_ADDRESSES) this.firstSeen.set(address, startUs);
      else this.addressesLeftOut++;
    } else if (startUs < known) this.firstSeen.set(address, startUs);
    if (type !== 'flow') return;
    const decision = this.byWritten.get(address)?.decision;
    if (decision !== undefined && startUs > decision.atUs && startUs < decision.untilUs)
      decision.connectionsAfter++;
  }

  private scored(address: string, score: number): void {
    const known = this.peaks.get(address);
    if (known === undefined) {
      if (this.peaks.size < MOST_ADDRESSES)
        this.peaks.set(address, { address, peak: score, peakUs: this.clockUs, left: 0, evidence: 1 });
      return;
    }
    known.evidence++;
    if (score <= known.peak) return;
    known.peak = score;
    known.peakUs = this.clockUs;
  }

  private overflowed({ scenario, description, value, firstUs, timeUs }: Overflow): void {
    const known = this.scenarios.get(scenario);
    if (known === undefined) {
      const about = [value];
      this.scenarios.set(scenario, { scenario, description, overflows: 1, about, firstUs, lastUs: timeUs });
      return;
    }
    known.overflows++;
    known.firstUs = Math.min(known.firstUs, firstUs);
    known.lastUs = Math.max(known.lastUs, timeUs);
    if (known.about.length < MOST_ABOUT && !known.about.includes(value)) known.about.push(value);
  }

  private wished(wish: Wish): void {
    const { type, scope, value, origin, scenario, reason } = wish;
    const atUs = this.clockUs;
    const ruling = this.options.rule(wish, atUs / 1000);
    const about = { type, scope, value, origin, scenario, reason, atUs, afterMs: undefined };
    const key = `${type} ${scope} ${value}`;
    switch (ruling.kind) {
      case 'refused': {
        this.refusalCount++;
        const { guard, reason: refused } = ruling;
        const known = this.refusals.get(`${key} ${scenario} ${guard}`);
        if (known !== undefined) known.count++;
        else if (this.refusals.size < MOST_LISTED)
          this.refusals.set(`${key} ${scenario} ${guard}`, { ...about, guard, refused, count: 1 });
        return;
      }
      case 'kept':
      case 'extended': {
        const running = this.running.get(key);
        if (running === undefined) return;
        running.decision.repeated++;
        running.decision.untilUs = ruling.untilMs * 1000;
        if (ruling.kind === 'extended') this.hear(wish, running.decision);
        return;
      }
      case 'taken': {
        this.decisionCount++;
        const { durationMs, untilMs, simulated } = ruling;
        const untilUs = untilMs * 1000;
        const decision = { ...about, durationMs, untilUs, simulated, repeated: 0, connectionsAfter: 0 };
        this.hear(wish, decision);
        if (this.decisions.length >= MOST_LISTED) return;
        const running = { decision, written: scope === 'address' ? recordAddress(value) : '' };
        this.decisions.push(running);
        this.running.set(key, running);
        if (running.written !== '') this.byWritten.set(running.written, running);
        return;
      }
      default:
        ruling satisfies never;
    }
  }

  /** The correlator is told of decisions by records, as it is live. */
  private hear(
    { type, scope, value, origin, scenario, reason }: Wish,
    { untilUs, simulated }: SimulatedDecision,
  ): void {
    this.heard.push({
      timestamp: formatTime(this.clockUs),
      event_type: 'decision',
      ...(scope === 'address' ? { src_ip: recordAddress(value) } : {}),
      decision: {
        event: 'taken',
        type,
        scope,
        value,
        origin,
        scenario,
        reason,
        until: formatTime(untilUs),
        simulated,
      },
    });
  }

  private afterMs({ scope, value, atUs }: SimulatedDecision | SimulatedRefusal): number | undefined {
    const firstUs = scope === 'address' ? this.firstSeen.get(recordAddress(value)) : undefined;
    return firstUs === undefined ? undefined : Math.max(0, atUs - firstUs) / 1000;
  }

  private reputations(): Bounded<ReputationPeak> {
    const items = [...this.peaks.values()]
      .filter(({ peak }) => peak > 0)
      .sort((a, b) => b.peak - a.peak || b.evidence - a.evidence)
      .slice(0, MOST_LISTED)
      .map((one) => ({ ...one, left: this.options.reputation.score(one.address, this.clockUs) }));
    return { count: this.peaks.size, items };
  }

  private losses(): readonly string[] {
    const { scenarios, observations, incidents } = this.correlator.statistics();
    const { late, evicted, failures, lastFailure } = scenarios;
    const said: readonly (readonly [number, string])[] = [
      [late, 'observations came too late for scenarios: the records are not in the order of time'],
      [evicted, 'buckets of scenarios went for lack of room'],
      [observations.turnedAway, 'things were forgotten for lack of room'],
      [incidents.evicted, 'incidents went for lack of room'],
      [this.addressesLeftOut, 'times an address was seen for whose first packet there was no room'],
      [failures, `times an expression of a scenario failed, the last one: ${lastFailure}`],
    ];
    return said.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  }
}

/** Whether a record tells of what weir itself found or decided before. */
function isOwn(record: EveRecord): boolean {
  if (record.event_type === 'correlation') return true;
  return record.event_type === 'decision' && OWN_ORIGINS.has(nameOf(objectOf(record.decision)?.origin));
}
