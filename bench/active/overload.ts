/**
 * What buffer B costs the live path when it cannot keep up: the proxy with its judge and without a sink, with a copy for
 * an analyser that takes ten times as long as there is between two requests, with a copy that is stored only, and with a
 * copy for the real analysis. The load comes at a fixed rate well below what the proxy can do; each way gets it in turn,
 * while the others are stopped. This process makes the load: threads that collect its garbage would wait for the
 * processors that are measured.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PerformanceObserver } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { BufferCopy, type BufferOptions, type CopyStatistics } from '../../src/mitm/buffer/index.ts';
import { LiveJudge } from '../../src/mitm/live/index.ts';
import { HttpProxy } from '../../src/mitm/proxy/index.ts';
import type { TransactionSink } from '../../src/mitm/transaction.ts';
import { chooseRules, WafPool } from '../../src/mitm/waf/index.ts';
import { LIVE_FLAGS } from '../../src/supervisor/process-list.ts';
import { median } from '../measure.ts';
import { numberOf } from '../options.ts';
import { table } from '../report.ts';
import { RunningNginx } from './nginx.ts';
import { type OpenLoopResult, openLoop } from './open-loop.ts';
import { BENCH_FIELDS, BENCH_TARGET, wrk } from './wrk.ts';

const HELP = `usage: node --single-threaded-gc bench/active/overload.ts [options]        (nginx and wrk are needed)

  --crs DIR         judges with this Core Rule Set in one thread; 'debian': with Debian's (default: no rules)
  --share F         of the highest rate, at which the load comes (default 0.3)
  --rate N          requests a second, in place of a share
  --rounds N        of all of them in turn (default 60: single ones differ by a factor of two)
  --seconds N       of each measurement (default 1)
  --connections N   of the load (default 32)
  --ways LIST       of none,slow,stored,real (default all)
  --equal           buffer B's thread has the priority of the others
  --flags=LIST      of Node for the proxies, such as --max-semi-space-size=16
`;

/** As weir is started; and a process that was stopped for a while must not collect its garbage for that. */
const NODE_FLAGS: readonly string[] = [...LIVE_FLAGS, '--no-memory-reducer'];
const WARM_MS = 700;
/** Under full load, before the first round: code is still being compiled well after the first thousand requests. */
const WARM_SECONDS = 15;
/** How many times as long an analysis takes as there is between two requests. */
const OVERLOAD = 10;
const LONGEST_STOP_MS = 3_600_000;

type Way = 'none' | 'slow' | 'stored' | 'real';
const WAYS: readonly Way[] = ['none', 'slow', 'stored', 'real'];

/** What a process of this program serves. */
interface Serving {
  readonly way: Way;
  readonly to: number;
  readonly folder: string;
  readonly crs: string | undefined;
  readonly busyMs: number;
  readonly isLowPriority: boolean;
}

/** What a process says of itself since its start: of its main thread, but for garbage of all of its threads' heaps. */
interface Numbers {
  readonly copy: CopyStatistics | undefined;
  readonly cpuUs: number;
  /** Time that it could have run and did not. */
  readonly waitUs: number;
  readonly gcMs: number;
  readonly gcLongestMs: number;
  readonly gcCount: number;
}

/** One measurement of one way. */
interface Sample {
  readonly load: OpenLoopResult;
  readonly before: Numbers;
  readonly after: Numbers;
}

interface Child {
  readonly way: Way;
  readonly port: number;
  readonly process: ChildProcess;
}

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    crs: { type: 'string' },
    share: { type: 'string', default: '0.3' },
    rate: { type: 'string' },
    rounds: { type: 'string', default: '60' },
    seconds: { type: 'string', default: '1' },
    connections: { type: 'string', default: '32' },
    ways: { type: 'string', default: WAYS.join(',') },
    equal: { type: 'boolean', default: false },
    flags: { type: 'string', default: '' },
    /** This program as the proxy: a {@link Serving} in JSON. */
    serve: { type: 'string' },
  },
});

const REQUEST = Buffer.from(
  `GET ${BENCH_TARGET} HTTP/1.1\r\n${BENCH_FIELDS.map((field) => `${field}\r\n`).join('')}\r\n`,
);

async function main(): Promise<void> {
  const rounds = numberOf('--rounds', values.rounds, 1, 100);
  const seconds = numberOf('--seconds', values.seconds, 1, 60);
  const connections = numberOf('--connections', values.connections, 1, 1000);
  const share = numberOf('--share', values.share, 0.01, 1);
  const ways = WAYS.filter((way) => values.ways.split(',').includes(way));
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-overload-'));
  const site = await RunningNginx.site();
  const children: Child[] = [];
  try {
    const start = async (way: Way, busyMs: number): Promise<Child> => {
      const child = await startChild({
        way,
        to: site.port,
        folder,
        crs: values.crs,
        busyMs,
        isLowPriority: !values.equal,
      });
      children.push(child);
      return child;
    };
    const first = await start('none', 0);
    await wrk(first.port, connections, 2);
    const { requestsPerSecond } = await wrk(first.port, connections, 2);
    const perSecond =
      values.rate === undefined
        ? Math.round(requestsPerSecond * share)
        : numberOf('--rate', values.rate, 1, 100_000);
    process.stdout.write(
      `${requestsPerSecond.toFixed(0)} requests/s at most; the load is ${perSecond}/s over ${connections} connections\n`,
    );
    for (const way of ways) if (way !== 'none') await start(way, (OVERLOAD * 1000) / perSecond);
    const results = new Map<Way, Sample[]>(ways.map((way) => [way, []]));
    for (const child of children) {
      await wrk(child.port, connections, WARM_SECONDS);
      child.process.kill('SIGSTOP');
    }
    for (let round = 0; round < rounds; round++) {
      // Not always the same one behind the same other.
      for (const child of round % 2 === 0 ? children : children.toReversed()) {
        child.process.kill('SIGCONT');
        const { port } = child;
        const load = { port, request: REQUEST, connections, perSecond, warmMs: WARM_MS, seconds };
        const before = await numbersOf(child);
        const measured = await openLoop(load);
        results.get(child.way)?.push({ load: measured, before, after: await numbersOf(child) });
        child.process.kill('SIGSTOP');
      }
    }
    report(ways, results);
  } finally {
    for (const child of children) child.process.kill('SIGKILL');
    await site.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startChild(serving: Serving): Promise<Child> {
  const child = fork(import.meta.filename, ['--serve', JSON.stringify(serving)], {
    execArgv: [...NODE_FLAGS, ...values.flags.split(',').filter((flag) => flag !== '')],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve(Number(message)));
    child.once('exit', (code) => reject(new Error(`the proxy ended with ${code}`)));
  });
  return { way: serving.way, port, process: child };
}

function report(ways: readonly Way[], results: ReadonlyMap<Way, readonly Sample[]>): void {
  const none = results.get('none') ?? [];
  const rows = ways.map((way) => {
    const own = results.get(way) ?? [];
    const middle = (of: (sample: Sample) => number, digits = 0): string =>
      median(own.map(of)).toFixed(digits);
    const ratios = (of: (sample: Sample) => number): number[] =>
      own.map((sample, round) => of(sample) / of(none[round] ?? sample));
    const last = own.at(-1)?.after.copy;
    return [
      way,
      ...['p50', 'p90', 'p99', 'p999'].map((name) =>
        middle(({ load }) => load[name as keyof OpenLoopResult]),
      ),
      ...(['p50', 'p90', 'p99'] as const).map((name) => median(ratios(({ load }) => load[name])).toFixed(3)),
      middle(({ load, before, after }) => (after.cpuUs - before.cpuUs) / load.sent, 1),
      middle(({ load, before, after }) => (after.waitUs - before.waitUs) / load.sent, 1),
      middle(({ load, before, after }) => ((after.gcMs - before.gcMs) * 1000) / load.sent, 1),
      middle(({ after }) => after.gcLongestMs, 1),
      String(own.reduce((sum, { load }) => sum + load.failed, 0)),
      last === undefined ? '' : `${last.overflowed} of ${last.taken}`,
    ];
  });
  const head = [
    ...['sink', 'p50 µs', 'p90', 'p99', 'p99.9', 'p50 ratio', 'p90', 'p99'],
    ...['CPU µs/request', 'waits', 'GC', 'longest GC ms', 'failed', 'dropped'],
  ];
  process.stdout.write(`${table(head, rows)}\n`);
  // Others that use the machine make rounds slower and never faster: a quarter of them is what the code takes.
  const quiet = (way: Way): number => {
    const sorted = (results.get(way) ?? []).map(({ load }) => load.p99).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 4)] ?? Number.NaN;
  };
  for (const way of ways) {
    const own = results.get(way) ?? [];
    const rounds = own.map(({ load }, round) => (load.p99 / (none[round]?.load.p99 ?? load.p99)).toFixed(2));
    if (way !== 'none') {
      const ratio = (quiet(way) / quiet('none')).toFixed(3);
      process.stdout.write(
        `p99 of ${way}: ${ratio} times, of the quietest quarters; by round ${rounds.join(' ')}\n`,
      );
    }
  }
}

function numbersOf({ process: child }: Child): Promise<Numbers> {
  return new Promise((resolve) => {
    child.once('message', (message) => resolve(message as Numbers));
    child.send('numbers');
  });
}

/** Time that the live path's thread could have run and did not, in microseconds. */
function waitUs(): number {
  const [, waitNs] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ');
  return Number(waitNs) / 1000;
}

/** The proxy with its judge, in a process of its own. */
async function serve({ way, to, folder, crs, busyMs, isLowPriority }: Serving): Promise<void> {
  const wishes = crs === 'debian' ? {} : { crs };
  const pool =
    crs === undefined
      ? undefined
      : await WafPool.start({ ...poolSources(wishes, 1), workers: 1, local: true, onLimit: 'pass' });
  const sinks: TransactionSink[] = [];
  const judge = new LiveJudge({
    waf: pool,
    gates: [],
    sinks,
    requestBodyLimit: 128 << 10,
    responseBodyLimit: 0,
    refusesLongBodies: false,
    judgesResponses: false,
  });
  let copy: BufferCopy | undefined;
  if (way !== 'none') {
    copy = await BufferCopy.start({
      folder: join(folder, way),
      hangMs: LONGEST_STOP_MS,
      isLowPriority,
      analyser:
        way === 'stored' ? undefined : analyserOf(way, busyMs, crs === undefined ? undefined : wishes),
    });
    sinks.push(copy);
  }
  const proxy = await HttpProxy.start({
    listeners: [{ kind: 'reverse', host: '127.0.0.1', port: 0 }],
    routes: [{ to: `http://127.0.0.1:${to}` }],
    judge,
  });
  const collected = { ms: 0, longestMs: 0, count: 0 };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      collected.ms += duration;
      collected.longestMs = Math.max(collected.longestMs, duration);
      collected.count++;
    }
  }).observe({ entryTypes: ['gc'] });
  process.on('message', () => {
    const { user, system } = process.threadCpuUsage();
    const told: Numbers = {
      copy: copy?.copyStatistics,
      cpuUs: user + system,
      waitUs: waitUs(),
      gcMs: collected.ms,
      gcLongestMs: collected.longestMs,
      gcCount: collected.count,
    };
    process.send?.(told);
  });
  process.send?.(proxy.addresses()[0]?.port);
}

function analyserOf(
  way: Way,
  busyMs: number,
  wishes: { readonly crs?: string | undefined } | undefined,
): BufferOptions['analyser'] {
  if (way === 'slow') {
    return { url: new URL('./slow-analyser.ts', import.meta.url).href, options: { busyMs } };
  }
  const url = new URL('../../src/mitm/buffer/analysis/index.ts', import.meta.url).href;
  return { url, options: { waf: wishes && { sources: poolSources(wishes, 4).sources } } };
}

function poolSources(wishes: { readonly crs?: string | undefined }, paranoia: number) {
  const { sources, options } = chooseRules({ ...wishes, paranoia });
  return { sources, settings: options.settings };
}

if (values.help) process.stdout.write(HELP);
else if (values.serve !== undefined) await serve(JSON.parse(values.serve) as Serving);
else await main();
