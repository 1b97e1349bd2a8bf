import { u8 } from '../../../net/index.ts';
import { lower } from './characters.ts';

/** Header fields that something depends on. */
export type FieldName =
  | 'authorization'
  | 'client-ip'
  | 'content-disposition'
  | 'content-encoding'
  | 'content-length'
  | 'content-range'
  | 'content-type'
  | 'expect'
  | 'forwarded'
  | 'host'
  | 'location'
  | 'origin'
  | 'proxy-authorization'
  | 'proxy-connection'
  | 'referer'
  | 'transfer-encoding'
  | 'upgrade'
  | 'user-agent'
  | 'via'
  | 'x-forwarded-for'
  | 'x-forwarded-from'
  | 'xroxy-connection';

const KNOWN: readonly FieldName[] = [
  'authorization',
  'client-ip',
  'content-disposition',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'expect',
  'forwarded',
  'host',
  'location',
  'origin',
  'proxy-authorization',
  'proxy-connection',
  'referer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'via',
  'x-forwarded-for',
  'x-forwarded-from',
  'xroxy-connection',
];

/** Fields that show that a request came through a proxy, in Zeek's list. */
export const PROXY_FIELDS: ReadonlySet<FieldName> = new Set<FieldName>([
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-from',
  'client-ip',
  'via',
  'xroxy-connection',
  'proxy-connection',
]);

interface Candidate {
  readonly name: FieldName;
  readonly letters: Uint8Array;
}

const byLength: Candidate[][] = [];
for (const name of KNOWN) {
  const list = byLength[name.length] ?? [];
  list.push({ name, letters: Buffer.from(name, 'latin1') });
  byLength[name.length] = list;
}

/**
 * The field that `[start, end)` names, whatever its case; undefined for fields that nothing depends on. NUL bytes
 * inside a name are passed over, as browsers and libhtp do.
 */
export function fieldName(bytes: Uint8Array, start: number, end: number): FieldName | undefined {
  let length = end - start;
  for (let i = start; i < end; i++) if (bytes[i] === 0) length--;
  const candidates = byLength[length];
  if (candidates === undefined) return undefined;
  for (const { name, letters } of candidates) {
    if (same(bytes, start, end, letters)) return name;
  }
  return undefined;
}

function same(bytes: Uint8Array, start: number, end: number, letters: Uint8Array): boolean {
  let at = 0;
  for (let i = start; i < end; i++) {
    const byte = u8(bytes, i);
    if (byte === 0) continue;
    if (lower(byte) !== letters[at]) return false;
    at++;
  }
  return true;
}

/** A number for a field's name, the same whatever its case. */
export function nameHash(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + lower(u8(bytes, i))) | 0;
  return hash;
}
