import { latin1, u8, u16 } from '../../../net/index.ts';
import { type Direction, type ParserContext, TO_CLIENT, TO_SERVER } from '../parser.ts';
import { CertificateChain } from './certificate-chain.ts';
import { type ClientHello, isDatagramVersion, parseClientHello, preferredVersion } from './client-hello.ts';
import { ja4 } from './fingerprint/ja4.ts';
import * as message from './handshake-types.ts';
import { alertName } from './names/alerts.ts';
import { cipherSuiteName } from './names/cipher-suites.ts';
import { isKnownTlsVersion, isTls13, SSL2, TLS13, TLS13_EARLY_DRAFT } from './names/versions.ts';
import { reportRisks } from './risks.ts';
import { negotiatedVersion, parseServerHello, type ServerHello } from './server-hello.ts';
import { SslLogTransaction } from './ssl-log.ts';
import { FurtherHelloTransaction, TlsTransaction } from './transaction.ts';
import { commonName, type Name } from './x509/index.ts';

const MAX_HISTORY = 100;
const MAX_FURTHER_HELLOS = 4;
const LONGEST_SERVER_NAME = 255;
/** Names of a certificate that are tried to name the application. */
const NAMES_TRIED = 4;
const NAMED_CURVE = 3;
const FATAL = 2;

/**
 * What is known of one TLS or DTLS handshake, and when its records are due. The record layer of either feeds it
 * whole messages; so may QUIC with what its CRYPTO frames carry.
 */
export class TlsSession {
  readonly datagram: boolean;
  clientHello: ClientHello | undefined;
  serverHello: ServerHello | undefined;
  /** Version of the server's records while there is no ServerHello. */
  serverRecordVersion: number | undefined;
  /** SSLv2's cipher, where that was chosen. */
  v2Cipher: number | undefined;
  readonly serverChain = new CertificateChain();
  readonly clientChain = new CertificateChain();
  /** Negotiated group. */
  group: number | undefined;
  history = '';
  lastAlert: string | undefined;
  established = false;
  /** Resumed as Zeek sees it. */
  resumed = false;
  /** The server took up the session that the client named, or the client offered a ticket. */
  resumptionPossible = false;
  /** Chosen version is TLS 1.3, where certificates are not seen. */
  withoutCertificate = false;
  private readonly context: ParserContext;
  /** The direction in which the client speaks: to the server, unless the hello came from the other side. */
  private clientDirection: Direction = TO_SERVER;
  private readonly encryptedSide: [boolean, boolean] = [false, false];
  private clientSession = '';
  private ticketOffered = false;
  private clientKeyExchange = false;
  private certificateRequested = false;
  private clientCertificateSeen = false;
  private finished = false;
  private eveDone = false;
  private zeekDone = false;
  private risksDone = false;
  private furtherHellos = 0;

  constructor(context: ParserContext, datagram: boolean) {
    this.context = context;
    this.datagram = datagram;
  }

  /** Name of the protocol in which TLS was asked for; undefined where TLS came first. */
  get before(): string | undefined {
    return this.context.before;
  }

  /** True when nothing more can be learned: both records are out. */
  get complete(): boolean {
    return this.eveDone && this.zeekDone;
  }

  /** True when what a direction sends is encrypted, except for hellos of TLS 1.3 after a HelloRetryRequest. */
  isEncrypted(direction: Direction): boolean {
    return this.encryptedSide[direction];
  }

  /** The version in force: chosen by the server; undefined before that. */
  get version(): number | undefined {
    return this.serverHello === undefined
      ? this.v2Cipher === undefined
        ? undefined
        : SSL2
      : negotiatedVersion(this.serverHello);
  }

  /** A whole handshake message; `[start, end)` is its body. */
  handshake(type: number, bytes: Uint8Array, start: number, end: number, direction: Direction): void {
    if (type === message.CLIENT_HELLO && this.clientHello === undefined) this.orient(direction);
    const fromClient = direction === this.clientDirection;
    let letter = message.historyLetter(type);
    switch (type) {
      case message.CLIENT_HELLO:
        this.onClientHello(bytes, start, end, direction);
        break;
      case message.SERVER_HELLO:
        if (this.onServerHello(bytes, start, end, direction)) letter = 'j';
        break;
      case message.CERTIFICATE:
        this.onCertificate(bytes, start, end, fromClient, direction);
        break;
      case message.SERVER_KEY_EXCHANGE:
        this.onServerKeyExchange(bytes, start, end);
        break;
      case message.CERTIFICATE_REQUEST:
        if (!fromClient) this.certificateRequested = true;
        break;
      case message.CLIENT_KEY_EXCHANGE:
        if (fromClient) this.clientKeyExchange = true;
        break;
      default:
        if (!this.datagram && !message.isOrdinaryMessage(type))
          this.context.anomaly('INVALID_HANDSHAKE_MESSAGE', direction);
    }
    this.note(letter, fromClient);
  }

  /** A ChangeCipherSpec. In TLS 1.3 it means nothing (RFC 8446 appendix D.4). */
  changeCipherSpec(direction: Direction): void {
    const fromClient = direction === this.clientDirection;
    const version = this.version;
    if (version === undefined || !isTls13(version)) this.encryptedSide[direction] = true;
    this.note('i', fromClient);
    if (fromClient && this.ticketOffered && !this.clientKeyExchange) this.resumed = true;
  }

  /** An alert in clear. */
  alert(level: number, description: number, direction: Direction): void {
    this.note('l', direction === this.clientDirection);
    this.lastAlert = alertName(description);
    if (level === FATAL) {
      this.finished = true;
      this.context.risk('TLS Fatal Alert');
    }
  }

  /** A heartbeat in clear (RFC 6520). */
  heartbeat(direction: Direction): void {
    this.note('b', direction === this.clientDirection);
  }

  /** A record of encrypted bytes: application data, or anything once a side has changed its cipher. */
  encrypted(applicationData: boolean, direction: Direction): void {
    const version = this.version;
    if (applicationData && !this.encryptedSide[direction] && version !== undefined && isTls13(version))
      this.encryptedSide[direction] = true;
    // Early data comes before the server has spoken (RFC 8446 section 2.3).
    if (applicationData && (version !== undefined || this.clientHello?.earlyData !== true))
      this.finished = true;
    if (!this.established && this.encryptedSide[TO_SERVER] && this.encryptedSide[TO_CLIENT]) {
      this.established = true;
      this.emitZeek();
    }
  }

  /** SSLv2 (draft-hickman-netscape-ssl): a hello of the client in that form, or of the server for good. */
  v2ClientHello(hello: ClientHello): void {
    this.confirm();
    this.clientHello ??= hello;
    this.note('c', true);
  }
  v2ServerHello(cipher: number): void {
    this.confirm();
    this.v2Cipher = cipher;
    this.note('s', false);
  }

  /** The call in progress is over: emits what has become due. */
  settle(): void {
    if (this.eveDone) return;
    const server = this.serverChain.holder !== undefined;
    const client = !this.certificateRequested || this.clientCertificateSeen;
    if ((server && client) || (this.finished && this.worthARecord(server))) this.emitEve();
  }

  /** The flow is over. A handshake that never came to a record of Suricata's is still told, for its fingerprints. */
  end(): void {
    if (!this.eveDone && (this.clientHello !== undefined || this.serverHello !== undefined)) this.emitEve();
    if (!this.zeekDone && this.history !== '') this.emitZeek();
    this.eveDone = true;
    this.zeekDone = true;
  }

  /** After the engine has swapped the flow's ends: what was to the client is to the server from now on. */
  swap(): void {
    this.clientDirection = TO_SERVER;
    this.encryptedSide.reverse();
  }

  private worthARecord(certificate: boolean): boolean {
    return certificate || this.resumptionPossible || this.withoutCertificate;
  }

  /** Finds out which side is the client by where its hello comes from. */
  private orient(direction: Direction): void {
    if (direction === this.clientDirection) return;
    this.clientDirection = direction;
    this.note('^', true);
  }

  /** True when the client speaks in the direction that the engine calls "to the client". */
  get flipped(): boolean {
    return this.clientDirection === TO_CLIENT;
  }

  private onClientHello(bytes: Uint8Array, start: number, end: number, direction: Direction): void {
    const hello = parseClientHello(bytes, start, end);
    if (hello === undefined) {
      this.context.anomaly('HANDSHAKE_INVALID_LENGTH', direction);
      return;
    }
    if (hello.malformed) this.context.anomaly('HANDSHAKE_INVALID_LENGTH', direction);
    this.checkServerName(bytes, hello, direction);
    this.confirm();
    if (this.clientHello === undefined) {
      this.clientHello = hello;
      const name = hello.sni;
      if (name !== undefined && name.length <= LONGEST_SERVER_NAME) this.context.serverName(name, 'sni');
    } else if (this.furtherHellos < MAX_FURTHER_HELLOS) {
      const transport = this.datagram ? 'd' : 't';
      if (ja4(hello, transport) !== ja4(this.clientHello, transport)) {
        this.furtherHellos++;
        this.context.emit(new FurtherHelloTransaction(hello, this.datagram));
      }
    }
    this.ticketOffered = hello.ticket;
    if (hello.ticketExtension) this.resumptionPossible = true;
    const session = latin1(bytes, hello.sessionStart, hello.sessionEnd);
    if (session !== '' && !/^\0+$/.test(session)) {
      this.clientSession = session;
      this.ticketOffered = false;
    }
  }

  /** A hello could be read: for Zeek the protocol is certain. */
  private confirm(): void {
    this.context.confirm?.(this.datagram ? 'dtls' : 'ssl');
  }

  private checkServerName(bytes: Uint8Array, hello: ClientHello, direction: Direction): void {
    let names = 0;
    for (const { type, start, end } of hello.extensions) {
      if (type !== 0 || start === end) continue;
      names++;
      if (end - start < 5) this.context.anomaly('HANDSHAKE_INVALID_LENGTH', direction);
      else if (u8(bytes, start + 2) !== 0) this.context.anomaly('INVALID_SNI_TYPE', direction);
      else {
        const length = u16(bytes, start + 3);
        if (length === 0 || length > LONGEST_SERVER_NAME || start + 5 + length > end)
          this.context.anomaly('INVALID_SNI_LENGTH', direction);
      }
    }
    if (names > 1) this.context.anomaly('MULTIPLE_SNI_EXTENSIONS', direction);
  }

  /** True when it was a HelloRetryRequest. */
  private onServerHello(bytes: Uint8Array, start: number, end: number, direction: Direction): boolean {
    const hello = parseServerHello(bytes, start, end);
    if (hello === undefined) {
      this.context.anomaly('HANDSHAKE_INVALID_LENGTH', direction);
      return false;
    }
    if (hello.malformed) this.context.anomaly('HANDSHAKE_INVALID_LENGTH', direction);
    this.confirm();
    this.serverHello ??= hello;
    const version = negotiatedVersion(hello);
    if (isTls13(version)) this.withoutCertificate = true;
    if (hello.keyShareGroup !== undefined) this.group = hello.keyShareGroup;
    const session = latin1(bytes, hello.sessionStart, hello.sessionEnd);
    if (session !== '' && session === this.clientSession) {
      this.resumptionPossible = true;
      if (!isTls13(version)) this.resumed = true;
    }
    if (hello.preSharedKey && this.clientHello?.preSharedKey === true) this.resumed = true;
    return hello.helloRetry;
  }

  private onCertificate(
    bytes: Uint8Array,
    start: number,
    end: number,
    fromClient: boolean,
    direction: Direction,
  ): void {
    if (fromClient) this.clientCertificateSeen = true;
    const chain = fromClient ? this.clientChain : this.serverChain;
    if (chain.length > 0) return;
    if (!chain.add(bytes, start, end)) this.context.anomaly('INVALID_CERTIFICATE', direction);
    const holder = chain.get(0);
    if (typeof holder === 'string') this.context.anomaly(holder, direction);
    else if (holder !== undefined && !fromClient)
      this.context.certificate?.(valuesOf(holder.subject), valuesOf(holder.issuer));
    if (
      holder !== undefined &&
      typeof holder !== 'string' &&
      !fromClient &&
      this.clientHello?.sni === undefined
    ) {
      const common = commonName(holder.subject);
      if (common !== undefined) this.context.serverName(common.replace(/^\*\./, ''), 'certificate');
      for (const name of holder.alternativeNames?.dns.slice(0, NAMES_TRIED) ?? [])
        if (name !== common) this.context.serverName(name.replace(/^\*\./, ''), 'certificate');
    }
  }

  /** The named curve of an ephemeral elliptic curve exchange (RFC 8422 section 5.4). */
  private onServerKeyExchange(bytes: Uint8Array, start: number, end: number): void {
    if (this.serverHello === undefined) return;
    const suite = cipherSuiteName(this.serverHello.cipherSuite);
    if (!suite.startsWith('TLS_ECDH')) return;
    let at = start;
    // With a pre-shared key the hint comes first (RFC 5489 section 2).
    if (suite.includes('_PSK_')) at += 2 + (start + 2 <= end ? u16(bytes, start) : 0);
    if (at + 3 <= end && u8(bytes, at) === NAMED_CURVE) this.group = u16(bytes, at + 1);
  }

  private note(letter: string, fromClient: boolean): void {
    if (this.zeekDone || this.history.length >= MAX_HISTORY) return;
    this.history += fromClient ? letter.toUpperCase() : letter;
  }

  private emitEve(): void {
    this.eveDone = true;
    this.emitRisks();
    this.context.emit(new TlsTransaction(this));
  }

  private emitZeek(): void {
    this.zeekDone = true;
    this.emitRisks();
    this.context.emit(new SslLogTransaction(this, this.context));
  }

  private emitRisks(): void {
    if (this.risksDone) return;
    this.risksDone = true;
    reportRisks(this, this.context);
  }
}

/** Texts of a name's attributes. */
function valuesOf(name: Name): string[] {
  const values: string[] = [];
  for (const relative of name) for (const { text } of relative) if (text !== undefined) values.push(text);
  return values;
}

/**
 * The version as Suricata records it: the server's by its hello or else its records, before it has spoken the one that
 * the client prefers. Before the 16th draft TLS 1.3 had one number for all.
 */
export function recordedVersion(session: TlsSession): number | undefined {
  const hello = session.serverHello;
  if (hello === undefined) {
    if (session.v2Cipher !== undefined) return SSL2;
    const version = session.serverRecordVersion;
    if (version !== undefined && (isKnownTlsVersion(version) || isDatagramVersion(version))) return version;
    return session.clientHello && preferredVersion(session.clientHello);
  }
  if (hello.selectedVersion !== undefined) return hello.selectedVersion;
  if (hello.version === TLS13 || (hello.version >>> 8 === 0x7f && hello.version < 0x7f10))
    return TLS13_EARLY_DRAFT;
  return hello.version;
}
