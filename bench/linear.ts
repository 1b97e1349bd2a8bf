/**
 * Whether cost grows with the packets and not faster, and what a second process brings: the mixed capture at 1x, 2x
 * and 4x the packets, then two processes at once with half of the packets each.
 */

import { parseArgs } from 'node:util';
import { type BenchCapture, CAPTURE_KINDS, ensureCapture } from './capture/cache.ts';
import { DEFAULT_LIMIT_SECONDS, Meter, median, type Usage, warm, weirRead } from './measure.ts';
import { choices, numberOf } from './options.ts';
import { table } from './report.ts';

const HELP = `usage: node bench/linear.ts [options]

Reads a capture at 1x, 2x and 4x its packets, and with two processes at once.

  --only KIND    ${CAPTURE_KINDS.join(', ')} (default mixed)
  --scale F      size of the largest (4x), 1 is a gigabyte (default 1)
  --runs N       of each size (default 3)
`;

const SIZES = [1, 2, 4];

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    only: { type: 'string', default: 'mixed' },
    scale: { type: 'string', default: '1' },
    runs: { type: 'string', default: '3' },
  },
});

function say(words: string): void {
  process.stderr.write(`bench: ${words}\n`);
}

/** Reads a capture once; throws when weir fails. */
async function readOnce(meter: Meter, capture: BenchCapture): Promise<Usage> {
  const command = weirRead(capture.path, '--no-ndpi', '--eve', '/dev/null', '-q');
  const run = await meter.run(command, DEFAULT_LIMIT_SECONDS);
  if ('failure' in run) throw new Error(`${command.join(' ')}: ${run.failure}`);
  return run.usage;
}

async function main(): Promise<void> {
  const scale = numberOf('--scale', values.scale, 0.004, 1.2);
  const runs = numberOf('--runs', values.runs, 1, 100);
  const captures: BenchCapture[] = [];
  for (const kind of choices('--only', values.only, CAPTURE_KINDS)) {
    for (const size of SIZES) {
      captures.push(await ensureCapture(kind, { scale: (scale * size) / 4 }, say));
    }
  }
  const meter = new Meter();
  const usages = captures.map((): Usage[] => []);
  const together: number[] = [];
  for (let run = 0; run < runs; run++) {
    for (const [index, capture] of captures.entries()) {
      warm(capture.path);
      usages[index]!.push(await readOnce(meter, capture));
      if (index % SIZES.length !== 1) continue;
      // Flows cross files in real captures; this is the bound of what splitting by file can bring.
      const start = performance.now();
      await Promise.all([readOnce(meter, capture), readOnce(new Meter(), capture)]);
      together.push((performance.now() - start) / 1000);
    }
  }
  const rows = captures.map((capture, index) => {
    const wall = median(usages[index]!.map((usage) => usage.wallSeconds));
    const cpu = median(usages[index]!.map((usage) => usage.cpuSeconds));
    return [
      `${capture.kind} ${SIZES[index % SIZES.length]}x`,
      capture.packets.toLocaleString('en-US'),
      wall.toFixed(2),
      cpu.toFixed(2),
      ((cpu / capture.packets) * 1e6).toFixed(3),
      Math.max(...usages[index]!.map((usage) => usage.memoryMb)).toFixed(0),
    ];
  });
  process.stdout.write(
    `${table(['capture', 'packets', 'wall s', 'CPU s', 'CPU us/packet', 'peak MB'], rows)}\n`,
  );
  const half = median(usages[1]!.map((usage) => usage.wallSeconds));
  const both = median(together);
  process.stdout.write(
    `\nTwo processes, each with the 2x capture: ${both.toFixed(2)} s; one after the other ${(2 * half).toFixed(2)} s: ${((2 * half) / both).toFixed(2)} times as fast.\n`,
  );
}

if (values.help) process.stdout.write(HELP);
else {
  try {
    await main();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
