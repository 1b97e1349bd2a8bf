import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { flushCompileCache } from 'node:module';
import { dirname } from 'node:path';
import type { Configuration } from '../config/index.ts';
import type { User } from './messages.ts';
import { ringFolders } from './ring-folders.ts';
import { stateFolder } from './state-folder.ts';

/** Of linux/capability.h: CAP_DAC_READ_SEARCH, CAP_NET_ADMIN, CAP_NET_RAW; bits of `CapEff`. */
const DAC_READ_SEARCH = 2n;
const NET_ADMIN = 12n;
const NET_RAW = 13n;

/** Something stands in the way of a start; the message says what and what to do. */
export class StartError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StartError';
  }
}

/** True when this process may capture packets. */
export function mayCapture(): boolean {
  const capabilities = effectiveCapabilities(readFileSync('/proc/self/status', 'utf8'));
  return ((capabilities >> NET_RAW) & 1n) === 1n;
}

/** The set of a process, out of its /proc/PID/status. */
function effectiveCapabilities(status: string): bigint {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return BigInt(`0x${effective}`);
}

/** A user by name or number. Throws {@link StartError} when there is none. */
export function findUser(name: string): User {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [login = '', , uid = '', gid = ''] = line.split(':');
    if (login !== '' && (login === name || uid === name)) {
      return { name: login, uid: Number(uid), gid: Number(gid) };
    }
  }
  throw new StartError(`there is no user '${name}': make it, or name another in privileges.user`);
}

/**
 * The user that processes become, and what to say about it. A user that cannot read weir's own files cannot run it:
 * one that was asked for is refused, the default one is not used.
 */
export function chooseUser(
  configured: string,
  sources: string,
): { readonly user: User | undefined; readonly warning: string } {
  if (process.getuid?.() !== 0) return { user: undefined, warning: '' };
  const user = findUser(configured === 'auto' ? 'nobody' : configured);
  const closed = user.uid === 0 ? undefined : closedTo(user, sources);
  if (closed === undefined) return { user, warning: '' };
  const reason = `the user ${user.name} cannot enter ${closed}`;
  if (configured !== 'auto')
    throw new StartError(`${reason}: move weir, as to /opt/weir, or name another user`);
  return {
    user: undefined,
    warning: `${reason}: sensor and hub keep running as root; move weir, as to /opt/weir, to have them run as ${user.name}`,
  };
}

/** The first folder on the way to `path` that the user cannot enter. */
function closedTo(user: User, path: string): string | undefined {
  for (let at = path; ; at = dirname(at)) {
    const { mode, uid, gid } = statSync(at);
    const bits = uid === user.uid ? mode >> 6 : gid === user.gid ? mode >> 3 : mode;
    if ((bits & 1) === 0 || (at === path && (bits & 4) === 0)) return at;
    if (at === dirname(at)) return undefined;
  }
}

/** Becomes the user, for good: groups first, then group, then user. Throws when that does not hold. */
export function becomeUser(user: User | undefined): void {
  if (user === undefined || process.getuid?.() !== 0) return;
  // Another user could not write it: each start would compile anew, and load what strips types for that.
  flushCompileCache();
  process.setgroups?.([]);
  process.setgid?.(user.gid);
  process.setuid?.(user.uid);
  if (process.getuid?.() !== user.uid || process.geteuid?.() !== user.uid) {
    throw new StartError(`could not become the user ${user.name}`);
  }
}

/** Does something as the user that is to be become: root without the right to write everywhere could not in its folders. */
export function asUser<T>(user: User | undefined, act: () => T): T {
  if (user === undefined || process.getuid?.() !== 0) return act();
  process.seteuid?.(user.uid);
  try {
    return act();
  } finally {
    process.seteuid?.(0);
  }
}

/** A program that starts Node with fewer rights: it replaces itself with Node, so its process is that of Node. */
export interface Launcher {
  readonly execPath: string;
  /** The program's arguments, with Node and Node's own at the end. */
  readonly execArgv: string[];
}

/** Where setpriv of util-linux lies. */
const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv', '/usr/sbin/setpriv'];

/**
 * What starts a process that keeps CAP_NET_ADMIN alone of all capabilities; undefined where this system has nothing
 * that could: setpriv is missing, or this process may not give rights away. `sources` must be readable by it.
 */
export function networkAdministratorAlone(sources: string): Launcher | undefined {
  const root = process.getuid?.() === 0;
  // Without the rights of root, root is a user like others where files are concerned.
  const closed = root && closedTo({ name: 'root', uid: 0, gid: 0 }, sources) !== undefined;
  const kept = `-all,+net_admin${closed ? ',+dac_read_search' : ''}`;
  const bounds = root ? ['--bounding-set', kept] : ['--ambient-caps', kept];
  const args = ['--inh-caps', kept, ...bounds, '--no-new-privs'];
  // Without CAP_SETPCAP it takes less away than it was told, and says nothing.
  const wanted = (1n << NET_ADMIN) | (closed ? 1n << DAC_READ_SEARCH : 0n);
  const execPath = SETPRIV.find((path) => {
    const { status, stdout } = spawnSync(path, [...args, 'cat', '/proc/self/status'], { encoding: 'utf8' });
    return status === 0 && effectiveCapabilities(stdout) === wanted;
  });
  if (execPath === undefined) return undefined;
  return { execPath, execArgv: [...args, process.execPath, ...process.execArgv] };
}

/**
 * Makes the folders and files that the processes write to, for their user. What is in use stays as it is. Throws
 * {@link StartError}.
 */
export function preparePlaces(configuration: Configuration, user: User | undefined): void {
  const { capture, outputs, store, status, web, correlation, respond, api } = configuration;
  if (outputs.eve.file !== '') {
    makeParents(outputs.eve.file);
    prepareFile(outputs.eve.file, user);
  }
  if (outputs.zeek.folder !== '') prepareFolder(outputs.zeek.folder, user);
  if (capture.ring.folder !== '') {
    prepareFolder(capture.ring.folder, user);
    for (const folder of ringFolders(capture)) prepareFolder(folder, user);
  }
  // In front of the store, in whose folder it lies by default: that becomes the user's.
  if (respond.mode !== 'off') prepareResponder(stateFolder(configuration, 'respond'), user);
  if (store.enabled) prepareFolder(store.folder, user);
  if (status.enabled) prepareFolder(status.folder, user);
  if (correlation.enabled) {
    prepareFolder(stateFolder(configuration, 'correlation'), user, 0o750);
    // Its folder, too: the file is rotated there.
    if (correlation.records.file !== 'auto') prepareFolder(dirname(correlation.records.file), user);
  }
  if (api.enabled) prepareFolder(stateFolder(configuration, 'api'), user, 0o700);
  // Behind the store, in whose folder it may lie: one that is not empty keeps its owner.
  if (web.enabled && web.buffer.enabled) prepareFolder(web.buffer.folder, user, 0o700);
}

/** What `weir proxy` and `weir ca` make as root in the folder that is the store's by default: alone they choose no owner. */
const COMMANDS_OWN: ReadonlySet<string> = new Set(['api', 'buffer', 'ca', 'correlation', 'respond']);

function prepareFolder(path: string, user: User | undefined, mode = 0o755): void {
  makeParents(path);
  attempt(path, () => {
    try {
      mkdirSync(path, mode);
    } catch (error) {
      if (isCode(error, 'EACCES') && user !== undefined) {
        makeAs(user, path, mode);
        return;
      }
      if (!isCode(error, 'EEXIST')) throw error;
      if (statSync(path).uid !== process.getuid?.()) return;
      // An empty one was made for weir, as by systemd; who has put something into a folder has chosen its owner too.
      if (readdirSync(path).some((name) => !COMMANDS_OWN.has(name))) return;
    }
    // By descriptor: the name may stand for something else by now.
    own(openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW), user);
  });
}

/** The folder of the responder, which keeps its user: root, where that started weir. */
function prepareResponder(path: string, user: User | undefined): void {
  makeParents(path);
  attempt(path, () => {
    try {
      mkdirSync(path, 0o700);
    } catch (error) {
      if (isCode(error, 'EEXIST')) return;
      if (!isCode(error, 'EACCES') || user === undefined) throw error;
      // It may be there already, where root cannot look.
      const isMade = asUser(user, () => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
      if (isMade) return;
      makeAs(user, path, 0o700);
      lchownSync(path, 0, 0);
    }
  });
}

/** Root without the right to write everywhere, as under systemd, where the parent is the user's: that one makes the folder. */
function makeAs(user: User, path: string, mode: number): void {
  asUser(user, () => mkdirSync(path, mode));
}

function prepareFile(path: string, user: User | undefined): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
  attempt(path, () => {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    own(openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o640), user);
  });
}

function own(descriptor: number, user: User | undefined): void {
  try {
    if (user !== undefined && fstatSync(descriptor).uid === process.getuid?.()) {
      fchownSync(descriptor, user.uid, user.gid);
    }
  } finally {
    closeSync(descriptor);
  }
}

function makeParents(path: string): void {
  const parent = dirname(path);
  if (statSync(parent, { throwIfNoEntry: false })?.isDirectory()) return;
  if (parent === dirname(parent)) return;
  makeParents(parent);
  attempt(parent, () => mkdirSync(parent, 0o755));
}

function attempt(path: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`${path} cannot be made: ${reason}`);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
