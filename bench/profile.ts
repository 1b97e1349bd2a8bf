/** Where the time goes: runs `weir read` over a capture under V8's sampling profiler and sums up self times. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { BENCH_FOLDER, CAPTURE_KINDS, ensureCapture, ROOT } from './capture/cache.ts';
import { type SelfTime, summariseProfile } from './cpu-profile.ts';
import { warm } from './measure.ts';
import { choices, numberOf } from './options.ts';
import { table } from './report.ts';

const HELP = `usage: node bench/profile.ts [KIND | FILE.cpuprofile | CAPTURE] [options] [-- READ OPTIONS]

Profiles 'weir read' over one of the benchmark's captures (${CAPTURE_KINDS.join(', ')}; default mixed) or any other, or
sums up a profile that is there. Without read options: --no-ndpi --eve /dev/null -q.

  --top N        functions (default 25)
  --scale F      size of the benchmark's capture (default 1)
  --interval US  microseconds between samples (default 1000)
`;

const LONGEST_MS = 900_000;

interface ProfileOptions {
  readonly subject: string;
  readonly read: readonly string[];
  readonly top: number;
  readonly scale: number;
  readonly intervalUs: number;
}

function parseProfileOptions(args: readonly string[]): ProfileOptions | undefined {
  const behind = args.indexOf('--');
  const { values, positionals } = parseArgs({
    args: behind < 0 ? [...args] : args.slice(0, behind),
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      top: { type: 'string', default: '25' },
      scale: { type: 'string', default: '1' },
      interval: { type: 'string', default: '1000' },
    },
  });
  if (values.help) return undefined;
  return {
    subject: positionals[0] ?? 'mixed',
    read: behind < 0 ? ['--no-ndpi', '--eve', '/dev/null', '-q'] : args.slice(behind + 1),
    top: numberOf('--top', values.top, 1, 10_000),
    scale: numberOf('--scale', values.scale, 0.001, 1.2),
    intervalUs: numberOf('--interval', values.interval, 50, 1e6),
  };
}

function say(words: string): void {
  process.stderr.write(`bench: ${words}\n`);
}

/** Runs weir under the profiler; returns the path of the profile, which is kept. Throws when weir fails. */
function profileOf(capture: string, options: ProfileOptions): string {
  const folder = join(BENCH_FOLDER, `profile-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    const { status, stderr } = spawnSync(
      process.execPath,
      [
        '--cpu-prof',
        `--cpu-prof-dir=${folder}`,
        `--cpu-prof-interval=${options.intervalUs}`,
        '--disable-warning=ExperimentalWarning',
        join(ROOT, 'src/cli/main.ts'),
        'read',
        capture,
        ...options.read,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8', timeout: LONGEST_MS },
    );
    if (status !== 0) throw new Error(`weir ended with ${status}: ${stderr.trim().slice(-400)}`);
    const name = readdirSync(folder).find((entry) => entry.endsWith('.cpuprofile'));
    if (name === undefined) throw new Error('node wrote no profile');
    const kept = join(BENCH_FOLDER, `${basename(capture).replace(/\.[^.]*$/, '')}.cpuprofile`);
    renameSync(join(folder, name), kept);
    return kept;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(options: ProfileOptions): Promise<void> {
  const { subject, top } = options;
  let profile = subject;
  if (!subject.endsWith('.cpuprofile')) {
    let capture = subject;
    if (!/[./]/.test(subject)) {
      const [kind] = choices('KIND', subject, CAPTURE_KINDS);
      capture = (await ensureCapture(kind ?? 'mixed', { scale: options.scale }, say)).path;
    }
    warm(capture);
    profile = profileOf(capture, options);
    say(`the profile is kept for other viewers: ${profile}`);
  }
  const { milliseconds, functions, files, folders } = summariseProfile(readFileSync(profile, 'utf8'), ROOT);
  const out = [
    `${(milliseconds / 1000).toFixed(2)} s in the main thread (${subject}; ${options.read.join(' ')})`,
    rows('function, by self time', functions.slice(0, top)),
    rows('file', files.slice(0, top)),
    rows('folder', folders.slice(0, top)),
  ];
  process.stdout.write(`${out.join('\n\n')}\n`);
}

function rows(head: string, times: readonly SelfTime[]): string {
  return table(
    ['self', 'ms', head],
    times.map(({ name, milliseconds, share }) => [
      `${(share * 100).toFixed(1)} %`,
      milliseconds.toFixed(0),
      name,
    ]),
  );
}

try {
  const options = parseProfileOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(HELP);
  else await main(options);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
