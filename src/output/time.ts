import { sixDigits } from '../event/index.ts';

/** Microseconds as Zeek writes times and intervals: seconds with six decimals. */
export function formatSeconds(us: number): string {
  const negative = us < 0;
  const value = Math.abs(us);
  const second = Math.floor(value / 1e6);
  const micros = Math.floor(value - second * 1e6);
  return `${negative ? '-' : ''}${second}.${sixDigits(micros)}`;
}
