import type {
  ApplicationRecord,
  FlowRecord,
  PackedFlows,
  TcpRecord,
  TunnelRecord,
} from '../../event/index.ts';
import { communityId, formatAddress } from '../../net/index.ts';
import { ICMP, ICMPV6, TCP, UDP } from '../packet/packet.ts';
import { connState } from './endpoint.ts';
import { hasCounterpart } from './icmp.ts';
import { flowId, pack, packHead } from './pack.ts';
import * as R from './record.ts';
import { closedByPeer, ESTABLISHED, stateName } from './states.ts';
import type { FlowTables } from './tables.ts';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const STATE_NEW = 'new';

/** A flow's record in the table, read as the outputs want it. One object serves all flows: `at` moves it. */
export class FlowView implements FlowRecord {
  reason: FlowRecord['reason'] = 'shutdown';
  private readonly words: Int32Array;
  private readonly doubles: Float64Array;
  private readonly tables: FlowTables;
  private w = 0;
  private addressesOf = -1;
  private client = '';
  private server = '';

  constructor(tables: FlowTables) {
    this.tables = tables;
    this.words = tables.flows.words;
    this.doubles = tables.flows.doubles;
  }

  /** Moves the view to the flow whose record begins at word `w`. */
  at(w: number): this {
    this.w = w;
    return this;
  }

  private word(offset: number): number {
    return this.words[this.w + offset]!;
  }

  private double(offset: number): number {
    return this.doubles[(this.w >> 1) + offset]!;
  }

  private pair(offset: number): readonly [number, number] {
    return [this.word(offset), this.word(offset + 1)];
  }

  private doublePair(offset: number): readonly [number, number] {
    return [this.double(offset), this.double(offset + 1)];
  }

  /** A number that changes when the flow at this place is another one or its sides were exchanged. */
  private get identity(): number {
    return this.word(R.SERIAL) * 2 + ((this.word(R.FLAGS) & R.FLAG_FLIPPED) !== 0 ? 1 : 0);
  }

  get id(): number {
    return flowId(this.word(R.SERIAL), this.startUs);
  }

  get uid(): string {
    let rest = this.id;
    let text = '';
    while (rest > 0) {
      text = BASE62[rest % 62]! + text;
      rest = Math.floor(rest / 62);
    }
    return `C${text}`;
  }

  get version(): number {
    return this.word(R.KIND) >>> 8;
  }

  get protocol(): number {
    return this.word(R.KIND) & 0xff;
  }

  private readAddresses(): void {
    const { words, w } = this;
    const version = this.version;
    this.client = formatAddress(version, words[w]!, words[w + 1]!, words[w + 2]!, words[w + 3]!);
    this.server = formatAddress(version, words[w + 4]!, words[w + 5]!, words[w + 6]!, words[w + 7]!);
    this.addressesOf = this.identity;
  }

  get clientAddress(): string {
    if (this.addressesOf !== this.identity) this.readAddresses();
    return this.client;
  }

  get serverAddress(): string {
    if (this.addressesOf !== this.identity) this.readAddresses();
    return this.server;
  }

  get clientPort(): number {
    return this.word(R.PORTS) >>> 16;
  }

  get serverPort(): number {
    return this.word(R.PORTS) & 0xffff;
  }

  get communityId(): string {
    const { community } = this.tables;
    const index = this.w / R.RECORD_WORDS;
    const known = community[index];
    if (known !== undefined) return known;
    const id = this.computeCommunityId();
    // Where the whole flow is one packet nobody asks again.
    if (this.word(R.INSPECTION) > 0) community[index] = id;
    return id;
  }

  private computeCommunityId(): string {
    const protocol = this.protocol;
    const icmp = protocol === ICMP || protocol === ICMPV6;
    return communityId(
      this.version,
      this.words,
      this.w + R.CLIENT,
      this.w + R.SERVER,
      protocol,
      this.clientPort,
      this.serverPort,
      this.tables.communitySeed,
      icmp && !hasCounterpart(protocol, this.clientPort),
    );
  }

  get startUs(): number {
    return this.double(R.START_US);
  }

  get lastUs(): number {
    return this.double(R.LAST_US);
  }

  get durationUs(): number {
    return this.lastUs - this.word(R.TRAILING_US) - this.startUs;
  }

  get packets(): readonly [number, number] {
    return this.pair(R.PACKETS);
  }

  get bytes(): readonly [number, number] {
    return this.doublePair(R.BYTES);
  }

  get ipBytes(): readonly [number, number] {
    return this.doublePair(R.IP_BYTES);
  }

  get payload(): readonly [number, number] {
    if (this.protocol !== TCP) return this.doublePair(R.PAYLOAD);
    return [this.streamBytes(0), this.streamBytes(1)];
  }

  /** Sequence numbers that a side used, without those of SYN and FIN. */
  private streamBytes(direction: 0 | 1): number {
    const used = this.double(R.PAYLOAD + direction);
    const fin = direction === 0 ? R.FLAG_FIN_CLIENT : R.FLAG_FIN_SERVER;
    return Math.max(0, used - ((this.word(R.FLAGS) & fin) === 0 ? 1 : 2));
  }

  get state(): FlowRecord['state'] {
    if (this.protocol !== TCP) {
      return (this.word(R.FLAGS) & R.FLAG_ANSWERED) !== 0 ? 'established' : STATE_NEW;
    }
    const state = this.word(R.STATES) & 15;
    if (closedByPeer(state)) return 'closed';
    return state >= ESTABLISHED ? 'established' : STATE_NEW;
  }

  get tcp(): TcpRecord | undefined {
    if (this.protocol !== TCP) return undefined;
    const seen = this.word(R.TCP_FLAGS);
    const toServer = seen & 0xff;
    const toClient = (seen >> 8) & 0xff;
    const client = this.word(R.RTT);
    const server = this.word(R.RTT + 1);
    return {
      flags: toServer | toClient,
      flagsToServer: toServer,
      flagsToClient: toClient,
      state: stateName(this.word(R.STATES) & 15),
      rttServerUs: server < 0 ? undefined : server,
      rttClientUs: client < 0 ? undefined : client,
      retransmissions: this.pair(R.RETRANSMISSIONS),
      outOfOrder: this.pair(R.OUT_OF_ORDER),
      zeroWindows: this.pair(R.ZERO_WINDOW),
      gaps: [this.gaps(0), this.gaps(1)],
      missed: this.pair(R.MISSED),
    };
  }

  private gaps(direction: 0 | 1): number {
    const hole = direction === 0 ? R.FLAG_HOLE_CLIENT : R.FLAG_HOLE_SERVER;
    return this.word(R.GAPS + direction) + ((this.word(R.FLAGS) & hole) === 0 ? 0 : 1);
  }

  get connState(): string {
    const protocol = this.protocol;
    if (protocol === TCP) {
      const [up, down] = this.payload;
      return connState(this.word(R.STATES), this.history, up + down);
    }
    if (protocol !== UDP) return 'OTH';
    const [up, down] = this.packets;
    if (up > 0) return down > 0 ? 'SF' : 'S0';
    return down > 0 ? 'SHR' : 'OTH';
  }

  get history(): string {
    return this.tables.history.text(this.word(R.HISTORY));
  }

  get missedBytes(): number {
    return this.word(R.MISSED) + this.word(R.MISSED + 1);
  }

  get services(): readonly string[] {
    return this.tables.services.value(this.word(R.SERVICES));
  }

  get appProto(): string | undefined {
    return this.tables.protocols.value(this.word(R.PROTOCOL) & 0xff) || undefined;
  }

  get appProtoToServer(): string | undefined {
    return this.otherProtocol(0);
  }

  get appProtoToClient(): string | undefined {
    return this.otherProtocol(1);
  }

  private otherProtocol(direction: number): string | undefined {
    const packed = this.word(R.PROTOCOL);
    if (((packed >>> 24) & 1) !== direction) return undefined;
    return this.tables.protocols.value((packed >>> 16) & 0xff) || undefined;
  }

  get appProtoOriginal(): string | undefined {
    return this.tables.protocols.value((this.word(R.PROTOCOL) >>> 8) & 0xff) || undefined;
  }

  get app(): ApplicationRecord {
    return this.tables.application(this.w);
  }

  get vlan(): readonly number[] {
    const packed = this.word(R.VLAN);
    const count = packed >>> 24;
    if (count === 0) return [];
    const tags = [packed & 0xfff, (packed >> 12) & 0xfff, (this.word(R.TUNNEL) >>> 16) & 0xfff];
    return tags.slice(0, count);
  }

  get tunnels(): readonly TunnelRecord[] {
    return this.tables.tunnels.value(this.word(R.TUNNEL) & 0xffff);
  }

  get macs(): FlowRecord['macs'] {
    return this.tables.flows.macs.of(this.w);
  }

  get ttl(): readonly [number, number, number, number] {
    const packed = this.word(R.TTL);
    return [packed & 255, (packed >> 8) & 255, (packed >> 16) & 255, packed >>> 24];
  }

  get icmp(): FlowRecord['icmp'] {
    const protocol = this.protocol;
    if (protocol !== ICMP && protocol !== ICMPV6) return undefined;
    const packed = this.word(R.ICMP);
    const asked = { type: packed & 255, code: (packed >> 8) & 255 };
    if (this.word(R.PACKETS + 1) === 0) return asked;
    return { ...asked, responseType: (packed >> 16) & 255, responseCode: packed >>> 24 };
  }

  get partial(): boolean {
    return (this.word(R.FLAGS) & R.FLAG_PARTIAL) !== 0;
  }

  get midstream(): boolean {
    return (this.word(R.FLAGS) & R.FLAG_MIDSTREAM) !== 0;
  }

  get transactions(): number {
    return this.word(R.TRANSACTIONS);
  }

  get truncated(): boolean {
    return (this.word(R.FLAGS) & R.FLAG_TRUNCATED) !== 0;
  }

  pack(to: PackedFlows, at: number): void {
    pack(this.tables, this.w, this.reason, to, at);
  }

  packHead(to: PackedFlows, at: number): void {
    packHead(this.tables, this.w, to, at);
  }

  get firstPacket(): number {
    return this.word(R.FIRST_PACKET);
  }
}
