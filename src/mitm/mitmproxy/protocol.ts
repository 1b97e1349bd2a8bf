/**
 * What the mitmproxy addon and weir say to each other over a Unix socket: frames in both directions.
 *
 *     0   4  length of what follows this field, in bytes
 *     4   1  type
 *     5   4  id
 *     9   4  length of the head, in bytes
 *    13   .  head: an object in JSON (RFC 8259), in UTF-8
 *     .   .  body: what the length leaves, as it is
 *
 * Numbers are unsigned and in network byte order. Text of HTTP is latin1 within the head: one character, U+0000 to
 * U+00FF, is one byte. Members of a head that are not named here are ignored.
 *
 *     1 HELLO     both        id 0, no body. The addon speaks first: `version`, `agent` (its name, for logs). weir
 *                             answers with `version`, `head_limit`, `request_body_limit`, `response_body_limit` (bytes):
 *                             longer heads are not sent, longer bodies are cut there.
 *     2 REQUEST   to weir     `client` and `server` (address and port each: what the client connected to), `tls`
 *                             (version, SNI and ALPN, or null), `time_us` (since 1970), `method`, `target`, `protocol`,
 *                             `headers` (pairs of name and value, in order), `body_bytes`: how long the body is before it
 *                             is cut, -1 where nobody knows.
 *     3 RESPONSE  to weir     Id of a request that was let through. `status`, `protocol`, `headers`, `body_bytes`.
 *     4 ABANDON   to weir     Id of a request: there will be no RESPONSE for it. No answer follows.
 *     5 VERDICT   to addon    Id of the request, after its REQUEST and after its RESPONSE, in any order among ids.
 *                             `judged`; where it is true `action` (`pass`, `deny`, `drop`, `redirect`, `limit`), `status`,
 *                             `location`, `reference`, `reason`, `retry_after` (seconds). Where it is false, nobody could
 *                             judge and `reason` says why. The id is free again after a VERDICT that is no `pass`, and
 *                             after the one for its RESPONSE.
 *     6 BYE       to addon    id 0. weir closes the connection: `reason`.
 *
 * A frame that is not like this ends the connection: nothing after it could be trusted.
 */

/** Version of the protocol; the other side's has to be the same. */
export const PROTOCOL_VERSION = 1;

/** Types of frames. */
export const FRAME = { hello: 1, request: 2, response: 3, abandon: 4, verdict: 5, bye: 6 } as const;

/** Bytes before the head. */
export const PREFIX_BYTES = 13;
/** Bytes that the length field counts at least. */
export const LEAST_LENGTH = PREFIX_BYTES - 4;
/** Bytes of a head at most: what is in it comes from a client of HTTP, whose bound is whoever terminates HTTP. */
export const HEAD_LIMIT = 512 << 10;
/** Bytes of a body at most, whatever the judge wants to see. */
export const BODY_LIMIT = 16 << 20;

/** Why a connection was closed by weir. */
export type BrokenReason =
  /** A length that is too small or too large. */
  | 'length'
  /** A type that there is not, or that only weir sends. */
  | 'type'
  /** The head is no JSON. */
  | 'json'
  /** A member of the head is missing or is of another kind, or there is a body where there is none. */
  | 'shape'
  /** Something else before HELLO, HELLO twice, a RESPONSE before the VERDICT. */
  | 'order'
  /** An id that is in use, or 0. */
  | 'id'
  /** Another version of the protocol. */
  | 'version';

/** Bytes that are no frame, or a frame that may not be here. Nothing of its contents is in the message. */
export class BrokenFrame extends Error {
  override name = 'BrokenFrame';
  readonly reason: BrokenReason;

  constructor(reason: BrokenReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** A frame without its lengths. The bytes are valid until the next bytes are read. */
export interface Frame {
  readonly type: number;
  readonly id: number;
  readonly head: Buffer;
  readonly body: Buffer;
}

/** A frame without a body, as weir sends it. */
export function encodeFrame(type: number, id: number, head: object): Buffer {
  const text = JSON.stringify(head);
  const headBytes = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES + headBytes);
  bytes.writeUInt32BE(LEAST_LENGTH + headBytes, 0);
  bytes.writeUInt8(type, 4);
  bytes.writeUInt32BE(id, 5);
  bytes.writeUInt32BE(headBytes, 9);
  bytes.write(text, PREFIX_BYTES);
  return bytes;
}
