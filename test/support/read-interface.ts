/**
 * A program: reads an interface live.
 *   read-interface.ts OPTIONS
 * OPTIONS is JSON: those of openLive that are data, `filter` as text, `stallMs` to be busy for before reading,
 * `seconds` to read for, `packets` after which it is enough, `worker` to do it in a thread that is then ended from outside. Prints `ready`, and at the end what
 * was counted, with the frames in hexadecimal where `frames` says so, or `error CODE`.
 */

import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { compileFilter } from '../../src/tap/capture/filter/index.ts';
import { LiveError, openLive } from '../../src/tap/capture/live/index.ts';

/** What the program is told to do. */
export interface ReadInterface {
  readonly interface: string;
  readonly filter?: string;
  readonly blocks?: number;
  readonly snapLength?: number;
  readonly copying?: boolean;
  readonly fanout?: { readonly group: number };
  readonly stallMs?: number;
  readonly seconds?: number;
  readonly packets?: number;
  readonly worker?: boolean;
  readonly frames?: boolean;
}

const told = (isMainThread ? JSON.parse(process.argv[2] ?? '{}') : workerData) as ReadInterface;

if (told.worker === true && isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { workerData: told });
  await new Promise((resolve) => worker.once('message', resolve));
  process.stdout.write(`ended with ${await worker.terminate()}\n`);
} else {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof LiveError)) throw error;
    process.stdout.write(`error ${error.code}: ${error.message}\n`);
    process.exitCode = 1;
  }
}

async function run(): Promise<void> {
  const { filter, stallMs = 0, seconds = 1, frames = false, worker, packets: enough, ...options } = told;
  const source = openLive({ ...options, filter: filter === undefined ? undefined : compileFilter(filter) });
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), seconds * 1000 + stallMs);
  if (worker === true) {
    const { parentPort } = await import('node:worker_threads');
    setTimeout(() => parentPort?.postMessage('reading'), 50);
  }
  process.stdout.write('ready\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMs);
  const seen: string[] = [];
  let packets = 0;
  let batches = 0;
  const cpu = process.cpuUsage();
  try {
    for await (const batch of source.batches(stop.signal)) {
      packets += batch.end - batch.first;
      batches++;
      if (enough !== undefined && packets >= enough) stop.abort();
      for (let i = batch.first; frames && i < batch.end; i++) {
        const start = batch.offset[i]!;
        seen.push(Buffer.from(batch.bytes.subarray(start, start + batch.captured[i]!)).toString('hex'));
      }
    }
  } finally {
    clearTimeout(timer);
    const { user, system } = process.cpuUsage(cpu);
    const statistics = source.statistics();
    source.close();
    const result = {
      packets,
      batches,
      mapped: source.mapped,
      statistics,
      frames: seen,
      cpuUs: user + system,
    };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
}
