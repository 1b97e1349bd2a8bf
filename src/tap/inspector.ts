import type {
  Anomaly,
  ApplicationRecord,
  Occasion,
  RecordSink,
  Transaction,
  TunnelRecord,
} from '../event/index.ts';
import type { Admission } from './admission.ts';
import { Applications } from './applications.ts';
import { Detector } from './detection.ts';
import type { EngineOptions } from './engine-options.ts';
import { Expectations } from './expectations.ts';
import type { FileTracker } from './file/index.ts';
import { flipped as flippedStates } from './flow/endpoint.ts';
import { HISTORY_LIMIT, HistoryTable } from './flow/history.ts';
import { Interner } from './flow/interner.ts';
import { ReassemblyPool } from './flow/reassembly.ts';
import * as R from './flow/record.ts';
import { FlowTable } from './flow/table.ts';
import type { FlowTables } from './flow/tables.ts';
import { TcpTracker } from './flow/tcp.ts';
import { FlowView } from './flow/view.ts';
import type { InspectionHost, PayloadSink } from './host.ts';
import { Inspection } from './inspection.ts';
import { ResolvedNames } from './names.ts';
import { type Packet, TCP, UDP } from './packet/packet.ts';
import type { NdpiVoice } from './protocol/ndpi/index.ts';
import type { Direction, FileSink, FileStart, ParserLimits, Protocol } from './protocol/parser.ts';
import { createRecogniser, type Recognition } from './protocol/signatures/index.ts';
import { NEVER, NOW, Reinspection } from './reinspection.ts';

/** Stands for what a signature has named: no parser has such a name. */
const SIGNED = '';

/** Counters of a run. */
export interface EngineCounters {
  flows: number;
  inspected: number;
  transactions: number;
  anomalies: number;
  badChecksums: number;
  /** Flows whose beginning was not inspected because of load. */
  sampledOut: number;
  /** Times that a flow was looked at again, and that an anomaly was what put it back. */
  reinspected: number;
  putBack: number;
  /** Flows that were found to speak another protocol than they did. */
  protocolChanges: number;
}

/**
 * What is known of the flows: the tables with their records, the inspections of those that are still looked at, and
 * what these say. The engine moves it from packet to packet.
 */
export class Inspector implements InspectionHost, FlowTables {
  readonly flows: FlowTable;
  readonly history = new HistoryTable();
  readonly services = new Interner<readonly string[]>([], 4096);
  readonly protocols = new Interner<string>('', 256);
  readonly tunnels = new Interner<readonly TunnelRecord[]>([], 65535);
  readonly communitySeed: number;
  readonly community: (string | undefined)[] = [];
  readonly view: FlowView;
  readonly tcp: TcpTracker;
  readonly pool: ReassemblyPool;
  readonly detector: Detector;
  readonly recogniser = createRecogniser((w) => this.applications.network(w, this.view));
  readonly expectations = new Expectations();
  readonly names: ResolvedNames;
  readonly limits: ParserLimits;
  readonly payload: PayloadSink | undefined;
  readonly applications: Applications;
  readonly voice: NdpiVoice | undefined;
  readonly counters: EngineCounters = {
    flows: 0,
    inspected: 0,
    transactions: 0,
    anomalies: 0,
    badChecksums: 0,
    sampledOut: 0,
    reinspected: 0,
    putBack: 0,
    protocolChanges: 0,
  };
  readonly reinspection: Reinspection;

  /** The packet being handled: its time in microseconds since 1970, its number (0: none), its direction in its flow. */
  timeUs = 0;
  packet = 0;
  /** Second of capture time, never turned back. */
  second = NOW;
  travels: Direction = 0;

  private readonly sink: RecordSink;
  private readonly files: FileTracker;
  /** Number of the name of what detection gave up on. */
  private readonly failedNumber: number;
  private readonly words: Int32Array;
  private readonly inspections: (Inspection | undefined)[] = [undefined];
  private readonly freeNumbers: number[] = [];
  /** Looks at one flow of datagrams after the other, as long as none of them is recognised. */
  private spare: Inspection | undefined;
  private readonly common = new Map<string, unknown>();
  private readonly admission: Admission | undefined;

  constructor(options: EngineOptions) {
    this.sink = options.sink;
    this.files = options.files;
    this.limits = options.limits;
    this.communitySeed = options.communitySeed;
    this.names = new ResolvedNames(options.seed);
    this.flows = new FlowTable(options);
    this.words = this.flows.words;
    this.reinspection = new Reinspection(this.words, options.reinspectSeconds);
    this.admission = options.admission;
    this.tcp = new TcpTracker(this.words, this.flows.doubles, this.history);
    this.pool = new ReassemblyPool(options.reassembly);
    this.detector = new Detector(options.protocols);
    this.voice = options.voice?.(this.words);
    this.failedNumber = this.protocols.number('failed', () => 'failed');
    this.applications = new Applications(this.words, this.names, this.detector, this.recogniser, this.voice);
    this.view = new FlowView(this);
    this.payload = options.payload?.(this);
  }

  /** The inspection of a number; undefined for 0 and for a flow of which all lies in its record. */
  inspection(number: number): Inspection | undefined {
    return this.inspections[number];
  }

  /**
   * The payload of a flow is wanted, and here is some: begins to inspect it, for the first time or again. Returns the
   * number of its inspection, 0 where load or the place in its stream puts it off.
   */
  wanted(w: number, direction: Direction, p: Packet): number {
    const { words, reinspection } = this;
    const again = reinspection.passed(w);
    if (this.admission !== undefined && !this.admission.admits(words, w)) {
      words[w + R.WANTED_AT] = NEVER;
      reinspection.schedule(w, this.second);
      if (!again) {
        reinspection.pass(w);
        words[w + R.FLAGS]! |= R.FLAG_SAMPLED_OUT;
        this.counters.sampledOut++;
      }
      return 0;
    }
    if (again) return this.inspectAgain(w, direction, p);
    reinspection.pass(w);
    return p.protocol === TCP ? this.inspectStream(w) : this.inspectFlow(w, p.protocol);
  }

  /** Begins to look at a flow again, over what comes from now on. */
  private inspectAgain(w: number, direction: Direction, p: Packet): number {
    const { words, reinspection } = this;
    if (!reinspection.room || (p.protocol === TCP && !this.beginsMessage(w, direction, p))) return 0;
    const inspection = new Inspection(this, transportOf(p.protocol), w);
    inspection.again(this.spoken(w), words[w + R.WANTED_AT] === NOW);
    words[w + R.WANTED_AT] = NEVER;
    reinspection.open++;
    this.counters.reinspected++;
    const number = this.register(w, inspection);
    const other = 1 - direction;
    const known = other === 0 ? R.FLAG_SEQ_CLIENT : R.FLAG_SEQ_SERVER;
    if (inspection.streams !== undefined && (words[w + R.FLAGS]! & known) !== 0) {
      // What the other side has sent so far is over, whether it was acknowledged or not.
      const sent = words[w + R.SEQ + other]!;
      const acknowledged = words[w + R.ACKED + other]!;
      inspection.streams[other]!.begin(((acknowledged - sent) | 0) > 0 ? acknowledged : sent);
    }
    return number;
  }

  /**
   * True where a stream can be picked up: at its newest segment, and best when nothing that its sender had sent before
   * was still under way, for there a message begins. A sender that never pauses is not waited for without end.
   */
  private beginsMessage(w: number, direction: Direction, p: Packet): boolean {
    const { words } = this;
    if (((p.seq + p.payloadLength) | 0) !== words[w + R.SEQ + direction]) return false;
    if (words[w + R.ACKED + direction] === p.seq || words[w + R.PACKETS + 1 - direction] === 0) return true;
    return this.reinspection.overdue(w, this.second);
  }

  /** Names of what the flow is known to speak; none where nobody could name it. */
  private spoken(w: number): readonly string[] {
    const packed = this.words[w + R.PROTOCOL]!;
    const name = packed & 0xff;
    // What was named by a signature has no parser. Media agree on their keys where they speak (RFC 7983).
    if (this.words[w + R.APPLICATION]! >>> 16 !== 0) return [SIGNED, 'dtls', this.protocols.value(name)];
    if (name === 0 || name === this.failedNumber) return [];
    return [name, (packed >>> 8) & 0xff, (packed >>> 16) & 0xff].map((each) => this.protocols.value(each));
  }

  /** An anomaly was seen of a flow: if it is no longer inspected, its next payload is. */
  putBack(w: number): void {
    const number = this.words[w + R.INSPECTION]!;
    if (number === R.LOOKING) return;
    const inspection = this.inspections[number];
    // Where all payload is kept, an inspection that is over stays where it is.
    if (inspection !== undefined && (!inspection.over || this.payload !== undefined)) return;
    if (this.reinspection.putBack(w)) this.counters.putBack++;
  }

  /** Begins to inspect a flow; returns the number of its inspection. */
  private inspectFlow(w: number, protocol: number): number {
    this.words[w + R.WANTED_AT] = NEVER;
    const inspection = protocol === UDP ? this.looker(w) : new Inspection(this, transportOf(protocol), w);
    const number = this.register(w, inspection);
    this.counters.inspected++;
    if (!this.expectations.mayExpect(this.words[w + R.PORTS]! & 0xffff)) return number;
    const view = this.view.at(w);
    const expected = this.expectations.take(view.serverAddress, view.serverPort, this.timeUs);
    if (expected !== undefined) inspection.expected(expected);
    return number;
  }

  /** Begins to inspect a connection at its first payload; where each stream begins the record knows. */
  private inspectStream(w: number): number {
    const { words } = this;
    const number = this.inspectFlow(w, TCP);
    const flags = words[w + R.FLAGS]!;
    const streams = this.inspections[number]?.streams;
    if ((flags & R.FLAG_SEQ_CLIENT) !== 0) streams?.[0].begin((words[w + R.ISN]! + 1) | 0);
    if ((flags & R.FLAG_SEQ_SERVER) !== 0) streams?.[1].begin((words[w + R.ISN + 1]! + 1) | 0);
    return number;
  }

  /** Makes a flow's inspection anew that was let go between two exchanges. */
  resume(w: number): number {
    this.words[w + R.FLAGS]! &= ~R.FLAG_PARKED;
    this.words[w + R.WANTED_AT] = NEVER;
    const inspection = new Inspection(this, 'udp', w);
    inspection.resume(this.protocols.value(this.words[w + R.PROTOCOL]! & 0xff));
    return this.register(w, inspection);
  }

  /** A datagram of a flow under inspection; `number` is what its record says of that, not 0. */
  datagram(w: number, number: number, p: Packet, direction: Direction, origin: number): void {
    const inspection = number === R.LOOKING ? this.takeUp(w) : this.inspections[number]!;
    inspection.datagram(p.bytes, p.payloadStart, p.payloadEnd, direction, origin);
    if (inspection.fitsRecord) this.setDown(w, inspection);
  }

  /** Nothing has come for a while for a flow under inspection. */
  quiet(w: number): void {
    const number = this.words[w + R.INSPECTION]!;
    if (number === R.LOOKING) this.letGo(w);
    else this.inspections[number]!.quiet();
  }

  /** An inspection that knows nothing of the flow yet. */
  private looker(w: number): Inspection {
    const { spare } = this;
    this.spare = undefined;
    if (spare === undefined) return new Inspection(this, 'udp', w);
    spare.look.clear();
    spare.w = w;
    return spare;
  }

  /** Goes on with a first look at what the flow's record knows of it. */
  private takeUp(w: number): Inspection {
    const inspection = this.looker(w);
    inspection.look.read(this.words, this.flows.doubles, w, this.recogniser);
    this.register(w, inspection);
    return inspection;
  }

  /** Leaves what is known of a flow in its record, for the next datagram may be long in coming. */
  private setDown(w: number, inspection: Inspection): void {
    const { words } = this;
    inspection.look.write(words, this.flows.doubles, w);
    this.free(words[w + R.INSPECTION]!);
    words[w + R.INSPECTION] = R.LOOKING;
    this.spare = inspection;
  }

  private free(number: number): void {
    this.inspections[number] = undefined;
    this.freeNumbers.push(number);
  }

  /** The flow goes to the fast path. */
  private letGo(w: number): void {
    this.words[w + R.INSPECTION] = 0;
    // What an anomaly wants stays wanted.
    if (this.words[w + R.WANTED_AT] === NEVER) this.reinspection.schedule(w, this.second);
  }

  private register(w: number, inspection: Inspection): number {
    const number = this.freeNumbers.pop() ?? this.inspections.length;
    this.inspections[number] = inspection;
    this.words[w + R.INSPECTION] = number;
    return number;
  }

  /** Shows a packet to the second voice where neither a parser nor a signature has recognised its flow. */
  askVoice(w: number, p: Packet): void {
    if (this.voice === undefined || !p.transport || (p.protocol !== TCP && p.protocol !== UDP)) return;
    const name = this.words[w + R.PROTOCOL]! & 0xff;
    if ((name !== 0 && name !== this.failedNumber) || this.words[w + R.APPLICATION]! >>> 16 !== 0) return;
    if ((this.words[w + R.FLAGS]! & R.FLAG_SAMPLED_OUT) === 0) this.voice.submit(w, p);
  }

  // What inspections say

  transaction(w: number, transaction: Transaction, direction: Direction): void {
    const index = transaction.zeekOnly ? -1 : this.words[w + R.TRANSACTIONS]!++;
    this.counters.transactions++;
    this.sink.transaction(this.view.at(w), transaction, this.occasion(direction, index));
  }

  applicationAnomaly(
    w: number,
    event: string,
    direction: Direction,
    protocol: string | undefined,
    transaction: number,
  ): void {
    this.anomaly(
      w,
      { type: 'applayer', event, appProto: protocol, layer: 'proto_parser' },
      // The record follows the packet that made it known, which over TCP is the receiver's acknowledgement.
      this.packet > 0 ? this.travels : direction,
      transaction,
    );
  }

  streamAnomaly(w: number, event: string, direction: Direction): void {
    this.anomaly(w, { type: 'stream', event }, direction, -1);
  }

  private anomaly(w: number, anomaly: Anomaly, direction: Direction, transaction: number): void {
    this.counters.anomalies++;
    this.sink.anomaly(anomaly, this.occasion(direction, transaction), this.view.at(w), undefined);
  }

  reverse(w: number): void {
    const { words } = this;
    this.flows.flip(w);
    this.travels = this.travels === 0 ? 1 : 0;
    words[w + R.HISTORY] = this.history.flipped(words[w + R.HISTORY]!);
    words[w + R.STATES] = flippedStates(words[w + R.STATES]!);
  }

  shared<T>(name: string, make: () => T): T {
    if (!this.common.has(name)) this.common.set(name, make());
    // The maker of a name's value is the only one that reads it.
    return this.common.get(name) as T;
  }

  /** When and where something came up. */
  occasion(direction: Direction, transaction: number): Occasion {
    return { timeUs: this.timeUs, packet: this.packet, direction, transaction };
  }

  gap(w: number, direction: Direction, length: number): void {
    this.tcp.gap(w, direction, length);
  }

  detected(w: number, protocol: Protocol): void {
    const { words } = this;
    this.voice?.forget(w);
    const before = words[w + R.PROTOCOL]! & 0xff;
    const number = this.protocols.number(protocol.name, () => protocol.name);
    words[w + R.PROTOCOL] = number | (before << 8);
    if (protocol.service !== undefined) this.addService(w, protocol.service);
  }

  detectedLate(w: number, protocol: Protocol): void {
    const { words } = this;
    // Nothing was spoken before in the sense of a change.
    words[w + R.PROTOCOL] = (words[w + R.PROTOCOL]! >>> 8) & 0xff;
    this.detected(w, protocol);
  }

  unexpected(w: number, protocol: Protocol, direction: Direction): void {
    if (!this.reinspection.changed(w)) return;
    this.counters.protocolChanges++;
    this.anomaly(
      w,
      {
        type: 'applayer',
        event: 'APPLAYER_UNEXPECTED_PROTOCOL',
        appProto: protocol.name,
        layer: 'proto_detect',
      },
      direction,
      -1,
    );
  }

  /** Adds Zeek's name, or several joined by commas, of what the flow was confirmed to speak. */
  addService(w: number, names: string): void {
    const known = this.services.value(this.words[w + R.SERVICES]!);
    if (known.length === 1 && known[0] === names) return;
    const added = names.split(',').filter((service) => !known.includes(service));
    if (added.length === 0) return;
    const all = [...known, ...added];
    this.words[w + R.SERVICES] = this.services.number(all.join(','), () => all);
  }

  removeService(w: number, names: string): void {
    const removed = names.split(',');
    const kept = this.services.value(this.words[w + R.SERVICES]!).filter((name) => !removed.includes(name));
    this.words[w + R.SERVICES] = kept.length === 0 ? 0 : this.services.number(kept.join(','), () => kept);
  }

  changing(w: number): void {
    this.words[w + R.PROTOCOL]! |= R.PROTOCOL_CHANGING;
  }

  mismatch(w: number, protocol: Protocol, direction: Direction): void {
    const number = this.protocols.number(protocol.name, () => protocol.name);
    this.words[w + R.PROTOCOL]! |= (number << 16) | (direction << 24);
    this.anomaly(
      w,
      { type: 'applayer', event: 'APPLAYER_MISMATCH_PROTOCOL_BOTH_DIRECTIONS', layer: 'proto_detect' },
      direction,
      -1,
    );
  }

  recognised(w: number, recognition: Recognition): void {
    this.voice?.forget(w);
    this.applications.recognised(w, recognition, this.view);
    const name = recognition.suricata ?? 'failed';
    this.words[w + R.PROTOCOL] = this.protocols.number(name, () => name);
    if (recognition.service !== undefined) this.addService(w, recognition.service);
  }

  failed(w: number): void {
    const packed = this.words[w + R.PROTOCOL]!;
    const before = packed & 0xff;
    if (before !== 0 && (packed & R.PROTOCOL_CHANGING) === 0) return;
    this.words[w + R.PROTOCOL] = this.protocols.number('failed', () => 'failed') | (before << 8);
  }

  released(w: number): void {
    const number = this.words[w + R.INSPECTION]!;
    if (number === 0) return;
    if (this.inspections[number]!.late) this.reinspection.open--;
    this.letGo(w);
    this.free(number);
  }

  emitted(w: number): number {
    return this.words[w + R.TRANSACTIONS]!;
  }

  serverName(w: number, name: string, source: 'sni' | 'host' | 'certificate' | 'query'): void {
    this.applications.serverName(w, name, source);
  }

  certificate(w: number, holder: readonly string[], issuer: readonly string[]): void {
    this.applications.certificate(w, holder, issuer);
  }

  risk(w: number, name: string): void {
    this.applications.risk(w, name);
  }

  openFile(inspection: Inspection, file: FileStart): FileSink {
    return this.files.open(inspection, file);
  }

  /** Records once that not everything of the flow was analysed. */
  historyLimit(w: number): void {
    this.tcp.once(w, 0, HISTORY_LIMIT);
  }

  parked(w: number): void {
    this.released(w);
    this.words[w + R.FLAGS]! |= R.FLAG_PARKED;
  }

  application(w: number): ApplicationRecord {
    return this.applications.of(
      w,
      this.view,
      this.protocols.value(this.words[w + R.PROTOCOL]! & 0xff),
      this.timeUs,
    );
  }
}

function transportOf(protocol: number): 'tcp' | 'udp' | 'sctp' {
  return protocol === TCP ? 'tcp' : protocol === UDP ? 'udp' : 'sctp';
}
