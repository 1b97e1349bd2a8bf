import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** Clock ticks in a second of /proc/PID/stat; Linux shows 100 to programs on every architecture that Node runs on. */
const TICKS = 100;
/** How often programs that do not end are asked again, at most. */
const ROUNDS = 50;

/** A running program in a namespace. */
export interface Program {
  readonly pid: number;
  readonly namespace: string;
  /** The command line, cut at 200 characters. */
  readonly command: string;
  /** Since it was started. */
  readonly seconds: number;
}

/**
 * What programs of the lab see of the environment: where programs lie (also for those who became root without its
 * search path), and nothing of the user's own, such as a web proxy.
 */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`,
  LC_ALL: 'C',
};

/** Runs `ip` with arguments; throws with what it said when it fails. */
export function ip(...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync('ip', args, { encoding: 'utf8', env: ENVIRONMENT });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
}

/** Whether there is a namespace of this name. */
export function namespaceExists(name: string): boolean {
  return statSync(`/run/netns/${name}`, { throwIfNoEntry: false }) !== undefined;
}

/**
 * What runs in the namespaces, whoever started it: a process belongs to the namespace that /proc says it is in. No
 * list of process numbers has to be kept, and none can be wrong after a crash.
 */
export function programsIn(namespaces: readonly string[]): Program[] {
  const names = new Map<string, string>();
  for (const name of namespaces) {
    const found = statSync(`/run/netns/${name}`, { throwIfNoEntry: false });
    if (found !== undefined) names.set(`${found.dev}:${found.ino}`, name);
  }
  if (names.size === 0) return [];
  const uptime = Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
  const programs: Program[] = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const place = statSync(`/proc/${entry}/ns/net`);
      const namespace = names.get(`${place.dev}:${place.ino}`);
      if (namespace === undefined) continue;
      const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8')
        .replaceAll('\0', ' ')
        .trim()
        .slice(0, 200);
      const seconds = Math.max(0, uptime - Number(startTicks(pid) ?? 0) / TICKS);
      programs.push({ pid, namespace, command, seconds });
    } catch {
      // It ended while it was looked at.
    }
  }
  return programs;
}

/**
 * When a process was started, in ticks since boot: with its number it names a process once and for all. Undefined for
 * one that has ended, also when nobody has asked for its exit code yet.
 */
export function startTicks(pid: number): string | undefined {
  try {
    // The name in parentheses may hold spaces; behind it are field 3, the state, and field 22, the start.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Asks all programs in the namespaces to end and gives them `ms` to do it. Returns those that were running. */
export async function endPrograms(namespaces: readonly string[], ms: number): Promise<Program[]> {
  const running = programsIn(namespaces);
  for (const { pid } of running) signal(pid, 'SIGTERM');
  const deadline = performance.now() + ms;
  while (programsIn(namespaces).length > 0 && performance.now() < deadline) await wait(50);
  return running;
}

/** Ends what still runs in the namespaces, then deletes them and their configuration. Harmless where nothing is. */
export function removeNamespaces(namespaces: readonly string[]): void {
  for (let round = 0; round < ROUNDS; round++) {
    const programs = programsIn(namespaces);
    if (programs.length === 0) break;
    for (const { pid } of programs) signal(pid, 'SIGKILL');
  }
  for (const name of namespaces) {
    if (namespaceExists(name)) spawnSync('ip', ['netns', 'del', name], { env: ENVIRONMENT });
    rmSync(`/etc/netns/${name}`, { recursive: true, force: true });
  }
  try {
    rmdirSync('/etc/netns');
  } catch {
    // It was never made, or others have theirs in it.
  }
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself meanwhile.
  }
}
