import { ja4Of } from '../../../net/index.ts';
import { isHostName } from './host-name.ts';

/** What a client says before anything is decided (RFC 8446, 4.1.2), as far as the decision needs it. */
export interface ClientHello {
  /** SNI in lower case, where it is a host name (RFC 6066, 3); empty without. */
  readonly serverName: string;
  /** ALPN protocols in the client's order (RFC 7301); at most 32. */
  readonly alpn: readonly string[];
  /** Versions the client offers, as on the wire: 0x0304 is TLS 1.3. GREASE (RFC 8701) is left out. */
  readonly versions: readonly number[];
  /** Whether it carries an encrypted ClientHello (or what looks like one): the name is then not the whole truth. */
  readonly encryptedHello: boolean;
  /** JA4 of the client. */
  readonly ja4: string;
}

/** What the first bytes of a connection are. */
export type HelloState =
  | { readonly kind: 'more' }
  | { readonly kind: 'hello'; readonly hello: ClientHello }
  /** Not TLS: something else is spoken. */
  | { readonly kind: 'other' }
  /** It began as TLS, but is none, or is longer than is sensible. */
  | { readonly kind: 'malformed'; readonly reason: string };

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const RECORD_HEADER = 5;
const HANDSHAKE_HEADER = 4;
/** A plaintext record (RFC 8446, 5.1). */
const RECORD_MOST = 16_384;
const RANDOM_END = 2 + 32;

const SERVER_NAME = 0;
const HOST_NAME_TYPE = 0;
const ALPN = 16;
const SIGNATURE_ALGORITHMS = 13;
const SUPPORTED_VERSIONS = 43;
const ENCRYPTED_CLIENT_HELLO = 0xfe0d;

/** Bytes of a ClientHello that are waited for. With post-quantum shares and tickets they have some 2 to 4 thousand. */
export const HELLO_BYTES_MOST: number = 32_768;
/** Records it may be cut into. */
const RECORDS_MOST = 64;
const PROTOCOLS_MOST = 32;
const EXTENSIONS_MOST = 256;

const MORE: HelloState = { kind: 'more' };
const OTHER: HelloState = { kind: 'other' };

/**
 * Reads a ClientHello from bytes as they come, cut as they may be into segments and records. Each byte is looked at
 * once; at most {@link HELLO_BYTES_MOST} are kept. Never throws.
 */
export class ClientHelloReader {
  private readonly header = Buffer.alloc(RECORD_HEADER);
  private headerLength = 0;
  /** Bytes of the record that are still to come. */
  private recordLeft = 0;
  private records = 0;
  private message: Buffer = Buffer.alloc(1024);
  private messageLength = 0;
  private state: HelloState = MORE;

  /** Takes the next bytes. Once it said something else than `more`, it says that again. */
  push(bytes: Uint8Array): HelloState {
    let offset = 0;
    while (this.state.kind === 'more' && offset < bytes.length) {
      offset = this.recordLeft > 0 ? this.takeContent(bytes, offset) : this.takeHeader(bytes, offset);
    }
    return this.state;
  }

  private takeHeader(bytes: Uint8Array, offset: number): number {
    let at = offset;
    while (at < bytes.length && this.headerLength < RECORD_HEADER) {
      this.header[this.headerLength++] = bytes[at++] ?? 0;
      // Decided as soon as the bytes can: a protocol in which the client now waits must not be held up.
      if (!this.headerFits()) {
        this.state =
          this.records === 0 ? OTHER : malformed('something else stands between the parts of a ClientHello');
        return at;
      }
    }
    if (this.headerLength < RECORD_HEADER) return at;
    const length = this.header.readUInt16BE(3);
    this.headerLength = 0;
    this.recordLeft = length;
    if (length === 0 || length > RECORD_MOST) {
      this.state = this.records === 0 ? OTHER : malformed('a record of a length that TLS does not have');
    } else if (++this.records > RECORDS_MOST) {
      this.state = malformed(`the ClientHello is cut into more than ${RECORDS_MOST} records`);
    }
    return at;
  }

  /** Type handshake, version 3.x. */
  private headerFits(): boolean {
    const [type, major] = this.header;
    return type === HANDSHAKE && (this.headerLength < 2 || major === 3);
  }

  private takeContent(bytes: Uint8Array, offset: number): number {
    const take = Math.min(this.recordLeft, bytes.length - offset);
    this.keep(bytes.subarray(offset, offset + take));
    this.recordLeft -= take;
    if (this.messageLength > 0 && this.message[0] !== CLIENT_HELLO) {
      this.state = this.records === 1 ? OTHER : malformed('the handshake does not begin with a ClientHello');
    } else if (this.messageLength >= HANDSHAKE_HEADER) {
      const length = this.message.readUIntBE(1, 3);
      const end = HANDSHAKE_HEADER + length;
      if (end > HELLO_BYTES_MOST) this.state = malformed('the ClientHello is too long');
      else if (this.messageLength >= end)
        this.state = readHello(this.message.subarray(HANDSHAKE_HEADER, end));
    }
    return offset + take;
  }

  /** What lies beyond the bound is not needed: its length says that it is too long. */
  private keep(bytes: Uint8Array): void {
    const most = HELLO_BYTES_MOST + HANDSHAKE_HEADER;
    const fitting = bytes.subarray(0, Math.max(0, most - this.messageLength));
    const needed = this.messageLength + fitting.length;
    if (needed > this.message.length) {
      const grown = Buffer.alloc(Math.min(most, Math.max(needed, this.message.length * 2)));
      grown.set(this.message.subarray(0, this.messageLength));
      this.message = grown;
    }
    this.message.set(fitting, this.messageLength);
    this.messageLength = needed;
  }
}

function malformed(reason: string): HelloState {
  return { kind: 'malformed', reason };
}

/** The body of a ClientHello (RFC 8446, 4.1.2). */
function readHello(body: Buffer): HelloState {
  const legacyVersion = body.length >= 2 ? body.readUInt16BE(0) : 0;
  // Session id, cipher suites, compression methods: each with its length in front.
  const suites = skip(body, RANDOM_END, 1);
  const compression = skip(body, suites, 2);
  const extensions = skip(body, compression, 1);
  if (extensions < 0) return malformed('the ClientHello ends within its fields');
  const found: Found = {
    serverName: '',
    alpn: [],
    versions: [],
    encryptedHello: false,
    extensions: [],
    signatureAlgorithms: [],
  };
  if (extensions < body.length && !readExtensions(body, extensions, found)) {
    return malformed('the extensions of the ClientHello do not fit into it');
  }
  if (found.versions.length === 0) found.versions.push(legacyVersion);
  const { serverName, alpn, versions, encryptedHello, extensions: types, signatureAlgorithms } = found;
  const ja4 = ja4Of(
    {
      version: Math.max(...versions),
      cipherSuites: readNumbers(body.subarray(suites, compression)),
      extensions: types,
      signatureAlgorithms,
      alpn: alpn[0],
    },
    't',
  );
  return { kind: 'hello', hello: { serverName, alpn, versions, encryptedHello, ja4 } };
}

/** Offset behind a vector with a length of `width` bytes; -1 where it does not fit. */
function skip(body: Buffer, offset: number, width: 1 | 2): number {
  if (offset < 0 || offset + width > body.length) return -1;
  const end = offset + width + body.readUIntBE(offset, width);
  return end > body.length ? -1 : end;
}

interface Found {
  serverName: string;
  alpn: string[];
  versions: number[];
  encryptedHello: boolean;
  extensions: number[];
  signatureAlgorithms: number[];
}

function readExtensions(body: Buffer, start: number, found: Found): boolean {
  if (skip(body, start, 2) !== body.length) return false;
  for (let at = start + 2; at < body.length; ) {
    const next = at + 2 > body.length ? -1 : skip(body, at + 2, 2);
    if (next < 0) return false;
    const content = body.subarray(at + 4, next);
    const type = body.readUInt16BE(at);
    if (found.extensions.length < EXTENSIONS_MOST) found.extensions.push(type);
    switch (type) {
      case SERVER_NAME:
        if (found.serverName === '') found.serverName = readServerName(content);
        break;
      case ALPN:
        if (found.alpn.length === 0) found.alpn = readProtocols(content);
        break;
      case SUPPORTED_VERSIONS:
        if (found.versions.length === 0) found.versions = readVersions(content);
        break;
      case SIGNATURE_ALGORITHMS:
        if (found.signatureAlgorithms.length === 0) found.signatureAlgorithms = readNumbers(content);
        break;
      case ENCRYPTED_CLIENT_HELLO:
        found.encryptedHello = true;
        break;
    }
    at = next;
  }
  return true;
}

/** RFC 6066, section 3: a list, of which one entry is a host name. What is none (an address, say) counts as absent. */
function readServerName(content: Buffer): string {
  for (let at = 2; at + 3 <= content.length; ) {
    const end = skip(content, at + 1, 2);
    if (end < 0) return '';
    if (content[at] === HOST_NAME_TYPE) {
      const name = content
        .toString('latin1', at + 3, end)
        .toLowerCase()
        .replace(/\.$/, '');
      return isHostName(name) ? name : '';
    }
    at = end;
  }
  return '';
}

function readProtocols(content: Buffer): string[] {
  const protocols: string[] = [];
  for (let at = 2; at < content.length && protocols.length < PROTOCOLS_MOST; ) {
    const end = skip(content, at, 1);
    if (end < 0) break;
    if (end > at + 1) protocols.push(content.toString('latin1', at + 1, end));
    at = end;
  }
  return protocols;
}

function readVersions(content: Buffer): number[] {
  const versions: number[] = [];
  for (let at = 1; at + 2 <= content.length; at += 2) {
    const version = content.readUInt16BE(at);
    if ((version & 0x0f0f) !== 0x0a0a) versions.push(version);
  }
  return versions;
}

/** A vector of numbers of two bytes, with its length in front. */
function readNumbers(vector: Buffer): number[] {
  const numbers: number[] = [];
  for (let at = 2; at + 2 <= vector.length; at += 2) numbers.push(vector.readUInt16BE(at));
  return numbers;
}
