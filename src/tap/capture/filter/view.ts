/** What a filter needs of a packet: the decoder's `Packet` has it all. Offsets index `bytes`. */
export interface FilterPacket {
  readonly bytes: Uint8Array;
  readonly frameStart: number;
  readonly frameEnd: number;
  /** Length on the wire. */
  readonly original: number;
  /** LINKTYPE_ number. */
  readonly linkType: number;
  /** Hardware addresses, destination first; -1 where there are none. */
  readonly mac: number;
  readonly etherType: number;
  readonly ipVersion: number;
  readonly ipStart: number;
}

const ETHERNET = 1;
const NULL_LOOPBACK = 0;
const RAW_DLT = 12;
const RAW_OPENBSD = 14;
const RAW = 101;
const OPENBSD_LOOPBACK = 108;
const LINUX_COOKED = 113;
const RAW_IPV4 = 228;
const RAW_IPV6 = 229;
const LINUX_COOKED_2 = 276;

const IPV4 = 0x0800;
const IPV6 = 0x86dd;

/**
 * Where the layers of the frame at hand lie. Link layers with a fixed header are read here, as libpcap does, so
 * that a frame may be filtered before it is decoded; for the others the decoder's fields are taken.
 */
export class View {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Length on the wire. */
  length = 0;
  /** Beginning of the hardware addresses, and of what the link layer carries; -1 where there is none. */
  link = -1;
  network = -1;
  /** EtherType of what the link layer carries; -1 when it lies beyond what was captured. */
  type = -1;
  /** Set by a load that reached beyond the captured bytes: the frame is rejected whatever else holds. */
  beyond = false;

  /** Points to a packet. */
  show(packet: FilterPacket): void {
    const { bytes, frameStart: start, frameEnd: end } = packet;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.length = packet.original;
    this.beyond = false;
    if (packet.linkType === ETHERNET) {
      this.link = start;
      this.network = start + 14;
      this.type =
        start + 14 <= end ? ((bytes[start + 12] as number) << 8) | (bytes[start + 13] as number) : -1;
      return;
    }
    this.link = -1;
    switch (packet.linkType) {
      case LINUX_COOKED:
        this.network = start + 16;
        this.type = this.word(start + 14);
        return;
      case LINUX_COOKED_2:
        this.network = start + 20;
        this.type = this.word(start);
        return;
      case RAW:
      case RAW_DLT:
      case RAW_OPENBSD:
      case RAW_IPV4:
      case RAW_IPV6: {
        this.network = start;
        const version = start < end ? (bytes[start] as number) >> 4 : -1;
        this.type = version < 0 ? -1 : version === 4 ? IPV4 : version === 6 ? IPV6 : 0;
        return;
      }
      case NULL_LOOPBACK:
      case OPENBSD_LOOPBACK: {
        // The family stands in the byte order of the machine that captured; it fits into one byte.
        this.network = start + 4;
        const family = start + 4 <= end ? (bytes[start] as number) || (bytes[start + 3] as number) : -1;
        this.type =
          family < 0 ? -1 : family === 2 ? IPV4 : family === 24 || family === 28 || family === 30 ? IPV6 : 0;
        return;
      }
      default:
        this.link = packet.mac;
        this.network = packet.ipVersion === 0 ? -1 : packet.ipStart;
        this.type = packet.ipVersion === 4 ? IPV4 : packet.ipVersion === 6 ? IPV6 : packet.etherType;
    }
  }

  private word(at: number): number {
    return at + 2 <= this.end ? ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number) : -1;
  }
}
