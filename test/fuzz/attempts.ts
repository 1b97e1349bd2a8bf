import { parentPort } from 'node:worker_threads';
import { execute } from './execute.ts';
import { encodeInput, type FuzzInput } from './input.ts';
import type { WorkerMessage, WorkerStart } from './messages.ts';
import { minimised } from './minimise.ts';

/** Tells the watcher of a worker. */
export function tell(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}

/** Runs inputs where the watcher can see them, and tells of those that fail: once for each way to fail. */
export class Attempts {
  private readonly seed: number;
  private readonly counters: Int32Array;
  private readonly memory: Uint8Array;
  private readonly reported = new Set<string>();

  constructor({ seed, pulse, current }: WorkerStart) {
    this.seed = seed;
    this.counters = new Int32Array(pulse);
    this.memory = new Uint8Array(current);
  }

  /** The input that was run last, encoded. */
  get last(): Uint8Array {
    return this.memory.slice(0, this.counters[1]);
  }

  /** Runs an input; one that fails is made smaller. */
  async run(input: FuzzInput | undefined): Promise<void> {
    if (input === undefined) return;
    const error = await this.attempt(input);
    if (error === undefined) return;
    const key = keyOf(error);
    if (!this.report(key, error, input)) return;
    const smaller = await minimised(input, async (candidate) => {
      const again = await this.attempt(candidate);
      return again !== undefined && keyOf(again) === key;
    });
    const text = error.stack ?? error.message;
    tell({ type: 'failure', key, text, file: encodeInput(smaller, this.seed) });
  }

  /** Tells of a failure; false where it was told before. */
  report(key: string, error: Error, input: FuzzInput): boolean {
    if (this.reported.has(key)) return false;
    this.reported.add(key);
    const text = error.stack ?? error.message;
    tell({ type: 'failure', key, text, file: encodeInput(input, this.seed) });
    return true;
  }

  /** Returns what went wrong. */
  private async attempt(input: FuzzInput): Promise<Error | undefined> {
    const file = encodeInput(input, this.seed);
    if (file.length > this.memory.length) return undefined;
    this.memory.set(file);
    Atomics.store(this.counters, 1, file.length);
    Atomics.add(this.counters, 0, 1);
    try {
      await execute(input);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}

/** What tells failures apart: the kind of error and where it came from. */
export function keyOf(error: Error): string {
  const places = (error.stack ?? '').split('\n').filter((line) => line.includes('/src/'));
  const where = places.slice(0, 2).map((line) => /([\w-]+\.ts:\d+)/.exec(line)?.[1] ?? '');
  const what = places.length > 0 ? error.name : error.message.replaceAll(/\d+/g, 'N').slice(0, 60);
  return [what, ...where].join(' ');
}
