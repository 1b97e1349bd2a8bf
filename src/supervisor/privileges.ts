import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Configuration } from '../config/index.ts';
import type { User } from './messages.ts';

/** CAP_NET_RAW of linux/capability.h: a bit of `CapEff`. */
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
  const status = readFileSync('/proc/self/status', 'utf8');
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> NET_RAW) & 1n) === 1n;
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
  process.setgroups?.([]);
  process.setgid?.(user.gid);
  process.setuid?.(user.uid);
  if (process.getuid?.() !== user.uid || process.geteuid?.() !== user.uid) {
    throw new StartError(`could not become the user ${user.name}`);
  }
}

/**
 * Makes the folders and files that the processes write to, for their user. What is in use stays as it is. Throws
 * {@link StartError}.
 */
export function preparePlaces(configuration: Configuration, user: User | undefined): void {
  const { capture, outputs, store, status } = configuration;
  if (outputs.eve.file !== '') {
    makeParents(outputs.eve.file);
    prepareFile(outputs.eve.file, user);
  }
  if (outputs.zeek.folder !== '') prepareFolder(outputs.zeek.folder, user);
  if (capture.ring.folder !== '') prepareFolder(capture.ring.folder, user);
  if (store.enabled) prepareFolder(store.folder, user);
  if (status.enabled) prepareFolder(status.folder, user);
}

function prepareFolder(path: string, user: User | undefined): void {
  makeParents(path);
  attempt(path, () => {
    try {
      mkdirSync(path, 0o755);
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
      // An empty one was made for weir, as by systemd; who has put something into a folder has chosen its owner too.
      if (readdirSync(path).length > 0) return;
    }
    // By descriptor: the name may stand for something else by now.
    own(openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW), user);
  });
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
