import { u8, u16 } from '../../../net/index.ts';
import { type Extension, readProtocolNames } from './client-hello.ts';
import { isTls13 } from './names/versions.ts';

const ALPN = 16;
const PRE_SHARED_KEY = 41;
const SUPPORTED_VERSIONS = 43;
const KEY_SHARE_DRAFT = 40;
const KEY_SHARE = 51;

const RANDOM_LENGTH = 32;
const MAX_EXTENSIONS = 256;

/** The random of a ServerHello that asks the client to try again (RFC 8446 section 4.1.3). */
const HELLO_RETRY_RANDOM = Uint8Array.from([
  0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2,
  0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
]);

/** What a server chose (RFC 8446 section 4.1.3, RFC 5246 section 7.4.1.3). */
export interface ServerHello {
  /** `legacy_version`; the negotiated version where `selectedVersion` is undefined. */
  readonly version: number;
  /** Where the session id lies in the bytes that were parsed. */
  readonly sessionStart: number;
  readonly sessionEnd: number;
  readonly cipherSuite: number;
  readonly extensions: Extension[];
  /** True when the random marks a HelloRetryRequest. */
  readonly helloRetry: boolean;
  /** By supported_versions. */
  selectedVersion: number | undefined;
  /** Application protocols; a server names one. */
  alpn: string[];
  /** Group of the server's key share, or the one that it asks for in a HelloRetryRequest. */
  keyShareGroup: number | undefined;
  preSharedKey: boolean;
  /** True when the extensions' lengths did not fit each other. */
  malformed: boolean;
}

/** The version that a ServerHello settles on. */
export function negotiatedVersion(hello: ServerHello): number {
  return hello.selectedVersion ?? hello.version;
}

/**
 * Reads a ServerHello: `[start, end)` of `bytes` is the message's body. Undefined when it is too short. The drafts
 * of TLS 1.3 before the 22nd put their number into the version field and left out session id and compression.
 */
export function parseServerHello(bytes: Uint8Array, start: number, end: number): ServerHello | undefined {
  if (end > bytes.length || end - start < 2 + RANDOM_LENGTH + 2) return undefined;
  const version = u16(bytes, start);
  const random = start + 2;
  let at = random + RANDOM_LENGTH;
  let sessionStart = at;
  let sessionEnd = at;
  const draft = isTls13(version) && version >>> 8 !== 0xfe;
  if (!draft) {
    sessionStart = at + 1;
    sessionEnd = sessionStart + u8(bytes, at);
    at = sessionEnd;
  }
  if (at + (draft ? 2 : 3) > end) return undefined;
  const cipherSuite = u16(bytes, at);
  at += draft ? 2 : 3;

  const hello: ServerHello = {
    version,
    sessionStart,
    sessionEnd,
    cipherSuite,
    extensions: [],
    helloRetry: isHelloRetry(bytes, random),
    selectedVersion: undefined,
    alpn: [],
    keyShareGroup: undefined,
    preSharedKey: false,
    malformed: false,
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

function isHelloRetry(bytes: Uint8Array, random: number): boolean {
  for (let i = 0; i < RANDOM_LENGTH; i++) if (bytes[random + i] !== HELLO_RETRY_RANDOM[i]) return false;
  return true;
}

function readExtensions(bytes: Uint8Array, start: number, end: number, hello: ServerHello): void {
  let at = start;
  while (at + 4 <= end && hello.extensions.length < MAX_EXTENSIONS) {
    const type = u16(bytes, at);
    const from = at + 4;
    const to = from + u16(bytes, at + 2);
    if (to > end) {
      hello.malformed = true;
      return;
    }
    hello.extensions.push({ type, start: from, end: to });
    if (type === ALPN) hello.alpn = readProtocolNames(bytes, from, to);
    else if (type === PRE_SHARED_KEY) hello.preSharedKey = true;
    else if (type === SUPPORTED_VERSIONS && to - from === 2) hello.selectedVersion = u16(bytes, from);
    else if ((type === KEY_SHARE || type === KEY_SHARE_DRAFT) && to - from >= 2)
      hello.keyShareGroup = u16(bytes, from);
    at = to;
  }
  if (at !== end) hello.malformed = true;
}
