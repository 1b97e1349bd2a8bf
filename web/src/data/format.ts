/** What stands where there is no value. */
export const NOTHING = '–';

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;
const COUNT_UNITS = ['', 'k', 'M', 'G', 'T'] as const;

/** Octets in units of 1000, as `1.2 MB`. */
export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined || !Number.isFinite(bytes)) return NOTHING;
  const { value, unit } = scaled(bytes, BYTE_UNITS);
  return `${value} ${unit}`;
}

/** Bits per second in units of 1000, as `94.1 Mbit/s`. */
export function formatBitRate(bitsPerSecond: number | undefined): string {
  if (bitsPerSecond === undefined || !Number.isFinite(bitsPerSecond)) return NOTHING;
  const { value, unit } = scaled(bitsPerSecond, COUNT_UNITS);
  return `${value} ${unit}bit/s`;
}

/** Events per second, as `1.2 k/s`; below ten with one digit behind the point. */
export function formatRate(perSecond: number | undefined): string {
  if (perSecond === undefined || !Number.isFinite(perSecond)) return NOTHING;
  if (Math.abs(perSecond) < 1000) return `${shortened(perSecond)}/s`;
  const { value, unit } = scaled(perSecond, COUNT_UNITS);
  return `${value} ${unit}/s`;
}

/** A count that has room for five characters: `812`, `12.3 k`, `4.1 M`. */
export function formatCount(count: number | undefined): string {
  if (count === undefined || !Number.isFinite(count)) return NOTHING;
  if (Math.abs(count) < 10_000) return formatExact(count);
  const { value, unit } = scaled(count, COUNT_UNITS);
  return `${value} ${unit}`;
}

const exact = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** A whole number with its thousands apart: `12,345`. */
export function formatExact(count: number | undefined): string {
  return count === undefined || !Number.isFinite(count) ? NOTHING : exact.format(count);
}

/** A part of one, as `12.5 %`. */
export function formatShare(share: number | undefined): string {
  return share === undefined || !Number.isFinite(share) ? NOTHING : `${shortened(share * 100)} %`;
}

/** How long something took or lasts, in its two largest units: `340 µs`, `12.4 ms`, `3 min 20 s`, `2 d 4 h`. */
export function formatDuration(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return NOTHING;
  if (seconds < 0) return `-${formatDuration(-seconds)}`;
  if (seconds === 0) return '0 s';
  if (seconds < 0.000_999_5) return `${shortened(seconds * 1e6)} µs`;
  if (seconds < 0.999_5) return `${shortened(seconds * 1e3)} ms`;
  if (seconds < 59.95) return `${shortened(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return twoUnits(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.round(whole / 60);
  if (minutes < 1440) return twoUnits(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(whole / 3600);
  return twoUnits(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** How long ago or how far ahead a moment lies: `now`, `12 s ago`, `3 min ago`, `in 2 h`, `4 d ago`. */
export function formatAgo(atMs: number, nowMs: number): string {
  if (!Number.isFinite(atMs)) return NOTHING;
  const seconds = Math.round((nowMs - atMs) / 1000);
  const distance = Math.abs(seconds);
  if (distance < 2) return 'now';
  const words =
    distance < 60
      ? `${distance} s`
      : distance < 3600
        ? `${Math.floor(distance / 60)} min`
        : distance < 86_400
          ? `${Math.floor(distance / 3600)} h`
          : `${Math.floor(distance / 86_400)} d`;
  return seconds > 0 ? `${words} ago` : `in ${words}`;
}

/**
 * Milliseconds since 1970 of a time as the API tells it: microseconds (`…Us` fields), a `Date`, or ISO 8601 text, also
 * with EVE's zone without a colon. NaN where it is none.
 */
export function timeMs(time: number | string | Date | undefined): number {
  if (time === undefined) return Number.NaN;
  if (typeof time === 'number') return time / 1000;
  if (time instanceof Date) return time.getTime();
  return Date.parse(time.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
}

/** Date and time in the viewer's zone with the zone's name: for titles. `2026-03-01 14:05:09.123 GMT+1`. */
export function formatMoment(atMs: number): string {
  if (!Number.isFinite(atMs)) return NOTHING;
  return `${formatDay(atMs)} ${formatClock(atMs, true)} ${zoneName(atMs)}`.trimEnd();
}

const zones = new Intl.DateTimeFormat('en', { timeZoneName: 'short' });
/** Of the last quarter of an hour that was asked for: titles of a whole table lie close together, and asking is slow. */
let zoneOf = { quarter: Number.NaN, name: '' };

function zoneName(atMs: number): string {
  const quarter = Math.floor(atMs / 900_000);
  if (zoneOf.quarter !== quarter) {
    const part = zones.formatToParts(atMs).find(({ type }) => type === 'timeZoneName');
    zoneOf = { quarter, name: part?.value ?? '' };
  }
  return zoneOf.name;
}

/** The day in the viewer's zone: `2026-03-01`. */
export function formatDay(atMs: number): string {
  if (!Number.isFinite(atMs)) return NOTHING;
  const date = new Date(atMs);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The time of day in the viewer's zone: `14:05:09`, or with milliseconds `14:05:09.123`. */
export function formatClock(atMs: number, withMilliseconds = false): string {
  if (!Number.isFinite(atMs)) return NOTHING;
  const date = new Date(atMs);
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return withMilliseconds ? `${clock}.${String(date.getMilliseconds()).padStart(3, '0')}` : clock;
}

/** For table columns: the time alone on the same day, else with the day in front. */
export function formatTime(atMs: number, nowMs: number): string {
  if (!Number.isFinite(atMs)) return NOTHING;
  return formatDay(atMs) === formatDay(nowMs) ? formatClock(atMs) : `${formatDay(atMs)} ${formatClock(atMs)}`;
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

function scaled<Unit extends string>(value: number, units: readonly Unit[]): { value: string; unit: Unit } {
  let rest = value;
  let step = 0;
  // What would be shown as 1000 of a unit is 1 of the next.
  while (Math.abs(rest) >= (step === 0 ? 1000 : 999.5) && step < units.length - 1) {
    rest /= 1000;
    step++;
  }
  return { value: step === 0 ? exact.format(rest) : shortened(rest), unit: units[step]! };
}

/** Three digits at most, no zeros behind the point. */
function shortened(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return value.toFixed(0);
  if (size >= 9.995) return value.toFixed(1).replace(/\.0$/, '');
  return value.toFixed(size >= 1 ? 1 : 2).replace(/\.?0+$/, '');
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
