import { connect, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { HttpProxy } from './index.ts';
import type { ProxyOptions } from './options.ts';

/** Starts a server on a free port; it is gone with the test, and with it its connections. */
export async function listen(t: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return portOf(server);
}

/** A server of a test: gets each connection, and is gone with the test. */
export function serverFor(t: TestContext, onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    // The proxy ends connections that it is done with, also in the middle: that is no error of the test.
    socket.on('error', () => {});
    onSocket(socket);
  });
  return listen(t, server);
}

/** A server that calls `onRequest` with the text of each request whose head (and body of known length) is there. */
export function requestServer(
  t: TestContext,
  onRequest: (socket: Socket, request: string, index: number) => void,
): Promise<number> {
  return serverFor(t, (socket) => {
    let text = '';
    let index = 0;
    socket.setEncoding('latin1');
    socket.on('end', () => socket.end());
    socket.on('data', (data: string) => {
      text += data;
      for (;;) {
        const end = text.indexOf('\r\n\r\n');
        if (end < 0) return;
        const length = Number(/content-length: (\d+)/i.exec(text.slice(0, end + 2))?.[1] ?? 0);
        let whole = end + 4 + length;
        if (/transfer-encoding: chunked/i.test(text.slice(0, end + 2))) {
          const last = text.indexOf('0\r\n\r\n', end);
          if (last < 0) return;
          whole = last + 5;
        }
        if (text.length < whole) return;
        const request = text.slice(0, whole);
        text = text.slice(whole);
        onRequest(socket, request, index++);
      }
    });
  });
}

/** A reverse proxy to a port, with its own port; gone with the test. */
export async function reverseProxy(
  t: TestContext,
  to: number,
  options: Partial<ProxyOptions> = {},
): Promise<{ proxy: HttpProxy; port: number }> {
  return proxyFor(t, {
    listeners: [{ kind: 'reverse', host: '127.0.0.1', port: 0 }],
    routes: [{ to: `http://127.0.0.1:${to}` }],
    ...options,
  });
}

/** A proxy with the port of its first listener; gone with the test. */
export async function proxyFor(
  t: TestContext,
  options: ProxyOptions,
): Promise<{ proxy: HttpProxy; port: number }> {
  const proxy = await HttpProxy.start(options);
  t.after(() => proxy.stop(0));
  return { proxy, port: proxy.addresses()[0]?.port ?? 0 };
}

/** A client that speaks raw bytes. */
export class RawClient {
  text = '';
  closed = false;
  readonly socket: Socket;
  private wake: (() => void) | undefined;

  constructor(t: TestContext, port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (data: string) => {
      this.text += data;
      this.wake?.();
    });
    this.socket.on('end', () => this.ended());
    this.socket.on('close', () => this.ended());
    // A reset is one of the ways in which a proxy refuses: `close` follows.
    this.socket.on('error', () => {});
    t.after(() => this.socket.destroy());
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Waits until what has come contains a text; throws where the connection ends first, or after ten seconds. */
  async until(part: string): Promise<string> {
    await this.wait(() => this.text.includes(part), part);
    return this.text;
  }

  /** Waits until the connection has ended. */
  async end(): Promise<string> {
    await this.wait(() => this.closed, 'the end');
    return this.text;
  }

  private ended(): void {
    this.closed = true;
    this.wake?.();
  }

  private async wait(there: () => boolean, what: string): Promise<void> {
    const until = performance.now() + 10_000;
    while (!there()) {
      const left = until - performance.now();
      if (this.closed || left <= 0) throw new Error(`waited for ${what}, got ${JSON.stringify(this.text)}`);
      await new Promise<void>((done) => {
        const timer = setTimeout(done, left);
        this.wake = () => {
          clearTimeout(timer);
          done();
        };
      });
    }
  }
}

/** Waits until a condition holds; throws after ten seconds. */
export async function eventually(holds: () => boolean, what: string): Promise<void> {
  const until = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > until) throw new Error(`waited in vain for ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return address.port;
}
