import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { extname, join } from 'node:path';
import type { Readable } from 'node:stream';

/** weir's own program: packets are never looked at in the process that answers. */
const MAIN = join(import.meta.dirname, `../../cli/main${extname(import.meta.filename)}`);
/** What the system's own work goes before. */
const NICE = 10;
/** MiB of its heap. */
const MOST_HEAP = 256;
/** Characters of what it says that are kept. */
const MOST_WORDS = 4096;

/** How a program ended. */
export interface Ending {
  /** Undefined where a signal ended it. */
  readonly code: number | undefined;
  /** It took too long. */
  readonly late: boolean;
  /** What it said, without the name of the program. */
  readonly said: string;
}

/** A run of weir's program. */
export interface RunningProgram {
  readonly pid: number | undefined;
  readonly output: Readable;
  readonly ended: Promise<Ending>;
}

/** Runs `weir ARGS`, at most for so long and until the signal; then it is killed. */
export function runProgram(args: readonly string[], mostMs: number, signal: AbortSignal): RunningProgram {
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(
    process.execPath,
    [`--max-old-space-size=${MOST_HEAP}`, MAIN, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, NO_COLOR: '1' }, cwd: '/' },
  );
  let late = false;
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (said.length < MOST_WORDS) said += text.slice(0, MOST_WORDS - said.length);
  });
  const kill = (): void => {
    child.kill('SIGKILL');
    // What nobody takes would keep it from being over.
    child.stdout.destroy();
  };
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, mostMs);
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  if (child.pid !== undefined) beNice(child.pid);
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code: code ?? undefined, late, said: said.trim().replace(/^weir: /gm, '') });
    });
  }).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
  });
  return { pid: child.pid, output: child.stdout, ended };
}

function beNice(pid: number): void {
  try {
    setPriority(pid, NICE);
  } catch (error) {
    // It has ended already.
    if (!(error instanceof Error && 'info' in error)) throw error;
  }
}
