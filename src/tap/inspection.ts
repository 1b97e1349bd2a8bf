import type { Transaction } from '../event/index.ts';
import type { Detection } from './detection.ts';
import type { Expectation } from './expectations.ts';
import { FirstLook } from './first-look.ts';
import { type StreamConsumer, StreamReassembler } from './flow/reassembly.ts';
import { HeldRecords } from './held-records.ts';
import type { InspectionHost } from './host.ts';
import { Pending } from './pending.ts';
import type {
  Direction,
  FileSink,
  FileStart,
  Parser,
  ParserContext,
  ParserLimits,
  PortPair,
  Protocol,
} from './protocol/parser.ts';

/** Bytes of one direction that detection looks at before it gives up. */
const DETECTION_BYTES = 4096;
/** Datagrams of a flow that detection looks at before it gives up. */
const DETECTION_DATAGRAMS = 6;
/** The same where a signature has begun to match, or could say more. */
const OPEN_DATAGRAMS = 16;
/** Where no port may decide. */
const NO_PORTS: PortPair = { client: 0, server: 0 };

/**
 * A flow under inspection: its streams, the protocol once it is known, and the context that its parser talks to.
 * Exists only as long as something is still wanted of the flow.
 */
export class Inspection implements ParserContext, StreamConsumer {
  readonly transport: 'tcp' | 'udp' | 'sctp';
  /** First word of the flow's record. */
  w: number;
  readonly streams: readonly [StreamReassembler, StreamReassembler] | undefined;
  hint: unknown = undefined;

  private readonly host: InspectionHost;
  private readonly pending: readonly [Pending, Pending];
  private parser: Parser | undefined;
  private protocol: Protocol | undefined;
  /** What is known from before a protocol was. */
  readonly look = new FirstLook();
  private inParser = false;
  /** What the parser asked for while it ran. */
  private wish: 'none' | 'done' | 'fail' | 'become' | 'idle' = 'none';
  private successor: string | undefined;
  /** The parser itself said that this is not its protocol. */
  private violated = false;
  /** Zeek's names that the parser has confirmed, joined by commas. */
  private confirmed = '';
  private finished = false;
  /** Records held back until the receiver has shown that it got their data. */
  private readonly held: HeldRecords | undefined;
  /** Direction whose bytes the parser is looking at. */
  private current: Direction = 0;
  private ending = false;
  /** Only this may be tried: set by STARTTLS and the like, where the name is known. */
  private forced: Protocol | undefined;
  /** Where the flow is looked at again: names of what it was known to speak, none where nobody could name it. */
  private known: readonly string[] | undefined;
  /** An anomaly is why: then what is known to be spoken is parsed again too. */
  private anomalous = false;
  /** Detection has found something else, which is told once its parser has taken the first bytes. */
  private unexpected = false;

  constructor(host: InspectionHost, transport: 'tcp' | 'udp' | 'sctp', w: number) {
    this.host = host;
    this.transport = transport;
    this.w = w;
    this.held = transport === 'tcp' ? new HeldRecords() : undefined;
    this.pending = transport === 'tcp' ? [new Pending(), new Pending()] : NOTHING_PENDING;
    this.streams =
      transport === 'tcp'
        ? [new StreamReassembler(host.pool, this, 0), new StreamReassembler(host.pool, this, 1)]
        : undefined;
  }

  /** True once nothing is wanted of the flow any more. */
  get over(): boolean {
    return this.finished;
  }

  /**
   * True while {@link look} is all that is known of a flow of datagrams, and can be set down in its record: another flow
   * may have this inspection meanwhile.
   */
  get fitsRecord(): boolean {
    if (this.parser !== undefined || this.finished || this.transport !== 'udp') return false;
    const { protocol, forced, hint, known, host } = this;
    const fresh = protocol === undefined && forced === undefined && hint === undefined && known === undefined;
    return fresh && host.payload === undefined;
  }

  /**
   * Looks at a flow again, from its middle on: by content alone, and without a word about what is known already. `known`:
   * names of what it spoke so far; `anomalous`: an anomaly put it back.
   */
  again(known: readonly string[], anomalous: boolean): void {
    this.known = known;
    this.anomalous = anomalous;
  }

  /** True where this is not the first look at the flow. */
  get late(): boolean {
    return this.known !== undefined;
  }

  /** The flow has its name, which stays whatever is found. */
  private get named(): boolean {
    return this.known !== undefined && this.known.length > 0;
  }

  /** Makes the flow speak what another flow has announced for it. */
  expected(expectation: Expectation): void {
    this.hint = expectation.hint;
    this.forced = this.host.detector.named(expectation.protocol);
  }

  /** Takes up a flow whose protocol is known. */
  resume(name: string): void {
    const protocol = this.host.detector.named(name);
    if (protocol === undefined) return;
    this.protocol = protocol;
    this.parser = protocol.create(this);
  }

  /** A datagram of the flow. */
  datagram(bytes: Uint8Array, start: number, end: number, direction: Direction, origin: number): void {
    this.host.payload?.payload(this.w, direction, bytes, start, end, origin);
    if (this.finished) return;
    if (this.parser === undefined) {
      this.look.datagrams++;
      const found = this.detect(bytes, start, end, direction, true);
      if (found === 'none' || found === 'undecided') {
        const open = this.recognise(bytes, start, end, direction);
        if (!this.finished && this.look.datagrams >= (open ? OPEN_DATAGRAMS : DETECTION_DATAGRAMS))
          this.giveUp();
        return;
      }
      if (this.isNoNews(found)) return;
      this.start(found);
      this.run(bytes, start, end, direction);
      this.settle(direction);
      this.tellUnexpected(found, direction);
      return;
    }
    this.run(bytes, start, end, direction);
    this.settle(direction);
  }

  /**
   * Nothing has come for a while: a flow of datagrams, or one that is looked at again, is let go without a verdict when it
   * is not recognised by now.
   */
  quiet(): void {
    if ((this.transport === 'udp' || this.late) && this.parser === undefined && !this.finished)
      this.release();
  }

  // StreamConsumer

  inOrder(bytes: Uint8Array, start: number, end: number, direction: Direction, origin: number): void {
    this.host.payload?.payload(this.w, direction, bytes, start, end, origin);
    const pending = this.pending[direction];
    let from = start;
    if (this.finished) return;
    if (pending.skip > 0) {
      const skipped = Math.min(pending.skip, end - from);
      pending.skip -= skipped;
      from += skipped;
      if (from === end) return;
    }
    if (this.parser === undefined) {
      // The beginning says what a flow speaks; behind it some segments are enough.
      if (this.late && ++this.look.datagrams > OPEN_DATAGRAMS) this.giveUp();
      if (this.finished || pending.hopeless) return;
    }
    if (pending.length === 0) {
      this.offer(bytes, from, end, direction);
      return;
    }
    pending.keep(bytes, from, end);
    this.offer(pending.bytes, 0, pending.length, direction);
  }

  missing(length: number, direction: Direction): void {
    this.host.gap(this.w, direction, length);
    this.host.payload?.missing(this.w, direction, length);
    if (this.finished) return;
    const pending = this.pending[direction];
    let rest = length;
    if (pending.skip > 0) {
      const skipped = Math.min(pending.skip, rest);
      pending.skip -= skipped;
      rest -= skipped;
    }
    if (this.parser === undefined) {
      pending.hopeless = true;
      pending.length = 0;
      if (this.pending[1 - direction]!.hopeless) this.giveUp();
      return;
    }
    if (rest === 0 && pending.skip > 0) return;
    // What waits in front of the hole can no longer be completed.
    pending.length = 0;
    this.inParser = true;
    this.current = direction;
    const goesOn = rest === 0 || (this.parser.gap?.(rest, direction) ?? false);
    this.inParser = false;
    if (!goesOn && this.wish === 'none') this.wish = 'fail';
    this.settle(direction);
  }

  conflict(direction: Direction): void {
    if (this.finished) this.host.putBack(this.w);
    this.host.streamAnomaly(this.w, 'stream.reassembly_overlap_different_data', direction);
  }

  exhausted(direction: Direction): void {
    this.host.streamAnomaly(this.w, 'stream.reassembly_depth_reached', direction);
    if (this.finished) return;
    this.parser?.end?.();
    this.release();
  }

  /** One direction has ended. */
  closed(direction: Direction): void {
    const pending = this.pending[direction];
    if (pending.closed || this.finished) return;
    pending.closed = true;
    if (this.parser === undefined) {
      if (pending.length > 0) this.offer(pending.bytes, 0, pending.length, direction, true);
      if (this.parser === undefined) {
        pending.hopeless = true;
        if (this.pending[1 - direction]!.hopeless) this.giveUp();
        return;
      }
    }
    this.inParser = true;
    this.current = direction;
    this.parser.close?.(direction);
    this.inParser = false;
    this.settle(direction);
    // With both sides closed nothing more can come: what the parser holds is let go now, not at the time-out.
    if (this.pending[0].closed && this.pending[1].closed && !this.finished) {
      this.parser?.end?.();
      this.release();
    }
  }

  /** The flow is over. */
  ended(): void {
    this.held?.emitAll();
    this.ending = true;
    if (this.finished) {
      this.drop();
      return;
    }
    if (this.parser === undefined) {
      for (const direction of [0, 1] as const) {
        const pending = this.pending[direction];
        if (this.parser === undefined && pending.length > 0) {
          this.offer(pending.bytes, 0, pending.length, direction, true);
        }
      }
    }
    if (!this.finished) this.parser?.end?.();
    this.release();
    this.drop();
  }

  // ParserContext

  private ports(): PortPair {
    return { client: this.clientPort, server: this.serverPort };
  }
  get clientPort(): number {
    return this.host.view.at(this.w).clientPort;
  }
  get serverPort(): number {
    return this.host.view.at(this.w).serverPort;
  }
  get clientAddress(): string {
    return this.host.view.at(this.w).clientAddress;
  }
  get serverAddress(): string {
    return this.host.view.at(this.w).serverAddress;
  }
  get timeUs(): number {
    return this.host.timeUs;
  }
  get before(): string | undefined {
    return this.host.view.at(this.w).appProtoOriginal;
  }
  get midstream(): boolean {
    return this.late || this.host.view.at(this.w).midstream;
  }
  get limits(): ParserLimits {
    return this.host.limits;
  }
  emit(transaction: Transaction, direction: Direction = 0): void {
    this.whenAcknowledged(() => this.host.transaction(this.w, transaction, direction));
  }
  anomaly(event: string, direction: Direction, transactionId = -1): void {
    const name = this.protocol?.name;
    this.whenAcknowledged(() => this.host.applicationAnomaly(this.w, event, direction, name, transactionId));
  }
  get uid(): string {
    return this.host.view.at(this.w).uid;
  }
  reverse(): void {
    // Over TCP the handshake has said who is who.
    if (this.transport === 'tcp') return;
    this.host.reverse(this.w);
  }
  rename(name: string): void {
    const protocol = this.host.detector.named(name);
    if (protocol === undefined || this.named) return;
    this.protocol = protocol;
    this.host.detected(this.w, protocol);
  }
  confirm(service: string): void {
    if (this.named || this.confirmed.split(',').includes(service)) return;
    this.confirmed = this.confirmed === '' ? service : `${this.confirmed},${service}`;
    this.host.addService(this.w, service);
  }
  limited(): void {
    this.host.historyLimit(this.w);
  }
  shared<T>(name: string, make: () => T): T {
    return this.host.shared(name, make);
  }
  skip(length: number, direction: Direction): void {
    // A datagram is looked at whole.
    if (length > 0 && this.streams !== undefined) this.pending[direction].skip += length;
  }
  done(): void {
    if (this.wish === 'none') this.wish = 'done';
  }
  idle(): void {
    if (this.wish !== 'none' || this.transport !== 'udp' || this.host.payload !== undefined) return;
    // Only what the flow's name says can be taken up again.
    const other = this.named && this.known![0] !== this.protocol?.name;
    this.wish = other ? 'done' : 'idle';
  }
  get emitted(): number {
    return this.host.emitted(this.w);
  }
  fail(): void {
    this.violated = true;
    if (this.wish !== 'become') this.wish = 'fail';
  }
  become(name: string | undefined): void {
    this.wish = 'become';
    this.successor = name;
  }
  expect(name: string, address: string | undefined, port: number, hint: unknown): void {
    this.host.expectations.add({ protocol: name, address, port, hint }, this.host.timeUs);
  }
  serverName(name: string, source: 'sni' | 'host' | 'certificate' | 'query'): void {
    if (!this.named) this.host.serverName(this.w, name, source);
  }
  resolved(name: string, address: readonly number[], ttl: number): void {
    this.host.names.resolved(name, address, ttl, this.host.timeUs);
  }
  risk(name: string): void {
    this.host.risk(this.w, name);
  }
  certificate(holder: readonly string[], issuer: readonly string[]): void {
    if (!this.named) this.host.certificate(this.w, holder, issuer);
  }
  openFile(file: FileStart): FileSink {
    return this.host.openFile(this, file);
  }

  // Records

  /** Emits when the data that the parser is looking at has been acknowledged. */
  private whenAcknowledged(emit: () => void): void {
    const stream = this.streams?.[this.current];
    if (stream === undefined || this.ending) emit();
    else this.held?.hold(this.current, stream.position, emit);
  }

  /** Everything that `owner` has sent up to `ack` has arrived. */
  acknowledged(owner: Direction, ack: number): void {
    const { held } = this;
    if (held === undefined || held.empty) return;
    held.acknowledged(owner, ack);
    if (this.finished && held.empty) this.release();
  }

  // Driving the parser

  /** Shows bytes to detection or to the parser, and keeps what is left. */
  private offer(bytes: Uint8Array, start: number, end: number, direction: Direction, last = false): void {
    const pending = this.pending[direction];
    if (this.parser === undefined) {
      const full = last || end - start >= DETECTION_BYTES;
      let found = this.detect(bytes, start, end, direction, full);
      if (found === 'undecided' && this.pending[1 - direction]!.length > 0 && !this.late) {
        // Both sides have spoken, and neither said anything against what the port says.
        const byPort = this.host.detector.detect(
          this.transport,
          bytes,
          start,
          end,
          direction,
          this.ports(),
          true,
        );
        if (byPort !== 'none') found = byPort;
      }
      if (found === 'none') {
        if (this.recognise(bytes, start, end, direction) && !full) {
          if (bytes !== pending.bytes) pending.keep(bytes, start, end);
          return;
        }
        if (this.finished) return;
        pending.hopeless = true;
        pending.length = 0;
        if (this.pending[1 - direction]!.hopeless) this.giveUp();
        return;
      }
      if (found === 'undecided') {
        if (bytes !== pending.bytes) pending.keep(bytes, start, end);
        return;
      }
      if (this.isNoNews(found)) return;
      this.start(found);
      // What the other side said before is shown first.
      const other = this.pending[1 - direction]!;
      if (other.length > 0) {
        const held = other.bytes;
        const length = other.length;
        this.consume(held, 0, length, direction === 0 ? 1 : 0);
        if (this.finished) return;
      }
      this.consume(bytes, start, end, direction);
      this.tellUnexpected(found, direction);
      return;
    }
    this.consume(bytes, start, end, direction);
  }

  /** What these bytes are. In the middle of a flow ports say nothing: who changes the protocol keeps them. */
  private detect(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    last: boolean,
  ): Detection {
    if (this.forced !== undefined) return this.forced;
    const { detector } = this.host;
    if (!this.late) return detector.detect(this.transport, bytes, start, end, direction, this.ports(), last);
    const found = detector.detect(this.transport, bytes, start, end, direction, NO_PORTS, false);
    return found === 'undecided' && last ? 'none' : found;
  }

  /** Lets a flow go that was looked at again and speaks what it spoke before. */
  private isNoNews(found: Protocol): boolean {
    if (this.known === undefined || this.anomalous || !this.known.includes(found.name)) return false;
    this.release();
    return true;
  }

  /** Says that the flow speaks something else now, unless the parser did not agree. */
  private tellUnexpected(protocol: Protocol, direction: Direction): void {
    if (!this.unexpected) return;
    this.unexpected = false;
    if (!this.violated) this.host.unexpected(this.w, protocol, direction);
  }

  private consume(bytes: Uint8Array, start: number, end: number, direction: Direction): void {
    const pending = this.pending[direction];
    if (!pending.spoke) {
      pending.spoke = true;
      this.compare(bytes, start, end, direction);
    }
    let at = start;
    while (at < end && this.parser !== undefined) {
      const next = this.run(bytes, at, end, direction);
      if (this.wish !== 'none') {
        pending.leave(bytes, next, end);
        this.settle(direction);
        return;
      }
      const skipped = Math.min(pending.skip, end - next);
      pending.skip -= skipped;
      at = next + skipped;
      if (skipped === 0) break;
    }
    pending.leave(bytes, at, end);
    if (pending.length > this.host.limits.headerBytes) {
      this.anomaly('APPLAYER_BUFFER_LIMIT', direction);
      this.wish = 'fail';
      this.settle(direction);
    }
  }

  /** Notes where this side's first bytes are another protocol than the one that the other side speaks. */
  private compare(bytes: Uint8Array, start: number, end: number, direction: Direction): void {
    const { protocol } = this;
    if (protocol === undefined || this.late || !this.pending[1 - direction]!.spoke) return;
    if (protocol.probe(bytes, start, end, direction, this.ports()) !== 'no') return;
    const { detector } = this.host;
    const found = detector.detect(this.transport, bytes, start, end, direction, this.ports(), false);
    if (found === 'none' || found === 'undecided' || found.name === protocol.name) return;
    this.host.mismatch(this.w, found, direction);
  }

  private run(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    if (this.parser === undefined) return end;
    this.inParser = true;
    this.current = direction;
    const next = this.parser.data(bytes, start, end, direction);
    this.inParser = false;
    return next < start ? start : Math.min(next, end);
  }

  /** Carries out what the parser asked for. */
  private settle(direction: Direction): void {
    const wish = this.wish;
    if (wish === 'none' || this.inParser) return;
    this.wish = 'none';
    if (wish === 'idle') {
      this.finished = true;
      this.parser = undefined;
      this.host.parked(this.w);
    } else if (wish === 'done') {
      this.release();
    } else if (wish === 'fail') {
      this.parser?.end?.();
      if (this.violated && !this.named) this.retract();
      if (!this.named) this.host.failed(this.w);
      this.release();
    } else {
      this.parser?.end?.();
      this.parser = undefined;
      this.wish = 'none';
      if (!this.named) this.host.changing(this.w);
      this.forced = this.successor === undefined ? undefined : this.host.detector.named(this.successor);
      if (this.successor !== undefined && this.forced === undefined) {
        this.release();
        return;
      }
      for (const pending of this.pending) {
        pending.hopeless = false;
        pending.spoke = false;
      }
      const pending = this.pending[direction];
      if (pending.length > 0) this.offer(pending.bytes, 0, pending.length, direction);
    }
  }

  private start(protocol: Protocol): void {
    // What the first protocol hands over to comes as no surprise.
    const first = this.protocol === undefined;
    this.protocol = protocol;
    this.forced = undefined;
    if (this.known === undefined) this.host.detected(this.w, protocol);
    else if (!this.named) this.host.detectedLate(this.w, protocol);
    else if (first) this.unexpected = !this.known.includes(protocol.name);
    this.confirmed = '';
    this.parser = protocol.create(this);
  }

  /**
   * Asks the signatures, which name what no parser speaks. True when more bytes could tell, or tell more; a flow that
   * was named and of which no more is wanted is let go.
   */
  private recognise(bytes: Uint8Array, start: number, end: number, direction: Direction): boolean {
    const { recogniser } = this.host;
    if (this.transport === 'sctp' || this.protocol !== undefined || this.named) return false;
    const { recognition, open } = recogniser.look(
      this.transport,
      bytes,
      start,
      end,
      direction,
      this.ports(),
      this.look,
      this.w,
    );
    if (recognition === undefined) return open;
    this.host.recognised(this.w, recognition);
    this.look.recognised = true;
    if (!open) this.release();
    return open;
  }

  /** What the parser said to be spoken is not: Zeek takes an analyzer's name back when it violates. */
  private retract(): void {
    const own = this.protocol?.service;
    const names = own === undefined ? this.confirmed : `${own},${this.confirmed}`;
    if (names !== '') this.host.removeService(this.w, names);
  }

  private giveUp(): void {
    if (!this.look.recognised && !this.named) this.host.failed(this.w);
    this.release();
  }

  private release(): void {
    this.finished = true;
    this.parser = undefined;
    for (const pending of this.pending) pending.clear();
    // Where payload is kept, or a record waits for its acknowledgement, the streams go on without a parser.
    if (this.host.payload === undefined && (this.held?.empty ?? true)) this.drop();
  }

  private drop(): void {
    this.streams?.[0].drop();
    this.streams?.[1].drop();
    this.host.released(this.w);
  }
}

/** What flows without streams share: they never hold anything back. */
const NOTHING_PENDING: readonly [Pending, Pending] = [new Pending(), new Pending()];
