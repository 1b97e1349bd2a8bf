import { u8 } from '../../../net/index.ts';
import { berLength } from '../ber.ts';

const SEQUENCE = 0x30;
const INTEGER = 0x02;
/** Tag class APPLICATION in the two high bits of a tag. */
const APPLICATION = 0x40;
const CLASS = 0xc0;
const NUMBER = 0x1f;
/** Highest number of an operation: IntermediateResponse. */
const LAST_OPERATION = 25;

// Operations (RFC 4511 section 4.2 and following).
export const BIND_REQUEST = 0;
export const BIND_RESPONSE = 1;
export const EXTENDED_REQUEST = 23;
export const EXTENDED_RESPONSE = 24;

/** The frame of an LDAPMessage: where it ends, its operation, and where that one's content lies. */
export interface MessageHead {
  readonly end: number;
  readonly operation: number;
  readonly start: number;
  readonly stop: number;
}

/**
 * Reads the head of the message at `at` (RFC 4511 section 4.1.1); what it holds may go beyond `limit`. `short`: more
 * bytes are needed; undefined: this is no message.
 */
export function messageHead(bytes: Uint8Array, at: number, limit: number): MessageHead | 'short' | undefined {
  if (at >= limit) return 'short';
  if (u8(bytes, at) !== SEQUENCE) return undefined;
  const whole = berLength(bytes, at + 1, limit);
  if (whole === undefined || whole === 'short') return whole;
  const end = whole.next + whole.value;
  if (whole.next + 2 > limit) return 'short';
  const idLength = u8(bytes, whole.next + 1);
  if (u8(bytes, whole.next) !== INTEGER || idLength === 0 || idLength > 4) return undefined;
  const tagAt = whole.next + 2 + idLength;
  if (tagAt >= end) return undefined;
  if (tagAt >= limit) return 'short';
  const tag = u8(bytes, tagAt);
  const operation = tag & NUMBER;
  if ((tag & CLASS) !== APPLICATION || operation > LAST_OPERATION) return undefined;
  const content = berLength(bytes, tagAt + 1, limit);
  if (content === undefined || content === 'short') return content;
  const stop = content.next + content.value;
  if (stop > end) return undefined;
  return { end, operation, start: content.next, stop };
}
