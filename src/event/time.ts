/** Three digits of each number below 1000. */
const DIGITS = Array.from({ length: 1000 }, (_, number) => number.toString().padStart(3, '0'));

/** A number below a million with all its six digits. */
export function sixDigits(micros: number): string {
  const high = (micros / 1000) | 0;
  return DIGITS[high]! + DIGITS[micros - high * 1000]!;
}

let cachedSecond = Number.NaN;
let cachedText = '';

/** Microseconds since 1970 as Suricata writes times: `2016-05-27T06:56:11.900923+0000`. */
export function formatTime(timeUs: number): string {
  const second = Math.floor(timeUs / 1e6);
  if (second !== cachedSecond) {
    cachedSecond = second;
    // Times outside of what a date can hold come from damaged captures only.
    const date = new Date(Math.max(-8.64e15, Math.min(8.64e15, second * 1000)));
    cachedText = date.toISOString().slice(0, -5);
  }
  const micros = Math.floor(timeUs - second * 1e6);
  return `${cachedText}.${sixDigits(micros)}+0000`;
}
