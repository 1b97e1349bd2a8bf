/** Input of all kinds for the parsers of the active stream: see `worker.ts`. */
import { setImmediate as turn } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { Attempts, tell } from './attempts.ts';
import { WEB_PARTS } from './input.ts';
import type { WorkerStart } from './messages.ts';
import { roundRandom } from './random.ts';
import { webInput } from './web-generate.ts';

const PER_ROUND = 20;

const start = workerData as WorkerStart;
const attempts = new Attempts(start);
for (let round = start.round; ; round++) {
  const random = roundRandom(start.seed, round);
  for (let i = 0; i < PER_ROUND; i++) {
    for (const part of WEB_PARTS) await attempts.run(webInput(part, random));
  }
  // Streams that were ended are let go of in turns of their own.
  await turn();
  tell({ type: 'round', round, heapBytes: process.memoryUsage().heapUsed });
}
