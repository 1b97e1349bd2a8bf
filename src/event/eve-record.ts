import { formatAddress, parseAddress } from '../net/index.ts';

/** One EVE record as it was parsed from its line; docs/records.md has its fields. */
export interface EveRecord {
  readonly timestamp: string;
  readonly event_type: string;
  readonly [name: string]: unknown;
}

/** Names out of the traffic are kept up to this length: what DNS allows. */
const LONGEST_NAME = 255;
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:?\d{2})$/;

let lastSecondText = '';
let lastSecondUs = 0;

/** Time of a record in microseconds since 1970; undefined for what is no time. */
export function timeOf(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  const match = TIMESTAMP.exec(text);
  if (match === null) return undefined;
  const second = `${match[1]}${zoneOf(match[3] ?? 'Z')}`;
  // Records come in the order of time: most share their second with the one before.
  if (second !== lastSecondText) {
    const ms = Date.parse(second);
    if (Number.isNaN(ms)) return undefined;
    lastSecondText = second;
    lastSecondUs = ms * 1000;
  }
  return lastSecondUs + Number((match[2] ?? '').slice(0, 6).padEnd(6, '0'));
}

/** `+0000` as `Date.parse` takes it. */
function zoneOf(zone: string): string {
  return zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
}

/** Microseconds since 1970 as a record has them: ISO 8601, UTC. */
export function timeText(timeUs: number): string {
  const second = Math.floor(timeUs / 1e6);
  const micros = Math.round(timeUs - second * 1e6);
  return `${new Date(second * 1000).toISOString().slice(0, 19)}.${String(micros).padStart(6, '0')}+0000`;
}

/** A field that is an object, with its fields to be looked at; undefined for anything else. */
export function objectOf(value: unknown): { readonly [name: string]: unknown } | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [name: string]: unknown })
    : undefined;
}

/** A field that is a list; empty for anything else. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A field that is text and not empty, cut to what a name may have. */
export function nameOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, LONGEST_NAME) : undefined;
}

/** A field that is a count; undefined for anything else. */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** An address in its short form (records have IPv6 with all digits); undefined for what is none. */
export function addressOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 64) return undefined;
  const address = parseAddress(value);
  return address === undefined ? undefined : formatAddress(address.version, ...address.words);
}
