import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Running } from '../../test/support/running.ts';
import { ROOT } from '../capture/cache.ts';
import type { Line } from './line.ts';

/** A `weir up` that captures from the line, with its files in a folder of its own. */
export interface Up {
  readonly program: Running;
  /** The file of EVE records. */
  readonly eve: string;
  /** The folder of the control socket. */
  readonly control: string;
}

/** Runs `weir up` while `work` is under way; nothing of it is left then. `capture`: settings of that section. */
export async function whileUp<T>(
  line: Line,
  work: (up: Up) => Promise<T>,
  capture: Readonly<Record<string, unknown>> = {},
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-up-'));
  // The processes become another user, who must get there.
  chmodSync(folder, 0o755);
  try {
    mkdirSync(join(folder, 'records'));
    const eve = join(folder, 'records/eve.json');
    const control = join(folder, 'run');
    const configuration = {
      capture: { interface: 'right', ...capture },
      outputs: { eve: { file: eve } },
      store: { folder: join(folder, 'store') },
      control: { folder: control },
    };
    const path = join(folder, 'weir.yaml');
    writeFileSync(path, JSON.stringify(configuration));
    const program = line.start(join(ROOT, 'weir'), 'up', '--config', path);
    await program.says('running;');
    if (!existsSync(eve)) throw new Error(`weir up made no ${eve}: ${program.stderr.trim()}`);
    const result = await work({ program, eve, control });
    await program.end('SIGTERM');
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A figure of /proc/PID/smaps_rollup, MB (10^6 bytes). */
export function memoryMb(pid: number, ...names: readonly string[]): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  const kib = names.map((name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]));
  return (kib.reduce((sum, each) => sum + each, 0) * 1024) / 1e6;
}
