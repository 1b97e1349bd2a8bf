import type { Observation } from '../evidence.ts';
import type { BucketView, ScenarioEvent } from './event.ts';
import { Level } from './leak.ts';
import type { Scenario } from './scenario.ts';

/** First observations that an overflow shows, besides the last. */
const MOST_FIRST = 15;
/** Addresses that a bucket without a group tells apart. */
const MOST_ADDRESSES = 64;

/** Bounds of one bucket. */
export interface BucketLimits {
  /** Events that are looked back at. */
  readonly queue: number;
  /** Values of `distinct` that are remembered. */
  readonly distinct: number;
  /** Microseconds by which events may come out of order. */
  readonly reorderUs: number;
}

/** Events of one scenario that belong together. */
export class Bucket implements BucketView {
  readonly scenario: Scenario;
  readonly key: string;
  firstUs: number;
  lastUs: number;
  count = 0;
  /** When there is nothing left of it; for counters when it runs over. */
  endUs = 0;
  /** It is not in the table any more. */
  isGone = false;
  /** Things kept for it: observations, events, distinct values. */
  entries = 0;
  /** How many of them the engine has counted. */
  counted = 0;
  first: Observation[] = [];
  last: Observation | undefined;
  /** Empty when they differ. */
  target = '';
  addresses = new Set<string>();
  queue: ScenarioEvent[] = [];
  /** Conditions of bayesian scenarios that stay true. */
  readonly settled = new Set<number>();
  private readonly limits: BucketLimits;
  private readonly level: Level | undefined;
  private readonly queueLength: number;
  private values: Set<string> | undefined;

  constructor(scenario: Scenario, key: string, timeUs: number, limits: BucketLimits) {
    this.scenario = scenario;
    this.key = key;
    this.firstUs = timeUs;
    this.lastUs = timeUs;
    this.limits = limits;
    if (scenario.type === 'leaky')
      this.level = new Level(scenario.capacity, scenario.leakUs, limits.reorderUs);
    this.queueLength = queueLengthOf(scenario, limits.queue);
    this.renew();
  }

  /** Whether a value of `distinct` is new; it is remembered. The oldest is forgotten when there are too many. */
  isNew(value: string): boolean {
    this.values ??= new Set();
    if (this.values.has(value)) return false;
    this.values.add(value);
    this.entries++;
    if (this.values.size > this.limits.distinct) {
      const oldest = this.values.values().next().value;
      if (oldest !== undefined) this.values.delete(oldest);
      this.entries--;
    }
    return true;
  }

  /** Takes an event; true when the bucket runs over by its capacity. */
  pour(event: ScenarioEvent): boolean {
    const { observation } = event;
    const { timeUs } = observation;
    this.count++;
    if (timeUs < this.firstUs) this.firstUs = timeUs;
    if (timeUs > this.lastUs) this.lastUs = timeUs;
    this.renew();
    this.keep(event, observation);
    return this.level?.pour(timeUs) ?? false;
  }

  private keep(event: ScenarioEvent, observation: Observation): void {
    if (this.count === 1) this.target = observation.target;
    else if (this.target !== observation.target) this.target = '';
    if (this.addresses.size < MOST_ADDRESSES) this.addresses.add(observation.address);
    if (this.first.length < MOST_FIRST) {
      this.first.push(observation);
      this.entries++;
    }
    this.last = observation;
    if (this.queueLength === 0) return;
    this.queue.push(event);
    this.entries++;
    // In blocks, so that a full queue does not move with each event.
    if (this.queue.length >= this.queueLength * 2) this.trim();
  }

  /** Begins anew at its end: the level alone stays, which late events may still come to. */
  restart(timeUs: number): void {
    this.firstUs = timeUs;
    this.count = 0;
    this.entries = 0;
    this.first = [];
    this.last = undefined;
    this.addresses = new Set();
    this.queue = [];
    this.values = undefined;
  }

  /** Before expressions look at the queue. */
  trim(): void {
    if (this.queue.length <= this.queueLength) return;
    this.entries -= this.queue.length - this.queueLength;
    this.queue = this.queue.slice(-this.queueLength);
  }

  private renew(): void {
    const { scenario } = this;
    switch (scenario.type) {
      case 'leaky':
        this.endUs = this.lastUs + (scenario.capacity + 1) * scenario.leakUs;
        return;
      case 'counter':
        this.endUs = this.firstUs + scenario.durationUs;
        return;
      case 'trigger':
        this.endUs = this.lastUs;
        return;
      case 'conditional':
      case 'bayesian':
        this.endUs = this.lastUs + scenario.leakUs;
        return;
      default:
        scenario.type satisfies never;
    }
  }
}

function queueLengthOf(scenario: Scenario, most: number): number {
  if (!scenario.looksBack) return 0;
  const held = scenario.capacity < 0 ? Number.POSITIVE_INFINITY : Math.max(1, scenario.capacity);
  const wanted = scenario.cacheSize > 0 ? Math.min(scenario.cacheSize, held) : held;
  return Math.min(wanted, most);
}
