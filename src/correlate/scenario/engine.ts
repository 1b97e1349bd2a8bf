import type { Observation, Overflow } from '../evidence.ts';
import { Blackhole } from './blackhole.ts';
import { Bucket, type BucketLimits } from './bucket.ts';
import { Ends } from './ends.ts';
import { Evaluation } from './evaluation.ts';
import { ScenarioEvent } from './event.ts';
import type { DecisionQuestion } from './expression/index.ts';
import { overflowOf } from './overflow.ts';
import { Routes } from './routes.ts';
import type { Scenario } from './scenario.ts';
import { TextStash } from './stash.ts';

export interface EngineOptions {
  /** Buckets in all scenarios together. */
  readonly buckets: number;
  /** Buckets of one scenario. */
  readonly bucketsOfScenario: number;
  /** Observations, events and distinct values that all buckets keep together. */
  readonly entries: number;
  /** Events that a bucket keeps for expressions that look back. */
  readonly queue: number;
  /** Values of `distinct` that a bucket remembers. */
  readonly distinct: number;
  /** Buckets of one scenario that are silent at a time. */
  readonly blackholes: number;
  /** Milliseconds by which observations may come out of order without a difference. */
  readonly reorderMs: number;
  /** Older ones, by milliseconds behind the newest, are not taken. */
  readonly lateMs: number;
  /** Answers `GetDecisionsCount` and its kin. */
  readonly decisions: (question: DecisionQuestion) => number;
  /** What `Hostname()` gives. */
  readonly hostname: string;
}

const DEFAULTS: EngineOptions = {
  buckets: 100_000,
  bucketsOfScenario: 50_000,
  entries: 500_000,
  queue: 1000,
  distinct: 10_000,
  blackholes: 50_000,
  reorderMs: 2000,
  lateMs: 600_000,
  decisions: () => 0,
  hostname: '',
};

/** What the engine did. */
export interface EngineStatistics {
  readonly observations: number;
  /** Observations that came too late. */
  readonly late: number;
  /** Events that were poured into a bucket. */
  readonly poured: number;
  readonly overflows: number;
  /** Overflows that a blackhole or an overflow filter swallowed. */
  readonly swallowed: number;
  /** Buckets there are. */
  readonly buckets: number;
  /** Buckets that went because there were too many. */
  readonly evicted: number;
  /** Observations, events and distinct values that are kept. */
  readonly entries: number;
  /** Expressions that failed on the values they met. */
  readonly failures: number;
  /** The last of them: `SCENARIO: message`; empty without. */
  readonly lastFailure: string;
}

/** Overflows may be poured into scenarios whose overflows are poured again: so far. */
const DEEPEST_REPROCESSING = 4;
const NONE: readonly Overflow[] = Object.freeze([]);

/** One scenario with its buckets. */
interface Running {
  readonly scenario: Scenario;
  readonly buckets: Map<string, Bucket>;
  readonly blackhole: Blackhole;
}

/**
 * Pours observations into the leaky buckets of scenarios (CrowdSec's, see `loadScenarios`) and tells which ran over. Its
 * clock is the time of the observations alone. State is bounded: what has to go is counted.
 */
export class ScenarioEngine {
  private readonly options: EngineOptions;
  private readonly limits: BucketLimits;
  private readonly routes: Routes<Running>;
  private readonly overflowRoutes: readonly Running[];
  private readonly running = new Map<Scenario, Running>();
  private readonly evaluation: Evaluation;
  private readonly ends = new Ends();
  private readonly reorderUs: number;
  private nowUs = Number.NEGATIVE_INFINITY;
  private bucketCount = 0;
  private entries = 0;
  private observations = 0;
  private late = 0;
  private poured = 0;
  private overflowCount = 0;
  private swallowed = 0;
  private evicted = 0;
  private found: Overflow[] | undefined;

  constructor(scenarios: readonly Scenario[], options: Partial<EngineOptions> = {}) {
    this.options = { ...DEFAULTS, ...options };
    this.reorderUs = this.options.reorderMs * 1000;
    const { queue, distinct, decisions, hostname } = this.options;
    this.limits = { queue, distinct, reorderUs: this.reorderUs };
    for (const scenario of scenarios) {
      const blackhole = new Blackhole(scenario.blackholeUs, this.options.blackholes);
      this.running.set(scenario, { scenario, buckets: new Map(), blackhole });
    }
    const all = [...this.running.values()];
    this.routes = new Routes(all);
    // Overflows have no kind and no service.
    this.overflowRoutes = this.routes.of('', '');
    this.evaluation = new Evaluation({ decisions, hostname, stash: new TextStash() });
  }

  /** Takes one observation; gives what ran over by it, and what its time brought to its end. */
  take(observation: Observation): readonly Overflow[] {
    this.observations++;
    const { timeUs } = observation;
    if (timeUs < this.nowUs - this.options.lateMs * 1000 || !Number.isFinite(timeUs)) {
      this.late++;
      return NONE;
    }
    this.found = undefined;
    if (timeUs > this.nowUs) this.moveTo(timeUs);
    const service: unknown = observation.meta.service;
    const routes = this.routes.of(observation.kind, typeof service === 'string' ? service : '');
    if (routes.length > 0) this.show(new ScenarioEvent(observation), routes, 0);
    return this.found ?? NONE;
  }

  /** Brings the clock on without an observation: counters run over by it. Microseconds since 1970. */
  advance(nowUs: number): readonly Overflow[] {
    this.found = undefined;
    if (nowUs > this.nowUs) this.moveTo(nowUs);
    return this.found ?? NONE;
  }

  statistics(): EngineStatistics {
    return {
      observations: this.observations,
      late: this.late,
      poured: this.poured,
      overflows: this.overflowCount,
      swallowed: this.swallowed,
      buckets: this.bucketCount,
      evicted: this.evicted,
      entries: this.entries,
      failures: this.evaluation.failures,
      lastFailure: this.evaluation.lastFailure,
    };
  }

  private moveTo(nowUs: number): void {
    this.nowUs = nowUs;
    // What is behind by less than the reordering may still be poured into.
    const endedUs = nowUs - this.reorderUs;
    for (;;) {
      const bucket = this.ends.takeEnded(endedUs);
      if (bucket === undefined) return;
      this.end(bucket, 0);
    }
  }

  /** A bucket at its end: a counter runs over, others are empty. */
  private end(bucket: Bucket, depth: number): void {
    this.remove(bucket);
    if (bucket.scenario.type === 'counter' && bucket.last !== undefined) {
      this.overflow(bucket, new ScenarioEvent(bucket.last), depth);
    }
  }

  private show(event: ScenarioEvent, routes: readonly Running[], depth: number): void {
    for (const running of routes) {
      const { scenario } = running;
      if (this.evaluation.holds(scenario.filter, scenario, event)) this.pour(running, event, depth);
    }
  }

  private pour(running: Running, event: ScenarioEvent, depth: number): void {
    const { scenario, buckets } = running;
    let key = '';
    if (scenario.groupBy !== undefined) {
      const group = this.evaluation.run(scenario.groupBy, scenario, event);
      if (typeof group !== 'string') return;
      key = group;
    }
    const { timeUs } = event.observation;
    let bucket = buckets.get(key);
    if (bucket !== undefined && timeUs > bucket.endUs) {
      if (scenario.type === 'leaky' && timeUs <= bucket.endUs + this.reorderUs) bucket.restart(timeUs);
      else {
        this.end(bucket, depth);
        bucket = undefined;
      }
    }
    if (bucket === undefined) {
      // A trigger keeps nothing: its bucket runs over with the first event.
      bucket = new Bucket(scenario, key, timeUs, this.limits);
      if (scenario.type !== 'trigger') this.add(running, bucket);
    }
    if (this.refuses(bucket, event)) {
      this.settle(bucket);
      return;
    }
    this.poured++;
    if (bucket.pour(event) || this.runsOver(bucket, event)) {
      this.remove(bucket);
      this.overflow(bucket, event, depth);
      return;
    }
    this.settle(bucket);
    while (this.entries > this.options.entries && this.bucketCount > 0) this.evict();
  }

  /** Counts what a bucket of the table keeps. */
  private settle(bucket: Bucket): void {
    if (bucket.isGone) return;
    this.entries += bucket.entries - bucket.counted;
    bucket.counted = bucket.entries;
  }

  /** Whether `distinct` has seen it, or `cancel_on` ends the bucket. */
  private refuses(bucket: Bucket, event: ScenarioEvent): boolean {
    const { scenario } = bucket;
    if (scenario.distinct !== undefined) {
      const value = this.evaluation.run(scenario.distinct, scenario, event);
      if (typeof value === 'string' && !bucket.isNew(value)) return true;
    }
    if (scenario.cancelOn === undefined || !this.evaluation.holds(scenario.cancelOn, scenario, event))
      return false;
    this.remove(bucket);
    return true;
  }

  private runsOver(bucket: Bucket, event: ScenarioEvent): boolean {
    const { scenario } = bucket;
    switch (scenario.type) {
      case 'trigger':
        return true;
      case 'leaky':
      case 'counter':
        return false;
      case 'conditional':
        bucket.trim();
        return (
          scenario.condition !== undefined &&
          this.evaluation.holds(scenario.condition, scenario, event, bucket)
        );
      case 'bayesian':
        bucket.trim();
        return this.believes(bucket, event);
      default:
        return scenario.type satisfies never;
    }
  }

  /** Bayes' theorem over the conditions, one after the other. */
  private believes(bucket: Bucket, event: ScenarioEvent): boolean {
    const { scenario, settled } = bucket;
    let belief = scenario.prior;
    scenario.bayesian.forEach((each, index) => {
      let holds = settled.has(index);
      if (!holds) {
        const result = this.evaluation.run(each.condition, scenario, event, bucket);
        if (typeof result !== 'boolean') return;
        holds = result;
        if (holds && each.guillotine) settled.add(index);
      }
      const evil = belief * (holds ? each.givenEvil : 1 - each.givenEvil);
      const benign = (1 - belief) * (holds ? each.givenBenign : 1 - each.givenBenign);
      if (evil + benign > 0) belief = evil / (evil + benign);
    });
    return belief > scenario.threshold;
  }

  private overflow(bucket: Bucket, event: ScenarioEvent, depth: number): void {
    const { scenario } = bucket;
    const blackhole = this.running.get(scenario)?.blackhole;
    if (blackhole?.isSilent(bucket.key, bucket.lastUs) === true) {
      this.swallowed++;
      return;
    }
    bucket.trim();
    const { scope } = scenario;
    const text = scope.expression === undefined ? '' : this.evaluation.run(scope.expression, scenario, event);
    const scopeText = typeof text === 'string' ? text : '';
    const addresses =
      scope.kind === 'address' && scopeText === '' ? [...bucket.addresses] : [event.observation.address];
    const overflows = addresses.map((address) => overflowOf(bucket, scopeText, address));
    const filter = scenario.overflowFilter;
    if (filter !== undefined && !this.evaluation.holds(filter, scenario, event, bucket, overflows[0])) {
      this.swallowed++;
      return;
    }
    blackhole?.begin(bucket.key, bucket.lastUs);
    for (const overflow of overflows) this.report(overflow, scenario, event, depth);
  }

  private report(overflow: Overflow, scenario: Scenario, event: ScenarioEvent, depth: number): void {
    this.overflowCount++;
    this.found ??= [];
    this.found.push(overflow);
    if (!scenario.reprocess || depth >= DEEPEST_REPROCESSING || this.overflowRoutes.length === 0) return;
    this.show(new ScenarioEvent(event.observation, overflow), this.overflowRoutes, depth + 1);
  }

  private add(running: Running, bucket: Bucket): void {
    const { buckets } = running;
    if (buckets.size >= this.options.bucketsOfScenario) {
      const oldest = buckets.values().next().value;
      if (oldest !== undefined) this.drop(oldest);
    }
    if (this.bucketCount >= this.options.buckets) this.evict();
    buckets.set(bucket.key, bucket);
    this.bucketCount++;
    this.ends.add(bucket);
  }

  /** The bucket that would be empty first goes. */
  private evict(): void {
    const bucket = this.ends.takeNext();
    if (bucket !== undefined) this.drop(bucket);
  }

  private drop(bucket: Bucket): void {
    this.evicted++;
    this.remove(bucket);
  }

  private remove(bucket: Bucket): void {
    if (bucket.isGone || bucket.scenario.type === 'trigger') return;
    bucket.isGone = true;
    this.running.get(bucket.scenario)?.buckets.delete(bucket.key);
    this.bucketCount--;
    this.entries -= bucket.counted;
    this.ends.compact(this.bucketCount);
  }
}
