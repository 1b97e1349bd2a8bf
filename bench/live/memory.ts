import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Line } from './line.ts';
import { weirOn } from './receivers.ts';

/** New flows must all be there before the first has been silent for 30 s. */
const SECONDS = 10;
const FASTEST = 100_000;
const SLOWEST = 20_000;

/** Memory of `weir read -i` with so many flows alive, MB (10^6 bytes). */
export interface Memory {
  /** Flows that weir counted. */
  readonly flows: number;
  readonly dropped: number;
  readonly residentMb: number;
  readonly privateMb: number;
}

/** Brings flows to life, question and answer each, and looks at the process. */
export async function memoryAt(line: Line, flows: number): Promise<Memory> {
  const program = await weirOn(line, '--eve', '/dev/null', '--json');
  if (flows > 0) {
    await line.send('flows', flows, Math.min(FASTEST, Math.max(SLOWEST, (2 * flows) / SECONDS)));
  }
  await wait(1500);
  const text = readFileSync(`/proc/${program.child.pid}/smaps_rollup`, 'latin1');
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]);
  const { stdout, stderr } = await program.end('SIGINT');
  if (stdout === '') throw new Error(`weir read gave no summary: ${stderr.trim()}`);
  const summary = JSON.parse(stdout) as {
    readonly flows: number;
    readonly live: { readonly dropped: number };
  };
  return {
    flows: summary.flows,
    dropped: summary.live.dropped,
    residentMb: (kib('Rss') * 1024) / 1e6,
    privateMb: ((kib('Private_Clean') + kib('Private_Dirty')) * 1024) / 1e6,
  };
}
