/**
 * One packet as the decoder sees it: integers and offsets into `bytes`, reused for every packet. For a tunnelled
 * packet the decoder hands out each layer in turn, the outermost first; the network and transport fields
 * then describe that layer.
 */
export class Packet {
  // Capture
  /** The bytes that all offsets below index. For a reassembled datagram this is not the capture's buffer. */
  bytes: Uint8Array = new Uint8Array(0);
  /** File number in the capture sequence, and the offset in that file of `bytes[0]`; -1 when reassembled. */
  file = 0;
  base = 0;
  /** Number of the frame in the capture sequence, from 1. */
  number = 0;
  /** Microseconds since 1970, and the nanoseconds (0-999) beyond them. NaN first: V8 then keeps it unboxed. */
  timeUs = Number.NaN;
  nanos = 0;
  linkType = 0;
  interfaceId = 0;
  /** The frame: `[frameStart, frameEnd)` was captured, `original` bytes were on the wire. */
  frameStart = 0;
  frameEnd = 0;
  original = 0;

  // Link
  /** Index of the destination MAC address (6 bytes) with the source's behind it; -1 where there is none. */
  mac = -1;
  etherType = 0;
  /** VLAN tags (12 bits), the outermost first; `vlans` says how many, at most 3. */
  vlans = 0;
  vlan0 = 0;
  vlan1 = 0;
  vlan2 = 0;

  // Layer
  /** How many layers of this frame were handed out before this one. */
  layer = 0;
  /** First byte of this layer with its own link header: the frame's, or what a tunnel carries. */
  layerStart = 0;
  /** Bytes from `layerStart` on that were on the wire: what this packet adds to its flow with link headers. */
  layerLength = 0;
  /** True when an event says that the headers cannot be trusted; Suricata counts such a packet for no flow. */
  invalid = false;
  /** True when the bytes end before the datagram (or one around it) does, by its length: what is there is a part. */
  truncated = false;

  // Network: this layer
  /** True while the words of an IPv6 address may be left in the fields below; the decoder's own. */
  wide = false;
  /** 4, 6, or 0 where the layer is not IP (ARP and the like). */
  ipVersion = 0;
  ipStart = 0;
  /** End of the datagram by its length field, at most `frameEnd`. */
  ipEnd = 0;
  /** Length of the whole datagram by its header; larger than `ipEnd - ipStart` when the capture was cut. */
  ipLength = 0;
  /** True when the header left the length to the network card (0), and `ipLength` is what was captured. */
  offloaded = false;
  /** IP protocol number of what follows all extension headers; -1 where the layer is not IP. */
  protocol = -1;
  ttl = 0;
  /** Type of service / traffic class. */
  tos = 0;
  /** Source and destination: IPv6 in four big-endian signed words; IPv4 in the first, the others 0. */
  src0 = 0;
  src1 = 0;
  src2 = 0;
  src3 = 0;
  dst0 = 0;
  dst1 = 0;
  dst2 = 0;
  dst3 = 0;
  /** True for a piece of a datagram that is not whole: only the addresses and protocol are known. */
  fragment = false;
  /** True when the datagram was put together from fragments. */
  reassembled = false;

  // Transport
  transportStart = 0;
  /** Ports; for ICMP the type and code. 0 where the protocol has none or the header is cut. */
  srcPort = 0;
  dstPort = 0;
  /** True when the transport header was whole and could be read. */
  transport = false;
  /** The payload that was captured: `[payloadStart, payloadEnd)`. */
  payloadStart = 0;
  payloadEnd = 0;
  /** Length of the payload by the headers; larger than what was captured when the capture was cut. */
  payloadLength = 0;
  tcpFlags = 0;
  /** The TCP fields that follow hold for TCP only. Sequence and acknowledgement number as signed 32-bit integers. */
  seq = 0;
  ack = 0;
  window = 0;
  urgent = 0;
  /** TCP options: window scale (-1 absent), maximum segment size (0 absent), SACK permitted. */
  windowScale = -1;
  mss = 0;
  sackPermitted = false;
  /** TCP time stamps: present, value, echo reply (signed). */
  hasTimestamp = false;
  tsValue = 0;
  tsEcho = 0;
  /** SCTP: type of the first chunk (-1 when there is none) and verification tag (signed). */
  sctpChunk = -1;
  sctpTag = 0;
  /**
   * ICMP errors: index of the IP header that the message quotes, -1 where there is none; its protocol (-1 when cut)
   * and ports (for a quoted ICMP message its type and code). Addresses are read from the quoted header.
   */
  quoted = -1;
  quotedProtocol = -1;
  quotedSrcPort = 0;
  quotedDstPort = 0;
  /** Checksum verdicts of this layer: 0 not checked, 1 right, 2 wrong. */
  ipChecksum = 0;
  transportChecksum = 0;

  // Tunnels
  /** How many tunnels this layer is inside of; `tunnels[i]` names them, the outermost first. */
  depth = 0;
  readonly tunnels: TunnelLayer[] = [];
  /** A number that tells equal five-tuples of different tunnels apart; 0 outside of tunnels. */
  tunnelId = 0;
  /** True when this layer carries another one that is handed out next. */
  carrier = false;
  /** What it carries is in a tunnel of this kind (see {@link TunnelLayer}); holds while `carrier` is true. */
  carries = '';

  // Anomalies
  /** Numbers of the decoder events of this layer (see events.ts), `events` of them. */
  events = 0;
  readonly event: Uint16Array = new Uint16Array(32);

  /** Sets what a layer without a readable transport header has; its content starts at `start`. */
  withoutTransport(start: number): void {
    this.transport = false;
    this.transportStart = start;
    this.srcPort = 0;
    this.dstPort = 0;
    this.tcpFlags = 0;
    this.payloadStart = Math.min(start, this.ipEnd);
    this.payloadEnd = this.ipEnd;
    this.payloadLength = Math.max(0, this.ipLength - (start - this.ipStart));
    this.transportChecksum = 0;
    this.quoted = -1;
  }
}

/** One tunnel around a packet. Objects are reused; read them while the packet is current. */
export interface TunnelLayer {
  /** `gre`, `erspan`, `vxlan`, `geneve`, `ip-in-ip`, `6in4`, `4in6`, `6in6`, `teredo`, `gtp-u`, `ayiya`,
   * `pptp`, `capwap`. */
  kind: string;
  /** Key of the tunnel: VNI, GRE key, TEID, session; 0 where there is none. */
  id: number;
  /** Outer addresses, as in {@link Packet}, and ports (0 where there are none). */
  version: number;
  src0: number;
  src1: number;
  src2: number;
  src3: number;
  dst0: number;
  dst1: number;
  dst2: number;
  dst3: number;
  srcPort: number;
  dstPort: number;
  /** Protocol number of the outer layer: 17 for UDP-borne tunnels, 47 for GRE, 4, 41. */
  protocol: number;
}

/** Receives each layer of each frame. The packet is valid during the call only. */
export interface PacketSink {
  packet(packet: Packet): void;
}

export const TCP = 6;
export const UDP = 17;
export const ICMP = 1;
export const GRE = 47;
export const ICMPV6 = 58;
export const SCTP = 132;
export const UDP_LITE = 136;

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;
export const ECE = 0x40;
export const CWR = 0x80;
