import Type from 'typebox';
import { parseDuration } from '../config/quantity.ts';
import { Problem } from './problem.ts';

const ISO = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;

/** A time in the query: `2026-03-01T12:00:00Z`, `1772366400000000`, or `15m`, which is so long ago. */
export const TimeText = Type.String({
  maxLength: 40,
  description:
    'ISO 8601 (UTC where it says nothing else), microseconds since 1970, or a span back from now such as 15m, 24h, 7d.',
});

/** Which time is meant. */
export const TimeRangeQuery = Type.Object({
  since: Type.Optional(TimeText),
  until: Type.Optional(TimeText),
});

/** Microseconds since 1970; `nowMs` in milliseconds. Throws a {@link Problem}. */
export function timeUsOf(text: string, name: string, nowMs = Date.now()): number {
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  const spanMs = parseDuration(text);
  if (spanMs >= 0) return Math.max(0, Math.round(1000 * (nowMs - spanMs)));
  const hasZone = /[Z]$|[+-]\d{2}:\d{2}$/.test(text);
  // Of the fraction Date.parse takes three digits at most.
  const fraction = /\.\d{1,6}/.exec(text)?.[0] ?? '';
  const whole = text.replace(fraction, '');
  const timeMs = ISO.test(text)
    ? Date.parse(hasZone || whole.length === 10 ? whole : `${whole}Z`)
    : Number.NaN;
  if (timeMs >= 0) return 1000 * timeMs + Math.round(1e6 * Number(`0${fraction}`));
  throw new Problem(
    400,
    'The request is not understood',
    `${name} is a time: ISO 8601, microseconds since 1970, or a span back from now such as 15m`,
  );
}

/** The bounds of a query as a selection has them. Throws a {@link Problem}. */
export function timeRangeOf({ since, until }: { readonly since?: string; readonly until?: string }): {
  readonly sinceUs?: number;
  readonly untilUs?: number;
} {
  return {
    ...(since === undefined ? {} : { sinceUs: timeUsOf(since, 'since') }),
    ...(until === undefined ? {} : { untilUs: timeUsOf(until, 'until') }),
  };
}
