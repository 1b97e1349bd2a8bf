/** Microseconds of a day. */
export const DAY_US = 86_400_000_000;

const FORM = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?(Z|[+-]\d{2}:?\d{2})?$/;

/** The last second whose text is remembered: records of one batch lie close together. */
let rememberedText = '';
let rememberedMs = 0;

/**
 * Reads a record's time, `2026-11-21T02:24:31.804682+0000` or another ISO 8601 form with at most six digits; in
 * microseconds since 1970, UTC. Undefined for what is no time and for years before 1970 or after 2254, which a number
 * cannot hold to the microsecond.
 */
export function parseRecordTime(text: string): number | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [, seconds = '', fraction = '', zone = 'Z'] = match;
  if (seconds !== rememberedText) {
    rememberedMs = Date.parse(`${seconds}Z`);
    rememberedText = seconds;
  }
  const offset = zone === 'Z' ? 0 : Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  const ms = rememberedMs - (zone.startsWith('-') ? -offset : offset) * 60_000;
  const us = ms * 1000 + Number(fraction.padEnd(6, '0'));
  return us >= 0 && Number.isSafeInteger(us) ? us : undefined;
}

/** Microseconds since 1970 as records write them: `2026-11-21T02:24:31.804682+0000`. */
export function formatRecordTime(us: number): string {
  const seconds = Math.floor(us / 1e6);
  const text = new Date(seconds * 1000).toISOString();
  return `${text.slice(0, -5)}.${String(us - seconds * 1e6).padStart(6, '0')}+0000`;
}

/** The UTC day of a time as `2026-11-21`. */
export function dayOf(us: number): string {
  return new Date(us / 1000).toISOString().slice(0, 10);
}

/** The first microsecond of a day `2026-11-21`. */
export function dayStart(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) * 1000;
}
