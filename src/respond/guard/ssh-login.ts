import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** What is known of somebody's SSH connection: whether he is logged in, or still to show who he is. */
export type LoginState = 'logged_in' | 'not_yet' | 'unknown';

/**
 * sshd says in the title of the process that holds a connection who is logged in, `sshd: alice@pts/0` or
 * `sshd-session: alice@notty`; before that it is `sshd: alice [priv]` or `sshd: [accepted]`.
 */
const LOGGED_IN = /^sshd(?:-session)?: [^[\]]+@[\w/,:.-]+$/;
const SERVERS: ReadonlySet<string> = new Set(['sshd', 'sshd-session', 'sshd-auth']);
const MAX_PROCESSES = 65_536;

/**
 * Looks up the processes that hold these sockets (inodes of `/proc/net/tcp`). Sockets that no process of sshd is seen to
 * hold are `unknown`: other servers say nothing, and other users' processes cannot be looked into.
 */
export async function loginStates(
  inodes: ReadonlySet<string>,
  proc = '/proc',
): Promise<Map<string, LoginState>> {
  const states = new Map<string, LoginState>();
  for (const inode of inodes) states.set(inode, 'unknown');
  if (inodes.size === 0) return states;
  const processes = (await readdir(proc)).filter((name) => /^\d+$/.test(name)).slice(0, MAX_PROCESSES);
  for (const pid of processes) {
    const name = await textOf(join(proc, pid, 'comm'));
    if (name === undefined || !SERVERS.has(name.trim())) continue;
    const title = (await textOf(join(proc, pid, 'cmdline')))?.replace(/\0.*$/s, '').trim();
    if (title === undefined) continue;
    for (const inode of await socketsOf(join(proc, pid, 'fd'))) {
      if (!states.has(inode)) continue;
      if (LOGGED_IN.test(title)) states.set(inode, 'logged_in');
      else if (states.get(inode) === 'unknown') states.set(inode, 'not_yet');
    }
  }
  return states;
}

/** Text of a process's file; undefined where the process is gone or not ours to read. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'latin1');
  } catch {
    return undefined;
  }
}

async function socketsOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  // A process that is gone meanwhile, or that may not be looked into, holds nothing that can be seen.
  const names = await readdir(folder).catch(() => [] as string[]);
  for (const name of names) {
    const link = await readlink(join(folder, name)).catch(() => '');
    const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
    if (inode !== undefined) found.push(inode);
  }
  return found;
}
