import { latin1, u8, u16 } from '../../../net/index.ts';
import { isGrease } from './grease.ts';

// Extension types whose content is looked at (IANA "TLS ExtensionType Values").
const SERVER_NAME = 0;
const SUPPORTED_GROUPS = 10;
const EC_POINT_FORMATS = 11;
const SIGNATURE_ALGORITHMS = 13;
const ALPN = 16;
const SESSION_TICKET = 35;
const PRE_SHARED_KEY = 41;
const EARLY_DATA = 42;
const SUPPORTED_VERSIONS = 43;
const COOKIE = 44;
const KEY_SHARE = 51;
const ECH_OUTER_EXTENSIONS = 0xfd00;
const ENCRYPTED_CLIENT_HELLO = 0xfe0d;
const ENCRYPTED_SERVER_NAME = 0xffce;

const RANDOM_LENGTH = 32;
/** Entries kept of each list; a hello can hold more only by repeating itself or inventing numbers. */
const MAX_ENTRIES = 1024;
const MAX_PROTOCOL_NAMES = 64;

/** One extension: its type and where its content lies in the bytes that were parsed. */
export interface Extension {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

/** What a client offers in its first message (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2, RFC 6347). */
export interface ClientHello {
  /** `legacy_version`: 0x0303 for TLS 1.2 and 1.3, 0xfefd for DTLS 1.2. */
  version: number;
  /** Index of the 32 bytes of random in the bytes that were parsed. */
  random: number;
  /** Where the session id lies; equal when it is empty. */
  sessionStart: number;
  sessionEnd: number;
  /** Where DTLS's stateless cookie lies (RFC 6347 section 4.2.1); equal for TLS. */
  datagramCookieStart: number;
  datagramCookieEnd: number;
  /** In the client's order, GREASE included. */
  cipherSuites: number[];
  compression: number[];
  /** In the client's order, GREASE included. */
  extensions: Extension[];
  /** Server name as sent, one character per byte; undefined without a usable one. */
  sni: string | undefined;
  /** Application protocols as sent, one character per byte. */
  alpn: string[];
  supportedVersions: number[];
  supportedGroups: number[];
  ecPointFormats: number[];
  signatureAlgorithms: number[];
  /** Groups that the client sent a key for. */
  keyShareGroups: number[];
  /** The cookie extension of TLS 1.3, as after a HelloRetryRequest. */
  cookie: boolean;
  /** A non-empty session ticket (RFC 5077) was offered. */
  ticket: boolean;
  /** The session ticket extension is there, be it empty. */
  ticketExtension: boolean;
  preSharedKey: boolean;
  earlyData: boolean;
  /** Encrypted ClientHello (RFC 9849). */
  encryptedHello: boolean;
  /** Encrypted SNI, the older draft. */
  encryptedServerName: boolean;
  /** True when the extensions' lengths did not fit each other; what came before is kept. */
  malformed: boolean;
}

/** True for the versions of DTLS: 0xfeff (1.0), 0xfefd (1.2), 0xfefc (1.3), 0x0100 (before the RFC). */
export function isDatagramVersion(version: number): boolean {
  return version >>> 8 === 0xfe || version === 0x0100;
}

/**
 * Reads a ClientHello. `[start, end)` of `bytes` is the handshake message's body, behind the four bytes (TLS, QUIC)
 * or twelve (DTLS) of the handshake header. Undefined when it is too short or inconsistent before its extensions.
 */
export function parseClientHello(bytes: Uint8Array, start: number, end: number): ClientHello | undefined {
  if (end > bytes.length || end - start < 2 + RANDOM_LENGTH + 1) return undefined;
  const version = u16(bytes, start);
  const random = start + 2;
  let at = random + RANDOM_LENGTH;
  const sessionStart = at + 1;
  const sessionEnd = sessionStart + u8(bytes, at);
  if (sessionEnd > end) return undefined;
  at = sessionEnd;

  let datagramCookieStart = at;
  let datagramCookieEnd = at;
  if (isDatagramVersion(version)) {
    if (at + 1 > end) return undefined;
    datagramCookieStart = at + 1;
    datagramCookieEnd = datagramCookieStart + u8(bytes, at);
    if (datagramCookieEnd > end) return undefined;
    at = datagramCookieEnd;
  }

  if (at + 2 > end) return undefined;
  const cipherEnd = at + 2 + u16(bytes, at);
  if (cipherEnd > end) return undefined;
  const cipherSuites = list16(bytes, at + 2, cipherEnd);
  at = cipherEnd;

  if (at + 1 > end) return undefined;
  const compressionEnd = at + 1 + u8(bytes, at);
  if (compressionEnd > end) return undefined;
  const compression = list8(bytes, at + 1, compressionEnd);
  at = compressionEnd;

  const hello: ClientHello = {
    version,
    random,
    sessionStart,
    sessionEnd,
    datagramCookieStart,
    datagramCookieEnd,
    cipherSuites,
    compression,
    ...withoutExtensions(),
  };
  if (at + 2 > end) {
    hello.malformed = at !== end;
    return hello;
  }
  const announced = at + 2 + u16(bytes, at);
  hello.malformed = announced > end;
  readExtensions(bytes, at + 2, Math.min(announced, end), hello);
  return hello;
}

/** What a hello says that has no extensions. */
export function withoutExtensions() {
  return {
    extensions: [],
    sni: undefined,
    alpn: [],
    supportedVersions: [],
    supportedGroups: [],
    ecPointFormats: [],
    signatureAlgorithms: [],
    keyShareGroups: [],
    cookie: false,
    ticket: false,
    ticketExtension: false,
    preSharedKey: false,
    earlyData: false,
    encryptedHello: false,
    encryptedServerName: false,
    malformed: false,
  } satisfies Partial<ClientHello>;
}

function readExtensions(bytes: Uint8Array, start: number, end: number, hello: ClientHello): void {
  let at = start;
  while (at + 4 <= end && hello.extensions.length < MAX_ENTRIES) {
    const type = u16(bytes, at);
    const from = at + 4;
    const to = from + u16(bytes, at + 2);
    if (to > end) {
      hello.malformed = true;
      return;
    }
    hello.extensions.push({ type, start: from, end: to });
    readExtension(bytes, type, from, to, hello);
    at = to;
  }
  if (at !== end) hello.malformed = true;
}

function readExtension(
  bytes: Uint8Array,
  type: number,
  start: number,
  end: number,
  hello: ClientHello,
): void {
  switch (type) {
    case SERVER_NAME:
      hello.sni ??= readServerName(bytes, start, end);
      break;
    case SUPPORTED_GROUPS:
      hello.supportedGroups = vector16(bytes, start, end);
      break;
    case EC_POINT_FORMATS:
      if (start < end)
        hello.ecPointFormats = list8(bytes, start + 1, Math.min(end, start + 1 + u8(bytes, start)));
      break;
    case SIGNATURE_ALGORITHMS:
      hello.signatureAlgorithms = vector16(bytes, start, end);
      break;
    case ALPN:
      hello.alpn = readProtocolNames(bytes, start, end);
      break;
    case SUPPORTED_VERSIONS:
      if (start < end)
        hello.supportedVersions = list16(bytes, start + 1, Math.min(end, start + 1 + u8(bytes, start)));
      break;
    case KEY_SHARE:
      hello.keyShareGroups = readKeyShares(bytes, start, end);
      break;
    case COOKIE:
      hello.cookie = true;
      break;
    case SESSION_TICKET:
      hello.ticketExtension = true;
      hello.ticket = end > start;
      break;
    case PRE_SHARED_KEY:
      hello.preSharedKey = true;
      break;
    case EARLY_DATA:
      hello.earlyData = true;
      break;
    case ENCRYPTED_CLIENT_HELLO:
    case ECH_OUTER_EXTENSIONS:
      hello.encryptedHello = true;
      break;
    case ENCRYPTED_SERVER_NAME:
      hello.encryptedServerName = true;
      break;
  }
}

/** The first host name of a server_name extension (RFC 6066 section 3). */
function readServerName(bytes: Uint8Array, start: number, end: number): string | undefined {
  let at = start + 2;
  while (at + 3 <= end) {
    const from = at + 3;
    const to = from + u16(bytes, at + 1);
    if (to > end) return undefined;
    if (u8(bytes, at) === 0 && to > from) return latin1(bytes, from, to);
    at = to;
  }
  return undefined;
}

/** Names of an ALPN extension (RFC 7301 section 3.1); also that of a server, which holds one. */
export function readProtocolNames(bytes: Uint8Array, start: number, end: number): string[] {
  const names: string[] = [];
  if (start + 2 > end) return names;
  const listEnd = Math.min(end, start + 2 + u16(bytes, start));
  let at = start + 2;
  while (at < listEnd && names.length < MAX_PROTOCOL_NAMES) {
    const to = at + 1 + u8(bytes, at);
    if (to > listEnd) break;
    names.push(latin1(bytes, at + 1, to));
    at = to;
  }
  return names;
}

function readKeyShares(bytes: Uint8Array, start: number, end: number): number[] {
  const groups: number[] = [];
  if (start + 2 > end) return groups;
  const listEnd = Math.min(end, start + 2 + u16(bytes, start));
  let at = start + 2;
  while (at + 4 <= listEnd && groups.length < MAX_ENTRIES) {
    groups.push(u16(bytes, at));
    at += 4 + u16(bytes, at + 2);
  }
  return groups;
}

/** A list of 16-bit numbers behind its 16-bit length in bytes. */
function vector16(bytes: Uint8Array, start: number, end: number): number[] {
  if (start + 2 > end) return [];
  return list16(bytes, start + 2, Math.min(end, start + 2 + u16(bytes, start)));
}

function list16(bytes: Uint8Array, start: number, end: number): number[] {
  const values: number[] = [];
  for (let at = start; at + 2 <= end && values.length < MAX_ENTRIES; at += 2) values.push(u16(bytes, at));
  return values;
}

function list8(bytes: Uint8Array, start: number, end: number): number[] {
  const values: number[] = [];
  for (let at = start; at < end; at++) values.push(u8(bytes, at));
  return values;
}

/** The highest version that a client offers: of `supported_versions` where that is sent, else `legacy_version`. */
export function offeredVersion(hello: ClientHello): number {
  let best = -1;
  for (const version of hello.supportedVersions) {
    if (isGrease(version)) continue;
    if (best < 0 || isNewer(version, best)) best = version;
  }
  return best < 0 ? hello.version : best;
}

/** The version that a client names first in `supported_versions`, GREASE aside; else `legacy_version`. */
export function preferredVersion(hello: ClientHello): number {
  return hello.supportedVersions.find((version) => !isGrease(version)) ?? hello.version;
}

/** DTLS counts its versions downwards. */
function isNewer(version: number, than: number): boolean {
  return isDatagramVersion(version) && isDatagramVersion(than) ? version < than : version > than;
}
