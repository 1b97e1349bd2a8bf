import { latin1, u8 } from '../../net/index.ts';
import { MAGIC } from './magic-table.ts';
import { textType } from './text-type.ts';

/** Bytes from the beginning of a file that its type is told from. */
export const SNIFF_BYTES = 4096;

/** A rule as numbers: value of each byte, -1 for any. */
interface Pattern {
  readonly mime: string;
  readonly weight: number;
  readonly offset: number;
  readonly values: Int16Array;
}

/** Rules whose first byte is fixed and stands first in the file, by that byte; and all others. */
const byFirst: Pattern[][] = Array.from({ length: 256 }, () => []);
const elsewhere: Pattern[] = [];

for (const { mime, weight, offset, pattern } of MAGIC) {
  const values = new Int16Array(pattern.length / 2);
  for (let i = 0; i < values.length; i++) {
    const pair = pattern.slice(2 * i, 2 * i + 2);
    values[i] = pair === '..' ? -1 : Number.parseInt(pair, 16);
  }
  const compiled = { mime, weight, offset, values };
  const first = values[0]!;
  if (offset === 0 && first >= 0) byFirst[first]?.push(compiled);
  else elsewhere.push(compiled);
}

function matches(pattern: Pattern, bytes: Uint8Array, start: number, end: number): boolean {
  const { values } = pattern;
  const from = start + pattern.offset;
  if (from + values.length > end) return false;
  for (let i = 0; i < values.length; i++) {
    const want = values[i]!;
    if (want >= 0 && want !== u8(bytes, from + i)) return false;
  }
  return true;
}

/** Type of a ZIP by the names of its first members; the archive itself otherwise. */
function zipType(bytes: Uint8Array, start: number, end: number): string | undefined {
  const names = latin1(bytes, start + 30, Math.min(end, start + SNIFF_BYTES));
  if (names.startsWith('META-INF/')) return 'application/java-archive';
  if (/^(?:\[Content_Types\]\.xml|_rels\/\.rels|word\/|xl\/|ppt\/)/.test(names)) {
    if (names.includes('word/'))
      return 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
    if (names.includes('xl/')) return 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
    if (names.includes('ppt/'))
      return 'application/vnd.openxmlformats-officedocument.presentationml.presentation';
  }
  return undefined;
}

/** OCSP (RFC 6960): the identifiers of SHA-1 in a request and of the basic response near the beginning. */
function ocspType(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start < 24 || u8(bytes, start) !== 0x30) return undefined;
  const head = latin1(bytes, start, Math.min(end, start + 32));
  const request = head.indexOf('\x06\x05\x2b\x0e\x03\x02\x1a');
  if (request >= 11 && request <= 19) return 'application/ocsp-request';
  const response = head.indexOf('\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x01');
  return response >= 11 && response <= 19 ? 'application/ocsp-response' : undefined;
}

/**
 * Type of content by the first bytes of a file, `[start, end)`, in Zeek's names (`text/html`, `image/png`,
 * `application/x-dosexec`); undefined when nothing fits.
 */
export function sniffMime(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (start >= end) return undefined;
  let best: Pattern | undefined;
  for (const pattern of byFirst[u8(bytes, start)] ?? []) {
    if ((best === undefined || pattern.weight > best.weight) && matches(pattern, bytes, start, end))
      best = pattern;
  }
  for (const pattern of elsewhere) {
    if ((best === undefined || pattern.weight > best.weight) && matches(pattern, bytes, start, end))
      best = pattern;
  }
  if (best !== undefined) {
    if (best.mime === 'application/zip' || best.mime === 'application/vnd.openxmlformats-officedocument') {
      return zipType(bytes, start, end) ?? best.mime;
    }
    return best.mime;
  }
  // A Java class and a universal Mach-O begin alike; the latter has few architectures where a class has its version.
  if (
    end - start >= 8 &&
    u8(bytes, start) === 0xca &&
    u8(bytes, start + 1) === 0xfe &&
    u8(bytes, start + 2) === 0xba
  ) {
    return u8(bytes, start + 7) >= 0x2d ? 'application/x-java-applet' : 'application/x-mach-o-executable';
  }
  return ocspType(bytes, start, end) ?? textType(latin1(bytes, start, Math.min(end, start + SNIFF_BYTES)));
}
