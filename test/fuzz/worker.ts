import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { execute } from './execute.ts';
import { captureInput, frameInput, streamInput } from './generate.ts';
import { encodeInput, type FuzzInput } from './input.ts';
import type { WorkerMessage, WorkerStart } from './messages.ts';
import { minimised } from './minimise.ts';
import { mutated } from './mutate.ts';
import { Random } from './random.ts';
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

const { seed, round: firstRound, pulse, current } = workerData as WorkerStart;
const counters = new Int32Array(pulse);
const memory = new Uint8Array(current);
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const reported = new Set<string>();

function tell(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}

/** Runs an input where the watcher can see it. Returns what went wrong. */
async function attempt(input: FuzzInput): Promise<Error | undefined> {
  const file = encodeInput(input, seed);
  if (file.length > memory.length) return undefined;
  memory.set(file);
  Atomics.store(counters, 1, file.length);
  Atomics.add(counters, 0, 1);
  try {
    await execute(input);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function run(input: FuzzInput | undefined): Promise<void> {
  if (input === undefined) return;
  const error = await attempt(input);
  if (error === undefined) return;
  const key = keyOf(error);
  if (reported.has(key)) return;
  reported.add(key);
  const text = error.stack ?? error.message;
  tell({ type: 'failure', key, text, file: encodeInput(input, seed) });
  const smaller = await minimised(input, async (candidate) => {
    const again = await attempt(candidate);
    return again !== undefined && keyOf(again) === key;
  });
  tell({ type: 'failure', key, text, file: encodeInput(smaller, seed) });
}

/** What tells failures apart: the kind of error and where it came from. */
function keyOf(error: Error): string {
  const places = (error.stack ?? '').split('\n').filter((line) => line.includes('/src/'));
  const where = places.slice(0, 2).map((line) => /([\w-]+\.ts:\d+)/.exec(line)?.[1] ?? '');
  const what = places.length > 0 ? error.name : error.message.replaceAll(/\d+/g, 'N').slice(0, 60);
  return [what, ...where].join(' ');
}

/** Gives a capture to the engine that outlives the rounds; what goes wrong there is the whole capture's. */
function soaked(capture: Buffer): void {
  try {
    soak.round(capture);
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    const key = `soak ${keyOf(failure)}`;
    if (reported.has(key)) return;
    reported.add(key);
    const file = encodeInput({ kind: 'capture', tight: false, file: false, bytes: capture }, seed);
    tell({ type: 'failure', key, text: failure.stack ?? failure.message, file });
  }
}

const soak = await Soak.start();
const paths = seedPaths();
let baseline = 0;
let least = Number.POSITIVE_INFINITY;
for (let round = firstRound; ; round++) {
  const random = new Random(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(round + 1, 0x85ebca6b));
  const capture = loadSeed(paths, random.below(1 << 30));
  const opened = plain(capture);
  for (let i = 0; i < PER_ROUND; i++) {
    await run(captureInput(capture.bytes, random));
    await run(frameInput(opened, random));
  }
  soaked(opened);
  soaked(Buffer.from(mutated(opened, random)));
  const said = await conversations(opened);
  if (said.length > 0) {
    for (let i = 0; i < STREAMS_PER_ROUND; i++) await run(streamInput(said, random));
  }
  collect();
  const { heapUsed, external } = process.memoryUsage();
  const heapBytes = heapUsed + external;
  least = Math.min(least, heapBytes);
  const rounds = round - firstRound + 1;
  if (rounds % WINDOW === 0) {
    // The first window is for what is loaded and compiled, the second is what the others are held against.
    if (rounds === 2 * WINDOW) baseline = least;
    if (baseline > 0 && least > baseline + MOST_GROWTH) {
      const text = `memory grew from ${baseline} to ${least} bytes in ${rounds - 2 * WINDOW} rounds`;
      tell({ type: 'failure', key: 'growth', text, file: memory.slice(0, counters[1]) });
      baseline = least;
    }
    least = Number.POSITIVE_INFINITY;
  }
  tell({ type: 'round', round, heapBytes });
}
