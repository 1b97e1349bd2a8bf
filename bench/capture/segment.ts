/** Builds Ethernet frames of IPv4 with TCP or UDP in one reused buffer, with right lengths and checksums. */

const ETHERNET_HEADER = 14;
const IPV4_HEADER = 20;
const TCP = 6;
const UDP = 17;

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;

/** Who speaks to whom: addresses as 32-bit numbers. */
export interface Endpoints {
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** Maximum segment size 1460, SACK permitted, window scale 7. */
const SYN_OPTIONS = Uint8Array.of(2, 4, 5, 180, 1, 1, 4, 2, 1, 3, 3, 7);

/** One frame at a time; `bytes[0, length)` holds it until the next is built. */
export class FrameBuilder {
  readonly bytes = new Uint8Array(2048);
  length = 0;
  private readonly view = new DataView(this.bytes.buffer);
  private identification = 0;

  constructor() {
    this.bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0]);
  }

  /** A UDP datagram; `fill` writes the content and returns where it ends. */
  udp(ends: Endpoints, fill: (bytes: Uint8Array, start: number) => number): void {
    const header = ETHERNET_HEADER + IPV4_HEADER;
    const end = fill(this.bytes, header + 8);
    const { view } = this;
    view.setUint16(header, ends.sourcePort);
    view.setUint16(header + 2, ends.destinationPort);
    view.setUint16(header + 4, end - header);
    this.finish(ends, UDP, end, header + 6);
  }

  /** A TCP segment with `content`. */
  tcp(ends: Endpoints, flags: number, seq: number, ack: number, content: Uint8Array): void {
    const header = ETHERNET_HEADER + IPV4_HEADER;
    const options = (flags & SYN) === 0 ? 0 : SYN_OPTIONS.length;
    if (options > 0) this.bytes.set(SYN_OPTIONS, header + 20);
    const start = header + 20 + options;
    this.bytes.set(content, start);
    const { view } = this;
    view.setUint16(header, ends.sourcePort);
    view.setUint16(header + 2, ends.destinationPort);
    view.setUint32(header + 4, seq >>> 0);
    view.setUint32(header + 8, ack >>> 0);
    view.setUint8(header + 12, ((20 + options) >> 2) << 4);
    view.setUint8(header + 13, flags);
    view.setUint16(header + 14, 64240);
    view.setUint16(header + 18, 0);
    this.finish(ends, TCP, start + content.length, header + 16);
  }

  private finish(ends: Endpoints, protocol: number, end: number, checksumAt: number): void {
    const { view } = this;
    const start = ETHERNET_HEADER;
    // One router on either side: an answer comes from where its question went.
    const up = ends.source < ends.destination ? 1 : 0;
    this.bytes[5] = 1 + up;
    this.bytes[11] = 2 - up;
    view.setUint16(start, 0x4500);
    view.setUint16(start + 2, end - start);
    view.setUint16(start + 4, this.identification++ & 0xffff);
    view.setUint16(start + 6, 0x4000);
    view.setUint16(start + 8, (64 << 8) | protocol);
    view.setUint16(start + 10, 0);
    view.setUint32(start + 12, ends.source >>> 0);
    view.setUint32(start + 16, ends.destination >>> 0);
    view.setUint16(start + 10, ~this.sum(start, start + IPV4_HEADER, 0) & 0xffff);
    // RFC 9293 section 3.1, RFC 768: the pseudo-header is the addresses, the protocol and the length.
    view.setUint16(checksumAt, 0);
    const content = start + IPV4_HEADER;
    const pseudo = this.sum(start + 12, start + IPV4_HEADER, protocol + end - content);
    view.setUint16(checksumAt, ~this.sum(content, end, pseudo) & 0xffff);
    this.length = end;
  }

  /** The folded sum of the 16-bit words of `[start, end)`. */
  private sum(start: number, end: number, initial: number): number {
    const { bytes } = this;
    let sum = initial;
    let at = start;
    for (; at + 1 < end; at += 2) sum += ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    if (at < end) sum += (bytes[at] as number) << 8;
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    return sum;
  }
}
