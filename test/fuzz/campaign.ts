import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { CURRENT_BYTES, type FailureMessage, type WorkerMessage, type WorkerStart } from './messages.ts';

/** How long the fuzzer runs, and where it begins. */
export interface CampaignOptions {
  readonly seconds: number;
  readonly seed: number;
  /** What makes inputs and runs them: the file of a worker, beside this one. */
  readonly worker?: './worker.ts' | './waf-worker.ts' | './web-worker.ts';
  /** Where failures are written. */
  readonly folder: string;
  readonly onFailure?: (failure: Failure) => void;
  readonly onProgress?: (inputs: number, failures: number, heapBytes: number) => void;
}

/** A failure that was found, and the file that repeats it. */
export interface Failure {
  readonly key: string;
  readonly text: string;
  readonly path: string;
}

/** What came of a run. */
export interface CampaignResult {
  readonly inputs: number;
  readonly rounds: number;
  readonly failures: readonly Failure[];
}

/** CPU time of one input from which on it hangs; the machine may be busy, so that the clock says little. */
const HANG_MS = 1000;
const POLL_MS = 100;
const HEAP_MEGABYTES = 768;

/** Lets a worker mutate and run inputs until the time is over; a worker that hangs or dies is replaced. */
export async function fuzz(options: CampaignOptions): Promise<CampaignResult> {
  const campaign = new Campaign(options);
  const until = performance.now() + options.seconds * 1000;
  let round = 0;
  while (performance.now() < until) round = (await campaign.work(round, until)) + 1;
  return campaign.result();
}

class Campaign {
  private readonly options: CampaignOptions;
  private readonly failures = new Map<string, Failure>();
  private inputs = 0;
  private rounds = 0;

  constructor(options: CampaignOptions) {
    this.options = options;
    mkdirSync(options.folder, { recursive: true });
  }

  result(): CampaignResult {
    return { inputs: this.inputs, rounds: this.rounds, failures: [...this.failures.values()] };
  }

  /** One worker, from a round on until it ends, or the time does. Returns the round that it was in. */
  async work(first: number, until: number): Promise<number> {
    const pulse = new SharedArrayBuffer(8);
    const current = new SharedArrayBuffer(CURRENT_BYTES);
    const start: WorkerStart = { seed: this.options.seed, round: first, pulse, current };
    const worker = new Worker(new URL(this.options.worker ?? './worker.ts', import.meta.url), {
      workerData: start,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES },
    });
    const counters = new Int32Array(pulse);
    const input = (): Uint8Array => new Uint8Array(current).slice(0, counters[1]);
    let round = first;
    let settle: () => void = () => {};
    const ended = new Promise<void>((resolve) => {
      settle = resolve;
    });
    worker.on('message', (message: WorkerMessage) => {
      if (message.type === 'failure') this.failed(message);
      else {
        round = message.round + 1;
        this.rounds++;
        const inputs = this.inputs + Atomics.load(counters, 0);
        this.options.onProgress?.(inputs, this.failures.size, message.heapBytes);
      }
    });
    worker.on('error', (error: Error) => {
      this.failed({
        type: 'failure',
        key: `died: ${error.message}`,
        text: String(error.stack),
        file: input(),
      });
      settle();
    });
    worker.on('exit', settle);
    let seen = -1;
    let since = process.cpuUsage();
    const watch = setInterval(() => {
      if (performance.now() >= until) settle();
      const now = Atomics.load(counters, 0);
      if (now !== seen) {
        seen = now;
        since = process.cpuUsage();
        return;
      }
      const { user, system } = process.cpuUsage(since);
      if (seen === 0 || (user + system) / 1000 < HANG_MS) return;
      const file = input();
      this.failed({
        type: 'failure',
        key: `hang ${hint(file)}`,
        text: `hangs for more than ${HANG_MS} ms`,
        file,
      });
      settle();
    }, POLL_MS);
    await ended;
    clearInterval(watch);
    await worker.terminate();
    this.inputs += Atomics.load(counters, 0);
    return round;
  }

  private failed(message: FailureMessage): void {
    const name = message.key.replaceAll(/[^\w.-]+/g, '-').slice(0, 80);
    const path = join(this.options.folder, `${name}.bin`);
    writeFileSync(path, message.file);
    const failure = { key: message.key, text: message.text, path };
    const known = this.failures.has(message.key);
    this.failures.set(message.key, failure);
    if (!known) this.options.onFailure?.(failure);
  }
}

/** Tells hangs apart by what was running. */
function hint(file: Uint8Array): string {
  const line = Buffer.from(file.subarray(0, 200)).toString('latin1');
  return /"(?:protocol|part)":"([\w-]*)"/.exec(line)?.[1] ?? 'capture';
}
