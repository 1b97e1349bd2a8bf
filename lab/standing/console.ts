import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ENVIRONMENT, startTicks } from '../namespaces.ts';

const FORWARDER = join(import.meta.dirname, 'console-forwarder.ts');
/** As without a lab, where it is free. */
const FIRST_PORT = 8470;
const START_MS = 10_000;
const END_MS = 2000;
const ANSWER_MS = 5000;

/** The socket that the weir of a lab serves its console at. */
export function consoleSocket(folder: string): string {
  return join(folder, 'weir/console.sock');
}

/** Address of the console on this machine, such as `http://127.0.0.1:8470`; undefined where a lab has none. */
export function consoleOf(folder: string): string | undefined {
  const path = join(folder, 'console.json');
  return existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as { readonly url: string }).url
    : undefined;
}

/**
 * Starts what leads from a port of this machine to the console; it runs on when this process ends. Resolves to the
 * address, rejects when there is none.
 */
export async function openConsole(folder: string, signal: AbortSignal): Promise<string> {
  const log = openSync(join(folder, 'console-forwarder.log'), 'a');
  const words = [FORWARDER, consoleSocket(folder), `${FIRST_PORT}`, join(folder, 'console.json')];
  const child = spawn(process.execPath, words, {
    detached: true,
    stdio: ['ignore', log, log],
    env: ENVIRONMENT,
    cwd: '/',
  });
  closeSync(log);
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', () =>
      reject(new Error(`no port for the console: see ${folder}/console-forwarder.log`)),
    );
  });
  failed.catch(() => undefined);
  child.unref();
  for (const end = performance.now() + START_MS; performance.now() < end; ) {
    const url = consoleOf(folder);
    if (url !== undefined) return url;
    await Promise.race([wait(20, undefined, { signal }), failed]);
  }
  throw new Error('the console got no port in time');
}

/** Ends what {@link openConsole} started, whoever did, also after a crash: /proc knows it by its arguments. How many. */
export async function closeConsole(folder: string): Promise<number> {
  const found = forwarders(consoleSocket(folder));
  const isThere = ({ pid, started }: (typeof found)[number]): boolean => startTicks(pid) === started;
  const end = (name: 'SIGTERM' | 'SIGKILL'): void => {
    for (const one of found.filter(isThere)) {
      try {
        process.kill(one.pid, name);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  };
  end('SIGTERM');
  for (const until = performance.now() + END_MS; found.some(isThere) && performance.now() < until; )
    await wait(20);
  end('SIGKILL');
  while (found.some(isThere)) await wait(10);
  return found.length;
}

function forwarders(socket: string): { readonly pid: number; readonly started: string }[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    const pid = Number(entry);
    const started = startTicks(pid);
    try {
      const [, script = '', path] = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0');
      const isOurs = path === socket && script.endsWith('/lab/standing/console-forwarder.ts');
      return isOurs && started !== undefined ? [{ pid, started }] : [];
    } catch {
      // It ended while it was looked at.
      return [];
    }
  });
}

/** What the console's API answers to a path; undefined without an answer. */
export async function askConsole<T>(url: string, path: string): Promise<T | undefined> {
  try {
    const answer = await fetch(new URL(path, url), { signal: AbortSignal.timeout(ANSWER_MS) });
    return answer.ok ? ((await answer.json()) as T) : undefined;
  } catch (error) {
    // Nobody listens, it takes too long, or what came is no JSON: the caller says that nothing answers.
    if (error instanceof TypeError || error instanceof SyntaxError || error instanceof DOMException)
      return undefined;
    throw error;
  }
}
