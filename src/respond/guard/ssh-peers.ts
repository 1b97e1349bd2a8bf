import type { Prefix } from '../../net/index.ts';
import { formatPrefix } from '../../net/index.ts';
import { hostOrderAddress } from './kernel-address.ts';
import type { Protected } from './protected-set.ts';
import { type ProtectionSource, readSystemFile } from './source.ts';
import { loginStates } from './ssh-login.ts';
import { type SshPortFiles, sshPorts } from './ssh-ports.ts';

/** What the guard of SSH sessions reads. */
export interface SshPeerOptions {
  /** Default: `/proc/net/tcp` and `tcp6`. */
  readonly tables?: readonly string[];
  /** Default: `/proc`. */
  readonly proc?: string;
  /** Ports; default: those of the configuration of sshd and dropbear. */
  readonly ports?: readonly number[];
  readonly portFiles?: SshPortFiles;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** ESTABLISHED of linux/tcp_states.h. */
const ESTABLISHED = '01';
/**
 * Where it cannot be seen whether somebody is logged in, a connection counts from this age on: sshd ends those that have
 * not logged in by then (LoginGraceTime, 120 s). A guesser's connection protects nobody.
 */
const UNKNOWN_COUNTS_AFTER_MS = 130_000;
const MAX_PEERS = 4096;

/** An established connection to an SSH server. */
interface Session {
  readonly peer: Prefix;
  readonly inode: string;
}

/**
 * Who is logged in over SSH. A connection alone protects nobody: who guesses passwords has one too. It counts when sshd's
 * process says that somebody is logged in, and where that cannot be seen (dropbear, another PID namespace), when it
 * was there at the first look or is older than sshd lets one be without a login.
 */
export function sshPeers(options: SshPeerOptions = {}): ProtectionSource {
  const tables = options.tables ?? ['/proc/net/tcp', '/proc/net/tcp6'];
  const now = options.now ?? Date.now;
  const fixedPorts = options.ports && new Set(options.ports);
  const loggedIn = new Set<string>();
  let seen: ReadonlyMap<string, number> | undefined;
  return {
    name: 'administrator',
    everyMs: 2000,
    read: async () => {
      const ports = fixedPorts ?? (await sshPorts(options.portFiles));
      const sessions: Session[] = [];
      for (const path of tables) sessions.push(...sessionsOf(await readSystemFile(path), ports));
      const inodes = new Set(sessions.map(({ inode }) => inode));
      for (const inode of loggedIn) if (!inodes.has(inode)) loggedIn.delete(inode);
      const states = await loginStates(inodes.difference(loggedIn), options.proc);
      // What was there before the first look may be an administrator of old.
      const firstSeen = (inode: string) => seen?.get(inode) ?? (seen === undefined ? 0 : now());
      const ages = new Map(sessions.map(({ inode }) => [inode, firstSeen(inode)]));
      seen = ages;
      const found: Protected[] = [];
      for (const { peer, inode } of sessions) {
        const state = states.get(inode) ?? 'logged_in';
        if (state === 'logged_in') loggedIn.add(inode);
        const old = now() - (ages.get(inode) ?? 0) >= UNKNOWN_COUNTS_AFTER_MS;
        if (state === 'not_yet' || (state === 'unknown' && !old)) continue;
        found.push({ prefix: peer, what: `in an SSH session from ${formatPrefix(peer).split('/', 1)[0]}` });
      }
      return found;
    },
  };
}

/** Established connections to one of the ports, of a table of `/proc/net/tcp`. */
function sessionsOf(text: string, ports: ReadonlySet<number>): Session[] {
  const found: Session[] = [];
  for (const line of text.split('\n').slice(1)) {
    const [, local, remote, state, , , , , , inode] = line.trim().split(/\s+/);
    if (state !== ESTABLISHED || local === undefined || remote === undefined || inode === undefined) continue;
    if (!ports.has(Number.parseInt(local.slice(local.indexOf(':') + 1), 16))) continue;
    const peer = hostOrderAddress(remote.slice(0, remote.indexOf(':')));
    if (peer !== undefined && found.length < MAX_PEERS) found.push({ peer, inode });
  }
  return found;
}
