import { readFile } from 'node:fs/promises';
import type { SystemStatus } from '../../control/index.ts';
import type { Backend } from '../backend.ts';

/** Figures of weir at one moment. */
export interface Sample {
  /** Milliseconds, of the clock that never goes back. */
  readonly atMs: number;
  readonly status: SystemStatus;
  /** Seconds of processor time of each process by its name, where they can be read. */
  readonly cpuSeconds: ReadonlyMap<string, number>;
  /** How long it took to ask, in milliseconds. */
  readonly tookMs: number;
}

/** A sample serves all who look within so long; a scraper that comes each second gets a new one each time. */
const FRESH_MS = 900;

/** Asks how weir is: once for all who look at the same time, and only while somebody does. */
export class Samples {
  private readonly backend: Backend;
  private current: Promise<Sample> | undefined;
  private latest: Sample | undefined;

  constructor(backend: Backend) {
    this.backend = backend;
  }

  /** The sample of now, or one that is not older than `sinceMs`; rejects with a ControlError. */
  take(sinceMs = performance.now() - FRESH_MS): Promise<Sample> {
    if (this.latest !== undefined && this.latest.atMs >= sinceMs) return Promise.resolve(this.latest);
    this.current ??= this.ask().finally(() => {
      this.current = undefined;
    });
    return this.current;
  }

  private async ask(): Promise<Sample> {
    const begun = performance.now();
    const status = await this.backend.weir.status();
    const atMs = performance.now();
    const cpuSeconds = await cpuOf(status);
    this.latest = { atMs, status, cpuSeconds, tookMs: atMs - begun };
    return this.latest;
  }
}

/** What Linux counts processor time in, for programs (USER_HZ, getconf CLK_TCK): the same on all its machines. */
const TICKS_PER_SECOND = 100;

async function cpuOf({ processes }: SystemStatus): Promise<ReadonlyMap<string, number>> {
  const read = processes.map(async ({ name, pid }) => {
    const ticks = pid === undefined ? undefined : await ticksOf(pid);
    return ticks === undefined ? [] : [[name, ticks / TICKS_PER_SECOND] as const];
  });
  return new Map((await Promise.all(read)).flat());
}

/** Fields 14 and 15 of proc_pid_stat(5): time in the program and in the kernel. */
async function ticksOf(pid: number): Promise<number | undefined> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // It has ended meanwhile, or the system hides processes of others.
    return undefined;
  }
  // The second field is a name that may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isFinite(ticks) ? ticks : undefined;
}

/** A number among those that processes tell; undefined where there is none. */
export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = valueAt(value, ...path);
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
}

/** What processes tell under some names; undefined where there is nothing. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[name];
  }
  return found;
}

/** Most entries that a list by names is followed to. */
const MOST_ENTRIES = 64;

/** Entries of an object that processes tell. */
export function entriesAt(
  value: unknown,
  ...path: readonly string[]
): readonly (readonly [string, unknown])[] {
  const found = valueAt(value, ...path);
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return [];
  return Object.entries(found).slice(0, MOST_ENTRIES);
}
