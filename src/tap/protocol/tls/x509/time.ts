import { latin1 } from '../../../../net/index.ts';
import { type Element, GENERALIZED_TIME, UTC_TIME } from './der.ts';

const UTC = /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?(Z|[+-]\d{4})$/;
const GENERALIZED = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.\d{1,9})?(Z|[+-]\d{4})?$/;
const LONGEST = 32;

/**
 * A UTCTime or GeneralizedTime (RFC 5280 section 4.1.2.5) in seconds since 1970, negative before. Undefined for
 * anything else. Two-digit years from 50 are of the 20th century.
 */
export function parseTime(bytes: Uint8Array, element: Element): number | undefined {
  if (element.end - element.start > LONGEST) return undefined;
  const text = latin1(bytes, element.start, element.end);
  const match =
    element.tag === UTC_TIME
      ? UTC.exec(text)
      : element.tag === GENERALIZED_TIME
        ? GENERALIZED.exec(text)
        : null;
  if (match === null) return undefined;
  const field = (i: number): number => Number(match[i] ?? 0);
  const year =
    element.tag === GENERALIZED_TIME ? field(1) : field(1) < 50 ? 2000 + field(1) : 1900 + field(1);
  if (field(2) < 1 || field(2) > 12 || field(3) < 1 || field(3) > 31) return undefined;
  if (field(4) > 23 || field(5) > 59 || field(6) > 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, field(2) - 1, field(3));
  date.setUTCHours(field(4), field(5), field(6));
  return date.getTime() / 1000 - zoneSeconds(match[7] ?? 'Z');
}

function zoneSeconds(zone: string): number {
  if (zone === 'Z') return 0;
  const seconds = Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(3, 5)) * 60;
  return zone.startsWith('-') ? -seconds : seconds;
}

/** Seconds since 1970 as Suricata writes them: `2020-05-13T12:00:00`. */
export function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, -5);
}
