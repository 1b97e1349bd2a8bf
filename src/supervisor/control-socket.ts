import { chmodSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartError } from './privileges.ts';

/** Characters of a question, and of an answer. */
const MOST_QUESTION = 4096;
const MOST_ANSWER = 64 << 20;
const PATIENCE_MS = 10_000;
const MOST_CONNECTIONS = 32;

/** No weir runs there, or it does not answer. */
export class ControlError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ControlError';
  }
}

/** The folder of the socket: what the configuration says, /run/weir for root, else a folder of the user's own. */
export function controlFolder(configured: string): string {
  if (configured !== 'auto' && configured !== '') return configured;
  const uid = process.getuid?.() ?? 0;
  if (uid === 0) return '/run/weir';
  const own = process.env.XDG_RUNTIME_DIR;
  return own === undefined || own === '' ? join(tmpdir(), `weir-${uid}`) : join(own, 'weir');
}

/** Answers questions on a unix socket that only its owner can reach: one line in, one line of JSON out. */
export class ControlServer {
  private readonly server: Server;
  private readonly path: string;

  private constructor(server: Server, path: string) {
    this.server = server;
    this.path = path;
  }

  /** Throws {@link StartError} when another weir answers there already. */
  static async open(folder: string, answer: (question: string) => Promise<unknown>): Promise<ControlServer> {
    makeOwnFolder(folder);
    const path = join(folder, 'weir.sock');
    await removeStale(path);
    const server = createServer({ allowHalfOpen: true }, (socket) => serve(socket, answer));
    server.maxConnections = MOST_CONNECTIONS;
    const before = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(path, resolve);
      });
    } catch (error) {
      throw new StartError(
        `${path} cannot be opened: ${error instanceof Error ? error.message : String(error)}`,
      );
    } finally {
      process.umask(before);
    }
    chmodSync(path, 0o600);
    return new ControlServer(server, path);
  }

  close(): void {
    this.server.close();
    if (lstatSync(this.path, { throwIfNoEntry: false })?.isSocket()) unlinkSync(this.path);
  }
}

/** Asks the weir that runs. Throws {@link ControlError}. */
export function askSupervisor(folder: string, question: string): Promise<unknown> {
  const path = join(folder, 'weir.sock');
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const parts: Buffer[] = [];
    let length = 0;
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('no answer within 10 s')));
    socket.once('connect', () => socket.end(`${question}\n`));
    socket.on('data', (part: Buffer) => {
      parts.push(part);
      length += part.length;
      if (length > MOST_ANSWER) socket.destroy(new Error('the answer is too long'));
    });
    socket.once('error', (error) => reject(new ControlError(explain(path, error))));
    socket.once('end', () => {
      try {
        resolve(JSON.parse(Buffer.concat(parts).toString()));
      } catch {
        reject(new ControlError(`${path}: the answer was cut off`));
      }
    });
  });
}

function serve(socket: Socket, answer: (question: string) => Promise<unknown>): void {
  let text = '';
  let answered = false;
  socket.setEncoding('utf8');
  socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  // Who asked has gone: nobody is left to tell.
  socket.on('error', () => socket.destroy());
  socket.on('data', (part: string) => {
    if (answered) return;
    text += part;
    const end = text.indexOf('\n');
    if (end < 0 && text.length > MOST_QUESTION) socket.destroy();
    if (end < 0) return;
    answered = true;
    answer(text.slice(0, end)).then(
      (value) => socket.end(`${JSON.stringify(value ?? null)}\n`),
      (error) => socket.end(`${JSON.stringify({ error: String(error) })}\n`),
    );
  });
}

function makeOwnFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o755 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw new StartError(
        `${folder} cannot be made: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  const stat = lstatSync(folder);
  const uid = process.getuid?.();
  // In a folder of somebody else, the socket could be anybody's.
  if (!stat.isDirectory() || (stat.uid !== uid && stat.uid !== 0)) {
    throw new StartError(`${folder} is no folder of this user: name another in control.folder`);
  }
}

async function removeStale(path: string): Promise<void> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isSocket()) throw new StartError(`${path} is in the way: it is no socket`);
  const alive = await new Promise<boolean>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
  if (alive) throw new StartError(`weir runs already and answers at ${path}; 'weir status' tells more`);
  unlinkSync(path);
}

function explain(path: string, error: Error): string {
  const code = 'code' in error ? error.code : '';
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return `weir is not running (nobody answers at ${path})`;
  if (code === 'EACCES') return `${path} is not open to this user: ask as the user that started weir`;
  return `${path}: ${error.message}`;
}
