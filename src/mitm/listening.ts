import { lstatSync, mkdirSync } from 'node:fs';
import { chmod, chown, lstat, readFile, rename, rm, stat } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';

/** Longest path of a Unix socket that Linux takes, with what is put behind it while it is made. */
const LONGEST_PATH = 107;
const KNOCK_MS = 1000;

/** An address or a socket that cannot be opened: where, why, and what to do. */
export class ListenError extends Error {
  override name = 'ListenError';
}

/** A Unix socket that is listened on. */
export interface BoundSocket {
  readonly path: string;
  /**
   * Takes the file away, unless another process has put its own in its place. It stays where this process may not: it
   * was root when it made it, and the next one takes its place.
   */
  remove(): Promise<void>;
}

/**
 * Listens on a Unix socket with mode 0660. The file appears under its name when all is ready: one that a dead process
 * left is replaced without a moment in which there is none.
 * Rejects with a {@link ListenError}: a living process listens on it (unless `replace`), the group is unknown. `group`: by name or number; `auto` is
 * HAProxy's, where there is one.
 */
export async function bindUnix(
  server: Server,
  path: string,
  group?: string | number | undefined,
  replace = false,
): Promise<BoundSocket> {
  const making = `${path}.${process.pid}`;
  if (Buffer.byteLength(making) > LONGEST_PATH) {
    throw new ListenError(
      `the path of the socket is too long: ${path}; name a shorter one, of ${LONGEST_PATH - 8} bytes at most`,
    );
  }
  const before = await lstat(path).catch(() => undefined);
  if (before !== undefined && !before.isSocket()) {
    throw new ListenError(`${path} is there and is no socket: choose another path, or move it away`);
  }
  if (!replace && before !== undefined && (await isAlive(path))) {
    throw new ListenError(`another process listens on ${path}: stop it, or choose another socket`);
  }
  const gid = await groupId(group);
  await rm(making, { force: true });
  await listening(server, () => server.listen({ path: making }), making);
  try {
    await chmod(making, 0o660);
    if (gid !== undefined) await chown(making, process.geteuid?.() ?? -1, gid);
    const own = await stat(making);
    await rename(making, path);
    return {
      path,
      remove: async () => {
        const now = await stat(path).catch(() => undefined);
        if (now?.ino !== own.ino || now.dev !== own.dev) return;
        // A process that has become another user since may not; whoever opens it next replaces it.
        await rm(path, { force: true }).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'EACCES' && error.code !== 'EPERM') throw error;
        });
      },
    };
  } catch (error) {
    server.close();
    await rm(making, { force: true });
    throw error;
  }
}

/** Makes a folder for sockets where it is missing. Throws a {@link ListenError} where somebody else could change it. */
export function makeSocketFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o755 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw new ListenError(`${folder} cannot be made: ${message}`);
  }
  const { uid, mode } = lstatSync(folder);
  if ((mode & 0o170000) !== 0o040000) throw new ListenError(`${folder} is no folder`);
  if (uid !== 0 && uid !== process.getuid?.()) {
    throw new ListenError(
      `${folder} belongs to another user, who could put a socket of his own there: name another folder`,
    );
  }
  if ((mode & 0o002) !== 0 && (mode & 0o1000) === 0) {
    throw new ListenError(`${folder} can be written to by everybody: chmod o-w ${folder}`);
  }
}

/** Listens on an address and a port; 0 takes a free one. Resolves with the port. */
export async function bindTcp(server: Server, host: string, port: number): Promise<number> {
  await listening(server, () => server.listen({ host, port }), `${host}:${port}`);
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

function listening(server: Server, listen: () => void, where: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      const hint = error.code === 'ENOENT' ? ` (is there a folder ${dirname(where)}?)` : '';
      reject(new ListenError(`cannot listen on ${where}: ${error.message}${hint}`));
    };
    server.once('error', failed);
    server.once('listening', () => {
      server.off('error', failed);
      resolve();
    });
    listen();
  });
}

/** Whether somebody takes connections there. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const done = (alive: boolean): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.setTimeout(KNOCK_MS, () => done(true));
    socket.once('connect', () => done(true));
    // A socket without a process refuses; one that is full, or not for us, has one.
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      done(code !== 'ECONNREFUSED' && code !== 'ENOENT'),
    );
  });
}

/** A group's number by its name in /etc/group; `auto` is HAProxy's, where there is one. Rejects for an unknown one. */
async function groupId(group: string | number | undefined): Promise<number | undefined> {
  if (typeof group !== 'string') return group;
  const wanted = group === 'auto' ? 'haproxy' : group;
  for (const line of (await readFile('/etc/group', 'latin1')).split('\n')) {
    const [name, , id] = line.split(':');
    if (name === wanted && id !== undefined && /^\d+$/.test(id)) return Number(id);
  }
  if (group === 'auto') return undefined;
  throw new ListenError(`no group '${group}' in /etc/group`);
}
