/** Bytes with a decimal unit: `1.07 GB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  // What three digits would round up to 1000 belongs to the next unit.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
}

/** A count with separators: `1,070,000`. */
export function formatCount(count: number): string {
  return count.toString().replaceAll(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** A count in at most four characters: `950`, `9.9k`, `27k`, `1.1M`. */
export function formatShort(count: number): string {
  const units = ['', 'k', 'M', 'G', 'T'];
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  if (unit === 0) return String(value);
  return `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)}${units[unit]}`;
}

/** A length of time in microseconds, with two or three digits and its unit: `84.3 ms`, `2.01 s`. */
export function formatTiming(us: number): string {
  if (us < 999.5) return `${Math.round(us)} µs`;
  return us < 999_500 ? `${(us / 1e3).toPrecision(3)} ms` : `${(us / 1e6).toFixed(us < 9_995_000 ? 2 : 1)} s`;
}

/** A span of time in microseconds, as a person says it: `1 min 16 s`. */
export function formatDuration(us: number): string {
  if (us < 59_950_000) return `${(us / 1e6).toFixed(1)} s`;
  const seconds = Math.round(us / 1e6);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days ${hours % 24} h`;
}

/**
 * Text from the traffic as a terminal may show it: no control characters, which could command it, and none that
 * are invisible or turn the direction of writing.
 */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, '?');
}

const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed.
  /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]/g;

/** Exactly `width` characters: padded, or with the end left out. */
export function fit(text: string, width: number): string {
  return clip(text, width).padEnd(width);
}

/** At most `width` characters, the end left out. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** Exactly `width` characters: padded, or with the middle left out, as for addresses, whose end tells as much. */
export function fitMiddle(text: string, width: number): string {
  if (text.length <= width) return text.padEnd(width);
  const tail = Math.floor((width - 1) / 2);
  return `${text.slice(0, width - 1 - tail)}…${text.slice(text.length - tail)}`;
}
