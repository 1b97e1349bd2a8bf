import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Running } from '../../test/support/running.ts';
import { BENCH_FOLDER, ROOT } from '../capture/cache.ts';
import type { Line } from './line.ts';

/** The ring of weir is 32 MiB; others get as much. */
const BUFFER_KIB = 32 << 10;

/** What a receiver has counted. */
export interface Counted {
  readonly packets: number;
  readonly dropped: number;
}

/** A program that captures. */
export interface Receiver {
  readonly name: string;
  /** Why it cannot run here; empty when it can. */
  obstacle(): string;
  /** Starts it, and waits until it captures. */
  start(line: Line): Promise<Running>;
  /** Ends it; what it has counted. */
  end(program: Running): Promise<Counted>;
}

/** All receivers, in the order of the table. */
export const RECEIVERS: readonly Receiver[] = [
  // What it cannot take is to be seen as loss.
  weir('weir read -i, all parsers', ['--no-sampling']),
  {
    name: 'tcpdump -w',
    obstacle: () => missing('tcpdump'),
    start: (line) =>
      started(line, 'listening on', 'tcpdump', [
        ...['-i', 'right', '-n', '-B', String(BUFFER_KIB), '-Z', 'root', '-w', '/dev/null'],
      ]),
    end: async (program) => {
      const { stderr } = await program.end('SIGINT');
      return {
        packets: numberIn(stderr, /^(\d+) packets received by filter/m),
        dropped: numberIn(stderr, /^(\d+) packets dropped by kernel/m),
      };
    },
  },
  weir('weir read -i --flows-only', ['--flows-only']),
  {
    name: 'softflowd',
    obstacle: () => missing('softflowd'),
    start: async (line) => {
      const program = line.start(
        'softflowd',
        ...['-d', '-i', 'right', '-n', '127.0.0.1:9995', '-B', String(BUFFER_KIB << 10)],
        ...['-c', CONTROL, '-p', `${CONTROL}.pid`],
      );
      for (let i = 0; i < 100 && statistics() === ''; i++) await wait(20);
      return program;
    },
    end: async (program) => {
      const text = statistics();
      await program.end('SIGTERM');
      return {
        packets: numberIn(text, /received by libpcap: (\d+)/),
        dropped: numberIn(text, /dropped by libpcap: (\d+)/),
      };
    },
  },
];

const CONTROL = join(BENCH_FOLDER, `softflowd-${process.pid}`);

/** `weir read` with arguments, as a user calls it. */
export function weirOn(line: Line, ...args: readonly string[]): Promise<Running> {
  return started(line, 'capturing on', join(ROOT, 'weir'), ['read', '-i', 'right', ...args]);
}

function weir(name: string, options: readonly string[]): Receiver {
  return {
    name,
    obstacle: () => '',
    start: (line) => weirOn(line, '--eve', '/dev/null', '--json', ...options),
    end: async (program) => {
      const { stdout, stderr } = await program.end('SIGINT');
      if (stdout === '') throw new Error(`weir read gave no summary: ${stderr.trim()}`);
      return (JSON.parse(stdout) as { readonly live: Counted }).live;
    },
  };
}

async function started(line: Line, word: string, program: string, args: readonly string[]): Promise<Running> {
  const begun = line.start(program, ...args);
  await begun.says(word);
  return begun;
}

/** What softflowd says of itself; empty while it does not answer. */
function statistics(): string {
  const { stdout } = spawnSync('softflowctl', ['-c', CONTROL, 'statistics'], { encoding: 'utf8' });
  return stdout ?? '';
}

function numberIn(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`no number ${pattern} in: ${text.trim().slice(0, 300)}`);
  return Number(found);
}

function missing(program: string): string {
  return spawnSync(program, ['-h']).error === undefined ? '' : 'not installed';
}
