/** Rules tried by themselves: checked, and a request judged by them, beside whatever runs. */

import { Worker } from 'node:worker_threads';
import type { TrialAnswer, TrialJob } from './job.ts';

export type {
  CheckedRules,
  RuleCatalogue,
  RuleCounts,
  TrialAnswer,
  TrialJob,
  TrialMatch,
  TrialRule,
  TrialRules,
  TrialVerdict,
} from './job.ts';

/** A trial that was given up: it took too long, or more memory than it may. */
export class TrialError extends Error {
  override name = 'TrialError';
}

/** To load the Core Rule Set takes about a second on a slow machine. */
const TRIAL_MS = 20_000;
const HEAP_MB = 256;

/** Does a job in a thread of its own, in bounded time and memory. Rejects with a {@link TrialError}. */
export function tryRules(job: TrialJob, budgetMs = TRIAL_MS): Promise<TrialAnswer> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: job,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    const timer = setTimeout(() => {
      reject(new TrialError(`the rules took longer than ${budgetMs / 1000} s: they were given up`));
      void worker.terminate();
    }, budgetMs);
    worker.once('message', (answer: TrialAnswer) => {
      resolve(answer);
      void worker.terminate();
    });
    worker.once('error', (error: Error) => {
      const isFull = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      reject(isFull ? new TrialError(`the rules need more than ${HEAP_MB} MiB of memory`) : error);
    });
    worker.once('exit', () => {
      clearTimeout(timer);
      reject(new TrialError('the trial ended without an answer'));
    });
  });
}
