import { u8, u16 } from '../../net/index.ts';
import type { Batch } from '../capture/batch.ts';
import { Checksums } from './checksum.ts';
import { COUNTER, DecoderCounters } from './counters.ts';
import * as events from './events.ts';
import { FragmentTable } from './fragments.ts';
import { ipv4 } from './ipv4.ts';
import { ipv6 } from './ipv6.ts';
import type { Layers, Mark } from './layers.ts';
import { etherType } from './link/ethertype.ts';
import { ppp } from './link/ppp.ts';
import { link } from './link/types.ts';
import { wlan } from './link/wlan.ts';
import {
  DEFAULT_HEADERS,
  DEFAULT_TUNNELS,
  type DecoderOptions,
  fragmentLimits,
  MAX_HEADERS,
  MAX_TUNNELS,
  tunnelPorts,
} from './options.ts';
import { Packet, type PacketSink, type TunnelLayer } from './packet.ts';

const ETHERNET = 1;
const ETHERNET_HEADER = 14;
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
/** Events that are kept for one layer; further ones are only counted. */
const MAX_EVENTS = 15;
/** Datagrams that may come out of each other in one frame. */
const MAX_REASSEMBLED = 4;

const PACKETS = COUNTER.pkts;
const BYTES = COUNTER.bytes;
const INVALID = COUNTER.invalid;
const ETHERNET_FRAMES = COUNTER.ethernet;

/**
 * Turns frames into packets: fills one {@link Packet} and gives it to the sink for each layer of each frame, the
 * outermost first. Every frame is given out at least once. It never throws, whatever the bytes are.
 */
export class Decoder implements Layers {
  readonly packet: Packet = new Packet();
  readonly counters: DecoderCounters;
  readonly counts: Float64Array;
  readonly fragments: FragmentTable;
  readonly checksums: Checksums;
  readonly tunnelPorts: Uint8Array;

  private readonly sink: PacketSink;
  private readonly maxTunnels: number;
  private readonly maxHeaders: number;
  /** Headers since the last tunnel. */
  private headers = 0;
  /** How many reassembled datagrams the decoder is inside of. */
  private rebuilt = 0;

  constructor(
    sink: PacketSink,
    options: DecoderOptions = {},
    counters: DecoderCounters = new DecoderCounters(),
  ) {
    this.sink = sink;
    this.counters = counters;
    this.counts = counters.layers;
    this.fragments = new FragmentTable(fragmentLimits(options), options.seed ?? 0, counters.layers);
    this.checksums = new Checksums(options.checksums ?? 'none', counters.layers);
    this.tunnelPorts = tunnelPorts(options);
    this.maxTunnels = Math.min(MAX_TUNNELS, options.tunnels ?? DEFAULT_TUNNELS);
    this.maxHeaders = Math.min(MAX_HEADERS, options.headers ?? DEFAULT_HEADERS);
  }

  /** Decodes packet `index` of the batch; `frameNumber` counts the frames of the capture sequence from 1. */
  decode(batch: Batch, index: number, frameNumber: number): void {
    const packet = this.packet;
    const bytes = batch.bytes;
    const start = batch.offset[index]!;
    let end = start + batch.captured[index]!;
    if (end > bytes.length) end = bytes.length;
    const original = batch.original[index]!;
    const linkType = batch.linkType[index]!;
    packet.bytes = bytes;
    packet.file = batch.file;
    packet.base = batch.base;
    packet.number = frameNumber;
    packet.timeUs = batch.timeUs[index]!;
    packet.nanos = batch.nanos[index]!;
    packet.linkType = linkType;
    packet.interfaceId = batch.interfaceId[index]!;
    packet.frameStart = start;
    packet.frameEnd = end;
    packet.original = original;
    packet.layer = 0;
    packet.layerStart = start;
    packet.layerLength = original;
    packet.mac = -1;
    packet.etherType = 0;
    packet.vlans = 0;
    packet.depth = 0;
    packet.tunnelId = 0;
    packet.carrier = false;
    packet.reassembled = false;
    packet.events = 0;
    packet.invalid = false;
    packet.truncated = false;
    this.headers = 0;
    if (this.checksums.active) this.checksums.unfinished = batch.unfinished[index] === 1;
    this.counts[PACKETS]!++;
    this.counts[BYTES]! += end - start;

    if (linkType === ETHERNET) this.ethernet(start, end);
    else link(this, linkType, start, end);
    if (packet.layer === 0 || packet.events !== 0) this.flush();
  }

  /** The capture is over: datagrams that are not whole are given up. */
  end(): void {
    this.fragments.clear();
  }

  /** An Ethernet frame (IEEE 802.3, DIX) at `start`. */
  ethernet(start: number, end: number): void {
    this.counts[ETHERNET_FRAMES]!++;
    if (!this.nested()) return;
    if (end - start < ETHERNET_HEADER) {
      this.event(events.ETHERNET_PKT_TOO_SMALL);
      return;
    }
    const packet = this.packet;
    packet.mac = start;
    const type = u16(packet.bytes, start + 12);
    if (type === IPV4) {
      packet.etherType = IPV4;
      ipv4(this, start + ETHERNET_HEADER, end);
    } else if (type === IPV6) {
      packet.etherType = IPV6;
      ipv6(this, start + ETHERNET_HEADER, end);
    } else etherType(this, type, start + ETHERNET_HEADER, end);
  }

  etherType(type: number, start: number, end: number): void {
    etherType(this, type, start, end);
  }

  ipv4(start: number, end: number): void {
    ipv4(this, start, end);
  }

  ipv6(start: number, end: number): void {
    ipv6(this, start, end);
  }

  network(start: number, end: number): void {
    const version = start < end ? u8(this.packet.bytes, start) >> 4 : 0;
    if (version === 4) ipv4(this, start, end);
    else if (version === 6) ipv6(this, start, end);
    else this.event(events.IPRAW_INVALID_IP_VERSION);
  }

  ppp(start: number, end: number): void {
    ppp(this, start, end);
  }

  wlan(start: number, end: number): void {
    wlan(this, start, end, false);
  }

  link(linkType: number, start: number, end: number): void {
    if (linkType === ETHERNET) this.ethernet(start, end);
    else link(this, linkType, start, end);
  }

  event(event: number): void {
    const packet = this.packet;
    // What is odd behind the cut is the cut's doing, and that was noted.
    if (packet.truncated) return;
    this.counters.events[event]!++;
    if (events.EVENT_INVALID[event] === 1) packet.invalid = true;
    if (packet.events < MAX_EVENTS) packet.event[packet.events++] = event;
  }

  nested(): boolean {
    if (++this.headers <= this.maxHeaders) return true;
    this.counts[COUNTER.too_many_layers]!++;
    this.event(events.TOO_MANY_LAYERS);
    return false;
  }

  handOut(): void {
    const packet = this.packet;
    this.sink.packet(packet);
    packet.layer++;
    packet.events = 0;
    if (packet.invalid) {
      packet.invalid = false;
      this.counts[INVALID]!++;
    }
  }

  flush(): void {
    const packet = this.packet;
    if (packet.layer !== 0 && packet.events === 0) return;
    packet.ipVersion = 0;
    packet.protocol = -1;
    packet.ipStart = packet.ipEnd = packet.frameEnd;
    packet.ipLength = 0;
    packet.fragment = false;
    packet.ipChecksum = 0;
    packet.withoutTransport(packet.frameEnd);
    this.handOut();
  }

  enter(kind: string, id: number, key: number, start: number, length: number): boolean {
    const packet = this.packet;
    const depth = packet.depth;
    if (depth >= this.maxTunnels) {
      this.event(events.TOO_MANY_TUNNELS);
      this.handOut();
      return false;
    }
    packet.carrier = true;
    packet.carries = kind;
    this.handOut();
    packet.carrier = false;
    let tunnel = packet.tunnels[depth];
    if (tunnel === undefined) {
      tunnel = emptyTunnel();
      packet.tunnels.push(tunnel);
    }
    tunnel.kind = kind;
    tunnel.id = id;
    tunnel.version = packet.ipVersion;
    tunnel.src0 = packet.src0;
    tunnel.src1 = packet.src1;
    tunnel.src2 = packet.src2;
    tunnel.src3 = packet.src3;
    tunnel.dst0 = packet.dst0;
    tunnel.dst1 = packet.dst1;
    tunnel.dst2 = packet.dst2;
    tunnel.dst3 = packet.dst3;
    tunnel.srcPort = packet.srcPort;
    tunnel.dstPort = packet.dstPort;
    tunnel.protocol = packet.protocol;
    packet.depth = depth + 1;
    packet.tunnelId = tunnelId(packet.tunnelId, depth + 1, key);
    packet.vlans = 0;
    packet.mac = -1;
    packet.etherType = 0;
    packet.layerStart = start;
    packet.layerLength = Math.max(length, 0);
    this.headers = 0;
    return true;
  }

  mark(): Mark {
    const { depth, vlans, tunnelId, layerStart, layerLength } = this.packet;
    return { depth, vlans, tunnelId, layerStart, layerLength, headers: this.headers };
  }

  back(mark: Mark): void {
    const packet = this.packet;
    packet.depth = mark.depth;
    packet.vlans = mark.vlans;
    packet.tunnelId = mark.tunnelId;
    packet.layerStart = mark.layerStart;
    packet.layerLength = mark.layerLength;
    this.headers = mark.headers;
  }

  reassembled(): void {
    // One datagram may come out of another (a fragment in a fragment), and each costs stack.
    if (this.rebuilt >= MAX_REASSEMBLED) return;
    const packet = this.packet;
    const { bytes, base, frameStart, frameEnd, original, mac, layerStart, layerLength, reassembled } = packet;
    const { whole, network } = this.fragments;
    const counter = packet.ipVersion === 4 ? COUNTER.ipv4_reassembled : COUNTER.ipv6_reassembled;
    this.counts[counter]!++;
    packet.bytes = whole;
    packet.base = -1;
    packet.reassembled = true;
    packet.frameStart = 0;
    packet.frameEnd = whole.length;
    packet.original = whole.length;
    packet.mac = mac === layerStart && mac >= 0 && network >= ETHERNET_HEADER ? 0 : -1;
    packet.layerStart = 0;
    packet.layerLength = whole.length;
    this.headers = 0;
    this.rebuilt++;
    if (packet.ipVersion === 4) ipv4(this, network, whole.length);
    else ipv6(this, network, whole.length);
    this.flush();
    this.rebuilt--;
    packet.bytes = bytes;
    packet.base = base;
    packet.reassembled = reassembled;
    packet.frameStart = frameStart;
    packet.frameEnd = frameEnd;
    packet.original = original;
    packet.mac = mac;
    packet.layerStart = layerStart;
    packet.layerLength = layerLength;
  }
}

/**
 * Tells flows with equal five-tuples apart by how deep they are and by the network that a tunnel names. Both
 * directions have the same number: endpoints and one-sided keys (GTP, GRE) do not go into it.
 */
function tunnelId(outer: number, depth: number, key: number): number {
  let h = Math.imul(outer ^ Math.imul(depth, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(key, 0xc2b2ae35);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  h ^= h >>> 13;
  return h === 0 ? depth : h;
}

function emptyTunnel(): TunnelLayer {
  return {
    kind: '',
    id: 0,
    version: 0,
    src0: 0,
    src1: 0,
    src2: 0,
    src3: 0,
    dst0: 0,
    dst1: 0,
    dst2: 0,
    dst3: 0,
    srcPort: 0,
    dstPort: 0,
    protocol: 0,
  };
}
