/**
 * What it costs to have weir behind HAProxy: alone, with the agent and the Core Rule Set (paranoia level 1), and beside
 * nginx with libmodsecurity and the same rules. All on this machine, one after the other, in about a minute.
 *
 *     node bench/active/haproxy.ts [--crs DIR] [--seconds N] [--workers N] [--responses]
 *
 * `--responses`: weir judges the heads of answers as well, which libmodsecurity always does.
 */

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SpoeAgent } from '../../src/mitm/haproxy/index.ts';
import { CrsJudge } from '../../src/mitm/haproxy/trial/crs-judge.ts';
import { missingProgram, RunningHaproxy } from '../../src/mitm/haproxy/trial/running-haproxy.ts';
import { CORPUS } from '../../test/support/corpus.ts';
import { cpuSeconds } from './cpu-time.ts';
import { RunningNginx, withoutModSecurity } from './nginx.ts';
import { Visits } from './visitors.ts';
import { type WrkResult, wrk } from './wrk.ts';

const IDLE = 1;
const LOADED = 32;
/** Requests before the first comes again: more than are sent. */
const VISITS = 100_000;

interface Row {
  readonly name: string;
  readonly idle: WrkResult;
  readonly loaded: WrkResult;
  /** µs of CPU for each request under load, of all that stands before the site. */
  readonly cpuUs: number;
}

const { values } = parseArgs({
  options: {
    crs: { type: 'string' },
    seconds: { type: 'string' },
    workers: { type: 'string' },
    responses: { type: 'boolean', default: false },
  },
});
const crs = values.crs ?? join(CORPUS, 'crs');
const seconds = Math.min(20, Math.max(1, Number(values.seconds ?? 6)));
const workers = Math.min(64, Math.max(1, Number(values.workers ?? availableParallelism() - 1)));
const { responses } = values;
const visits = new Visits(VISITS);
try {
  process.exitCode = await main();
} finally {
  visits.remove();
}

async function main(): Promise<number> {
  const missing = missingProgram('haproxy', 'wrk', 'nginx', 'openssl');
  if (missing !== false || !existsSync(crs)) {
    process.stderr.write(`${missing === false ? `no Core Rule Set in ${crs} (--crs DIR)` : missing}\n`);
    return 1;
  }
  const site = await RunningNginx.site();
  try {
    const rows = [await measureHaproxy(site.port, false), await measureHaproxy(site.port, true)];
    const without = withoutModSecurity();
    if (without === false) rows.push(await measureModSecurity(site.port));
    print(rows, without);
    return 0;
  } finally {
    await site.stop();
  }
}

async function measureHaproxy(site: number, withAgent: boolean): Promise<Row> {
  const haproxy = new RunningHaproxy();
  const judge = withAgent ? await CrsJudge.start(crs, workers, responses) : undefined;
  const agent = judge && (await SpoeAgent.listen({ judge, listen: haproxy.socket }));
  try {
    await haproxy.start({
      server: site,
      alone: !withAgent,
      fail: 'closed',
      responses: responses ? 'head' : 'none',
    });
    const name = withAgent
      ? `HAProxy + weir (${workers} ${workers === 1 ? 'worker' : 'workers'})`
      : 'HAProxy';
    const cpu = (): number => {
      const { user, system } = process.cpuUsage();
      return cpuSeconds(haproxy.pid) + (withAgent ? (user + system) / 1e6 : 0);
    };
    const row = await measure(name, haproxy.httpPort, cpu);
    if (agent !== undefined) {
      const { requests, denied, late, failed } = agent.statistics;
      process.stderr.write(`weir: ${requests} requests, ${denied} denied, ${late} late, ${failed} failed\n`);
    }
    return row;
  } finally {
    await haproxy.stop();
    await agent?.close();
    await judge?.close();
  }
}

async function measureModSecurity(site: number): Promise<Row> {
  const nginx = await RunningNginx.modSecurity(crs, site);
  try {
    return await measure('nginx + libmodsecurity', nginx.port, () => cpuSeconds(nginx.pid));
  } finally {
    await nginx.stop();
  }
}

async function measure(name: string, port: number, cpu: () => number): Promise<Row> {
  await wrk(port, LOADED, 2, visits.script);
  const idle = await wrk(port, IDLE, seconds, visits.script);
  const before = cpu();
  const loaded = await wrk(port, LOADED, seconds, visits.script);
  return { name, idle, loaded, cpuUs: ((cpu() - before) * 1e6) / loaded.requests };
}

function print(rows: readonly Row[], without: string | false): void {
  const columns = [
    '',
    `p50 ms, c=${IDLE}`,
    `requests/s, c=${LOADED}`,
    'p50 ms',
    'p99 ms',
    'CPU µs',
    'failures',
  ];
  const lines = rows.map(({ name, idle, loaded, cpuUs }) => [
    name,
    idle.p50Ms.toFixed(3),
    loaded.requestsPerSecond.toFixed(0),
    loaded.p50Ms.toFixed(2),
    loaded.p99Ms.toFixed(2),
    cpuUs.toFixed(0),
    String(idle.failures + loaded.failures),
  ]);
  process.stdout.write(`\n| ${columns.join(' | ')} |\n|${' --- |'.repeat(columns.length)}\n`);
  for (const line of lines) process.stdout.write(`| ${line.join(' | ')} |\n`);
  const [alone, weir, peer] = rows;
  if (alone !== undefined && weir !== undefined) {
    process.stdout.write(
      `\nadded p50, one connection: ${(weir.idle.p50Ms - alone.idle.p50Ms).toFixed(3)} ms (goal: 0.6)\n`,
    );
  }
  if (weir !== undefined && peer !== undefined) {
    const ratio = weir.loaded.requestsPerSecond / peer.loaded.requestsPerSecond;
    process.stdout.write(`requests/s against ${peer.name}: ${ratio.toFixed(1)} times (goal: 5)\n`);
    process.stdout.write(`CPU for a request: ${(peer.cpuUs / weir.cpuUs).toFixed(1)} times less\n`);
  }
  if (without !== false) process.stdout.write(`nginx + libmodsecurity was not measured: ${without}\n`);
}
