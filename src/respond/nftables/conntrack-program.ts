import { spawn } from 'node:child_process';
import { EnforcerError } from '../enforcer.ts';

const TIMEOUT_MS = 30_000;

/**
 * Forgets connections with an address or network at either end by the program `conntrack`, for where the addon is not
 * there; how many. Undefined where the program is not installed (Debian: apt-get install conntrack).
 */
export async function cutByProgram(version: 4 | 6, value: string): Promise<number | undefined> {
  let removed = 0;
  // Source and destination as the connection was opened, and as it is answered.
  for (const end of ['--orig-src', '--orig-dst', '--reply-src', '--reply-dst']) {
    const count = await run(['-D', '-f', version === 4 ? 'ipv4' : 'ipv6', end, value]);
    if (count === undefined) return undefined;
    removed += count;
  }
  return removed;
}

function run(args: readonly string[]): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' };
    const child = spawn('conntrack', args, {
      env,
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      if (words.length < 4096) words += part;
    });
    child.on('error', (error) => {
      if ('code' in error && error.code === 'ENOENT') resolve(undefined);
      else reject(new EnforcerError(`conntrack does not start: ${error.message}`, { cause: error }));
    });
    child.on('close', () => {
      // It also fails where there was nothing to remove, and then says 0.
      const count = /(\d+) flow entries have been deleted/.exec(words)?.[1];
      if (count !== undefined) resolve(Number(count));
      else reject(new EnforcerError(`conntrack: ${words.split('\n', 1)[0] || 'failed without a word'}`));
    });
  });
}
