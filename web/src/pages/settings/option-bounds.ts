import type { Option } from './options.ts';

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
const SPANS = [
  ['y', 31_536_000],
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
  ['ms', 0.001],
] as const;

/** Between what an option may lie, in words; empty where it has no bounds. */
export function boundsOf({ least, most, form }: Option): string {
  if (least === undefined || most === undefined) return '';
  const words = form === 'size' ? sizeOf : form === 'duration' ? spanOf : String;
  return `${words(least)} to ${words(most)}${form === 'count' ? ', or auto' : ''}`;
}

/** Bytes in the largest unit that leaves a whole number, as the file may say it. */
function sizeOf(bytes: number): string {
  let rest = bytes;
  let step = 0;
  while (rest >= 1024 && rest % 1024 === 0 && step < SIZES.length - 1) {
    rest /= 1024;
    step++;
  }
  return `${rest}${SIZES[step]}`;
}

/** Seconds in the largest unit that leaves a whole number. */
function spanOf(seconds: number): string {
  if (seconds === 0) return '0';
  for (const [unit, factor] of SPANS) {
    const count = Math.round((seconds / factor) * 1000) / 1000;
    if (count >= 1 && Number.isInteger(count)) return `${count}${unit}`;
  }
  return `${seconds}s`;
}
