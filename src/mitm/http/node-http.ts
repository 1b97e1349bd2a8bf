import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';
import { finished } from 'node:stream/promises';

/** A request as node:http reads it. */
export interface NodeRequest {
  readonly method: string;
  readonly target: string;
  /** latin1. */
  readonly body: string;
  /** Names and values by turns. */
  readonly fields: readonly string[];
}

/** What node:http's own parser (llhttp, strict) makes of what a client sends on one connection: for comparison in tests. */
export async function readByNode(
  bytes: Buffer,
): Promise<{ readonly requests: readonly NodeRequest[]; readonly error: string }> {
  const read: Promise<NodeRequest>[] = [];
  let failure = '';
  const server = createServer({ insecureHTTPParser: false, maxHeaderSize: 1 << 20 });
  // Undocumented, and the only way to read what came before the client's end of the connection.
  Object.assign(server, { httpAllowHalfOpen: true });
  const take = (message: IncomingMessage): Promise<string> => {
    const taken = textOf(message);
    read.push(taken.then((body) => nodeRequest(message, body)));
    return taken;
  };
  const leave = (message: IncomingMessage, socket: Duplex): void => {
    read.push(Promise.resolve(nodeRequest(message, '')));
    socket.destroy();
  };
  const answer = (message: IncomingMessage, response: ServerResponse): void => {
    take(message).then(
      () => response.end(),
      () => response.destroy(),
    );
  };
  server.on('request', answer);
  server.on('checkContinue', answer);
  server.on('connect', leave);
  server.on('upgrade', leave);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    failure = error.code ?? error.message;
    socket.destroy();
  });
  const [client, side] = duplexPair();
  server.emit('connection', side);
  client.on('error', () => side.destroy());
  client.resume();
  client.end(bytes);
  await finished(side, { error: false } as object).catch(() => {});
  server.close();
  const requests: NodeRequest[] = [];
  for (const message of await Promise.allSettled(read)) {
    if (message.status === 'fulfilled') requests.push(message.value);
  }
  return { requests, error: failure };
}

/** What node:http's client makes of a server's answer; undefined where it refuses it. */
export function answerByNode(
  bytes: Buffer,
  method: string,
): Promise<{ status: number; body: string } | undefined> {
  const [client, side] = duplexPair();
  return new Promise((resolve) => {
    const asked = request({ method, createConnection: () => client });
    asked.on('error', () => resolve(undefined));
    asked.on('response', (message) => {
      textOf(message).then(
        (body) => resolve({ status: message.statusCode ?? 0, body }),
        () => resolve(undefined),
      );
    });
    side.once('data', () => side.end(bytes));
    asked.end();
  });
}

function nodeRequest(message: IncomingMessage, body: string): NodeRequest {
  return { method: message.method ?? '', target: message.url ?? '', body, fields: message.rawHeaders };
}

async function textOf(message: IncomingMessage): Promise<string> {
  message.setEncoding('latin1');
  let text = '';
  for await (const piece of message) text += piece;
  return text;
}
