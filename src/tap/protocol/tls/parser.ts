import { u8, u16 } from '../../../net/index.ts';
import { type Direction, type Parser, type ParserContext, TO_CLIENT } from '../parser.ts';
import { HandshakeAssembler } from './handshake-assembler.ts';
import { isKnownTlsVersion, TLS10, TLS11 } from './names/versions.ts';
import {
  ALERT,
  APPLICATION_DATA,
  CHANGE_CIPHER_SPEC,
  HANDSHAKE,
  HEARTBEAT,
  MAX_RECORD,
  RECORD_HEADER,
} from './record.ts';
import { TlsSession } from './session.ts';
import { parseV2ClientHello, parseV2ServerHello, probeV2, v2RecordEnd } from './sslv2.ts';

/** Longest handshake message that is put together: chains of certificates reach some ten thousand octets. */
const MAX_MESSAGE = 1 << 17;
/** Encrypted records of one side, or pieces of one that cannot be read, after which the other is no longer waited for. */
const PATIENCE = 64;
const MAX_ALERTS_PER_RECORD = 10;
const HEARTBEAT_PADDING = 16;

/** One direction of the record layer. */
interface Side {
  readonly assembler: HandshakeAssembler;
  /** Version of the last record; 0 before the first. */
  version: number;
  encryptedRecords: number;
  /** Bytes that have not come yet of the record whose beginning waits; 0 where that is not known. */
  awaited: number;
  /** Something is missing: handshake messages are not put together any more. */
  gap: boolean;
  /** Where its records begin is not known any more. */
  lost: boolean;
}

/** The record layer of TLS over a stream (RFC 8446 section 5, RFC 5246 section 6). */
export class TlsParser implements Parser {
  private readonly context: ParserContext;
  private readonly session: TlsSession;
  private readonly sides: [Side, Side];
  /** Direction of the record being handled, for the assemblers' sink. */
  private current: Direction = 0;
  private over = false;

  constructor(context: ParserContext) {
    this.context = context;
    this.session = new TlsSession(context, false);
    this.sides = [this.makeSide(), this.makeSide()];
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    if (this.over) return end;
    this.current = direction;
    if (this.sides[direction].lost) return this.unreadable(end, direction);
    let at = start;
    while (at < end && !this.over) {
      const side = this.sides[direction];
      const next =
        side.version === 0 && (u8(bytes, at) & 0x80) !== 0
          ? this.v2Record(bytes, at, end, direction)
          : this.record(bytes, at, end, direction, side);
      if (next < 0) break;
      at = next;
    }
    this.session.settle();
    this.turnRound();
    if (this.over) return end;
    if (this.session.complete) {
      this.over = true;
      this.context.done();
      return end;
    }
    return at;
  }

  /**
   * What is missing of the client does not hide what the server says, and the end of a record whose beginning was seen is
   * known. What is missing of the server ends it where the client has spoken: nothing more would be learned.
   */
  gap(length: number, direction: Direction): boolean {
    const fromServer = (direction === TO_CLIENT) !== this.session.flipped;
    if (fromServer && this.session.clientHello !== undefined) return false;
    const side = this.sides[direction];
    const rest = side.awaited - length;
    side.awaited = 0;
    side.gap = true;
    side.assembler.reset();
    if (rest > 0) this.context.skip(rest, direction);
    else if (rest < 0) side.lost = true;
    return !(this.sides[0].lost && this.sides[1].lost);
  }

  end(): void {
    this.session.end();
    this.over = true;
  }

  /** Index behind the record at `at`, or -1 when it is not whole. */
  private record(bytes: Uint8Array, at: number, end: number, direction: Direction, side: Side): number {
    side.awaited = 0;
    if (at + RECORD_HEADER > end) return -1;
    const type = u8(bytes, at);
    const version = u16(bytes, at + 1);
    const length = u16(bytes, at + 3);
    if (type < CHANGE_CIPHER_SPEC || type > HEARTBEAT) return this.unknownRecord(end, direction, side);
    if (length === 0 || length > MAX_RECORD) return this.stop('INVALID_RECORD_LENGTH', end, direction);
    if (!isKnownTlsVersion(version)) return this.stop('INVALID_RECORD_VERSION', end, direction);
    const from = at + RECORD_HEADER;
    const to = from + length;
    if (type === APPLICATION_DATA || (to > end && this.session.isEncrypted(direction))) {
      side.version = version;
      this.encrypted(type, direction, side);
      if (to > end) this.context.skip(to - end, direction);
      return Math.min(to, end);
    }
    if (to > end) {
      side.awaited = to - end;
      return -1;
    }
    side.version = version;
    if (direction === 1 && !this.session.flipped) this.session.serverRecordVersion ??= version;
    this.content(type, bytes, from, to, direction, side);
    return to;
  }

  private content(
    type: number,
    bytes: Uint8Array,
    from: number,
    to: number,
    direction: Direction,
    side: Side,
  ): void {
    if (this.session.isEncrypted(direction)) {
      this.encrypted(type, direction, side);
      return;
    }
    switch (type) {
      case CHANGE_CIPHER_SPEC:
        side.assembler.reset();
        this.session.changeCipherSpec(direction);
        break;
      case ALERT:
        this.alerts(bytes, from, to, direction);
        break;
      case HANDSHAKE:
        if (!side.gap) side.assembler.record(bytes, from, to);
        break;
      case HEARTBEAT:
        this.heartbeat(bytes, from, to, direction);
        break;
    }
  }

  private encrypted(type: number, direction: Direction, side: Side): void {
    this.session.encrypted(type === APPLICATION_DATA, direction);
    // A flow of which only one side was captured would never be established.
    if (++side.encryptedRecords >= PATIENCE && !this.session.complete) this.session.end();
  }

  /** More of a side whose records are not found any more. */
  private unreadable(end: number, direction: Direction): number {
    if (++this.sides[direction].encryptedRecords < PATIENCE) return end;
    this.session.end();
    this.over = true;
    this.context.done();
    return end;
  }

  private alerts(bytes: Uint8Array, from: number, to: number, direction: Direction): void {
    if (to - from < 2) {
      this.context.anomaly('INVALID_ALERT_MESSAGE', direction);
      return;
    }
    const last = Math.min(to, from + 2 * MAX_ALERTS_PER_RECORD);
    for (let at = from; at + 2 <= last; at += 2)
      this.session.alert(u8(bytes, at), u8(bytes, at + 1), direction);
  }

  /** A heartbeat in clear; one that announces more than it holds asks for memory (CVE-2014-0160). */
  private heartbeat(bytes: Uint8Array, from: number, to: number, direction: Direction): void {
    this.session.heartbeat(direction);
    if (to - from < 3) return;
    const type = u8(bytes, from);
    const payload = u16(bytes, from + 1);
    if (type !== 1 && type !== 2) this.context.anomaly('INVALID_HEARTBEAT_MESSAGE', direction);
    else if (payload + 3 > to - from) this.context.anomaly('OVERFLOW_HEARTBEAT_MESSAGE', direction);
    else if (to - from - 3 - payload < HEARTBEAT_PADDING)
      this.context.anomaly('INVALID_HEARTBEAT_MESSAGE', direction);
  }

  /** An unknown type of record may be passed over in TLS 1.0 and 1.1 (RFC 4346 section 6), not elsewhere. */
  private unknownRecord(end: number, direction: Direction, side: Side): number {
    if (side.version !== TLS10 && side.version !== TLS11)
      return this.stop('INVALID_RECORD_TYPE', end, direction);
    this.context.anomaly('INVALID_RECORD_TYPE', direction);
    return end;
  }

  private v2Record(bytes: Uint8Array, at: number, end: number, direction: Direction): number {
    if (at + 3 > end) return -1;
    const recordEnd = v2RecordEnd(bytes, at);
    const client = probeV2(bytes, at, end);
    if (client === 'maybe' || (client === 'yes' && recordEnd > end)) return -1;
    if (client === 'yes') {
      const hello = parseV2ClientHello(bytes, at, end);
      if (hello !== undefined) this.session.v2ClientHello(hello);
      return recordEnd;
    }
    if (recordEnd > end)
      return recordEnd - at > MAX_RECORD ? this.stop('INVALID_SSLV2_HEADER', end, direction) : -1;
    const cipher = parseV2ServerHello(bytes, at, end);
    if (cipher === undefined) return this.stop('INVALID_SSLV2_HEADER', end, direction);
    this.session.v2ServerHello(cipher);
    this.session.end();
    return recordEnd;
  }

  /** The bytes cannot be followed further: says why, emits what there is. */
  private stop(event: string, end: number, direction: Direction): number {
    this.context.anomaly(event, direction);
    this.session.end();
    this.over = true;
    this.context.fail();
    return end;
  }

  /** A flow picked up midway whose client turned out to be the other side. */
  private turnRound(): void {
    if (!this.session.flipped || !this.context.midstream || this.context.reverse === undefined) return;
    this.context.reverse();
    this.session.swap();
    this.sides.reverse();
  }

  private makeSide(): Side {
    const assembler = new HandshakeAssembler(MAX_MESSAGE, (type, bytes, start, end) => {
      this.session.handshake(type, bytes, start, end, this.current);
    });
    return { assembler, version: 0, encryptedRecords: 0, awaited: 0, gap: false, lost: false };
  }
}
