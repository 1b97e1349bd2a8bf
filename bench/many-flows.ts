/**
 * Whether memory follows the flows that are alive and not those that were: one and ten million flows at the same rate,
 * made as they are read (no file is written).
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { PcapWriter } from '../src/tap/capture/index.ts';
import { FrameBuilder } from './capture/segment.ts';
import { numberOf } from './options.ts';
import { table } from './report.ts';

const HELP = `usage: node bench/many-flows.ts [options]

Reads flows of two packets each, 10,000 new ones a second of capture time, and tells the peak of memory.

  --flows N,...  how many (default 1000000,10000000)
`;

const FLOWS_A_SECOND = 10_000;
const ANSWER_US = 20_000;
const START_US = 1_767_258_000e6;
const NOTHING = (_bytes: Uint8Array, start: number): number => start + 12;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    flows: { type: 'string', default: '1000000,10000000' },
    /** What the script asks of itself: write a capture of so many flows to standard output. */
    write: { type: 'string' },
  },
});

/** Writes the capture: question and answer of each flow, 20 ms apart, in the order of time. */
function write(flows: number): void {
  const writer = new PcapWriter('-', { linkType: 1 });
  const frame = new FrameBuilder();
  const behind = (ANSWER_US / 1e6) * FLOWS_A_SECOND;
  const put = (flow: number, answer: boolean, timeUs: number): void => {
    const client = 0x0a00_0000 + (flow % 65_521);
    const server = 0xc612_0000 + (flow % 8191);
    const port = 1024 + (flow % 60_000);
    const ends = answer
      ? { source: server, destination: client, sourcePort: 9999, destinationPort: port }
      : { source: client, destination: server, sourcePort: port, destinationPort: 9999 };
    frame.udp(ends, NOTHING);
    const { bytes, length } = frame;
    writer.write({ bytes, offset: 0, captured: length, original: length, timeUs, nanos: 0 });
  };
  for (let flow = 0; flow < flows + behind; flow++) {
    const timeUs = START_US + Math.floor((flow * 1e6) / FLOWS_A_SECOND);
    if (flow >= behind) put(flow - behind, true, timeUs);
    if (flow < flows) put(flow, false, timeUs);
  }
  writer.close();
}

/** Reads a capture of so many flows as it is made. Returns flows read, seconds and the peak of memory in MB. */
async function measure(flows: number): Promise<{ flows: number; seconds: number; peakMb: number }> {
  const started = performance.now();
  const maker = spawn(process.execPath, [import.meta.filename, '--write', `${flows}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const reader = spawn('./weir', ['read', '-', '--no-ndpi', '--eve', '/dev/null', '--json'], {
    stdio: [maker.stdout, 'pipe', 'inherit'],
  });
  let peakKb = 0;
  const timer = setInterval(() => {
    peakKb = Math.max(peakKb, peakOf(reader.pid));
  }, 200);
  let text = '';
  reader.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    peakKb = Math.max(peakKb, peakOf(reader.pid));
  });
  const [code] = (await once(reader, 'close')) as [number];
  clearInterval(timer);
  maker.kill();
  if (code !== 0) throw new Error(`weir read ended with ${code}`);
  const summary = JSON.parse(text) as { flows: number };
  return {
    flows: summary.flows,
    seconds: (performance.now() - started) / 1000,
    peakMb: (peakKb * 1024) / 1e6,
  };
}

/** The most resident memory that a process has had, in KiB; 0 when it is gone. */
function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

if (values.help) process.stdout.write(HELP);
else if (values.write !== undefined) write(numberOf('--write', values.write, 1, 1e8));
else {
  const rows: string[][] = [];
  for (const count of values.flows.split(',')) {
    const { flows, seconds, peakMb } = await measure(numberOf('--flows', count, 1, 1e8));
    rows.push([flows.toLocaleString('en-US'), seconds.toFixed(1), peakMb.toFixed(0)]);
  }
  process.stdout.write(`${table(['flows', 'seconds', 'peak MB'], rows)}\n`);
}
