import type { Socket } from 'node:net';
import { FrameSplitter, frameFlags } from './frames.ts';
import { readHello } from './hello.ts';
import { PayloadJoiner } from './payload.ts';
import {
  FLAG_ABORT,
  FLAG_FIN,
  FRAME_HAPROXY_DISCONNECT,
  FRAME_HAPROXY_HELLO,
  FRAME_NOTIFY,
  FRAME_UNSET,
  SpopError,
  STATUS,
  TYPE_AND_FLAGS_BYTES,
} from './protocol.ts';
import { SpopReader } from './reader.ts';
import { FrameWriter, type Variable } from './writer.ts';

/** Bounds of a connection. */
export interface ConnectionLimits {
  /** Bytes of a frame that we take; what HAProxy announces is taken where it is less. */
  readonly maxFrameSize: number;
  /** Bytes of a payload that comes in fragments. */
  readonly maxPayload: number;
  /** Requests that may wait for their answer; while there are as many, nothing is read. */
  readonly mostInFlight: number;
  /** Time for the HELLO. */
  readonly helloMs: number;
  /** A connection that is silent for longer is closed; HAProxy closes its idle ones sooner. */
  readonly idleMs: number;
}

/** Who is told of what comes over connections. */
export interface ConnectionHost {
  /** Decodes a payload, and answers with exactly one {@link SpopConnection.ack} later. May throw a {@link SpopError}. */
  notify(connection: SpopConnection, streamId: number, frameId: number, payload: SpopReader): void;
  healthcheck(): void;
  fragment(): void;
  /** Variables that had no room in a frame. */
  leftOut(variables: number): void;
  /** The connection was ended for a fault of the peer. */
  fault(connection: SpopConnection, error: SpopError): void;
  /** It is gone: what is in flight gets no answer. */
  closed(connection: SpopConnection): void;
}

/** Longest HELLO that is read: it comes before the peers have agreed on a length. */
const HELLO_BYTES = 4096;
/** Answers that a peer may leave unread. */
const MOST_UNREAD = 4 << 20;
/** A connection that leaves is quiet when nothing comes for so long. */
const QUIET_MS = 3;
/** Longest time for which answers are held back then. */
const LONGEST_HOLD_MS = 40;
const STOPS = 'the agent stops';
/** Time that a peer has to take what was sent last. */
const LAST_WORD_MS = 1000;

/** A connection from HAProxy (3.2.3): HELLO, then any number of NOTIFY frames that are answered in any order. */
export class SpopConnection {
  private readonly socket: Socket;
  private readonly host: ConnectionHost;
  private readonly limits: ConnectionLimits;
  private readonly splitter: FrameSplitter;
  private readonly reader = new SpopReader();
  private readonly writer = new FrameWriter();
  private readonly joiner: PayloadJoiner;
  private state: 'hello' | 'open' | 'said-goodbye' = 'hello';
  private maxFrameSize: number;
  private isFlushing = false;
  private isDraining = false;
  private drainSinceMs = 0;
  private waiting = 0;

  constructor(socket: Socket, limits: ConnectionLimits, host: ConnectionHost) {
    this.socket = socket;
    this.host = host;
    this.limits = limits;
    this.maxFrameSize = limits.maxFrameSize;
    this.joiner = new PayloadJoiner(limits.maxPayload);
    this.splitter = new FrameSplitter(Math.min(HELLO_BYTES, limits.maxFrameSize), (bytes, start, end) =>
      this.frame(bytes, start, end),
    );
    socket.setNoDelay(true);
    socket.setTimeout(limits.helloMs, () => this.silent());
    socket.on('data', (piece: Buffer) => this.received(piece));
    // Told of by 'close', which follows.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.state = 'said-goodbye';
      host.closed(this);
    });
  }

  /** Requests that wait for their answer. */
  get inFlight(): number {
    return this.waiting;
  }

  /** Whether an answer can still be sent. */
  get isOpen(): boolean {
    return this.state === 'open';
  }

  /** Bytes of a frame, as agreed. */
  get frameBytes(): number {
    return this.maxFrameSize;
  }

  /** Answers a NOTIFY; nothing is sent where the connection is gone. */
  ack(streamId: number, frameId: number, variables: readonly Variable[]): void {
    this.waiting--;
    if (this.state !== 'open') return;
    const left = this.writer.ack(streamId, frameId, variables, this.maxFrameSize);
    if (left > 0) this.host.leftOut(left);
    if (!this.isDraining || performance.now() - this.drainSinceMs > LONGEST_HOLD_MS) this.flushSoon();
    if (this.waiting < this.limits.mostInFlight && this.socket.isPaused()) this.socket.resume();
  }

  /**
   * Leaves without losing a request. Answers are held back, so that HAProxy soon has as many requests in flight here as
   * it may have, and sends the next ones over other connections; when nothing more comes, it gets all answers and the
   * goodbye in one piece.
   */
  drain(): void {
    if (this.isDraining) return;
    this.isDraining = true;
    this.drainSinceMs = performance.now();
    this.leaveWhenQuiet();
  }

  destroy(): void {
    this.socket.destroy();
  }

  private leaveWhenQuiet(): void {
    const { bytesRead } = this.socket;
    setTimeout(() => {
      if (this.state === 'said-goodbye') return;
      const isQuiet = this.socket.bytesRead === bytesRead && !this.splitter.isInside;
      const heldMs = performance.now() - this.drainSinceMs;
      if (this.waiting === 0 && (isQuiet || heldMs > LONGEST_HOLD_MS)) this.goodbye(STATUS.normal, STOPS);
      else {
        if (heldMs > LONGEST_HOLD_MS) this.flush();
        this.leaveWhenQuiet();
      }
    }, QUIET_MS);
  }

  private received(piece: Buffer): void {
    if (this.state === 'said-goodbye') return;
    try {
      this.splitter.push(piece);
    } catch (error) {
      if (!(error instanceof SpopError)) throw error;
      this.refuse(error);
    }
  }

  private refuse(error: SpopError): void {
    // What stands behind the last word does not matter any more.
    if (this.state === 'said-goodbye') return;
    this.host.fault(this, error);
    this.goodbye(error.status, error.message);
  }

  private frame(bytes: Uint8Array, start: number, end: number): void {
    if (this.state === 'said-goodbye') return;
    const type = bytes[start] as number;
    const flags = frameFlags(bytes, start);
    const { reader } = this;
    reader.begin(bytes, start + TYPE_AND_FLAGS_BYTES, end);
    const streamId = reader.varint();
    const frameId = reader.varint();
    if (!Number.isSafeInteger(streamId) || !Number.isSafeInteger(frameId)) {
      throw new SpopError(STATUS.invalid, 'an identifier above 2^53');
    }
    switch (type) {
      case FRAME_HAPROXY_HELLO:
        this.hello(flags, streamId, frameId);
        return;
      case FRAME_NOTIFY:
      case FRAME_UNSET:
        if (this.state === 'hello') throw new SpopError(STATUS.invalid, 'a frame before the HELLO');
        this.notified(type, flags, streamId, frameId);
        return;
      case FRAME_HAPROXY_DISCONNECT:
        this.goodbye(STATUS.normal, 'normal');
        return;
      default:
        // Unknown frames may be passed over (3.2.2), but not in place of the HELLO.
        if (this.state === 'hello') throw new SpopError(STATUS.invalid, `a frame of type ${type}, not HELLO`);
    }
  }

  private hello(flags: number, streamId: number, frameId: number): void {
    if (this.state !== 'hello') throw new SpopError(STATUS.invalid, 'a second HELLO');
    if ((flags & FLAG_FIN) === 0 || streamId !== 0 || frameId !== 0) {
      throw new SpopError(STATUS.invalid, 'a HELLO in fragments, or of a stream');
    }
    const hello = readHello(this.reader);
    this.maxFrameSize = Math.min(hello.maxFrameSize, this.limits.maxFrameSize);
    // Peers that cannot send fragments (3.1 and later offer neither) pass over a capability that they do not know.
    this.writer.hello(this.maxFrameSize, 'pipelining,fragmentation');
    if (hello.healthcheck) {
      this.host.healthcheck();
      this.leave();
      return;
    }
    this.state = 'open';
    this.splitter.maxFrameSize = this.maxFrameSize;
    this.socket.setTimeout(this.limits.idleMs);
    this.flushSoon();
  }

  private notified(type: number, flags: number, streamId: number, frameId: number): void {
    const { reader, joiner } = this;
    const isFinal = (flags & FLAG_FIN) !== 0;
    if (type === FRAME_NOTIFY && isFinal && !joiner.isOpen) {
      if ((flags & FLAG_ABORT) === 0) this.deliver(streamId, frameId, reader);
      return;
    }
    this.host.fragment();
    if (type === FRAME_NOTIFY) joiner.open(streamId, frameId);
    else joiner.continue(streamId, frameId);
    if ((flags & FLAG_ABORT) !== 0) {
      joiner.close();
      return;
    }
    joiner.add(reader.bytes, reader.position, reader.end);
    if (!isFinal) return;
    const payload = joiner.close();
    reader.begin(payload, 0, payload.length);
    this.deliver(streamId, frameId, reader);
  }

  private deliver(streamId: number, frameId: number, payload: SpopReader): void {
    this.waiting++;
    try {
      this.host.notify(this, streamId, frameId, payload);
    } catch (error) {
      this.waiting--;
      throw error;
    }
    if (this.waiting >= this.limits.mostInFlight) this.socket.pause();
  }

  private flushSoon(): void {
    if (this.isFlushing) return;
    this.isFlushing = true;
    process.nextTick(() => this.flush());
  }

  private flush(): void {
    this.isFlushing = false;
    if (this.writer.length === 0 || this.socket.destroyed || this.socket.writableEnded) return;
    this.socket.write(this.writer.take());
    if (this.socket.writableLength > MOST_UNREAD) {
      this.host.fault(this, new SpopError(STATUS.resource, 'the peer does not read its answers'));
      this.socket.destroy();
    }
  }

  private silent(): void {
    if (this.waiting > 0) return;
    const error = new SpopError(
      STATUS.timeout,
      this.state === 'hello' ? 'no HELLO came' : 'nothing came for too long',
    );
    if (this.state === 'hello') this.host.fault(this, error);
    this.goodbye(error.status, error.message);
  }

  private goodbye(status: number, message: string): void {
    if (this.state === 'said-goodbye') return;
    this.writer.disconnect(status, message);
    this.leave();
  }

  /** Sends what is left and ends our side; what still comes is read and thrown away, so that the peer gets our last word. */
  private leave(): void {
    this.state = 'said-goodbye';
    this.flush();
    this.socket.end();
    this.socket.resume();
    this.socket.setTimeout(LAST_WORD_MS, () => this.socket.destroy());
  }
}
