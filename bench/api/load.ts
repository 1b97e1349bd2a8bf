/** The API under load: readers of live records and requests at the same time, while records come. */

import { Agent, get } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Readers, type Reading } from './event-reader.ts';
import { LoadedWeir } from './running.ts';

const HELP = `usage: node bench/api/load.ts [options]

Starts a weir that reads the bundled captures again and again, lets many read its records live, and asks it at a steady
rate. Ends with 1 where memory grew, a reader lost records untold, or a request failed.

  --seconds N     (default 300)
  --clients N     readers of live records (default 200)
  --rate N        requests per second (default 500)
  --json          the figures as JSON
`;

const PATHS = ['/api/v1/overview', '/api/v1/status', '/metrics', '/readyz'];
const BRING_MS = 2000;
const TICK_MS = 10;
/** Requests that may be under way; beyond, the machine does not keep up with the rate. */
const MOST_OPEN = 512;
/** What is on its way at the end arrives within this time. */
const SETTLE_MS = 3000;
/** Memory of the second half of the time may be so much more than that of the first. */
const MOST_GROWTH = 1.25;

/** What is done. */
export interface LoadOptions {
  readonly seconds: number;
  readonly clients: number;
  readonly rate: number;
}

/** What was measured. */
export interface LoadFigures {
  readonly seconds: number;
  readonly clients: number;
  readonly records: number;
  readonly delivered: number;
  readonly missed: number;
  /** Readers that did not get all records and were not told how many they missed. */
  readonly untold: number;
  /** Why streams broke, each reason once. */
  readonly broken: readonly string[];
  readonly requestsPerSecond: number;
  readonly failed: number;
  /** Requests that were not sent because too many were under way. */
  readonly late: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Mean memory of the API's process in the halves of the time, its first tenth left out. */
  readonly firstHalfBytes: number;
  readonly secondHalfBytes: number;
  /** What did not hold; empty where all did. */
  readonly faults: readonly string[];
}

/** Puts a weir under load. */
export async function runLoad({ seconds, clients, rate }: LoadOptions): Promise<LoadFigures> {
  const weir = await LoadedWeir.start();
  const readers = new Readers(weir.port, clients);
  let readings: readonly Reading[] | undefined;
  try {
    await wait(1000);
    const requests = new Requests(weir.port);
    const memory: number[] = [];
    const begun = performance.now();
    let brought = Number.NEGATIVE_INFINITY;
    let measured = begun;
    for (let now = begun; now < begun + 1000 * seconds; now = performance.now()) {
      if (now - brought >= BRING_MS) {
        brought = now;
        weir.bring();
      }
      requests.upTo(Math.floor((rate * (now - begun)) / 1000));
      if (now - measured >= 1000) {
        measured = now;
        // Nothing waits for it.
        void weir.residentBytes('api').then((bytes) => memory.push(bytes));
      }
      await wait(TICK_MS);
    }
    const took = (performance.now() - begun) / 1000;
    await requests.settled();
    await wait(SETTLE_MS);
    const newest = await weir.newest();
    readings = await readers.end();
    return figuresOf({ seconds: took, readings, requests, memory, newest });
  } finally {
    if (readings === undefined) await readers.end();
    await weir.end();
  }
}

function figuresOf({
  seconds,
  readings,
  requests,
  memory,
  newest,
}: {
  readonly seconds: number;
  readonly readings: readonly Reading[];
  readonly requests: Requests;
  readonly memory: readonly number[];
  readonly newest: number;
}): LoadFigures {
  const sum = (value: (reading: Reading) => number): number =>
    readings.reduce((all, reading) => all + value(reading), 0);
  const first = Math.min(...readings.map((reading) => reading.first));
  const untold = readings.filter(
    ({ first: from, records, missed }) => records === 0 || records + missed !== newest - from + 1,
  ).length;
  const warm = memory.slice(Math.ceil(memory.length / 10));
  const half = Math.floor(warm.length / 2);
  const firstHalfBytes = mean(warm.slice(0, half));
  const secondHalfBytes = mean(warm.slice(half));
  const broken = [...new Set(readings.map(({ failure }) => failure).filter((reason) => reason !== ''))];
  const faults = [
    ...broken.map((reason) => `a stream broke: ${reason}`),
    ...(untold > 0 ? [`${untold} readers lost records and were not told`] : []),
    ...(requests.failed > 0 ? [`${requests.failed} requests failed: ${requests.reason}`] : []),
    ...(secondHalfBytes > MOST_GROWTH * firstHalfBytes ? ['memory grew'] : []),
  ];
  return {
    seconds,
    clients: readings.length,
    records: newest - first + 1,
    delivered: sum(({ records }) => records),
    missed: sum(({ missed }) => missed),
    untold,
    broken,
    requestsPerSecond: requests.answered / seconds,
    failed: requests.failed,
    late: requests.late,
    p50Ms: requests.quantile(0.5),
    p99Ms: requests.quantile(0.99),
    firstHalfBytes,
    secondHalfBytes,
    faults,
  };
}

/** Requests at a steady rate, whether those before are answered or not. */
class Requests {
  answered = 0;
  failed = 0;
  late = 0;
  reason = '';
  private readonly port: number;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 64 });
  private readonly times: number[] = [];
  private asked = 0;
  private open = 0;

  constructor(port: number) {
    this.port = port;
  }

  /** Sends until so many were sent since the beginning. */
  upTo(count: number): void {
    for (; this.asked < count; this.asked++) {
      if (this.open >= MOST_OPEN) this.late++;
      else this.send(PATHS[this.asked % PATHS.length] as string);
    }
  }

  /** Resolves when all are answered, or did not get one for long. */
  async settled(): Promise<void> {
    for (let left = 100; this.open > 0 && left > 0; left--) await wait(50);
    this.agent.destroy();
  }

  /** The time in ms that this share of the answers took at most. */
  quantile(share: number): number {
    const sorted = this.times.toSorted((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  }

  private send(path: string): void {
    const begun = performance.now();
    this.open++;
    const fail = (reason: string): void => {
      this.failed++;
      this.reason = reason;
    };
    const asked = get({ host: '127.0.0.1', port: this.port, path, agent: this.agent }, (response) => {
      response.resume().on('end', () => {
        this.times.push(performance.now() - begun);
        this.answered++;
        if (response.statusCode !== 200) fail(`${path} answered ${response.statusCode}`);
      });
    });
    asked.on('error', (error) => fail(error.message)).on('close', () => this.open--);
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function said(figures: LoadFigures): string {
  const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  return `${figures.seconds.toFixed(0)} s, ${figures.clients} readers, ${figures.records} records
delivered  ${figures.delivered} events, ${figures.missed} told as missed, ${figures.untold} readers not told
requests   ${figures.requestsPerSecond.toFixed(0)}/s, ${figures.failed} failed, ${figures.late} not sent in time
latency    ${figures.p50Ms.toFixed(1)} ms median, ${figures.p99Ms.toFixed(1)} ms 99 %
memory     ${mib(figures.firstHalfBytes)} in the first half, ${mib(figures.secondHalfBytes)} in the second
`;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '300' },
      clients: { type: 'string', default: '200' },
      rate: { type: 'string', default: '500' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const number = (name: 'seconds' | 'clients' | 'rate', most: number): number => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw new RangeError(`--${name} takes a number from 1 to ${most}, not '${values[name]}'`);
  };
  const figures = await runLoad({
    seconds: number('seconds', 86_400),
    clients: number('clients', 500),
    rate: number('rate', 10_000),
  });
  process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : said(figures));
  for (const fault of figures.faults) process.stderr.write(`bench: ${fault}\n`);
  return figures.faults.length === 0 ? 0 : 1;
}

if (import.meta.main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    const isUsage = error instanceof RangeError || (error instanceof TypeError && 'code' in error);
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = isUsage ? 2 : 1;
  }
}
