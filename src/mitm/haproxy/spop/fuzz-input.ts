import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type Message, readMessage } from '../message.ts';
import { SpopConnection } from './connection.ts';
import {
  CAPTURED_DISCONNECT,
  CAPTURED_HEALTHCHECK,
  CAPTURED_HELLO,
  CAPTURED_NOTIFY,
  frame,
  hello,
  notify,
  requestPayload,
} from './haproxy-frames.ts';
import { FLAG_FIN, FRAME_NOTIFY, FRAME_UNSET } from './protocol.ts';

/** Streams of good frames, to be mutated. */
export function spopSeeds(): readonly Buffer[] {
  const payload = requestPayload({ body: Buffer.alloc(3000, 'a=b&'), body_size: 3000 });
  return [
    Buffer.concat([CAPTURED_HELLO, CAPTURED_NOTIFY, CAPTURED_NOTIFY, CAPTURED_DISCONNECT]),
    CAPTURED_HEALTHCHECK,
    Buffer.concat([hello(), notify(1, 1), notify(70_000, 300, { src: '2001:db8::1', version: '2.0' })]),
    Buffer.concat([
      hello(),
      frame(FRAME_NOTIFY, 0, 9, 1, payload.subarray(0, 1000)),
      frame(FRAME_UNSET, 0, 9, 1, payload.subarray(1000, 2000)),
      frame(FRAME_UNSET, FLAG_FIN, 9, 1, payload.subarray(2000)),
      notify(10, 1),
    ]),
  ];
}

/** What an input led to. */
export interface SpopOutcome {
  readonly messages: number;
  /** Status codes with which connections were ended. */
  readonly faults: readonly number[];
}

/**
 * Lets a connection read these bytes as if HAProxy had sent them, in pieces of so many bytes, and answers what it asks.
 * Throws whatever the decoder should not: the faults of a peer are no errors of ours.
 */
export function runSpopInput(bytes: Uint8Array, piece: number = bytes.length): SpopOutcome {
  const socket = new SilentSocket();
  const faults: number[] = [];
  let messages = 0;
  const limits = {
    maxFrameSize: 1 << 20,
    maxPayload: 2 << 20,
    mostInFlight: 100,
    helloMs: 1000,
    idleMs: 1000,
  };
  const body = { request: 1 << 20, response: 1 << 20 };
  new SpopConnection(socket as unknown as Socket, limits, {
    notify: (connection, streamId, frameId, payload) => {
      const found: Message = readMessage(payload, body, 0);
      messages++;
      connection.ack(streamId, frameId, [['kind', found.kind]]);
    },
    healthcheck: () => {},
    fragment: () => {},
    leftOut: () => {},
    fault: (_, { status }) => faults.push(status),
    closed: () => {},
  });
  const step = Math.max(1, piece);
  for (let at = 0; at < bytes.length; at += step) {
    socket.emit('data', Buffer.from(bytes.subarray(at, Math.min(bytes.length, at + step))));
  }
  socket.destroy();
  return { messages, faults };
}

/** Takes what is written and sends nothing of its own. */
class SilentSocket extends Duplex {
  readonly bytesRead = 0;
  setNoDelay(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  override _read(): void {}
  override _write(_: Buffer, __: string, done: () => void): void {
    done();
  }
}
