import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { PrefixSet } from '../../net/index.ts';
import { type ClientConnection, clientConnection } from '../connection.ts';
import { PassingSet } from '../passing-map.ts';
import type { Endpoint } from '../waf/index.ts';
import { ClientSession } from './client.ts';
import type { Open, ProxyContext } from './context.ts';
import { Counters, type ProxyStatistics } from './counters.ts';
import { DestinationGuard, plain } from './destination.ts';
import { forwardingOf } from './forwarding.ts';
import type { Destination } from './hooks.ts';
import { Admission, proxyLimits } from './limits.ts';
import type { ListenerOptions, ProxyOptions } from './options.ts';
import { originOf, parseAuthority, tunnelOrigin } from './origin.ts';
import { readProxyHeader } from './proxy-protocol.ts';
import { Routes } from './routes.ts';
import { Ticker } from './ticker.ts';
import { StreamOpening } from './tunnel-opening.ts';
import { UpstreamPool } from './upstream.ts';

const BACKLOG = 4_096;
const NOTHING = Buffer.alloc(0);
/** A header of the PROXY protocol has to be there in so long; so many connections may wait for theirs. */
const HEADER_MS = 5000;
const MOST_UNNAMED = 1024;

/** The built-in HTTP/1.1 proxy: reverse, forward and transparent. */
export class HttpProxy {
  private readonly context: ProxyContext;
  private readonly admission: Admission;
  private readonly servers: Server[] = [];
  /** Of clients, as they were accepted, with their addresses: whatever became of them, ending one ends it all. */
  private readonly sockets = new PassingSet<{ readonly socket: Socket; readonly address: string }>();
  /** Connections of balancers that have not said yet whose they are. */
  private unnamed = 0;
  private stopping = false;

  private constructor(options: ProxyOptions) {
    const limits = proxyLimits(options.limits);
    const counters = new Counters();
    const ticker = new Ticker();
    const open = new PassingSet<Open>();
    const guard = new DestinationGuard(options.forward);
    const pseudonym = `weir-${randomBytes(6).toString('hex')}`;
    this.admission = new Admission(limits);
    this.context = {
      limits,
      headLimits: { headBytes: limits.headBytes, targetBytes: limits.targetBytes, fields: limits.fields },
      counters,
      ticker,
      guard,
      pool: new UpstreamPool(limits, counters, ticker, guard, options.upstreamTls),
      routes: new Routes(options.routes ?? []),
      reverseForwarding: forwardingOf(options.forwarding ?? {}, true, pseudonym),
      forwardForwarding: forwardingOf(options.forwarding ?? {}, false, pseudonym),
      upgrades: new Set((options.upgrades ?? ['websocket']).map((name) => name.toLowerCase())),
      judge: options.judge,
      rewriter: options.rewriter,
      answers: options.answers ?? {},
      onFailure: options.onFailure,
      open,
    };
    // What a tick ends is not asked any more; what it begins may be, which does no harm.
    ticker.add({
      tick: (now) => {
        for (const one of open) one.tick(now);
      },
    });
  }

  /**
   * Listens. RangeError for options that make no sense, with what to do about it; the errors of `listen` (EADDRINUSE,
   * EACCES) as they come. Nothing is left open where it fails.
   */
  static async start(options: ProxyOptions): Promise<HttpProxy> {
    check(options);
    const proxy = new HttpProxy(options);
    try {
      for (const listener of options.listeners) await proxy.listen(listener);
      proxy.checkRoutes();
    } catch (error) {
      await proxy.stop(0);
      throw error;
    }
    return proxy;
  }

  /** Where it listens, in the order of the options. */
  addresses(): readonly AddressInfo[] {
    return this.servers.map((server) => server.address() as AddressInfo);
  }

  /** What clients may reach through it. */
  get destinations(): DestinationGuard {
    return this.context.guard;
  }

  statistics(): ProxyStatistics {
    return this.context.counters.snapshot(this.admission.size, this.context.pool.statistics());
  }

  /**
   * Serves HTTP/1 on a stream that somebody else has accepted, of a connection that this proxy or they have counted:
   * decrypted TLS, one stream of HTTP/2. `scheme` for servers is https where the connection has `tls`.
   */
  serve(stream: Duplex, connection: ClientConnection, destination: Destination): void {
    const session = new ClientSession(this.context, stream, () => connection, destination, undefined);
    if (this.stopping) session.close();
  }

  /**
   * Passes a raw stream through to a server without looking at it, `first` ahead: TLS that is not to be ended here.
   * The stream has no listeners but for `error`. Addresses that {@link DestinationGuard} refuses are not connected to.
   */
  tunnel(stream: Duplex, first: Buffer, authority: Endpoint): void {
    const { guard, pool, counters } = this.context;
    const host = parseAuthority(
      authority.address.includes(':') ? `[${authority.address}]` : authority.address,
      authority.port,
    );
    if (host === undefined || !guard.allows(host.host, host.port)) {
      counters.refused.destination++;
      stream.destroy();
      return;
    }
    pool.open(tunnelOrigin(host.host, host.port), true, new StreamOpening(this.context, stream, first));
  }

  /** Accepts no more; ends what is idle, waits for what is being answered, and ends the rest after `graceMs`. */
  async stop(graceMs = 10_000): Promise<void> {
    this.stopping = true;
    const { open, pool, ticker } = this.context;
    const closed = this.servers.map((server) => once(server, 'close'));
    for (const server of this.servers) server.close();
    for (const closable of [...open]) closable.close();
    const until = performance.now() + graceMs;
    while (open.size > 0 && performance.now() < until) await new Promise((done) => setTimeout(done, 10));
    for (const closable of [...open]) closable.destroy();
    pool.destroy();
    ticker.close();
    await Promise.all(closed);
  }

  /** Ends connections of clients at once, those of some addresses (IPv4 as such); how many. */
  endClients(isMeant: (address: string) => boolean): number {
    let ended = 0;
    for (const { socket, address } of [...this.sockets]) {
      if (!isMeant(plain(address))) continue;
      socket.resetAndDestroy();
      ended++;
    }
    return ended;
  }

  private async listen(options: ListenerOptions): Promise<void> {
    const { set: balancers, mistake } = PrefixSet.parse(options.balancers ?? []);
    if (balancers === undefined) throw new RangeError(`'${mistake}' is no network of balancers`);
    const server = createServer(
      { allowHalfOpen: true, noDelay: true, pauseOnConnect: false, highWaterMark: 64 * 1024 },
      (socket) => this.accept(socket, options, balancers),
    );
    const { host, port, descriptor } = options;
    server.listen(descriptor === undefined ? { host, port, backlog: BACKLOG } : { fd: descriptor });
    await once(server, 'listening');
    // From here on these are errors of accept: no file descriptors are left, or the client is gone again.
    server.on('error', () => this.context.counters.refused.connections++);
    this.servers.push(server);
    this.context.guard.addOwnPort((server.address() as AddressInfo).port);
  }

  /** A route to a listener of this proxy itself would go round for ever. */
  private checkRoutes(): void {
    for (const origin of this.context.routes.origins()) {
      const host = origin.host === 'localhost' ? '127.0.0.1' : origin.host;
      if (this.context.guard.isOwn(host, origin.port)) {
        throw new RangeError(`route to ${origin.text}: the proxy itself listens there`);
      }
    }
  }

  private accept(socket: Socket, options: ListenerOptions, balancers: PrefixSet): void {
    const { remoteAddress, remotePort } = socket;
    // Gone again before it was accepted.
    if (remoteAddress === undefined || remotePort === undefined) {
      socket.destroy();
      return;
    }
    const client = { address: remoteAddress, port: remotePort };
    if (balancers.size > 0 && balancers.hasText(plain(remoteAddress)))
      void this.acceptBehind(socket, client, options);
    else this.admit(socket, client, localEndpoint(socket), options);
  }

  /** A connection that somebody in front of us passes on: first it says whose it is. */
  private async acceptBehind(socket: Socket, sender: Endpoint, options: ListenerOptions): Promise<void> {
    const { counters } = this.context;
    if (this.unnamed >= MOST_UNNAMED) {
      counters.refused.connections++;
      socket.resetAndDestroy();
      return;
    }
    socket.on('error', ignored);
    this.unnamed++;
    try {
      const ends = await readProxyHeader(socket, HEADER_MS);
      const { client, server } = ends ?? { client: sender, server: localEndpoint(socket) };
      if (this.stopping) socket.destroy();
      else this.admit(socket, client, server, options);
    } catch (error) {
      counters.refused.client++;
      socket.resetAndDestroy();
      const reason = `${sender.address}: ${error instanceof Error ? error.message : String(error)}`;
      const connection = clientConnection('proxy', sender, localEndpoint(socket));
      this.context.onFailure?.({ reference: '', status: 0, reason, connection, origin: '' });
    } finally {
      this.unnamed--;
    }
  }

  private admit(socket: Socket, client: Endpoint, server: Endpoint, options: ListenerOptions): void {
    const { counters, guard } = this.context;
    const { address } = client;
    const entered = this.admission.enter(address);
    if ('refused' in entered) {
      counters.refused[entered.refused]++;
      socket.resetAndDestroy();
      return;
    }
    // Those of a transparent listener were led here by rules of this machine's own.
    if (options.kind === 'forward' && !guard.servesClient(address)) {
      counters.refused.client++;
      this.admission.leave(entered.key);
      socket.resetAndDestroy();
      return;
    }
    counters.accepted++;
    const place = this.sockets.enter({ socket, address });
    socket.on('close', () => {
      this.sockets.leave(place);
      this.admission.leave(entered.key);
    });
    switch (options.kind) {
      case 'reverse':
        this.begin(
          socket,
          client,
          server,
          options.securePort === undefined
            ? { kind: 'routes' }
            : { kind: 'secure', port: options.securePort() },
          options,
        );
        break;
      case 'forward':
        this.begin(socket, client, server, { kind: 'forward' }, options);
        break;
      case 'transparent':
        this.acceptTransparent(socket, client, options);
        break;
      default:
        options.kind satisfies never;
    }
  }

  private acceptTransparent(socket: Socket, client: Endpoint, options: ListenerOptions): void {
    const { counters, guard } = this.context;
    let server: Endpoint | undefined;
    try {
      server = options.originalDestination?.(socket);
    } catch (error) {
      const reason = `the destination of a connection cannot be found: ${String(error)}`;
      const connection = clientConnection('proxy', client, localEndpoint(socket));
      this.context.onFailure?.({ reference: '', status: 0, reason, connection, origin: '' });
    }
    if (server === undefined || !guard.allows(server.address, server.port)) {
      counters.refused.destination++;
      socket.resetAndDestroy();
      return;
    }
    const origin = originOf('http', server.address, server.port).text;
    this.begin(socket, client, server, { kind: 'fixed', origin }, options);
  }

  private begin(
    socket: Socket,
    client: Endpoint,
    server: Endpoint,
    destination: Destination,
    options: ListenerOptions,
  ): void {
    let connection: ClientConnection | undefined;
    const connectionOf = (): ClientConnection => {
      connection ??= clientConnection('proxy', client, server);
      return connection;
    };
    const { takeover } = options;
    if (takeover !== undefined && options.kind !== 'forward') {
      socket.on('error', ignored);
      socket.pause();
      if (takeover(socket, NOTHING, server, connectionOf())) return;
      socket.resume();
    }
    new ClientSession(this.context, socket, connectionOf, destination, takeover);
  }
}

/** What follows an error is `close`. */
function ignored(): void {}

function localEndpoint(socket: Socket): Endpoint {
  return { address: socket.localAddress ?? '', port: socket.localPort ?? 0 };
}

function check(options: ProxyOptions): void {
  if (options.listeners.length === 0) throw new RangeError('the proxy has no listener');
  for (const listener of options.listeners) {
    if (listener.kind === 'reverse' && (options.routes ?? []).length === 0) {
      throw new RangeError('a reverse listener needs at least one route');
    }
    if (listener.kind === 'transparent' && listener.originalDestination === undefined) {
      throw new RangeError('a transparent listener needs to know original destinations');
    }
  }
}
