import { setTimeout as wait } from 'node:timers/promises';
import type { Static } from 'typebox';
import { ControlError } from '../../control/index.ts';
import type { Backend } from '../backend.ts';
import type { ActiveSchema, BufferLevelSchema, OverviewSchema, PassiveSchema } from '../schema/overview.ts';
import type { NameCount } from './recent.ts';
import { entriesAt, numberAt, type Sample, type Samples, valueAt } from './sample.ts';
import type { Tally } from './tally.ts';

/** See OverviewSchema. */
export type OverviewAnswer = Static<typeof OverviewSchema>;

/** An answer serves all who look within so long. */
const FRESH_MS = 900;
/** Rates are those between two samples that lie so far apart. */
const LEAST_SPAN_MS = 200;
const MOST_SPAN_MS = 15_000;
/** The list of threats is long: it is looked through so often. */
const THREATS_MS = 5000;
const MOST_THREATS = 1000;
const MOST_NAMES = 20;
/** Seconds of which rates of records are the mean. */
const RATE_SECONDS = 5;

interface Threats {
  readonly threshold: number;
  readonly threats: number;
  readonly incidentsOpen: number;
}

/** Makes the figures of both streams, once for all who look and only while somebody does. */
export class Overview {
  private readonly backend: Backend;
  private readonly samples: Samples;
  private readonly tally: Tally;
  private current: Promise<OverviewAnswer> | undefined;
  private latest:
    | { readonly atMs: number; readonly answer: OverviewAnswer; readonly json: string }
    | undefined;
  private before: Sample | undefined;
  private threats: { readonly atMs: number; readonly value: Threats | undefined } | undefined;

  constructor(backend: Backend, samples: Samples, tally: Tally) {
    this.backend = backend;
    this.samples = samples;
    this.tally = tally;
  }

  /** The figures of now. Rejects with a ControlError. */
  async get(): Promise<OverviewAnswer> {
    const { latest } = this;
    if (latest !== undefined && performance.now() - latest.atMs < FRESH_MS) return latest.answer;
    this.current ??= this.make().finally(() => {
      this.current = undefined;
    });
    return this.current;
  }

  /** The same as JSON on one line. */
  async json(): Promise<string> {
    const answer = await this.get();
    return this.latest?.answer === answer ? this.latest.json : JSON.stringify(answer);
  }

  private async make(): Promise<OverviewAnswer> {
    const [earlier, now] = await this.span();
    this.before = now;
    const { status } = now;
    const has = (name: string): boolean => status.processes.some((one) => one.name === name);
    const rates = new Rates(earlier, now);
    const [buffer, threats] = await Promise.all([
      has('proxy') && valueAt(status.statistics, 'proxy', 'buffer') !== undefined
        ? this.buffer(now)
        : undefined,
      this.threatsOf(now),
    ]);
    const { statistics } = status;
    const answer: OverviewAnswer = {
      timeUs: 1000 * Date.now(),
      since: status.since,
      state: status.state,
      ...optional('passive', passiveOf(statistics.sensor, has('mirror'), rates)),
      ...optional('active', activeOf(statistics.proxy, rates, this.tally)),
      ...optional('buffer', buffer),
      ...optional('correlation', threats && correlationOf(statistics.hub, threats, rates)),
      ...optional('decisions', decisionsOf(statistics.responder)),
      processes: status.processes.map(({ name, state, residentBytes, restarts }) => ({
        name,
        state,
        residentBytes,
        ...optional('cpu', rates.cpu(name)),
        restarts,
      })),
      queues: status.bus.subscribers.map(({ name, topic, queuedBytes, limitBytes, dropped }) => ({
        name: `${name}: ${topic}`,
        bytes: queuedBytes,
        limitBytes,
        dropped,
      })),
      records: this.tally.recordsPerSecond(RATE_SECONDS),
      protocols: this.tally.protocols.top(MOST_NAMES).map(namedOf),
      applications: this.tally.applications.top(MOST_NAMES).map(namedOf),
      wafCategories: this.tally.wafCategories.top(MOST_NAMES).map(({ name, count }) => ({ name, count })),
    };
    this.latest = { atMs: performance.now(), answer, json: JSON.stringify(answer) };
    return answer;
  }

  /** Two samples to take rates of; where nobody looked for long, the first is taken now. */
  private async span(): Promise<readonly [Sample, Sample]> {
    let earlier = this.before;
    if (earlier === undefined || performance.now() - earlier.atMs > MOST_SPAN_MS) {
      earlier = await this.samples.take();
    }
    const left = earlier.atMs + LEAST_SPAN_MS - performance.now();
    if (left > 0) await wait(left);
    return [earlier, await this.samples.take(earlier.atMs + LEAST_SPAN_MS)];
  }

  private async buffer({ status }: Sample): Promise<Static<typeof BufferLevelSchema> | undefined> {
    const figures = await answered(this.backend.weir.buffer());
    if (figures === undefined) return undefined;
    const { copy, reader } = figures;
    const capacity = numberAt(status.statistics.proxy, 'bufferCapacity') ?? 0;
    return {
      stored: reader.ring.entries,
      capacity,
      utilisation: capacity === 0 ? 0 : Math.min(1, reader.ring.entries / capacity),
      analysed: reader.analysed,
      threats: reader.threats,
      lagMs: copy.lagMs,
      droppedTotal: copy.dropped,
    };
  }

  private async threatsOf({ status }: Sample): Promise<Threats | undefined> {
    if (valueAt(status.statistics, 'hub', 'correlation') === undefined) return undefined;
    const known = this.threats;
    if (known !== undefined && performance.now() - known.atMs < THREATS_MS) return known.value;
    const value = await this.askThreats();
    this.threats = { atMs: performance.now(), value };
    return value;
  }

  private async askThreats(): Promise<Threats | undefined> {
    const { weir } = this.backend;
    const tuning = await answered(weir.tuning());
    if (tuning === undefined) return undefined;
    const list = await answered(weir.threats(MOST_THREATS, tuning.threshold));
    return (
      list && {
        threshold: tuning.threshold,
        threats: list.threats.length,
        incidentsOpen: list.openIncidents,
      }
    );
  }
}

/** What one process cannot tell at the moment is left out: the others' figures are worth being seen. */
async function answered<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ControlError) return undefined;
    throw error;
  }
}

/** What changed between two samples. */
class Rates {
  private readonly earlier: Sample;
  private readonly now: Sample;
  private readonly seconds: number;

  constructor(earlier: Sample, now: Sample) {
    this.earlier = earlier;
    this.now = now;
    this.seconds = Math.max(LEAST_SPAN_MS, now.atMs - earlier.atMs) / 1000;
  }

  /** Of a count in the statistics; 0 where the process began anew meanwhile. */
  of(...path: readonly string[]): number {
    const before = numberAt(this.earlier.status.statistics, ...path);
    const after = numberAt(this.now.status.statistics, ...path);
    if (before === undefined || after === undefined) return 0;
    return rounded(Math.max(0, after - before) / this.seconds);
  }

  /** Processors that a process kept busy. */
  cpu(name: string): number | undefined {
    const before = this.earlier.cpuSeconds.get(name);
    const after = this.now.cpuSeconds.get(name);
    if (before === undefined || after === undefined || after < before) return undefined;
    return rounded((after - before) / this.seconds);
  }
}

function passiveOf(sensor: unknown, mirror: boolean, rates: Rates): Static<typeof PassiveSchema> | undefined {
  if (valueAt(sensor, 'source') === undefined) return undefined;
  const at = (...path: readonly string[]): number => numberAt(sensor, ...path) ?? 0;
  const bytes = valueAt(sensor, 'live') === true ? 'bytes' : 'bytesRead';
  return {
    interface: String(valueAt(sensor, 'source')).slice(0, 256),
    live: valueAt(sensor, 'live') === true,
    working: valueAt(sensor, 'working') === true,
    mirror,
    packets: rates.of('sensor', 'packets'),
    bits: 8 * rates.of('sensor', 'capture', bytes),
    flowsOpen: at('flowsAlive'),
    flowsNew: rates.of('sensor', 'flows'),
    packetsTotal: at('packets'),
    bytesTotal: at('capture', bytes),
    flowsTotal: at('flows'),
    dropped: DROP_CAUSES.map(({ name, path }) => ({ name, count: at(...path) })),
    loadLevel: at('load', 'level'),
  };
}

/** What the sensor loses, by cause, and where it tells so. */
export const DROP_CAUSES: readonly { readonly name: string; readonly path: readonly string[] }[] = [
  { name: 'kernel', path: ['capture', 'dropped'] },
  { name: 'records', path: ['recordsDropped'] },
  { name: 'ring', path: ['ring', 'unwritten'] },
];

/** What the judge does with requests, by the names of the records. */
export const VERDICTS: readonly { readonly name: string; readonly counter: string }[] = [
  { name: 'pass', counter: 'passed' },
  { name: 'deny', counter: 'denied' },
  { name: 'limit', counter: 'limited' },
  { name: 'redirect', counter: 'redirected' },
  { name: 'drop', counter: 'dropped' },
];

function activeOf(proxy: unknown, rates: Rates, tally: Tally): Static<typeof ActiveSchema> | undefined {
  if (valueAt(proxy, 'judge') === undefined) return undefined;
  const at = (name: string): number => numberAt(proxy, 'judge', name) ?? 0;
  const ways = valueAt(proxy, 'ways');
  return {
    ways: Array.isArray(ways) ? ways.map((way) => String(way).slice(0, 256)) : [],
    rules: String(valueAt(proxy, 'rules') ?? '').slice(0, 512),
    requests: rates.of('proxy', 'judge', 'requests'),
    verdicts: VERDICTS.map(({ name, counter }) => ({
      name,
      perSecond: rates.of('proxy', 'judge', counter),
    })),
    requestsTotal: at('requests'),
    blockedTotal: VERDICTS.filter(({ name }) => name !== 'pass').reduce(
      (sum, { counter }) => sum + at(counter),
      0,
    ),
    ...optional('latency', tally.latency()),
  };
}

function correlationOf(hub: unknown, threats: Threats, rates: Rates) {
  return {
    records: rates.of('hub', 'correlation', 'records'),
    events: rates.of('hub', 'correlation', 'correlations', 'total'),
    eventsTotal: numberAt(hub, 'correlation', 'correlations', 'total') ?? 0,
    ...threats,
  };
}

function decisionsOf(responder: unknown): OverviewAnswer['decisions'] {
  const mode = valueAt(responder, 'mode');
  if (mode !== 'observe' && mode !== 'enforce') return undefined;
  return {
    mode,
    active: entriesAt(responder, 'active').map(([type, counts]) => ({
      type,
      enforced: numberAt(counts, 'enforced') ?? 0,
      simulated: numberAt(counts, 'simulated') ?? 0,
    })),
    refusedTotal: entriesAt(responder, 'refused').reduce(
      (sum, [, count]) => sum + (typeof count === 'number' ? count : 0),
      0,
    ),
    failedTotal: numberAt(responder, 'failed') ?? 0,
  };
}

function namedOf({ name, count, bytes }: NameCount) {
  return { name, flows: count, bytes };
}

function optional<const N extends string, T>(name: N, value: T | undefined): { [K in N]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { [K in N]?: T });
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
