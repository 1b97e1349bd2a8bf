import type { Duplex } from 'node:stream';
import { newIdentifier } from '../../event/index.ts';
import type { ClientConnection } from '../connection.ts';
import { checkPartialHead, findHeadEnd, HttpError, parseRequestHead } from '../http/index.ts';
import { answerBytes, failureAnswer } from './answer.ts';
import type { Open, ProxyContext } from './context.ts';
import type { Refusal } from './counters.ts';
import { Exchange } from './exchange.ts';
import type { Destination, Takeover } from './hooks.ts';
import { Inbox } from './inbox.ts';

/** Bytes that may wait for a client before whoever writes is told to wait. */
const HIGH_WATER = 64 * 1024;
/** Bytes that a client may send after its last answer before it is cut off. */
const LINGER_BYTES = 1024 * 1024;

/** One client's connection: its requests are read one after the other and answered in that order (RFC 9112, 9.3.2). */
export class ClientSession implements Open {
  readonly context: ProxyContext;
  readonly destination: Destination;
  readonly takeover: Takeover | undefined;
  /** No further request is to come: answers say so. */
  closing = false;
  /** What is written waits for the client. */
  blocked = false;
  private readonly stream: Duplex;
  private readonly place: number;
  private readonly connectionOf: () => ClientConnection;
  private known: ClientConnection | undefined;
  private readonly inbox = new Inbox();
  /** Bytes of the inbox that were searched for the end of a head. */
  private searched = 0;
  private exchange: Exchange | undefined;
  private pumping = false;
  private paused = false;
  private over = false;
  private requests = 0;
  /** When the connection became idle, or its head's first byte came: `headPending` says which. */
  private since: number;
  private headPending = true;
  private blockedSince = 0;
  private lingerUntil = 0;
  private lingered = 0;

  /** `connectionOf` is called when somebody asks for the connection; without a judge nobody does. */
  constructor(
    context: ProxyContext,
    stream: Duplex,
    connectionOf: () => ClientConnection,
    destination: Destination,
    takeover: Takeover | undefined,
  ) {
    this.context = context;
    this.stream = stream;
    this.connectionOf = connectionOf;
    this.destination = destination;
    this.takeover = takeover;
    this.since = context.ticker.now;
    this.place = context.open.enter(this);
    stream.on('data', this.onData);
    stream.on('drain', this.onDrain);
    stream.on('end', this.onEnd);
    stream.on('error', this.onError);
    stream.on('close', this.onClose);
  }

  get connection(): ClientConnection {
    this.known ??= this.connectionOf();
    return this.known;
  }

  /** As servers are told of it. */
  get clientAddress(): string {
    return this.connection.client.address;
  }

  get scheme(): 'http' | 'https' {
    return this.connection.tls === undefined ? 'http' : 'https';
  }

  /** Whether bytes of the client wait to be read. */
  get hasInput(): boolean {
    return this.inbox.size > 0;
  }

  /** Writes to the client. False: wait for the exchange's `clientDrained`. */
  send(data: Buffer | string): boolean {
    this.context.counters.toClients += data.length;
    if (typeof data === 'string') this.stream.write(data, 'latin1');
    else this.stream.write(data);
    this.blocked = this.stream.writableLength >= HIGH_WATER;
    if (this.blocked) this.blockedSince = this.context.ticker.now;
    return !this.blocked;
  }

  /** The exchange is over. Otherwise than with `keepAlive` the connection is ended behind what was sent. */
  finished(keepAlive: boolean): void {
    this.exchange = undefined;
    this.since = this.context.ticker.now;
    this.headPending = false;
    if (!keepAlive || this.closing) this.linger();
    else this.pump();
  }

  /** Reads on: the exchange wants more of its body. */
  pump(): void {
    if (this.pumping || this.over) return;
    this.pumping = true;
    try {
      while (this.step());
    } finally {
      this.pumping = false;
    }
    this.setReading();
  }

  /** Gives the stream away, without listeners and paused, with what was read of it already. */
  detach(): { readonly stream: Duplex; readonly rest: Buffer } {
    const rest = this.inbox.bytes.subarray(this.inbox.start, this.inbox.end);
    this.leave();
    this.stream.off('data', this.onData);
    this.stream.off('drain', this.onDrain);
    this.stream.off('end', this.onEnd);
    this.stream.off('close', this.onClose);
    this.stream.pause();
    return { stream: this.stream, rest };
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.stream.destroy();
    this.onClose();
  }

  /** Ends the connection behind what is being answered, or at once where nothing is. */
  close(): void {
    this.closing = true;
    if (this.exchange === undefined && !this.blocked) this.linger();
  }

  tick(now: number): void {
    const { limits } = this.context;
    if (this.lingerUntil > 0) {
      if (now > this.lingerUntil) this.destroy();
    } else if (this.blocked && now - this.blockedSince > limits.sendMs) {
      this.context.counters.refused.send_timeout++;
      this.destroy();
    } else if (this.exchange !== undefined) {
      this.exchange.tick(now);
    } else if (!this.headPending) {
      if (now - this.since > limits.idleMs) this.linger();
    } else if (now - this.since > limits.headMs) {
      if (this.inbox.size > 0)
        this.refuse(408, 'head_timeout', 'the head of the request did not come in time');
      else this.linger();
    }
  }

  /** One request head, or one piece of a body. True where there may be more to do. */
  private step(): boolean {
    const { inbox, exchange } = this;
    if (this.over || this.lingerUntil > 0) return false;
    if (exchange === undefined) return this.readHead();
    if (!exchange.wantsBody || inbox.size === 0) return false;
    inbox.start = exchange.body(inbox.bytes, inbox.start, inbox.end);
    if (inbox.start === inbox.end) inbox.clear();
    return true;
  }

  private readHead(): boolean {
    const { inbox, context } = this;
    // Who does not read answers gets no further ones.
    if (this.blocked || inbox.size === 0) return false;
    const { bytes, start, end } = inbox;
    try {
      const headEnd = findHeadEnd(bytes, start, end, start + this.searched);
      if (headEnd < 0) {
        checkPartialHead(bytes, start, end, context.headLimits);
        this.searched = end - start;
        if (!this.headPending) {
          this.headPending = true;
          this.since = context.ticker.now;
        }
        return false;
      }
      const head = parseRequestHead(bytes, start, headEnd, context.headLimits);
      inbox.start = headEnd;
      this.searched = 0;
      if (inbox.start === inbox.end) inbox.clear();
      context.counters.requests++;
      if (++this.requests >= context.limits.requestsPerConnection) this.closing = true;
      const exchange = new Exchange(this, head);
      this.exchange = exchange;
      exchange.begin();
      return true;
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      this.refuse(error.status, 'malformed', error.message);
      return false;
    }
  }

  /** Answers what cannot be read as a request, and ends the connection: nobody knows where the next would begin. */
  private refuse(status: number, refusal: Refusal, reason: string): void {
    const { context } = this;
    const reference = newIdentifier();
    context.counters.refused[refusal]++;
    context.counters.answered(status);
    context.onFailure?.({ reference, status, reason, connection: this.connection, origin: '' });
    const answer = failureAnswer(context.answers, status, reason, reference, []);
    this.send(answerBytes(answer, 'GET', 'close'));
    this.linger();
  }

  /**
   * Ends our side and reads on for a while: closing with unread bytes would reset the connection, and the client might
   * lose its answer (RFC 9112, 9.6).
   */
  private linger(): void {
    if (this.over || this.lingerUntil > 0) return;
    this.inbox.clear();
    this.lingerUntil = this.context.ticker.now + this.context.limits.lingerMs;
    this.stream.end();
    this.setReading();
  }

  /** Reads as long as something wants it, and a little of what comes next. */
  private setReading(): void {
    const pause = this.inbox.size > this.context.limits.pipelinedBytes && this.lingerUntil === 0;
    if (pause === this.paused || this.over) return;
    this.paused = pause;
    if (pause) this.stream.pause();
    else this.stream.resume();
  }

  private leave(): void {
    this.over = true;
    this.inbox.clear();
    this.context.open.leave(this.place);
  }

  private readonly onData = (bytes: Buffer): void => {
    this.context.counters.fromClients += bytes.length;
    if (this.lingerUntil > 0) {
      this.lingered += bytes.length;
      if (this.lingered > LINGER_BYTES) this.destroy();
      return;
    }
    this.inbox.add(bytes, 0, bytes.length, false);
    this.pump();
  };

  private readonly onDrain = (): void => {
    this.blocked = false;
    this.exchange?.clientDrained();
    this.pump();
  };

  /** A client that has ended does not wait for answers. */
  private readonly onEnd = (): void => {
    if (this.exchange === undefined) this.stream.end();
    else this.destroy();
  };

  /** What follows an error is `close`. */
  private readonly onError = (): void => {};

  private readonly onClose = (): void => {
    if (this.over) return;
    this.leave();
    const { exchange } = this;
    this.exchange = undefined;
    exchange?.clientGone();
  };
}
