/**
 * SPOP, the Stream Processing Offload Protocol of HAProxy: version 2.0, spoken by 2.6 to 3.x (doc/SPOE.txt, 3).
 * Section numbers in this folder are those of that document.
 */

/** Types of frames (3.2.2). */
export const FRAME_UNSET = 0;
export const FRAME_HAPROXY_HELLO = 1;
export const FRAME_HAPROXY_DISCONNECT = 2;
export const FRAME_NOTIFY = 3;
export const FRAME_AGENT_HELLO = 101;
export const FRAME_AGENT_DISCONNECT = 102;
export const FRAME_ACK = 103;

/** Flags of frames (3.2). */
export const FLAG_FIN = 1;
export const FLAG_ABORT = 2;

/** Types of data, in the low four bits of the byte before it; the high four are flags (3.1). */
export const DATA_NULL = 0;
export const DATA_BOOL = 1;
export const DATA_INT32 = 2;
export const DATA_UINT32 = 3;
export const DATA_INT64 = 4;
export const DATA_UINT64 = 5;
export const DATA_IPV4 = 6;
export const DATA_IPV6 = 7;
export const DATA_STRING = 8;
export const DATA_BINARY = 9;
/** Flag of a boolean that is true. */
export const BOOL_TRUE = 0x10;

/** Bytes before each frame that tell its length, which does not count them. */
export const LENGTH_BYTES = 4;
/** Bytes of type and flags, before the two identifiers. */
export const TYPE_AND_FLAGS_BYTES = 5;
/** What every peer must be able to take as a frame (3.2). */
export const SMALLEST_MAX_FRAME = 256;

/** Status codes of DISCONNECT frames (3.5). */
export const STATUS = {
  normal: 0,
  io: 1,
  timeout: 2,
  tooBig: 3,
  invalid: 4,
  noVersion: 5,
  noMaxFrameSize: 6,
  noCapabilities: 7,
  unsupportedVersion: 8,
  badMaxFrameSize: 9,
  fragmentationNotSupported: 10,
  interlacedFrames: 11,
  frameIdNotFound: 12,
  resource: 13,
} as const;

/** What the peer sent breaks the protocol: the connection ends with a DISCONNECT that carries this status. */
export class SpopError extends Error {
  override name = 'SpopError';
  /** One of {@link STATUS}. */
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}
