import { createServer, type Server, type Socket } from 'node:net';
import type { Judge, Judged, Judgement } from '../judge.ts';
import { type BoundSocket, bindTcp, bindUnix } from '../listening.ts';
import { Deadlines } from './deadline.ts';
import { type BodyLimits, type RequestMessage, readMessage } from './message.ts';
import { PendingResponses } from './pending-responses.ts';
import type { ResponseMessage } from './response-message.ts';
import { type ConnectionHost, type ConnectionLimits, SpopConnection } from './spop/connection.ts';
import type { SpopError } from './spop/protocol.ts';
import type { SpopReader } from './spop/reader.ts';
import type { Variable } from './spop/writer.ts';
import { newCounters, type SpoeStatistics } from './statistics.ts';
import { judgementVariables, unjudgedVariables } from './variables.ts';

/** Where an agent listens: a Unix socket, or an address with a port (0 takes a free one). */
export type SpoeAddress = string | { readonly host: string; readonly port: number };

/** What becomes of requests whose body goes on beyond what HAProxy sent (its buffer was full). */
export type CutBodyPolicy = 'deny' | 'flag' | 'pass';

/** What an agent runs with. */
export interface SpoeAgentOptions {
  readonly judge: Judge;
  /** One address or several. */
  readonly listen: SpoeAddress | readonly SpoeAddress[];
  /** Group of the Unix sockets, whose mode is 0660: the one that HAProxy runs as. `auto`: `haproxy`, if there is one. */
  readonly group?: string | number | undefined;
  /** Takes a Unix socket over from a process that still listens on it: for a restart without a gap. */
  readonly replace?: boolean | undefined;
  /** `deny`: 413 (the default); `flag`: judged in part, and `body_cut` is set; `pass`: judged in part. */
  readonly cutBody?: CutBodyPolicy | undefined;
  /** Time for a judgement; must be less than `timeout processing` of HAProxy. 150 by default. */
  readonly deadlineMs?: number | undefined;
  /** Bytes of a frame: 4 MiB by default; HAProxy's own bound is `tune.bufsize` - 4. */
  readonly maxFrameSize?: number | undefined;
  readonly mostConnections?: number | undefined;
  /** Requests that wait for an answer, at most, on one connection. */
  readonly mostInFlight?: number | undefined;
  /** Requests whose answers are waited for, and how long. */
  readonly mostPending?: number | undefined;
  readonly pendingMs?: number | undefined;
  /** Told, in a line, of faults of peers. */
  readonly problem?: ((line: string) => void) | undefined;
}

const DEFAULT_DEADLINE_MS = 150;
const DEFAULT_FRAME = 4 << 20;
/** Time that connections have to end when the agent stops. */
const DRAIN_MS = 2000;
const EXPIRY_LOOKS_MS = 1000;
const TOO_LONG = 'the body of the request is longer than what can be inspected';

/** A NOTIFY that waits for its answer. */
interface Exchange {
  readonly connection: SpopConnection;
  readonly streamId: number;
  readonly frameId: number;
  readonly sinceMs: number;
  isAnswered: boolean;
}

/** The agent of HAProxy's SPOE: has each request, and each answer, judged, and sets the variables that say what to do. */
export class SpoeAgent {
  private readonly judge: Judge;
  private readonly options: SpoeAgentOptions;
  private readonly bodyLimits: BodyLimits;
  private readonly limits: ConnectionLimits;
  private readonly host: ConnectionHost;
  private readonly servers: Server[] = [];
  private readonly sockets: BoundSocket[] = [];
  private readonly connections = new Set<SpopConnection>();
  private readonly pending: PendingResponses;
  private readonly deadlines: Deadlines<Exchange>;
  private readonly expiry: NodeJS.Timeout;
  private readonly counters = newCounters();
  private readonly faults: Record<string, number> = {};
  private lastFault = '';
  private ports: number[] = [];
  private closing: Promise<void> | undefined;
  private emptied: (() => void) | undefined;

  /** Listens. Rejects with what is wrong where it cannot; nothing is left listening then. */
  static async listen(options: SpoeAgentOptions): Promise<SpoeAgent> {
    const agent = new SpoeAgent(options);
    const { listen } = options;
    const addresses = typeof listen === 'string' || !Array.isArray(listen) ? [listen as SpoeAddress] : listen;
    try {
      for (const address of addresses) await agent.bind(address);
    } catch (error) {
      await agent.close();
      throw error;
    }
    return agent;
  }

  private constructor(options: SpoeAgentOptions) {
    this.options = options;
    this.judge = options.judge;
    this.bodyLimits = { request: options.judge.requestBodyLimit, response: options.judge.responseBodyLimit };
    const maxFrameSize = options.maxFrameSize ?? DEFAULT_FRAME;
    this.limits = {
      maxFrameSize,
      maxPayload: 2 * maxFrameSize,
      mostInFlight: options.mostInFlight ?? 1024,
      helloMs: 5000,
      idleMs: 300_000,
    };
    this.pending = new PendingResponses({
      most: options.mostPending ?? 8192,
      expiryMs: options.pendingMs ?? 60_000,
    });
    this.deadlines = new Deadlines(options.deadlineMs ?? DEFAULT_DEADLINE_MS, (exchange) => {
      this.counters.late++;
      this.answer(exchange, unjudgedVariables('timeout'));
    });
    this.expiry = setInterval(() => this.pending.expire(performance.now()), EXPIRY_LOOKS_MS);
    this.expiry.unref();
    const { counters } = this;
    this.host = {
      notify: (connection, streamId, frameId, payload) => this.notify(connection, streamId, frameId, payload),
      healthcheck: () => counters.healthchecks++,
      fragment: () => counters.fragments++,
      leftOut: (variables) => {
        counters.variablesLeftOut += variables;
      },
      fault: (_, error) => this.fault(error),
      closed: (connection) => {
        this.connections.delete(connection);
        if (this.connections.size === 0) this.emptied?.();
      },
    };
  }

  /** Ports of the TCP addresses, in their order. */
  get tcpPorts(): readonly number[] {
    return this.ports;
  }

  get statistics(): SpoeStatistics {
    return {
      ...this.counters,
      connections: this.connections.size,
      responsesExpired: this.pending.expired,
      responsesEvicted: this.pending.evicted,
      idsRepeated: this.pending.repeated,
      pendingResponses: this.pending.size,
      faults: { ...this.faults },
      lastFault: this.lastFault,
    };
  }

  /**
   * Takes no more connections, answers what is in flight, says goodbye to HAProxy on each connection at a moment in
   * which nothing is on its way. Where another agent has taken its place (`replace`) no request is lost; where none has,
   * requests wait for `timeout processing` and then go the way of the configuration, open or closed.
   */
  async close(): Promise<void> {
    this.closing ??= this.shut();
    await this.closing;
  }

  private async shut(): Promise<void> {
    await Promise.all(this.sockets.map((socket) => socket.remove()));
    for (const server of this.servers) server.close();
    for (const connection of this.connections) connection.drain();
    if (this.connections.size > 0) {
      const empty = new Promise<void>((resolve) => {
        this.emptied = resolve;
      });
      const end = setTimeout(() => {
        for (const connection of this.connections) connection.destroy();
      }, DRAIN_MS);
      await empty;
      clearTimeout(end);
    }
    clearInterval(this.expiry);
    this.deadlines.close();
    this.pending.clear();
  }

  private async bind(address: SpoeAddress): Promise<void> {
    const server = createServer((socket) => this.accepted(socket));
    if (typeof address === 'string') {
      const { group, replace } = this.options;
      this.sockets.push(await bindUnix(server, address, group, replace));
    } else {
      this.ports.push(await bindTcp(server, address.host, address.port));
    }
    this.servers.push(server);
  }

  private accepted(socket: Socket): void {
    if (this.connections.size >= (this.options.mostConnections ?? 1024)) {
      this.counters.connectionsRefused++;
      socket.destroy();
      return;
    }
    this.counters.connectionsTotal++;
    const connection = new SpopConnection(socket, this.limits, this.host);
    this.connections.add(connection);
    // Accepted in the turn in which the agent began to stop.
    if (this.closing !== undefined) connection.drain();
  }

  private fault(error: SpopError): void {
    this.faults[error.status] = (this.faults[error.status] ?? 0) + 1;
    this.lastFault = error.message;
    this.options.problem?.(`a connection of HAProxy was ended (status ${error.status}): ${error.message}`);
  }

  private notify(connection: SpopConnection, streamId: number, frameId: number, payload: SpopReader): void {
    const sinceMs = performance.now();
    const nowUs = Math.floor((performance.timeOrigin + sinceMs) * 1000);
    const message = readMessage(payload, this.bodyLimits, nowUs);
    const exchange: Exchange = { connection, streamId, frameId, sinceMs, isAnswered: false };
    this.counters.inFlight++;
    switch (message.kind) {
      case 'request':
        this.request(exchange, message);
        return;
      case 'response':
        this.response(exchange, message);
        return;
      case 'unknown':
        this.counters.unknownMessages++;
        this.answer(exchange, unjudgedVariables('failed'));
        return;
      default:
        message satisfies never;
    }
  }

  private request(exchange: Exchange, message: RequestMessage): void {
    const { counters, judge } = this;
    counters.requests++;
    if (!message.bodyWhole) counters.bodiesCut++;
    const isRefused = message.bodyWhole
      ? judge.refusesLongBodies && message.bodySent > judge.requestBodyLimit
      : (this.options.cutBody ?? 'deny') === 'deny';
    if (isRefused) {
      counters.bodiesRefused++;
      counters.denied++;
      const judged = judge.refuse(message.request, 413, TOO_LONG);
      const { judgement, reference } = judged;
      judged.abandon();
      this.answer(exchange, judgementVariables(judgement, reference, !message.bodyWhole, 'request'));
      return;
    }
    this.deadlines.add(exchange);
    judge.request(message.request).then(
      (judged) => this.requestJudged(exchange, message, judged),
      () => this.judgeFailed(exchange),
    );
  }

  private requestJudged(exchange: Exchange, message: RequestMessage, judged: Judged): void {
    const { judgement, reference } = judged;
    if (!this.isAwaited(exchange)) {
      judged.abandon();
      return;
    }
    const cut = !message.bodyWhole && this.options.cutBody === 'flag';
    this.count(judgement);
    this.answer(exchange, judgementVariables(judgement, reference, cut, 'request'));
    if (judgement.action !== 'pass' || !message.answerFollows || this.closing !== undefined) {
      judged.abandon();
    } else if (message.id === '') {
      this.counters.withoutId++;
      judged.abandon();
    } else {
      this.pending.put(message.id, judged, performance.now());
    }
  }

  private response(exchange: Exchange, message: ResponseMessage): void {
    this.counters.responses++;
    const judged = this.pending.take(message.id);
    if (judged === undefined) {
      this.counters.uncorrelated++;
      this.answer(exchange, [['outbound_score', 0]]);
      return;
    }
    this.deadlines.add(exchange);
    judged.response(message.response).then(
      (judgement) => {
        if (!this.isAwaited(exchange)) return;
        this.count(judgement);
        this.answer(exchange, judgementVariables(judgement, judged.reference, false, 'response'));
      },
      () => this.judgeFailed(exchange),
    );
  }

  /** Whether its judgement is still of use to HAProxy. */
  private isAwaited(exchange: Exchange): boolean {
    if (exchange.isAnswered) return false;
    if (exchange.connection.isOpen) return true;
    this.counters.unanswered++;
    this.answer(exchange, []);
    return false;
  }

  private judgeFailed(exchange: Exchange): void {
    this.counters.failed++;
    if (!exchange.isAnswered) this.answer(exchange, unjudgedVariables('failed'));
  }

  private answer(exchange: Exchange, variables: readonly Variable[]): void {
    exchange.isAnswered = true;
    this.counters.inFlight--;
    exchange.connection.ack(exchange.streamId, exchange.frameId, variables);
  }

  private count({ action }: Judgement): void {
    const { counters } = this;
    switch (action) {
      case 'pass':
        counters.passed++;
        return;
      case 'deny':
        counters.denied++;
        return;
      case 'drop':
        counters.dropped++;
        return;
      case 'redirect':
        counters.redirected++;
        return;
      case 'limit':
        counters.limited++;
        return;
      default:
        action satisfies never;
    }
  }
}
