import { chmodSync, chownSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';

/** Bytes of a path that the kernel takes (unix(7)), without its end. */
const LONGEST_PATH = 107;
const MODE = 0o660;

/** A socket that cannot be opened: where, why, and what to do. */
export class SocketFileError extends Error {
  override name = 'SocketFileError';
}

/**
 * Listens on a Unix socket that its owner and its group can reach. The folder is made where it is missing. `group`: id of
 * the socket's group; else it is that of the process, or of the folder where that has the set-group-id bit. Rejects with
 * {@link SocketFileError}: somebody else could change the folder, something is in the way, another process listens there.
 */
export async function listenOnFile(server: Server, path: string, group?: number): Promise<void> {
  if (Buffer.byteLength(path) > LONGEST_PATH) {
    throw new SocketFileError(`${path}: longer than ${LONGEST_PATH} bytes; name a shorter path`);
  }
  checkFolder(dirname(path));
  await removeStale(path);
  // The socket must not be open to others even for the moment before its mode is set.
  const before = process.umask(0o777 & ~MODE);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    });
    if (group !== undefined) chownSync(path, -1, group);
    chmodSync(path, MODE);
  } catch (error) {
    server.close();
    throw new SocketFileError(`${path} cannot be opened: ${messageOf(error)}`);
  } finally {
    process.umask(before);
  }
}

/** Removes the socket where it is still there. */
export function removeSocketFile(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) unlinkSync(path);
}

function checkFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o755 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw new SocketFileError(`${folder} cannot be made: ${messageOf(error)}`);
    }
  }
  const { uid, mode } = lstatSync(folder);
  if ((mode & 0o170000) !== 0o040000) throw new SocketFileError(`${folder} is no folder`);
  if (uid !== 0 && uid !== process.getuid?.()) {
    throw new SocketFileError(
      `${folder} belongs to another user, who could put a socket of his own there: name another folder`,
    );
  }
  if ((mode & 0o002) !== 0 && (mode & 0o1000) === 0) {
    throw new SocketFileError(`${folder} can be written to by everybody: chmod o-w ${folder}`);
  }
}

async function removeStale(path: string): Promise<void> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isSocket()) throw new SocketFileError(`${path} is in the way: it is no socket`);
  const alive = await new Promise<boolean>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
  if (alive) throw new SocketFileError(`another process listens at ${path}`);
  try {
    unlinkSync(path);
  } catch (error) {
    throw new SocketFileError(`${path} is left over and cannot be removed: ${messageOf(error)}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
