/**
 * A run of packets of one file (or ring block): one buffer and parallel arrays that say where each packet
 * lies in it. A source reuses its batch: what is in it is valid until the next batch is asked for.
 */
export class Batch {
  /** The bytes that hold the packets. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Number of the file in the capture sequence, from 0. */
  file = 0;
  /** Offset in the file of `bytes[0]` (in the decompressed data where the file is compressed). */
  base = 0;
  /** First packet of the run, and the one after the last: `[first, end)` index the arrays below. */
  first = 0;
  end = 0;

  /** Index into `bytes` of each packet's first byte. */
  readonly offset: Uint32Array;
  /** Bytes that were captured, and that were on the wire. */
  readonly captured: Uint32Array;
  readonly original: Uint32Array;
  /** Capture time: whole microseconds since 1970, and the nanoseconds (0-999) beyond them. */
  readonly timeUs: Float64Array;
  readonly nanos: Uint16Array;
  /** Link type (LINKTYPE_ number) and interface of each packet. */
  readonly linkType: Uint16Array;
  readonly interfaceId: Uint16Array;
  /** 1: the sender has left the packet's transport checksum to its network card; says nothing about damage. */
  readonly unfinished: Uint8Array;

  constructor(capacity: number) {
    this.offset = new Uint32Array(capacity);
    this.captured = new Uint32Array(capacity);
    this.original = new Uint32Array(capacity);
    this.timeUs = new Float64Array(capacity);
    this.nanos = new Uint16Array(capacity);
    this.linkType = new Uint16Array(capacity);
    this.interfaceId = new Uint16Array(capacity);
    this.unfinished = new Uint8Array(capacity);
  }

  /** How many packets the arrays can hold. */
  get capacity(): number {
    return this.offset.length;
  }
}
