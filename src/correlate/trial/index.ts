/** Scenarios tried by themselves, beside what runs: checked, and run over records of the past. */

import { Worker } from 'node:worker_threads';
import type { SimulationResult } from '../simulation-result.ts';
import type { CheckedScenarios, TrialInput, TrialOutput, TrialSettings, TrialStart } from './job.ts';

export type { SimulationResult } from '../simulation-result.ts';
export type { CheckedScenarios, TrialMistake, TrialScenario, TrialSettings } from './job.ts';

/** A trial that was given up: it took too long, or more memory than it may. */
export class TrialError extends Error {
  override name = 'TrialError';
}

const CHECK_MS = 10_000;
/** For all records of a run. */
const RUN_MS = 60_000;
const HEAP_MB = 384;

/** Looks for mistakes in a text of scenarios. Rejects with a {@link TrialError}. */
export async function checkScenarios(text: string): Promise<CheckedScenarios> {
  const thread = new TrialThread({ kind: 'check', text }, CHECK_MS);
  try {
    const said = await thread.next();
    if (said.kind === 'checked') return said.checked;
    throw new TrialError('the trial gave another answer than was asked for');
  } finally {
    thread.end();
  }
}

/**
 * Runs scenarios over records, which come as lines of JSON in about the order of time: what they would have found, and
 * who would have been banned. Mistaken scenarios of the text are left out. Rejects with a {@link TrialError}, and with
 * what reading the records fails with.
 */
export async function runScenarios(
  text: string,
  settings: TrialSettings,
  records: AsyncIterable<readonly string[]>,
): Promise<SimulationResult> {
  const thread = new TrialThread({ kind: 'run', text, settings }, RUN_MS);
  try {
    await thread.next();
    for await (const lines of records) {
      thread.say({ lines });
      await thread.next();
    }
    thread.say({ end: true });
    const said = await thread.next();
    if (said.kind === 'result') return said.result;
    throw new TrialError('the trial gave another answer than was asked for');
  } finally {
    thread.end();
  }
}

/** The thread, of which each thing that it is told is answered by one. */
class TrialThread {
  private readonly worker: Worker;
  private readonly timer: NodeJS.Timeout;
  private readonly said: TrialOutput[] = [];
  private waiting: { resolve: (said: TrialOutput) => void; reject: (error: Error) => void } | undefined;
  private failure: Error | undefined;

  constructor(start: TrialStart, budgetMs: number) {
    this.worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: start,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    this.timer = setTimeout(
      () => this.fail(new TrialError(`it took longer than ${budgetMs / 1000} s and was given up`)),
      budgetMs,
    );
    this.worker.on('message', (output: TrialOutput) => {
      if (this.waiting === undefined) this.said.push(output);
      else this.waiting.resolve(output);
      this.waiting = undefined;
    });
    this.worker.on('error', (error: Error) => {
      const isFull = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      this.fail(isFull ? new TrialError(`it needs more than ${HEAP_MB} MiB of memory`) : error);
    });
    this.worker.on('exit', () => this.fail(new TrialError('the trial ended without an answer')));
  }

  say(input: TrialInput): void {
    this.worker.postMessage(input);
  }

  next(): Promise<TrialOutput> {
    const output = this.said.shift();
    if (output !== undefined) return Promise.resolve(output);
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
  }

  end(): void {
    clearTimeout(this.timer);
    void this.worker.terminate();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.waiting?.reject(this.failure);
    this.waiting = undefined;
    this.end();
  }
}
