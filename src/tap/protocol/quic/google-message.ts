import { createHash } from 'node:crypto';
import { i32, latin1, u8 } from '../../../net/index.ts';

/** Where a message is searched from the end of the packet's header: a STREAM frame's header lies before it. */
const SEARCH_LENGTH = 64;
const HEADER_LENGTH = 8;
const ENTRY_LENGTH = 8;
/** Google's own bound (kMaxEntries). */
const MAX_ENTRIES = 128;
const MAX_VALUE = 4096;

const CHLO = tagNumber('CHLO');
const REJ = tagNumber('REJ\0');
const SREJ = tagNumber('SREJ');
const SHLO = tagNumber('SHLO');

/** Tags that a CYU fingerprint may hold; a message with another one has none. */
const CYU_TAGS: ReadonlySet<string> = new Set(
  (
    'AEAD CCRT CCS CETV CFCW CHLO COPT CSCT CTIM ICSL IRTT KEXS MIDS MSPC NONC NONP PAD PDMD PUBS SCID SCLS SFCW ' +
    'SMHL SNI SNO STK TCID UAID VER XLCT'
  ).split(' '),
);

/** Versions in a CYU fingerprint. */
const CYU_VERSIONS: ReadonlyMap<number, string> = new Map([
  [0x51303433, '43'],
  [0x51303434, '44'],
  [0x51303435, '44'],
  [0x51303436, '46'],
]);

/** A tagged message of Google's QUIC crypto. */
export interface GoogleMessage {
  /** True for a CHLO, false for what a server sends. */
  readonly client: boolean;
  /** Tags in order, without the zero bytes at their end. */
  readonly tags: readonly string[];
  readonly sni: string | undefined;
  readonly userAgent: string | undefined;
}

/** Index of a message in the first bytes of `[start, end)`, or -1. */
export function findGoogleMessage(bytes: Uint8Array, start: number, end: number): number {
  const last = Math.min(end - HEADER_LENGTH, start + SEARCH_LENGTH);
  for (let at = start; at <= last; at++) {
    const first = bytes[at];
    if (first !== 0x43 && first !== 0x52 && first !== 0x53) continue;
    const tag = i32(bytes, at);
    if (tag === CHLO || tag === REJ || tag === SREJ || tag === SHLO) return at;
  }
  return -1;
}

/**
 * Reads the message at `at`: its tag, the count of entries, and for each a tag with the end of its value behind the
 * table, little-endian. Undefined when the values do not fit.
 */
export function readGoogleMessage(bytes: Uint8Array, at: number, end: number): GoogleMessage | undefined {
  if (end - at < HEADER_LENGTH) return undefined;
  const count = u8(bytes, at + 4) | (u8(bytes, at + 5) << 8);
  const values = at + HEADER_LENGTH + count * ENTRY_LENGTH;
  if (count > MAX_ENTRIES || values > end) return undefined;
  const tags: string[] = [];
  let sni: string | undefined;
  let userAgent: string | undefined;
  let from = 0;
  for (let i = 0; i < count; i++) {
    const entry = at + HEADER_LENGTH + i * ENTRY_LENGTH;
    const to =
      (u8(bytes, entry + 4) |
        (u8(bytes, entry + 5) << 8) |
        (u8(bytes, entry + 6) << 16) |
        (u8(bytes, entry + 7) << 24)) >>>
      0;
    if (to < from || to > end - values) return undefined;
    const tag = tagText(bytes, entry);
    tags.push(tag);
    if (to - from <= MAX_VALUE) {
      if (tag === 'SNI') sni = latin1(bytes, values + from, values + to);
      else if (tag === 'UAID') userAgent = latin1(bytes, values + from, values + to);
    }
    from = to;
  }
  return { client: i32(bytes, at) === CHLO, tags, sni, userAgent };
}

/** CYU: version and tags of a message, and the MD5 of that (Salesforce's GQUIC fingerprint). */
export function cyu(
  version: number,
  tags: readonly string[],
): { readonly hash: string; readonly string: string } | undefined {
  const name = CYU_VERSIONS.get(version);
  if (name === undefined || !tags.every((tag) => CYU_TAGS.has(tag))) return undefined;
  const string = `${name},${tags.join('-')}`;
  return { hash: createHash('md5').update(string).digest('hex'), string };
}

function tagText(bytes: Uint8Array, at: number): string {
  let end = at + 4;
  while (end > at && u8(bytes, end - 1) === 0) end--;
  return latin1(bytes, at, end);
}

function tagNumber(text: string): number {
  return i32(Buffer.from(text, 'latin1'), 0);
}
