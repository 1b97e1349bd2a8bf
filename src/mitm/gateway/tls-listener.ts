import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ClientConnection } from '../connection.ts';
import { PassingSet } from '../passing-map.ts';
import {
  type Http1Server,
  type Http2Connection,
  type Http2Statistics,
  http2Statistics,
  serveHttp2,
  throughHttp1,
} from '../proxy/http2/index.ts';
import type { Destination, HttpProxy, Takeover } from '../proxy/index.ts';
import type {
  ClientHello,
  ServerProtocols,
  ServerProtocolsStatistics,
  TlsFront,
  TlsFrontStatistics,
} from '../proxy/tls/index.ts';
import type { Endpoint } from '../waf/index.ts';

const NOTHING = Buffer.alloc(0);
/** What a client gets that speaks plain HTTP where TLS is wanted. */
const WANTS_TLS =
  'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 40\r\nConnection: close\r\n\r\nThis port takes HTTPS, and no plain HTTP';

/** What a listener for TLS is made of. */
export interface TlsListenerOptions {
  /**
   * `server`: TLS ends here always; `intercept`: what is no TLS, or is not to be looked into, is passed on;
   * `transparent`: what is no TLS is HTTP.
   */
  readonly kind: 'server' | 'intercept' | 'transparent';
  readonly front: TlsFront;
  /** What servers speak, for `intercept` and `transparent`: clients are offered no more. */
  readonly serverProtocols?: ServerProtocols | undefined;
  /** Serves what is decrypted; known once the proxy is started. */
  readonly proxy: () => HttpProxy;
  readonly onError: (error: unknown) => void;
}

/** Meets connections on which TLS is expected, ends it, and hands the streams to HTTP/1 or HTTP/2. */
export class TlsListener {
  private readonly options: TlsListenerOptions;
  private readonly sessions = new PassingSet<Http2Connection>();
  private readonly http2: Http2Statistics = http2Statistics();

  constructor(options: TlsListenerOptions) {
    this.options = options;
  }

  /** For the proxy's listener. */
  readonly takeover: Takeover = (socket, head, authority, connection) => {
    this.meet(socket as Socket, head, authority, connection).catch((error: unknown) => {
      socket.destroy();
      this.options.onError(error);
    });
    return true;
  };

  private async meet(
    socket: Socket,
    head: Buffer,
    authority: Endpoint,
    connection: ClientConnection,
  ): Promise<void> {
    const { front, kind } = this.options;
    const host = kind === 'server' ? '' : authority.address;
    const accepted = await front.accept(
      socket,
      connection.client.address,
      host,
      head,
      this.protocolsOf(authority),
    );
    switch (accepted.kind) {
      case 'terminated': {
        const within = { ...connection, tls: accepted.tls };
        const { serverName } = accepted.tls;
        const destination: Destination =
          kind === 'server'
            ? { kind: 'routes' }
            : {
                kind: 'fixed',
                origin: originOf('https', authority),
                // A CONNECT names its server, an original destination is only an address.
                serverName: kind === 'transparent' && serverName !== '' ? serverName : undefined,
              };
        if (accepted.protocol === 'h2') this.serveHttp2(accepted.stream, within, destination);
        else this.options.proxy().serve(accepted.stream, within, destination);
        break;
      }
      case 'pass':
        this.options.proxy().tunnel(socket, NOTHING, authority);
        break;
      case 'other':
        this.meetOther(socket, authority, connection);
        break;
      case 'failed':
        break;
      default:
        accepted satisfies never;
    }
  }

  /** Asks a server what it speaks, by the name that its requests will be sent to. */
  private protocolsOf(authority: Endpoint): ((hello: ClientHello) => Promise<readonly string[]>) | undefined {
    const { serverProtocols, proxy, kind } = this.options;
    if (serverProtocols === undefined) return undefined;
    return (hello) => {
      const name = kind === 'transparent' && hello.serverName !== '' ? hello.serverName : authority.address;
      return serverProtocols.of(authority.address, authority.port, name, proxy().destinations);
    };
  }

  private meetOther(socket: Socket, authority: Endpoint, connection: ClientConnection): void {
    const { kind, proxy } = this.options;
    switch (kind) {
      case 'server':
        refuse(socket);
        break;
      case 'intercept':
        // Plain HTTP within a tunnel would pass unjudged.
        if (beginsAsHttp(socket)) this.serveHttp(socket, authority, connection);
        else proxy().tunnel(socket, NOTHING, authority);
        break;
      case 'transparent':
        // A silent client, too: passed on, its request would pass unjudged.
        this.serveHttp(socket, authority, connection);
        break;
      default:
        kind satisfies never;
    }
  }

  private serveHttp(socket: Socket, authority: Endpoint, connection: ClientConnection): void {
    socket.resume();
    this.options.proxy().serve(socket, connection, { kind: 'fixed', origin: originOf('http', authority) });
  }

  private readonly serve: Http1Server = (stream, connection, destination) =>
    this.options.proxy().serve(stream, connection, destination);

  private serveHttp2(
    stream: Parameters<typeof serveHttp2>[0],
    connection: ClientConnection,
    destination: Destination,
  ): void {
    const session = serveHttp2(stream, connection, {
      handler: throughHttp1(() => this.serve, destination),
      statistics: this.http2,
      onError: this.options.onError,
    });
    const place = this.sessions.enter(session);
    void session.closed.then(() => this.sessions.leave(place));
  }

  /** Numbers for the status. */
  statistics(): TlsFrontStatistics & {
    readonly http2: Http2Statistics;
    readonly serverProtocols: ServerProtocolsStatistics | undefined;
  } {
    const { front, serverProtocols } = this.options;
    return { ...front.statistics, http2: { ...this.http2 }, serverProtocols: serverProtocols?.statistics };
  }

  /** Takes no more requests of HTTP/2, waits for those that run, at most so long. */
  async close(graceMs: number): Promise<void> {
    this.options.serverProtocols?.close();
    const sessions = [...this.sessions];
    for (const session of sessions) session.close();
    const timer = setTimeout(() => {
      for (const session of this.sessions) session.destroy();
    }, graceMs);
    await Promise.all(sessions.map(({ closed }) => closed));
    clearTimeout(timer);
  }
}

/** Whether what the client sent first is a method of HTTP; it is not consumed. */
function beginsAsHttp(socket: Socket): boolean {
  const first = socket.read() as Buffer | null;
  if (first === null) return false;
  socket.unshift(first);
  return /^[A-Z]{3,16} [/*h]/.test(first.toString('latin1', 0, 20));
}

function refuse(socket: Duplex): void {
  socket.resume();
  socket.end(WANTS_TLS);
}

function originOf(scheme: 'http' | 'https', { address, port }: Endpoint): string {
  return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`;
}
