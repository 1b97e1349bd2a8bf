/** Runs a command as a whole process and says what it used. */

import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { BENCH_FOLDER, ROOT } from './capture/cache.ts';

/** What one run used. Seconds, and the largest resident memory in MB (10^6 bytes). */
export interface Usage {
  readonly wallSeconds: number;
  /** User and system time of the process and its children. */
  readonly cpuSeconds: number;
  readonly memoryMb: number;
}

/** How a run ended: it was measured, or why it was not. */
export type Run = { readonly usage: Usage } | { readonly failure: string };

/** How long one command may take. */
export const DEFAULT_LIMIT_SECONDS = 300;
const WARM_CHUNK = 4 << 20;

/** `./weir read` with the given arguments. */
export function weirRead(...args: readonly string[]): readonly string[] {
  return [join(ROOT, 'weir'), 'read', ...args];
}

/** Measures commands with the wrapper, which is compiled when it is missing or older than its source. */
export class Meter {
  private readonly wrapper: string;
  private readonly result: string;

  /** Throws when neither a C compiler nor /usr/bin/time is there. */
  constructor() {
    mkdirSync(BENCH_FOLDER, { recursive: true });
    this.result = join(BENCH_FOLDER, `usage-${process.pid}.json`);
    this.wrapper = compileWrapper();
  }

  /** Runs a command, its output thrown away, and ends it with all its children after `limitSeconds`. */
  run(command: readonly string[], limitSeconds: number): Promise<Run> {
    rmSync(this.result, { force: true });
    const wrapped =
      this.wrapper === ''
        ? ['/usr/bin/time', '-q', '-o', this.result, '-f', TIME_FORMAT, ...command]
        : [this.wrapper, this.result, ...command];
    return new Promise((resolve) => {
      const [program, ...args] = wrapped;
      // A group of its own, so that the limit ends the command and not only the wrapper.
      const child = spawn(program!, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      }, limitSeconds * 1000);
      let words = '';
      child.stderr.on('data', (chunk: Buffer) => {
        words = (words + chunk.toString('latin1')).slice(-2000);
      });
      child.on('error', (error) => {
        clearTimeout(timer);
        resolve({ failure: error.message });
      });
      child.on('close', () => {
        clearTimeout(timer);
        resolve(late ? { failure: `more than ${limitSeconds} s` } : this.read(words));
      });
    });
  }

  private read(words: string): Run {
    const lines = words.trim().split('\n');
    const lastLine = lines.findLast((line) => line.includes('Error')) ?? lines.at(-1) ?? '';
    if (!existsSync(this.result)) return { failure: `not measured: ${lastLine}` };
    const measured = JSON.parse(readFileSync(this.result, 'utf8')) as Measured;
    rmSync(this.result, { force: true });
    if (measured.code !== 0) return { failure: `exit code ${measured.code}: ${lastLine}` };
    return {
      usage: {
        wallSeconds: measured.wall,
        cpuSeconds: measured.user + measured.system,
        memoryMb: (measured.memory * 1024) / 1e6,
      },
    };
  }
}

/** What the wrapper writes: seconds, KiB. */
interface Measured {
  readonly wall: number;
  readonly user: number;
  readonly system: number;
  readonly memory: number;
  readonly code: number;
}

const TIME_FORMAT = '{"wall":%e,"user":%U,"system":%S,"memory":%M,"code":%x}';

/** Path of the wrapper; empty when /usr/bin/time has to do, with hundredths of a second only. */
function compileWrapper(): string {
  const source = join(ROOT, 'bench/rusage.c');
  const binary = join(BENCH_FOLDER, 'rusage');
  if (existsSync(binary) && statSync(binary).mtimeMs > statSync(source).mtimeMs) return binary;
  const { status } = spawnSync('cc', ['-O1', '-o', binary, source], { stdio: 'ignore' });
  if (status === 0) return binary;
  if (existsSync('/usr/bin/time')) return '';
  throw new Error('measuring needs a C compiler (cc) or /usr/bin/time: apt-get install gcc libc6-dev');
}

/** Reads a file once, so that all commands find it in the page cache. */
export function warm(path: string): void {
  const descriptor = openSync(path, 'r');
  const chunk = new Uint8Array(WARM_CHUNK);
  while (readSync(descriptor, chunk) > 0);
  closeSync(descriptor);
}

/** The middle of some numbers; not a number when there are none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
