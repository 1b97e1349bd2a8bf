/** weir on a wire: packets per second without loss beside its peers, latency from wire to record, memory by flows. */

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { withoutWire } from '../test/support/wire.ts';
import { BENCH_FOLDER } from './capture/cache.ts';
import { readLatency, upLatency } from './live/latency.ts';
import { Line } from './live/line.ts';
import { memoryAt } from './live/memory.ts';
import { search } from './live/rate.ts';
import { RECEIVERS } from './live/receivers.ts';
import { choices, numberOf } from './options.ts';
import { table } from './report.ts';

const PARTS = ['rate', 'latency', 'memory'] as const;
const SIZES = ['64', '512', '1500'] as const;
const FLOWS = [0, 1000, 10_000, 100_000];
const MILLION = 1_000_000;

const HELP = `usage: node bench/live.ts [options]

Sends over a pair of virtual interfaces in a network namespace of its own; the sender is on the same machine and takes
its share of it. Each program has a buffer of 32 MiB: in short steps that takes up a part of a rate that is too high.
Needs root.

  --only LIST      ${PARTS.join(',')} (default all)
  --sizes LIST     bytes of the frames: ${SIZES.join(',')} (default all)
  --seconds S      of sending in each step of the search, at most 3 (default 3)
  --steps N        of the search for the highest rate without loss, at most 12 (default 6)
  --exchanges N    of DNS whose latency is measured (default 300)
  --full           memory with a million flows as well
  --json           all figures as JSON
`;

function say(words: string): void {
  process.stderr.write(`bench: ${words}\n`);
}

/** What was asked; undefined when only help was wanted. Throws an Error that says what is wrong. */
function parse(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h' },
      only: { type: 'string' },
      sizes: { type: 'string' },
      seconds: { type: 'string', default: '3' },
      steps: { type: 'string', default: '6' },
      exchanges: { type: 'string', default: '300' },
      full: { type: 'boolean' },
      json: { type: 'boolean' },
    },
  });
  if (values.help) return undefined;
  return {
    parts: choices('--only', values.only, PARTS),
    sizes: choices('--sizes', values.sizes, SIZES).map(Number),
    seconds: numberOf('--seconds', values.seconds, 0.1, 3),
    steps: numberOf('--steps', values.steps, 1, 12),
    exchanges: numberOf('--exchanges', values.exchanges, 10, 10_000),
    full: values.full ?? false,
    json: values.json ?? false,
  };
}

type Options = NonNullable<ReturnType<typeof parse>>;
type Row = Readonly<Record<string, string | number | boolean>>;

async function rates(line: Line, { sizes, seconds, steps }: Options): Promise<Row[]> {
  const rows: Row[] = [];
  for (const receiver of RECEIVERS) {
    const obstacle = receiver.obstacle();
    if (obstacle !== '') {
      say(`${receiver.name}: ${obstacle}`);
      continue;
    }
    for (const bytes of sizes) {
      const { perSecond, senderLimited, cpuNs } = await search(line, receiver, bytes, {
        seconds,
        steps,
        say,
      });
      const bits = (perSecond * bytes * 8) / 1e9;
      const name = receiver.name;
      rows.push({ program: name, bytes, perSecond: Math.round(perSecond), bits, cpuNs, senderLimited });
    }
  }
  return rows;
}

async function latencies(line: Line, exchanges: number): Promise<Row[]> {
  const up = await upLatency(line, exchanges);
  const read = await readLatency(line, exchanges);
  return [
    { program: 'weir up, file of EVE', ...up },
    { program: 'weir read -i, --eve -', ...read },
  ];
}

async function memories(line: Line, full: boolean): Promise<Row[]> {
  const rows: Row[] = [];
  for (const alive of full ? [...FLOWS, MILLION] : FLOWS) {
    say(`memory with ${alive} flows`);
    const { parts, ...figures } = await memoryAt(line, alive);
    rows.push({ alive, ...figures, ...parts });
  }
  return rows;
}

function render(figures: Readonly<Partial<Record<(typeof PARTS)[number], readonly Row[]>>>): string {
  const number = (value: unknown, digits = 0): string =>
    Number(value).toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const { rate, latency, memory } = figures;
  const tables: string[] = [];
  if (rate !== undefined) {
    const rows = rate.map((row) => [
      String(row.program),
      String(row.bytes),
      number(row.perSecond),
      number(row.bits, 2),
      number(row.cpuNs),
      row.senderLimited ? 'all that the sender could send' : '',
    ]);
    tables.push(table(['without loss', 'bytes', 'packets/s', 'Gbit/s', 'CPU ns/packet', ''], rows));
  }
  if (latency !== undefined) {
    const rows = latency.map((row) => [
      String(row.program),
      `${row.records} of ${row.exchanges}`,
      number(row.p50, 1),
      number(row.p99, 1),
    ]);
    tables.push(table(['wire to record', 'records', 'p50 ms', 'p99 ms'], rows));
  }
  if (memory !== undefined) {
    const rows = memory.map((row) => [
      number(row.alive),
      number(row.flows),
      number(row.dropped),
      ...[row.residentMb, row.privateMb].map((value) => number(value)),
      ...[row.other, row.ring, row.cHeap, row.program, row.libraries].map((value) => number(value, 1)),
    ]);
    const parts = ['JavaScript and other', 'ring', 'C heap', 'program', 'libraries'];
    tables.push(table(['flows alive', 'counted', 'dropped', 'resident MB', 'private MB', ...parts], rows));
  }
  return tables.join('\n\n');
}

async function run(options: Options): Promise<void> {
  mkdirSync(BENCH_FOLDER, { recursive: true });
  const line = new Line();
  try {
    const { parts, exchanges, full, json } = options;
    const figures = {
      ...(parts.includes('rate') ? { rate: await rates(line, options) } : {}),
      ...(parts.includes('latency') ? { latency: await latencies(line, exchanges) } : {}),
      ...(parts.includes('memory') ? { memory: await memories(line, full) } : {}),
    };
    process.stdout.write(`${json ? JSON.stringify(figures, null, 2) : render(figures)}\n`);
  } finally {
    line.remove();
    for (const end of ['', '.pid']) {
      rmSync(join(BENCH_FOLDER, `softflowd-${process.pid}${end}`), { force: true });
    }
  }
}

let options: Options | undefined;
try {
  options = parse(process.argv.slice(2));
} catch (error) {
  say(`${error instanceof Error ? error.message : String(error)} (--help tells more)`);
  process.exit(2);
}
const obstacle = options === undefined ? '' : withoutWire() || '';
if (options === undefined) process.stdout.write(HELP);
else if (obstacle !== '') {
  say(`a live benchmark is not possible here: ${obstacle}`);
  process.exitCode = 1;
} else {
  try {
    await run(options);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
