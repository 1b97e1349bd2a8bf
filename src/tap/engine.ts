import type { LoosePacket, RecordSink } from '../event/index.ts';
import { formatAddress } from '../net/index.ts';
import type { EngineOptions } from './engine-options.ts';
import { HISTORY_CHECKSUM, HISTORY_DATA, HISTORY_FLIP, type HistoryTable } from './flow/history.ts';
import { counterpart } from './flow/icmp.ts';
import { packPacket } from './flow/pack.ts';
import { packOrigin } from './flow/payload-map.ts';
import * as R from './flow/record.ts';
import { TCP_SERVER_PORTS, UDP_SERVER_PORTS } from './flow/server-ports.ts';
import { CLOSED, closedByPeer, ESTABLISHED, NONE } from './flow/states.ts';
import type { FlowTable } from './flow/table.ts';
import type { TcpTracker } from './flow/tcp.ts';
import { leastTimeoutSeconds, timeoutSeconds } from './flow/timeouts.ts';
import { type EngineCounters, Inspector } from './inspector.ts';
import { DECODER_EVENTS } from './packet/events.ts';
import {
  ACK,
  FIN,
  GRE,
  ICMP,
  ICMPV6,
  type Packet,
  type PacketSink,
  RST,
  SCTP,
  SYN,
  TCP,
  UDP,
} from './packet/packet.ts';
import { FlowProgressTeller } from './progress.ts';
import type { Direction } from './protocol/parser.ts';
import { NEVER, NOW } from './reinspection.ts';

/** Zeek's services of what is carried over UDP. */
const TUNNEL_SERVICES: ReadonlyMap<string, string> = new Map([
  ['vxlan', 'vxlan'],
  ['geneve', 'geneve'],
  ['teredo', 'teredo'],
  ['gtp-u', 'gtpv1'],
  ['ayiya', 'ayiya'],
]);
/** A flow may come out of another tunnel so often; beyond it the history says that it was not followed. */
const MAX_TUNNEL_CHANGES = 5;
const CARRIER_MASK = 0xffffff;
/** Datagrams that nothing recognises are not waited for beyond so long a silence, once the timer asks. */
const QUIET_US = 10e6;

const BOTH_DONE = R.FLAG_DONE_CLIENT | R.FLAG_DONE_SERVER;

/** Packets in; flows, transactions and anomalies out. Shares nothing with other engines: a shard has its own. */
export class Engine implements PacketSink {
  readonly inspector: Inspector;
  readonly flows: FlowTable;
  readonly counters: EngineCounters;

  /** Tells of open flows, where that is wanted. */
  readonly progress: FlowProgressTeller | undefined;

  private readonly options: EngineOptions;
  private readonly sink: RecordSink;
  private readonly history: HistoryTable;
  private readonly tcp: TcpTracker;
  private readonly words: Int32Array;
  private readonly doubles: Float64Array;
  /** SERIAL of the flow that carried the layer before, 0 outside of tunnels. */
  private outer = 0;
  private nextTimerUs = 0;
  /** No flow ends by time-out before it was silent for so long. */
  private readonly leastTimeoutUs: number;
  private readonly due: (w: number) => void;

  constructor(options: EngineOptions) {
    this.options = options;
    this.sink = options.sink;
    this.inspector = new Inspector(options);
    this.flows = this.inspector.flows;
    this.counters = this.inspector.counters;
    this.history = this.inspector.history;
    this.tcp = this.inspector.tcp;
    this.words = this.flows.words;
    this.doubles = this.flows.doubles;
    this.due = (w) => this.expire(w);
    this.leastTimeoutUs = leastTimeoutSeconds(options.timeouts) * 1e6;
    const { inspector, sink } = this;
    const { progressUs: intervalUs, maxFlows } = options;
    if (intervalUs === undefined) return;
    this.progress = new FlowProgressTeller({
      flows: this.flows,
      maxFlows,
      intervalUs,
      tell: (w, progress) => sink.progress?.(inspector.view.at(w), progress),
    });
  }

  // Packets

  packet(p: Packet): void {
    const { inspector } = this;
    if (p.timeUs > inspector.timeUs) inspector.timeUs = p.timeUs;
    inspector.packet = p.number;
    if (inspector.timeUs >= this.nextTimerUs) this.advanceTimers();
    if (p.events > 0) this.packetEvents(p);
    // What the capture has cut off is no fault of the sender's.
    if (p.ipVersion === 0 || p.protocol < 0 || p.fragment || (p.invalid && !p.truncated)) return;
    const protocol = p.protocol;
    let type = 0;
    let code = 0;
    if (protocol === ICMP || protocol === ICMPV6) {
      // An answer must find its question: the ports of ICMP are the type and its counterpart.
      type = p.srcPort;
      code = p.dstPort;
      const answer = counterpart(protocol, type);
      if (answer >= 0) p.dstPort = answer;
    }
    const kind = (p.ipVersion << 8) | protocol;
    const scope = p.tunnelId ^ (p.vlans > 0 ? vlanScope(p) : 0);
    const hash = this.flows.hash(p, kind, scope);
    if (protocol === GRE && p.carrier) {
      // The tunnel is told by the records of what it carries; it is no flow of its own.
      this.outer = hash;
      return;
    }
    let w = this.flows.find(p, kind, scope, hash);
    if (w >= 0) {
      if (protocol === TCP && this.isReuse(w, p)) {
        this.finish(w, 'tcp_reuse');
        w = -1;
      } else if (p.timeUs - this.doubles[(w >> 1) + R.LAST_US]! >= this.leastTimeoutUs && this.isOver(w, p)) {
        this.finish(w, 'timeout');
        w = -1;
      }
    }
    let direction: Direction = this.flows.reversed ? 1 : 0;
    if (w < 0) {
      w = this.create(p, kind, scope, hash, type, code);
      direction = (this.words[w + R.FLAGS]! & R.FLAG_FLIPPED) !== 0 ? 1 : 0;
    }
    inspector.travels = direction;
    if (p.truncated) this.words[w + R.FLAGS]! |= R.FLAG_TRUNCATED;
    if (p.layer === 0) this.outer = 0;
    else if (p.depth > 0) this.tunnelled(w);
    if (p.carrier) this.carrier(w, p);
    if (p.mac >= 0) this.flows.macs.note(w, direction, p);
    this.account(w, direction, p);
    if (p.transportChecksum === 2 || p.ipChecksum === 2) {
      this.counters.badChecksums++;
      this.tcp.count(w, direction, R.BAD_CHECKSUM, HISTORY_CHECKSUM);
      inspector.putBack(w);
      if (!this.options.ignoreChecksums) return;
    }
    if (protocol === TCP) this.tcpPacket(w, direction, p);
    else this.datagram(w, direction, p, type, code);
    if (p.payloadEnd > p.payloadStart && this.options.inspect) inspector.askVoice(w, p);
  }

  /** A layer of the flow holds a tunnel: its next layer comes out of it. */
  private carrier(w: number, p: Packet): void {
    const service = TUNNEL_SERVICES.get(p.carries);
    // GRE over UDP is one tunnel between two hosts, whatever the ports.
    this.outer = service === undefined && p.protocol === UDP ? 1 : this.words[w + R.SERIAL]!;
    if (service !== undefined) this.inspector.addService(w, service);
  }

  /** A packet of the flow came out of a tunnel: says so once it has changed too often, as Zeek does. */
  private tunnelled(w: number): void {
    const before = this.words[w + R.CARRIER]!;
    const now = this.outer & CARRIER_MASK;
    if ((before & CARRIER_MASK) === now) return;
    const changes = before === 0 ? 0 : Math.min((before >>> 24) + 1, 255);
    this.words[w + R.CARRIER] = now | (changes << 24);
    if (changes > MAX_TUNNEL_CHANGES) this.inspector.historyLimit(w);
  }

  /** Reports what the decoder found wrong in a layer. */
  private packetEvents(p: Packet): void {
    for (let i = 0; i < p.events; i++) {
      const event = DECODER_EVENTS[p.event[i]!];
      if (event === undefined) continue;
      this.counters.anomalies++;
      const type = event.name.startsWith('stream.') ? 'stream' : 'decode';
      this.sink.anomaly({ type, event: event.name }, this.inspector.occasion(0, -1), undefined, loose(p));
    }
    const { reinspection } = this.inspector;
    if (!reinspection.enabled || p.ipVersion === 0 || p.protocol < 0 || p.fragment) return;
    const kind = (p.ipVersion << 8) | p.protocol;
    const scope = p.tunnelId ^ (p.vlans > 0 ? vlanScope(p) : 0);
    const w = this.flows.find(p, kind, scope, this.flows.hash(p, kind, scope));
    if (w >= 0) this.inspector.putBack(w);
  }

  /** The end of a batch: its bytes are about to be reused. */
  settle(): void {
    this.inspector.voice?.flush();
  }

  /** The time of the capture, in microseconds since 1970: that of its newest packet, or of the last tick. */
  get timeUs(): number {
    return this.inspector.timeUs;
  }

  /**
   * The clock has moved on to `timeUs` and no packet came: flows that were silent for long enough end. For live sources;
   * a capture's time is that of its packets.
   */
  tick(timeUs: number): void {
    const { inspector } = this;
    if (timeUs <= inspector.timeUs) return;
    inspector.timeUs = timeUs;
    inspector.packet = 0;
    if (timeUs >= this.nextTimerUs) this.advanceTimers();
  }

  /** Ends all flows: the end of the captures. */
  end(): void {
    const order: number[] = [];
    this.flows.each((w) => order.push(w));
    order.sort((a, b) => this.words[a + R.SERIAL]! - this.words[b + R.SERIAL]!);
    this.inspector.packet = 0;
    for (const w of order) this.finish(w, 'shutdown');
  }

  private create(p: Packet, kind: number, scope: number, hash: number, type: number, code: number): number {
    const { words } = this;
    if (this.flows.full) this.evict();
    const w = this.flows.insert(p, kind, scope, hash);
    this.counters.flows++;
    if (p.vlans > 0) {
      words[w + R.VLAN] = p.vlan0 | (p.vlan1 << 12) | (p.vlans << 24);
    }
    if (p.mac >= 0) this.flows.macs.first(w, p);
    words[w + R.TUNNEL] = (p.depth > 0 ? this.tunnelNumber(p) : 0) | (p.vlans > 2 ? p.vlan2 << 16 : 0);
    words[w + R.ICMP] = type | (code << 8);
    if (this.isFromServer(p)) {
      this.flows.flip(w);
      words[w + R.HISTORY] = this.history.append(0, HISTORY_FLIP, 0);
    }
    const protocol = p.protocol;
    if (protocol === TCP && (p.tcpFlags & SYN) === 0) words[w + R.FLAGS]! |= R.FLAG_MIDSTREAM;
    if (this.options.inspect && (protocol === TCP || protocol === UDP || protocol === SCTP)) {
      const midstream = (words[w + R.FLAGS]! & R.FLAG_MIDSTREAM) !== 0;
      words[w + R.WANTED_AT] = !midstream || this.options.midstream ? NOW : NEVER;
    } else words[w + R.WANTED_AT] = NEVER;
    const second = Math.floor(p.timeUs / 1e6);
    this.flows.timers.start(second - 1);
    this.hang(w);
    this.progress?.begun(w);
    return w;
  }

  private account(w: number, direction: number, p: Packet): void {
    const { words, doubles } = this;
    const d = w >> 1;
    words[w + R.PACKETS + direction]!++;
    doubles[d + R.BYTES + direction]! += p.layerLength;
    // Zeek counts what the header says, and an offloaded one says nothing.
    if (!p.offloaded) doubles[d + R.IP_BYTES + direction]! += p.ipLength;
    const later = p.timeUs - doubles[d + R.LAST_US]!;
    if (later > 0) {
      doubles[d + R.LAST_US] = p.timeUs;
      if ((words[w + R.FLAGS]! & BOTH_DONE) === BOTH_DONE) {
        words[w + R.TRAILING_US] = Math.min(words[w + R.TRAILING_US]! + later, 0x7fffffff);
      }
    } else if (p.timeUs < doubles[d + R.START_US]!) doubles[d + R.START_US] = p.timeUs;
    const ttl = words[w + R.TTL]!;
    const shift = direction * 16;
    const low = (ttl >> shift) & 255;
    const high = (ttl >> (shift + 8)) & 255;
    if (p.ttl !== low || p.ttl !== high) {
      const least = low === 0 && high === 0 ? p.ttl : Math.min(low, p.ttl);
      const most = Math.max(high, p.ttl);
      words[w + R.TTL] = (ttl & ~(0xffff << shift)) | (least << shift) | (most << (shift + 8));
    }
  }

  private tcpPacket(w: number, direction: Direction, p: Packet): void {
    const { words } = this;
    const before = words[w + R.STATES]! & 15;
    if (!p.transport) return;
    words[w + R.TCP_FLAGS]! |= (p.tcpFlags & 0xff) << (direction * 8);
    this.tcp.update(w, direction, p, p.payloadLength);

    let number = words[w + R.INSPECTION]!;
    const flags = p.tcpFlags;
    // A connection without payload, as in a scan, never needs an inspection.
    const payload = p.payloadEnd > p.payloadStart && (flags & RST) === 0;
    if (number === 0 && payload && words[w + R.WANTED_AT]! <= this.inspector.second)
      number = this.inspector.wanted(w, direction, p);
    if (number !== 0) {
      const inspection = this.inspector.inspection(number)!;
      const streams = inspection.streams!;
      const stream = direction === 0 ? streams[0] : streams[1];
      const other = direction === 0 ? streams[1] : streams[0];
      if ((flags & SYN) !== 0) stream.begin((p.seq + 1) | 0);
      if ((flags & (ACK | RST)) === ACK) {
        if (other.begun) other.acknowledged(this.acknowledgedPayload(w, 1 - direction, p.ack));
        else other.begin(p.ack);
        inspection.acknowledged(direction === 0 ? 1 : 0, p.ack);
      }
      if (payload) {
        const seq = (flags & SYN) !== 0 ? (p.seq + 1) | 0 : p.seq;
        stream.segment(seq, p.bytes, p.payloadStart, p.payloadEnd, origin(p));
      }
      if ((flags & FIN) !== 0 && !inspection.over && !stream.waiting) inspection.closed(direction);
      if ((flags & RST) !== 0 && !inspection.over) {
        inspection.closed(direction);
        if (!inspection.over) inspection.closed(direction === 0 ? 1 : 0);
      }
    }
    if (this.tcp.suspect) {
      this.tcp.suspect = false;
      this.inspector.putBack(w);
    }
    if ((flags & (FIN | RST)) !== 0) {
      words[w + R.FLAGS]! |= direction === 0 ? R.FLAG_DONE_CLIENT : R.FLAG_DONE_SERVER;
    }
    const after = words[w + R.STATES]! & 15;
    // A closed flow goes sooner than its bucket says.
    if (after !== before && closedByPeer(after) && !closedByPeer(before)) {
      this.flows.timers.remove(w);
      this.hang(w);
      this.progress?.closed(w);
    }
  }

  /** An acknowledgement of a FIN is one more than the payload's end. */
  private acknowledgedPayload(w: number, owner: number, ack: number): number {
    const fin = owner === 0 ? R.FLAG_FIN_CLIENT : R.FLAG_FIN_SERVER;
    if ((this.words[w + R.FLAGS]! & fin) === 0) return ack;
    const end = (this.words[w + R.SEQ + owner]! - 1) | 0;
    return ((ack - end) | 0) > 0 ? end : ack;
  }

  private datagram(w: number, direction: Direction, p: Packet, type: number, code: number): void {
    const { words } = this;
    if (direction === 1 && (words[w + R.FLAGS]! & R.FLAG_ANSWERED) === 0) {
      words[w + R.FLAGS]! |= R.FLAG_ANSWERED;
      words[w + R.ICMP]! |= (type << 16) | (code << 24);
    }
    this.doubles[(w >> 1) + R.PAYLOAD + direction]! += p.payloadLength;
    if (p.protocol === UDP) {
      const bit = 1 << (HISTORY_DATA * 2 + direction);
      if ((words[w + R.HISTORY_SEEN]! & bit) === 0) {
        words[w + R.HISTORY_SEEN]! |= bit;
        words[w + R.HISTORY] = this.history.append(words[w + R.HISTORY]!, HISTORY_DATA, direction);
      }
    }
    if (p.payloadEnd === p.payloadStart) return;
    let number = words[w + R.INSPECTION]!;
    if (number === 0) {
      const flags = words[w + R.FLAGS]!;
      if ((flags & R.FLAG_PARKED) !== 0) number = this.inspector.resume(w);
      else if (words[w + R.WANTED_AT]! <= this.inspector.second)
        number = this.inspector.wanted(w, direction, p);
    }
    if (number !== 0) {
      this.inspector.datagram(w, number, p, direction, origin(p));
    }
  }

  /** A new connection on the five-tuple of one that has ended. */
  private isReuse(w: number, p: Packet): boolean {
    if ((p.tcpFlags & (SYN | ACK | RST | FIN)) !== SYN || this.flows.reversed) {
      return false;
    }
    const state = this.words[w + R.STATES]! & 15;
    if (!closedByPeer(state)) return false;
    return state === CLOSED || p.seq !== this.words[w + R.ISN];
  }

  /** The first packet of a flow shows that its sender is the server. */
  private isFromServer(p: Packet): boolean {
    const { srcPort, dstPort } = p;
    if (p.protocol === TCP) {
      const control = p.tcpFlags & (SYN | ACK);
      if (control === (SYN | ACK)) return true;
      if (control === SYN) return false;
      if (p.payloadEnd > p.payloadStart && this.options.inspect) {
        const { bytes, payloadStart, payloadEnd } = p;
        const sender = this.inspector.detector.sender(
          'tcp',
          bytes,
          payloadStart,
          payloadEnd,
          srcPort,
          dstPort,
        );
        if (sender !== undefined) return sender === 1;
      }
      if (TCP_SERVER_PORTS[srcPort] === 0) return false;
      return TCP_SERVER_PORTS[dstPort] === 0 || srcPort < dstPort;
    }
    if (p.protocol !== UDP || UDP_SERVER_PORTS[srcPort] === 0 || UDP_SERVER_PORTS[dstPort] !== 0)
      return false;
    return p.ipVersion === 6 || p.dst0 !== -1;
  }

  private tunnelNumber(p: Packet): number {
    let key = '';
    for (let i = 0; i < p.depth; i++) {
      const t = p.tunnels[i]!;
      key += `${t.kind},${t.id},${t.src0},${t.src1},${t.src2},${t.src3},${t.dst0},${t.dst1},${t.dst2},${t.dst3},${t.srcPort},${t.dstPort};`;
    }
    return this.inspector.tunnels.number(key, () =>
      p.tunnels.slice(0, p.depth).map((t) => ({
        kind: t.kind,
        id: t.id,
        source: formatAddress(t.version, t.src0, t.src1, t.src2, t.src3),
        destination: formatAddress(t.version, t.dst0, t.dst1, t.dst2, t.dst3),
        sourcePort: t.srcPort,
        destinationPort: t.dstPort,
        protocol: t.protocol,
      })),
    );
  }

  // Life of a flow

  private timeout(w: number): number {
    const { words } = this;
    const protocol = words[w + R.KIND]! & 0xff;
    if (protocol === TCP) {
      const state = words[w + R.STATES]! & 15;
      if (closedByPeer(state)) return timeoutSeconds(this.options.timeouts, protocol, 'closed');
      const settled = state >= ESTABLISHED || state === NONE;
      return timeoutSeconds(this.options.timeouts, protocol, settled ? 'established' : 'new');
    }
    const answered = (words[w + R.FLAGS]! & R.FLAG_ANSWERED) !== 0;
    return timeoutSeconds(this.options.timeouts, protocol, answered ? 'established' : 'new');
  }

  /** True when the flow's time-out had run out before the packet came: buckets are a second wide. */
  private isOver(w: number, p: Packet): boolean {
    return this.doubles[(w >> 1) + R.LAST_US]! + this.timeout(w) * 1e6 <= p.timeUs;
  }

  private hang(w: number): void {
    const lastSecond = Math.floor(this.doubles[(w >> 1) + R.LAST_US]! / 1e6);
    this.flows.timers.add(w, lastSecond + this.timeout(w) + 1);
  }

  private advanceTimers(): void {
    const second = Math.floor(this.inspector.timeUs / 1e6);
    this.nextTimerUs = (second + 1) * 1e6;
    // Times of damaged captures lie beyond what a record holds.
    this.inspector.second = Math.max(NOW, Math.min(second, NEVER - 1));
    this.flows.timers.advance(second, this.due);
  }

  private expire(w: number): void {
    const last = this.doubles[(w >> 1) + R.LAST_US]!;
    if (last + this.timeout(w) * 1e6 <= this.inspector.timeUs) {
      this.finish(w, 'timeout');
      return;
    }
    if (this.words[w + R.INSPECTION] !== 0 && this.inspector.timeUs - last >= QUIET_US)
      this.inspector.quiet(w);
    this.hang(w);
  }

  private evict(): void {
    const w = this.flows.timers.next();
    if (w < 0) return;
    this.flows.evicted++;
    this.finish(w, 'forced');
  }

  /** Ends a flow: what is unfinished is emitted, then the flow itself; its record is free behind it. */
  private finish(w: number, reason: 'timeout' | 'shutdown' | 'forced' | 'tcp_reuse'): void {
    const number = this.words[w + R.INSPECTION]!;
    // Nothing is unfinished of what nobody has recognised.
    if (number !== 0 && number !== R.LOOKING) {
      const inspection = this.inspector.inspection(number)!;
      const packet = this.inspector.packet;
      this.inspector.packet = 0;
      inspection.streams?.[0].finish();
      inspection.streams?.[1].finish();
      inspection.ended();
      this.inspector.packet = packet;
    }
    this.inspector.payload?.ended(w);
    this.inspector.voice?.ended(w);
    const view = this.inspector.view.at(w);
    view.reason = reason;
    this.sink.flow(view);
    this.inspector.applications.forget(w);
    this.inspector.community[w / R.RECORD_WORDS] = undefined;
    this.flows.remove(w);
  }
}

/** VLAN tags as one number; equal five-tuples of different VLANs are different flows. */
function vlanScope(p: Packet): number {
  const two = p.vlan0 | (p.vlans > 1 ? p.vlan1 << 12 : 0) | (p.vlans << 24);
  return p.vlans > 2 ? two ^ Math.imul(p.vlan2 + 1, 0x9e3779b1) : two;
}

/** Where a packet's payload lies in the captures; -1 when it was put together from fragments. */
function origin(p: Packet): number {
  return p.base < 0 ? -1 : packOrigin(p.file, p.base + p.payloadStart);
}

function loose(p: Packet): LoosePacket {
  return { version: p.ipVersion, etherType: p.etherType, packHead: (to, at) => packPacket(p, to, at) };
}
