/** Rules, bodies and requests for the WAF: see `worker.ts`. */
import { workerData } from 'node:worker_threads';
import { Attempts, tell } from './attempts.ts';
import type { WorkerStart } from './messages.ts';
import { roundRandom } from './random.ts';
import { coreRules } from './waf.ts';
import { bodyInput, requestInput, rulesInput } from './waf-generate.ts';

const PER_ROUND = 20;

const start = workerData as WorkerStart;
const attempts = new Attempts(start);
// Not while an input is watched.
coreRules();
for (let round = start.round; ; round++) {
  const random = roundRandom(start.seed, round);
  for (let i = 0; i < PER_ROUND; i++) {
    await attempts.run(rulesInput(random));
    await attempts.run(bodyInput(random));
    await attempts.run(requestInput(random));
  }
  tell({ type: 'round', round, heapBytes: process.memoryUsage().heapUsed });
}
