import { createHash } from 'node:crypto';
import { u8, u32 } from '../../../net/index.ts';
import { type Direction, type Parser, type ParserContext, TO_CLIENT, TO_SERVER } from '../parser.ts';
import { AuthenticationGuess } from './authentication.ts';
import { type Banner, lineEnd, readBanner, startsWithSsh } from './banner.ts';
import { clientHassh, serverHassh } from './hassh.ts';
import { type Agreement, negotiate, readKeyExchangeInit } from './key-exchange.ts';
import { type Side, SshSessionLog, SshTransaction } from './transaction.ts';

// Message numbers (RFC 4250 section 4.1.2; 31 and 33 depend on the key exchange method).
const KEXINIT = 20;
const NEWKEYS = 21;
const KEX_REPLY = 31;
const KEX_GEX_REPLY = 33;
/** SSH_CMSG_SESSION_KEY of version 1. */
const SESSION_KEY = 3;

/** Packet length, padding length and message number. */
const HEADER_LENGTH = 6;
/** RFC 4253 section 4.2 allows 255 bytes with the line's end. */
const MAX_BANNER = 256;
/** Bytes of lines that a server may send before its identification string. */
const MAX_PREFACE = 8192;
/** RFC 4253 section 6.1 asks for 35000 at least. */
const MAX_RECORD = 65535;
/** Encrypted segments that are looked at before the result of the authentication is given up. */
const MAX_ENCRYPTED_SEGMENTS = 256;

const COMPRESSED = /^zlib(@openssh\.com)?$/;

/** One direction: the phase it is in, and what is still to come of a record. */
interface Flow extends Side {
  phase: 'banner' | 'rest-of-banner' | 'records' | 'encrypted';
  /** Bytes of lines before the identification string. */
  preface: number;
}

/** SSH's clear beginning (RFC 4253), then a guess at the result of the authentication. */
export class SshParser implements Parser {
  private readonly context: ParserContext;
  private readonly startUs: number;
  private readonly client: Flow = newFlow();
  private readonly server: Flow = newFlow();
  private readonly guess = new AuthenticationGuess();
  private agreement: Agreement | undefined;
  private hostKey: string | undefined;
  private authenticated: boolean | undefined;
  private attempts = 0;
  private encryptedSegments = 0;
  private recorded = false;
  private ended = false;

  constructor(context: ParserContext) {
    this.context = context;
    this.startUs = context.timeUs;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    if (this.ended) return end;
    const flow = direction === TO_SERVER ? this.client : this.server;
    let at = start;
    while (at < end) {
      const next =
        flow.phase === 'encrypted'
          ? this.encrypted(end - at, end, direction)
          : flow.phase === 'records'
            ? this.record(bytes, at, end, direction, flow)
            : this.line(bytes, at, end, direction, flow);
      if (this.ended) return end;
      if (next === at) return at;
      at = next;
    }
    return at;
  }

  gap(_length: number, _direction: Direction): boolean {
    // Records can no longer be told apart, and sizes of segments mean nothing.
    this.finish();
    return false;
  }

  end(): void {
    this.finish();
  }

  /** A line: the identification string, or one before it. Returns where reading goes on. */
  private line(bytes: Uint8Array, at: number, end: number, direction: Direction, flow: Flow): number {
    const feed = lineEnd(bytes, at, end);
    if (flow.phase === 'rest-of-banner') {
      if (feed < 0) return end;
      flow.phase = 'records';
      return feed + 1;
    }
    if (feed < 0) {
      if (end - at < MAX_BANNER) return at;
      if (!startsWithSsh(bytes, at, end)) return this.preface(end - at, end, direction, flow);
      this.context.anomaly('long_banner', direction);
      if (!this.banner(readBanner(bytes, at, end), direction, flow)) return end;
      flow.phase = 'rest-of-banner';
      return end;
    }
    if (!startsWithSsh(bytes, at, feed)) return this.preface(feed + 1 - at, feed + 1, direction, flow);
    if (feed - at >= MAX_BANNER) this.context.anomaly('long_banner', direction);
    if (!this.banner(readBanner(bytes, at, feed), direction, flow)) return end;
    flow.phase = 'records';
    return feed + 1;
  }

  /** Lines before the identification string: a server may send some, a client none (RFC 4253 section 4.2). */
  private preface(length: number, next: number, direction: Direction, flow: Flow): number {
    flow.preface += length;
    if (direction === TO_CLIENT && flow.preface <= MAX_PREFACE) return next;
    this.reject('invalid_banner', direction);
    return next;
  }

  private banner(banner: Banner | undefined, direction: Direction, flow: Flow): boolean {
    if (!banner) {
      this.reject('invalid_banner', direction);
      return false;
    }
    flow.banner = banner;
    return true;
  }

  /** One binary packet (RFC 4253 section 6). Returns where reading goes on, `at` when more bytes are needed. */
  private record(bytes: Uint8Array, at: number, end: number, direction: Direction, flow: Flow): number {
    if (end - at < HEADER_LENGTH) return at;
    const length = u32(bytes, at);
    if (direction === TO_SERVER && this.isVersion1()) this.version1Record(bytes, at, end, length);
    if (length < 2) {
      this.reject('invalid_record', direction);
      return end;
    }
    const message = u8(bytes, at + 5);
    const recordEnd = at + 4 + length;
    const wanted = message === KEXINIT || (direction === TO_CLIENT && this.isKeyReply(message));
    if (recordEnd > end) {
      if (wanted && length < Math.min(MAX_RECORD, this.context.limits.headerBytes)) return at;
      if (message === KEXINIT) this.context.anomaly('long_kex_record', direction);
      if (message === NEWKEYS) this.newKeys(flow);
      this.context.skip(recordEnd - end, direction);
      return end;
    }
    if (message === NEWKEYS) this.newKeys(flow);
    else if (wanted) {
      if (message === KEXINIT) this.keyExchangeInit(bytes, at + HEADER_LENGTH, recordEnd, direction, flow);
      else this.keyReply(bytes, at + HEADER_LENGTH, recordEnd);
    }
    return recordEnd;
  }

  /** Either side speaks version 1 only; 1.99 stands for both (RFC 4253 section 5.1). */
  private isVersion1(): boolean {
    const { client, server } = this;
    return isOnlyVersion1(client.banner) || isOnlyVersion1(server.banner);
  }

  /** Version 1 pads in front of the message; the client's session key ends the exchange of keys. */
  private version1Record(bytes: Uint8Array, at: number, end: number, length: number): void {
    const message = at + 4 + 8 - (length % 8);
    if (message >= end || u8(bytes, message) !== SESSION_KEY) return;
    if (this.client.banner !== undefined && this.server.banner !== undefined) this.context.confirm?.('ssh');
  }

  /** The key exchange is over. Without the other side's identification nothing is known of what was exchanged. */
  private newKeys(flow: Flow): void {
    flow.phase = 'encrypted';
    if (this.client.banner !== undefined && this.server.banner !== undefined) this.context.confirm?.('ssh');
  }

  /** With group exchange 31 carries the group and 33 the reply (RFC 4419); all other methods reply with 31. */
  private isKeyReply(message: number): boolean {
    if (this.hostKey !== undefined || !this.agreement) return false;
    return message === (this.agreement.keyExchange.includes('group-exchange') ? KEX_GEX_REPLY : KEX_REPLY);
  }

  private keyExchangeInit(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    flow: Flow,
  ): void {
    if (flow.init) return;
    flow.init = readKeyExchangeInit(bytes, start, end);
    if (!flow.init) return;
    flow.hassh = direction === TO_SERVER ? clientHassh(flow.init) : serverHassh(flow.init);
    if (!this.client.init || !this.server.init) return;
    this.agreement = negotiate(this.client.init, this.server.init);
    this.report();
  }

  /** The server's public key is the first string of the reply (RFC 4253 section 8, RFC 5656 section 4). */
  private keyReply(bytes: Uint8Array, start: number, end: number): void {
    if (start + 4 > end) return;
    const from = start + 4;
    const length = u32(bytes, start);
    if (length > end - from) return;
    const digest = createHash('md5')
      .update(bytes.subarray(from, from + length))
      .digest('hex');
    this.hostKey = digest.replace(/..(?!$)/g, '$&:');
  }

  private encrypted(length: number, end: number, direction: Direction): number {
    const attempt = this.guess.segment(length, direction);
    if (attempt !== 'none' && !COMPRESSED.test(this.agreement?.compression ?? '')) {
      this.attempts++;
      this.authenticated = attempt === 'succeeded';
    }
    if (this.guess.decided || ++this.encryptedSegments >= MAX_ENCRYPTED_SEGMENTS) {
      this.finish();
      this.context.done();
    }
    return end;
  }

  private reject(event: string, direction: Direction): void {
    this.context.anomaly(event, direction);
    this.finish();
    this.context.fail();
  }

  /** Emits the EVE record once: when both key exchange lists are known, or when no more will come. */
  private report(): void {
    if (this.recorded || (!this.client.banner && !this.server.banner)) return;
    this.recorded = true;
    this.context.emit(new SshTransaction(this.client, this.server), TO_SERVER);
  }

  private finish(): void {
    if (this.ended) return;
    this.ended = true;
    this.report();
    if (!this.recorded) return;
    this.context.emit(
      new SshSessionLog({
        timeUs: this.startUs,
        clientAddress: this.context.clientAddress,
        serverAddress: this.context.serverAddress,
        client: this.client,
        server: this.server,
        agreement: this.agreement,
        authenticated: this.authenticated,
        attempts: this.attempts,
        hostKey: this.hostKey,
      }),
      TO_SERVER,
    );
  }
}

function isOnlyVersion1(banner: Banner | undefined): boolean {
  const version = banner?.protocolVersion;
  return version?.startsWith('1.') === true && version !== '1.99';
}

function newFlow(): Flow {
  return { phase: 'banner', preface: 0, banner: undefined, init: undefined, hassh: undefined };
}
