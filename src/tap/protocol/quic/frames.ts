import { u8 } from '../../../net/index.ts';
import { integerLength, readInteger } from './variable-integer.ts';

// Frames that Initial packets may hold (RFC 9000 section 12.4).
const PADDING = 0x00;
const PING = 0x01;
const ACK = 0x02;
const ACK_ECN = 0x03;
const CRYPTO = 0x06;
/** CRYPTO of Q050 and T050. */
const GOOGLE_CRYPTO = 0x08;
const CONNECTION_CLOSE = 0x1c;
const CONNECTION_CLOSE_APPLICATION = 0x1d;

/** Takes what is of interest in an Initial packet. */
export interface FrameSink {
  /** A piece of the handshake: `[start, end)` of `bytes` belongs at `offset`. */
  crypto(bytes: Uint8Array, start: number, end: number, offset: number): void;
  connectionClose(): void;
}

/** Walks the frames of an Initial packet. False when one is malformed or must not be there. */
export function walkFrames(bytes: Uint8Array, google: boolean, sink: FrameSink): boolean {
  const end = bytes.length;
  let at = 0;
  while (at < end) {
    const type = u8(bytes, at++);
    switch (type) {
      case PADDING:
        while (at < end && bytes[at] === PADDING) at++;
        break;
      case PING:
        break;
      case ACK:
      case ACK_ECN:
        at = skipAck(bytes, at, end, type === ACK_ECN);
        if (at < 0) return false;
        break;
      case CONNECTION_CLOSE:
      case CONNECTION_CLOSE_APPLICATION:
        sink.connectionClose();
        return true;
      case CRYPTO:
      case GOOGLE_CRYPTO: {
        if (type === GOOGLE_CRYPTO && !google) return false;
        const lengthAt = skipInteger(bytes, at, end);
        const dataAt = lengthAt < 0 ? -1 : skipInteger(bytes, lengthAt, end);
        if (dataAt < 0) return false;
        const length = readInteger(bytes, lengthAt);
        if (length > end - dataAt) return false;
        sink.crypto(bytes, dataAt, dataAt + length, readInteger(bytes, at));
        at = dataAt + length;
        break;
      }
      default:
        return false;
    }
  }
  return true;
}

/** RFC 9000 section 19.3. Returns the index behind the frame, -1 when it does not fit. */
function skipAck(bytes: Uint8Array, start: number, end: number, ecn: boolean): number {
  let at = skipInteger(bytes, start, end);
  if (at >= 0) at = skipInteger(bytes, at, end);
  if (at < 0) return -1;
  const countAt = at;
  at = skipInteger(bytes, at, end);
  if (at < 0) return -1;
  let left = 1 + 2 * readInteger(bytes, countAt) + (ecn ? 3 : 0);
  for (; left > 0; left--) {
    at = skipInteger(bytes, at, end);
    if (at < 0) return -1;
  }
  return at;
}

function skipInteger(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1;
  const next = at + integerLength(u8(bytes, at));
  return next > end ? -1 : next;
}
