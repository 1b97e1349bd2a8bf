import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { workerData } from 'node:worker_threads';
import { Attempts, keyOf, tell } from './attempts.ts';
import { captureInput, frameInput, streamInput } from './generate.ts';
import type { WorkerStart } from './messages.ts';
import { mutated } from './mutate.ts';
import { roundRandom } from './random.ts';
import { conversations, loadSeed, plain, seedPaths } from './seeds.ts';
import { Soak } from './soak.ts';

/** Inputs of each kind that are made from one capture. */
const PER_ROUND = 12;
const STREAMS_PER_ROUND = 40;
/**
 * Memory is the least seen in so many rounds: the buffers of engines that are over are freed some time after a
 * collection, so that a single figure tells of those too. It may grow by so much once it has settled.
 */
const WINDOW = 20;
const MOST_GROWTH = 128 << 20;

const start = workerData as WorkerStart;
const attempts = new Attempts(start);
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Gives a capture to the engine that outlives the rounds; what goes wrong there is the whole capture's. */
function soaked(capture: Buffer): void {
  try {
    soak.round(capture);
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    const input = { kind: 'capture', tight: false, file: false, bytes: capture } as const;
    attempts.report(`soak ${keyOf(failure)}`, failure, input);
  }
}

const soak = await Soak.start();
const paths = seedPaths();
let baseline = 0;
let least = Number.POSITIVE_INFINITY;
for (let round = start.round; ; round++) {
  const random = roundRandom(start.seed, round);
  const capture = loadSeed(paths, random.below(1 << 30));
  const opened = plain(capture);
  for (let i = 0; i < PER_ROUND; i++) {
    await attempts.run(captureInput(capture.bytes, random));
    await attempts.run(frameInput(opened, random));
  }
  soaked(opened);
  soaked(Buffer.from(mutated(opened, random)));
  const said = await conversations(opened);
  if (said.length > 0) {
    for (let i = 0; i < STREAMS_PER_ROUND; i++) await attempts.run(streamInput(said, random));
  }
  collect();
  const { heapUsed, external } = process.memoryUsage();
  const heapBytes = heapUsed + external;
  least = Math.min(least, heapBytes);
  const rounds = round - start.round + 1;
  if (rounds % WINDOW === 0) {
    // The first window is for what is loaded and compiled, the second is what the others are held against.
    if (rounds === 2 * WINDOW) baseline = least;
    if (baseline > 0 && least > baseline + MOST_GROWTH) {
      const text = `memory grew from ${baseline} to ${least} bytes in ${rounds - 2 * WINDOW} rounds`;
      tell({ type: 'failure', key: 'growth', text, file: attempts.last });
      baseline = least;
    }
    least = Number.POSITIVE_INFINITY;
  }
  tell({ type: 'round', round, heapBytes });
}
