import type { ZeekRow } from '../../../event/index.ts';
import { u8 } from '../../../net/index.ts';
import { type Direction, type Parser, type ParserContext, TO_CLIENT, TO_SERVER } from '../parser.ts';
import { parseClientHello } from '../tls/client-hello.ts';
import { CLIENT_HELLO, SERVER_HELLO } from '../tls/handshake-types.ts';
import { parseServerHello } from '../tls/server-hello.ts';
import { CryptoStream } from './crypto-stream.ts';
import { type FrameSink, walkFrames } from './frames.ts';
import { findGoogleMessage, readGoogleMessage } from './google-message.ts';
import { HandshakeLog } from './handshake-log.ts';
import {
  HANDSHAKE,
  INITIAL,
  LongHeader,
  RETRY,
  readLongHeader,
  VERSION_NEGOTIATION,
  ZERO_RTT,
} from './header.ts';
import { InitialProtection } from './protection.ts';
import { PublicHeader, readPublicHeader } from './public-header.ts';
import { QuicSession } from './session.ts';
import { type PacketContent, QuicTransaction } from './transaction.ts';
import type { QuicVersion } from './versions.ts';
import { QuicLog } from './zeek-log.ts';

const MESSAGE_HEADER = 4;

/** EVE records of one flow, beside those with a hello. */
const MAX_RECORDS = 32;
/** Rows of Zeek's quic.log of one flow, beside the last: each Retry and each refusal ends one. */
const MAX_ROWS = 16;
/** Packets of a flow that are looked at; the history in Zeek's log goes no further. */
const MAX_PACKETS = 2048;
/** The same for Google's versions, where nothing comes behind the messages in clear. */
const MAX_GOOGLE_PACKETS = 32;
/** The same for a flow whose packets are all unreadable. */
const MAX_UNREADABLE = 64;

const NOTHING: PacketContent = { kind: 'none' };

/** Reused: the headers are read and used within one call. */
const header = new LongHeader();
const publicHeader = new PublicHeader();

/** One direction of a flow. */
class Side {
  readonly stream = new CryptoStream();
  /** True when its hello is known, or will not be. */
  settled = false;
  /** Packets with a short header. */
  short = 0;
}

/** QUIC's clear beginning: hellos from Initial packets (RFC 9000, 9001, 9369), Google's messages before that. */
export class QuicParser implements Parser, FrameSink {
  private readonly context: ParserContext;
  private readonly sides: readonly [Side, Side] = [new Side(), new Side()];
  private readonly protection = new InitialProtection();
  private readonly handshake = new HandshakeLog();
  private session: QuicSession | undefined;
  private direction: Direction = TO_SERVER;
  private google = false;
  private unhandled = false;
  private retried = false;
  private tooLong = false;
  private failed = false;
  /** True behind the record of a failure: from there on only hellos are recorded. */
  private quiet = false;
  private serverName: string | undefined;
  private closing = false;
  private records = 0;
  private rows = 0;
  private packets = 0;
  private readable = 0;
  private ended = false;

  constructor(context: ParserContext) {
    this.context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    if (this.ended) return end;
    this.direction = direction;
    this.packets++;
    let at = start;
    while (at < end) at = this.packet(bytes, at, end, direction);
    const limit = this.google ? MAX_GOOGLE_PACKETS : this.readable > 0 ? MAX_PACKETS : MAX_UNREADABLE;
    if (this.packets >= limit) {
      this.end();
      this.context.done();
    }
    return end;
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    const rows: ZeekRow[] = [];
    if (this.session) rows.push(this.session.row());
    const handshake = this.handshake.row();
    if (handshake) rows.push(handshake);
    if (rows.length > 0) this.context.emit(new QuicLog(rows), TO_SERVER);
  }

  /** FrameSink: a piece of the handshake. */
  crypto(bytes: Uint8Array, start: number, end: number, offset: number): void {
    const side = this.sides[this.direction];
    if (side.stream.add(bytes, start, end, offset) || this.tooLong) return;
    this.tooLong = true;
    this.context.anomaly('crypto_frag_too_long', this.direction);
  }

  /** FrameSink: the connection ends before it began. */
  connectionClose(): void {
    this.closing = true;
  }

  /** One packet of a datagram, which may hold several (RFC 9000 section 12.2). Returns where the next one begins. */
  private packet(bytes: Uint8Array, at: number, end: number, direction: Direction): number {
    const first = u8(bytes, at);
    if ((first & 0x80) === 0) {
      if (this.google || ((first & 0x40) === 0 && !this.session))
        this.publicPacket(bytes, at, end, direction);
      else if ((first & 0x40) === 0) this.session?.note('X', direction);
      else this.shortPacket(direction);
      return end;
    }
    if (!readLongHeader(header, bytes, at, end)) {
      this.session?.note('X', direction);
      return end;
    }
    const next = header.end;
    this.longPacket(bytes, direction);
    return next;
  }

  private shortPacket(direction: Direction): void {
    const count = ++this.sides[direction].short;
    // Zeek notes the first, second, fourth, eighth ...
    if ((count & (count - 1)) === 0) this.session?.note('O', direction);
  }

  private longPacket(bytes: Uint8Array, direction: Direction): void {
    const { known, type, version } = header;
    if (known?.form === 'google') this.google = true;
    const side = this.sides[direction];
    const settled = side.settled;
    if (type === VERSION_NEGOTIATION) {
      this.record(version, NOTHING, direction, settled);
      return;
    }
    if (!known || known.google) this.unhandledVersion(bytes, direction);
    else this.note(bytes, direction);
    if (known) this.readable++;
    if (type !== INITIAL || !known) {
      if (type === RETRY && direction === TO_CLIENT) this.retry();
      this.record(version, NOTHING, direction, settled);
      return;
    }
    const content = settled
      ? NOTHING
      : known.form === 'google'
        ? this.googleMessage(bytes, header.payload, header.end)
        : this.initial(bytes, known, direction, side);
    this.record(version, content, direction, settled);
    if (this.closing) this.closed(direction);
  }

  /** Zeek's letter of a packet, and the session it belongs to. */
  private note(bytes: Uint8Array, direction: Direction): void {
    const { type } = header;
    this.session ??= new QuicSession(this.context.timeUs, header.version);
    if (type !== RETRY) this.session.identify(header, bytes, direction);
    this.session.note(
      type === INITIAL ? 'I' : type === ZERO_RTT ? 'Z' : type === HANDSHAKE ? 'H' : 'R',
      direction,
    );
    if (type === RETRY) this.log();
  }

  /** A version that Zeek does not read gets one row of its own. */
  private unhandledVersion(bytes: Uint8Array, direction: Direction): void {
    if (this.unhandled) return;
    this.unhandled = true;
    if (!this.session) {
      this.session = new QuicSession(this.context.timeUs, header.version);
      this.session.identify(header, bytes, direction);
    }
    this.session.note('U', direction);
    this.log();
  }

  /** Logs the session and begins anew. */
  private log(): void {
    if (!this.session) return;
    if (this.rows++ < MAX_ROWS) this.context.emit(new QuicLog([this.session.row()]), TO_SERVER);
    this.session = undefined;
  }

  /** The first Retry makes the client begin anew with other keys; later ones are void (RFC 9000 section 17.2.5.2). */
  private retry(): void {
    if (this.retried || !this.protection.begun) return;
    this.retried = true;
    this.protection.reset();
    for (const side of this.sides) {
      side.stream.clear();
      side.settled = false;
    }
  }

  /** The connection is refused: Zeek's row ends with it. */
  private closed(direction: Direction): void {
    this.closing = false;
    this.session?.note('C', direction);
    this.log();
  }

  /** Decrypts an Initial packet and looks whether it completes a hello. */
  private initial(bytes: Uint8Array, known: QuicVersion, direction: Direction, side: Side): PacketContent {
    if (this.protection.spent || (direction === TO_CLIENT && !this.protection.begun)) return NOTHING;
    const plain = this.protection.open(bytes, header, direction);
    if (!plain) return this.failure('failed_decrypt', direction);
    if (!walkFrames(plain, known.google, this) && !known.google)
      return this.failure('error_on_data', direction);
    return known.tags ? this.googleStream(side) : this.hello(known, direction, side);
  }

  private failure(event: string, direction: Direction): PacketContent {
    if (!this.failed) this.context.anomaly(event, direction);
    this.failed = true;
    return NOTHING;
  }

  private hello(known: QuicVersion, direction: Direction, side: Side): PacketContent {
    const { stream } = side;
    const end = stream.messageEnd();
    if (end === 0) return NOTHING;
    const { bytes } = stream;
    side.settled = true;
    if (end > 0 && direction === TO_SERVER && stream.messageType() === CLIENT_HELLO) {
      const hello = parseClientHello(bytes, MESSAGE_HEADER, end);
      if (hello) {
        this.name(hello.sni);
        this.session?.greet(hello);
        this.session?.note('S', direction);
        if (!known.google) this.handshake.clientHello(hello, this.context.timeUs);
        stream.clear();
        return { kind: 'client', hello };
      }
    } else if (end > 0 && direction === TO_CLIENT && stream.messageType() === SERVER_HELLO) {
      const hello = parseServerHello(bytes, MESSAGE_HEADER, end);
      if (hello) {
        this.session?.note('S', direction);
        if (!known.google) this.handshake.serverHello(hello, this.context.timeUs);
        stream.clear();
        return { kind: 'server', hello };
      }
    }
    stream.clear();
    return this.failure('error_on_data', direction);
  }

  /** Q050: Google's message in the CRYPTO stream. */
  private googleStream(side: Side): PacketContent {
    const { bytes, ready } = side.stream;
    const content = this.googleMessage(bytes, 0, ready);
    if (content.kind !== 'none') {
      side.settled = true;
      side.stream.clear();
    }
    return content;
  }

  private googleMessage(bytes: Uint8Array, start: number, end: number): PacketContent {
    const at = findGoogleMessage(bytes, start, end);
    const message = at < 0 ? undefined : readGoogleMessage(bytes, at, end);
    if (!message) return NOTHING;
    if (message.client) this.name(message.sni);
    return { kind: 'google', message };
  }

  private name(sni: string | undefined): void {
    if (sni === undefined || sni === this.serverName) return;
    this.serverName = sni;
    this.context.serverName(sni, 'sni');
  }

  /** A packet of Google's versions before the long header. Those without a version are encrypted or a REJ or SHLO. */
  private publicPacket(bytes: Uint8Array, at: number, end: number, direction: Direction): void {
    if (!readPublicHeader(publicHeader, bytes, at, end)) return;
    this.google = true;
    const { version, payload } = publicHeader;
    if (version !== 0) this.record(version, this.googleMessage(bytes, payload, end), direction, false);
  }

  private record(version: number, content: PacketContent, direction: Direction, settled: boolean): void {
    if (settled) return;
    if (content.kind === 'none') {
      if (this.quiet || this.records++ >= MAX_RECORDS) return;
      this.quiet = this.failed;
    }
    this.context.emit(new QuicTransaction(version, content), direction);
  }
}
