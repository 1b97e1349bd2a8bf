import type { Socket } from 'node:net';
import type { UpstreamEnds } from '../transaction.ts';
import type { Counters } from './counters.ts';
import type { Origin } from './origin.ts';
import { failureOf, type UpstreamFailure } from './upstream-failure.ts';

/** Begins to connect; `received` gets what comes: `bytes[0, end)`, valid during the call alone. */
export type Dial = (received: (bytes: Buffer, end: number) => void) => Socket;

/** Whoever uses a connection to a server, or waits for one. Exactly one of `connected` and `failed` answers a wait. */
export interface UpstreamUser {
  connected(connection: UpstreamConnection): void;
  /** `bytes[start, end)` are lent: valid during the call alone. */
  received(bytes: Buffer, start: number, end: number): void;
  /** The server sends no more. */
  ended(): void;
  /** What was written is gone. */
  drained(): void;
  /** There is no connection, or no longer. */
  failed(failure: UpstreamFailure): void;
}

/** Bytes that may wait to be sent before whoever writes is told to wait. */
const HIGH_WATER = 64 * 1024;

/** Keeps the connections to one server. */
export interface ConnectionOwner {
  readonly origin: Origin;
  readonly counters: Counters;
  /** Nobody uses it; it may be given to the next. */
  idleAgain(connection: UpstreamConnection): void;
  /** It is closed, or no longer one that carries HTTP. */
  gone(connection: UpstreamConnection): void;
}

/** One connection to a server. It serves one user at a time. */
export class UpstreamConnection {
  user: UpstreamUser | undefined;
  /** Requests that were answered on it; a failure of one that has any may only mean that it went stale. */
  answered = 0;
  /** When it became idle, or began to connect; the ticker's clock. */
  since: number;
  connecting = true;
  /** Among those of its pool. */
  place = 0;
  readonly socket: Socket;
  private known: UpstreamEnds | undefined;
  private readonly pool: ConnectionOwner;
  private error: Error | undefined;
  private closed = false;
  private blocked = false;
  private paused = false;

  constructor(pool: ConnectionOwner, dial: Dial, user: UpstreamUser, now: number) {
    this.pool = pool;
    this.user = user;
    this.since = now;
    this.socket = dial((bytes, end) => this.received(bytes, end));
    this.socket.on(pool.origin.scheme === 'https' ? 'secureConnect' : 'connect', () => this.onConnect());
    this.socket.on('end', () => this.onEnd());
    this.socket.on('drain', () => {
      this.blocked = false;
      this.user?.drained();
    });
    this.socket.on('error', (error) => {
      this.error = error;
    });
    this.socket.on('close', () => this.onClose());
  }

  /** Its two ends; undefined when it is gone. */
  get ends(): UpstreamEnds | undefined {
    const { localAddress, localPort, remoteAddress, remotePort } = this.socket;
    if (this.known !== undefined || localAddress === undefined || remoteAddress === undefined)
      return this.known;
    this.known = {
      from: { address: localAddress, port: localPort ?? 0 },
      to: { address: remoteAddress, port: remotePort ?? 0 },
    };
    return this.known;
  }

  /** False: wait for `drained`. */
  write(data: Buffer | string): boolean {
    this.pool.counters.toServers += data.length;
    if (typeof data === 'string') this.socket.write(data, 'latin1');
    else this.socket.write(data);
    this.blocked = this.socket.writableLength >= HIGH_WATER;
    return !this.blocked;
  }

  pause(): void {
    if (this.paused) return;
    this.paused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.socket.resume();
  }

  /** The user is done with it. Reusable: an answer was read to its end, and nothing is on its way. */
  release(reusable: boolean): void {
    this.user = undefined;
    this.answered++;
    if (!reusable || this.closed || this.blocked || this.socket.destroyed) this.destroy();
    else {
      this.resume();
      this.pool.idleAgain(this);
    }
  }

  /** Ends it; its user hears nothing of it. */
  destroy(): void {
    this.user = undefined;
    this.socket.destroy();
  }

  /** It carries no HTTP any more (a tunnel): it does not count among those of its server. */
  detach(): void {
    this.pool.gone(this);
  }

  fail(failure: UpstreamFailure): void {
    const { user } = this;
    this.destroy();
    this.pool.gone(this);
    user?.failed(failure);
  }

  private onConnect(): void {
    this.connecting = false;
    this.pool.counters.upstreamOpened++;
    // Nobody is left who waits for it: the next may have it.
    if (this.user === undefined) this.pool.idleAgain(this);
    else this.user.connected(this);
  }

  private received(bytes: Buffer, end: number): void {
    this.pool.counters.fromServers += end;
    // An answer to nothing: whoever came next would take it for his own.
    if (this.user === undefined) this.destroy();
    else this.user.received(bytes, 0, end);
  }

  private onEnd(): void {
    if (this.user === undefined) this.destroy();
    else this.user.ended();
  }

  private onClose(): void {
    this.closed = true;
    this.pool.gone(this);
    const { user } = this;
    this.user = undefined;
    user?.failed(failureOf(this.error, this.connecting));
  }
}
