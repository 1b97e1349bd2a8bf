/** How long starting takes: the median of 20 starts of `weir --version`, and of reading a capture of ten packets. */

import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PcapWriter } from '../src/tap/capture/index.ts';
import { BENCH_FOLDER, ROOT } from './capture/cache.ts';
import { FrameBuilder } from './capture/segment.ts';
import { FLOW_KINDS } from './capture/short-flows.ts';
import { median } from './measure.ts';
import { table } from './report.ts';

const STARTS = 20;

/** Writes the ten packets of one HTTP exchange. */
function writeTenPackets(path: string): void {
  const writer = new PcapWriter(path, { linkType: 1 });
  const frame = new FrameBuilder();
  const kind = FLOW_KINDS.find(({ name }) => name === 'HTTP exchange')!;
  for (const [step, delayUs] of kind.delaysUs.entries()) {
    kind.build(frame, 1, step);
    const { bytes, length } = frame;
    const timeUs = 1_767_258_000e6 + delayUs;
    writer.write({ bytes, offset: 0, captured: length, original: length, timeUs, nanos: 0 });
  }
  writer.close();
}

/** Milliseconds of each start. Throws when the command fails. */
function starts(command: readonly string[]): number[] {
  const [program, ...args] = command;
  return Array.from({ length: STARTS + 1 }, () => {
    const begin = performance.now();
    const { status, stderr } = spawnSync(program!, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    });
    const took = performance.now() - begin;
    if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr.trim()}`);
    return took;
    // The first start may have to fill the compile cache.
  }).slice(1);
}

mkdirSync(BENCH_FOLDER, { recursive: true });
const capture = join(BENCH_FOLDER, 'ten-packets.pcap');
writeTenPackets(capture);
const weir = join(ROOT, 'weir');
const rows = [
  { label: './weir --version', command: [weir, '--version'], limitMs: 120 },
  { label: './weir read, ten packets', command: [weir, 'read', capture], limitMs: 250 },
  { label: 'node alone', command: [process.execPath, '-e', '0'], limitMs: undefined },
].map(({ label, command, limitMs }) => {
  const times = starts(command);
  const middle = median(times);
  const verdict =
    limitMs === undefined ? '' : `<= ${limitMs} ms: ${middle <= limitMs ? 'reached' : 'missed'}`;
  return [label, middle.toFixed(0), Math.min(...times).toFixed(0), Math.max(...times).toFixed(0), verdict];
});
process.stdout.write(`${table(['start', 'median ms', 'fastest', 'slowest', ''], rows)}\n`);
