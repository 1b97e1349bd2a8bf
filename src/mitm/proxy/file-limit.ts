import { readFileSync } from 'node:fs';
import type { ProxyLimits } from './limits.ts';

/** How many files this process may have open (getrlimit(2), RLIMIT_NOFILE); a connection is one. */
export interface FileLimit {
  /** What holds. */
  readonly soft: number;
  /** What the process may raise it to; Node does that by itself when it starts. */
  readonly hard: number;
}

/** Files besides connections: rules, the ring, records, libraries, and what is written now and then. */
const OTHER_FILES = 128;
const LINE = /^Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)\s/m;

/** Reads the limit from the text of `/proc/<pid>/limits`; undefined where it does not stand there. */
export function parseFileLimit(text: string): FileLimit | undefined {
  const found = LINE.exec(text);
  if (found === null) return undefined;
  const number = (word: string | undefined): number =>
    word === 'unlimited' ? Number.POSITIVE_INFINITY : Number(word);
  return { soft: number(found[1]), hard: number(found[2]) };
}

/** The limit of this process; undefined where the system does not tell (no `/proc`). */
export function fileLimit(): FileLimit | undefined {
  try {
    return parseFileLimit(readFileSync('/proc/self/limits', 'latin1'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  }
}

/** Files that a proxy may need at the same time: every client and every connection to a server. */
export function neededFiles({
  connections,
  upstream,
}: Pick<ProxyLimits, 'connections' | 'upstream'>): number {
  return connections + upstream + OTHER_FILES;
}

/**
 * What to tell whoever starts a proxy whose limits ask for more files than it may open, with what to do; empty where
 * there are enough.
 */
export function fileLimitProblem(
  limits: Pick<ProxyLimits, 'connections' | 'upstream'>,
  limit: FileLimit | undefined = fileLimit(),
): string {
  const needed = neededFiles(limits);
  if (limit === undefined || limit.soft >= needed) return '';
  return (
    `${limit.soft} files may be open at once, and the proxy's limits (${limits.connections} clients, ` +
    `${limits.upstream} connections to servers) need ${needed}: beyond that connections are refused. ` +
    `Start it with 'ulimit -n ${needed}', or LimitNOFILE=${needed} in its systemd unit`
  );
}
