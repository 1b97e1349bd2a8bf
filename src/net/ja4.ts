import { TextDigest } from './digest.ts';
import { isGrease } from './grease.ts';

const sha256 = new TextDigest('sha256');

const SERVER_NAME = 0;
const ALPN = 16;
const NONE = '000000000000';

/** Two characters for each version (JA4 technical details, "TLS and DTLS Version"). */
const VERSIONS: ReadonlyMap<number, string> = new Map([
  [0x0304, '13'],
  [0x0303, '12'],
  [0x0302, '11'],
  [0x0301, '10'],
  [0x0300, 's3'],
  [0x0002, 's2'],
  [0xfeff, 'd1'],
  [0xfefd, 'd2'],
  [0xfefc, 'd3'],
]);

/** What a JA4 is made of: numbers as they were sent, in the client's order, GREASE included. */
export interface Ja4Parts {
  /** The newest version that is offered; as on the wire: 0x0304 is TLS 1.3. */
  readonly version: number;
  readonly cipherSuites: readonly number[];
  /** Types of the extensions. */
  readonly extensions: readonly number[];
  readonly signatureAlgorithms: readonly number[];
  /** The first protocol of ALPN, a character for each byte; undefined without. */
  readonly alpn: string | undefined;
}

/**
 * JA4 of a TLS client as FoxIO defines it (the BSD-licensed part of JA4+). `transport` is `t` for TLS over TCP, `q` for
 * QUIC, `d` for DTLS. GREASE counts nowhere.
 */
export function ja4Of(hello: Ja4Parts, transport: 't' | 'q' | 'd'): string {
  const ciphers: string[] = [];
  for (const cipher of hello.cipherSuites) if (!isGrease(cipher)) ciphers.push(hex4(cipher));

  let named = false;
  let extensionCount = 0;
  const extensions: string[] = [];
  for (const type of hello.extensions) {
    if (isGrease(type)) continue;
    extensionCount++;
    if (type === SERVER_NAME) named = true;
    else if (type !== ALPN) extensions.push(hex4(type));
  }

  const signatures: string[] = [];
  for (const algorithm of hello.signatureAlgorithms)
    if (!isGrease(algorithm)) signatures.push(hex4(algorithm));

  const version = VERSIONS.get(hello.version) ?? '00';
  const first = `${transport}${version}${named ? 'd' : 'i'}${count(ciphers.length)}${count(extensionCount)}${alpnMark(hello.alpn)}`;
  const cipherText = ciphers.sort().join(',');
  let extensionText = extensions.sort().join(',');
  if (signatures.length > 0) extensionText += `_${signatures.join(',')}`;
  return `${first}_${ciphers.length === 0 ? NONE : hash(cipherText)}_${extensions.length === 0 ? NONE : hash(extensionText)}`;
}

/**
 * First and last character of the first protocol. Where one of them is no letter or digit, first and last of its
 * hexadecimal digits; `99` where the first is not ASCII, as FoxIO's own implementation has it.
 */
function alpnMark(name: string | undefined): string {
  if (name === undefined || name === '') return '00';
  const first = name.charCodeAt(0);
  const last = name.charCodeAt(name.length - 1);
  if (name.length === 2 && isGrease((first << 8) | last)) return '00';
  if (first > 0x7f) return '99';
  if (isAlphanumeric(first) && isAlphanumeric(last)) return String.fromCharCode(first, last);
  return (first >>> 4).toString(16) + (last & 15).toString(16);
}

function isAlphanumeric(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

function count(n: number): string {
  return n > 99 ? '99' : `${n}`.padStart(2, '0');
}

/** Four digits of the numbers that have come up. */
const digits: (string | undefined)[] = [];

function hex4(value: number): string {
  let text = digits[value];
  if (text === undefined) {
    text = value.toString(16).padStart(4, '0');
    digits[value] = text;
  }
  return text;
}

function hash(text: string): string {
  return sha256.of(text).slice(0, 12);
}
