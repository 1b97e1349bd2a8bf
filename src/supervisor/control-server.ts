import { chmodSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { MOST_QUESTION, refusalLine } from '../control/index.ts';
import { StartError } from './privileges.ts';

/** A question has to be there in so long, however it trickles in; an answer has to be taken in so long. */
const QUESTION_MS = 5000;
const TAKING_MS = 15_000;
/** Each can have an answer of full length in memory. */
const MOST_CONNECTIONS = 16;

/** Answers questions on a unix socket that only its owner can reach: one line in, one line of JSON out. */
export class ControlServer {
  private readonly server: Server;
  private readonly path: string;
  private readonly sockets: ReadonlySet<Socket>;

  private constructor(server: Server, path: string, sockets: ReadonlySet<Socket>) {
    this.server = server;
    this.path = path;
    this.sockets = sockets;
  }

  /**
   * `answer` takes the line of a question, whatever it is, and resolves to the line of the answer. Throws
   * {@link StartError} when another weir answers there already.
   */
  static async open(folder: string, answer: (line: string) => Promise<string>): Promise<ControlServer> {
    makeOwnFolder(folder);
    const path = join(folder, 'weir.sock');
    await removeStale(path);
    const sockets = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      serve(socket, answer);
    });
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
    return new ControlServer(server, path, sockets);
  }

  /** Whoever still waits for an answer is cut off. */
  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    // That of the API, too: its process is another user by now, who may not.
    for (const path of [this.path, join(dirname(this.path), 'api.sock')]) {
      if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) unlinkSync(path);
    }
  }
}

function serve(socket: Socket, answer: (line: string) => Promise<string>): void {
  let text = '';
  let asked = false;
  let timer = setTimeout(() => socket.destroy(), QUESTION_MS);
  const give = (line: string): void => {
    if (socket.destroyed) return;
    // A reader that does not read would hold the answer in memory.
    timer = setTimeout(() => socket.destroy(), TAKING_MS);
    socket.end(`${line}\n`);
  };
  const ask = (line: string): void => {
    asked = true;
    clearTimeout(timer);
    answer(line).then(give, (error) => give(refusalLine('failed', String(error))));
  };
  socket.setEncoding('utf8');
  socket.once('close', () => clearTimeout(timer));
  // Who asked has gone: nobody is left to tell.
  socket.on('error', () => socket.destroy());
  socket.on('data', (part: string) => {
    if (asked) return;
    text += part;
    const end = text.indexOf('\n');
    if (end >= 0 || text.length > MOST_QUESTION) ask(end < 0 ? text : text.slice(0, end));
  });
  socket.on('end', () => {
    if (!asked) ask(text);
  });
}

/** Makes the folder where it is missing. Throws {@link StartError} where it is not this user's own. */
export function makeOwnFolder(folder: string): void {
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
