import type { LookupFunction } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import type { UpstreamTls } from './upstream-tls.ts';

/** What clients may reach: nobody else is asked. */
export interface Reachable {
  allows(host: string, port: number): boolean;
  lookup(port: number): LookupFunction;
}

/** How servers are asked for their protocols. */
export interface ServerProtocolsOptions {
  readonly tls: UpstreamTls;
  /** Servers that are remembered: 2000 by default, the last that were asked for. */
  readonly capacity?: number | undefined;
  /** How long an answer holds: one hour. */
  readonly holdsMs?: number | undefined;
  /** How long it holds that there was none: one minute. */
  readonly failureHoldsMs?: number | undefined;
  /** How long a client waits for the answer: 1.5 s. */
  readonly timeoutMs?: number | undefined;
  /** Servers that are asked at a time: 64. */
  readonly mostAsked?: number | undefined;
}

/** How servers answered. */
export interface ServerProtocolsStatistics {
  readonly kept: number;
  readonly asked: number;
  /** No answer, in time or at all: clients are offered what we can speak. */
  readonly failed: number;
  /** Not asked, since too many were being asked. */
  readonly skipped: number;
}

interface Known {
  readonly protocols: readonly string[];
  readonly until: number;
}

const CAPACITY = 2000;
const HOLDS_MS = 3_600_000;
const FAILURE_HOLDS_MS = 60_000;
const TIMEOUT_MS = 1500;
const MOST_ASKED = 64;

/** What we can speak with clients, whatever the server speaks: it gets HTTP/1.1. */
const OWN: readonly string[] = ['h2', 'http/1.1'];
const HTTP1: readonly string[] = ['http/1.1'];

/**
 * Whether servers offer HTTP/2, so that clients whose TLS is ended in between find what they would find without us. A
 * server is asked by a handshake of its own at the first contact, and the answer is remembered for a while.
 */
export class ServerProtocols {
  private readonly options: ServerProtocolsOptions;
  /** In the order of their use: the first was not used for the longest time. */
  private readonly known = new Map<string, Known>();
  private readonly asking = new Map<string, Promise<readonly string[]>>();
  private readonly sockets = new Set<TLSSocket>();
  private asked = 0;
  private failed = 0;
  private skipped = 0;

  constructor(options: ServerProtocolsOptions) {
    this.options = options;
  }

  /**
   * What to offer a client that goes to this server; `name` is what TLS asks it for. Does not reject: of a server that
   * says nothing in time, or that must not be reached, nothing is known, and all that we speak is offered.
   */
  async of(host: string, port: number, name: string, reachable: Reachable): Promise<readonly string[]> {
    const key = `${host} ${port} ${name}`;
    const known = this.known.get(key);
    if (known !== undefined) {
      this.known.delete(key);
      if (performance.now() < known.until) {
        this.known.set(key, known);
        return known.protocols;
      }
    }
    const running = this.asking.get(key);
    if (running !== undefined) return await running;
    if (!reachable.allows(host, port)) return OWN;
    if (this.asking.size >= (this.options.mostAsked ?? MOST_ASKED)) {
      this.skipped++;
      return OWN;
    }
    this.asked++;
    const answer = this.ask(host, port, name, reachable).then((protocols) => this.learn(key, protocols));
    this.asking.set(key, answer);
    return await answer;
  }

  get statistics(): ServerProtocolsStatistics {
    const { known, asked, failed, skipped } = this;
    return { kept: known.size, asked, failed, skipped };
  }

  /** Whoever is being asked is let go. */
  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private learn(key: string, protocols: readonly string[] | undefined): readonly string[] {
    const { capacity = CAPACITY, holdsMs = HOLDS_MS, failureHoldsMs = FAILURE_HOLDS_MS } = this.options;
    this.asking.delete(key);
    if (protocols === undefined) this.failed++;
    if (this.known.size >= Math.max(1, capacity)) {
      const oldest = this.known.keys().next();
      if (!oldest.done) this.known.delete(oldest.value);
    }
    const until = performance.now() + (protocols === undefined ? failureHoldsMs : holdsMs);
    this.known.set(key, { protocols: protocols ?? OWN, until });
    return protocols ?? OWN;
  }

  /** Undefined where there is no answer. */
  private ask(
    host: string,
    port: number,
    name: string,
    reachable: Reachable,
  ): Promise<readonly string[] | undefined> {
    const { tls, timeoutMs = TIMEOUT_MS } = this.options;
    const { promise, resolve } = Promise.withResolvers<readonly string[] | undefined>();
    const socket = connect({ ...tls.connectOptions(host, port, name, OWN), lookup: reachable.lookup(port) });
    this.sockets.add(socket);
    tls.attach(socket);
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    socket.once('secureConnect', () => {
      resolve(socket.alpnProtocol === 'h2' ? OWN : HTTP1);
      socket.destroy();
    });
    // What follows an error is `close`.
    socket.on('error', () => {});
    socket.once('close', () => {
      clearTimeout(timer);
      this.sockets.delete(socket);
      resolve(undefined);
    });
    return promise;
  }
}
