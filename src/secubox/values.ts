import { parsePrefix } from '../net/index.ts';
import { shown } from './uci.ts';

/** A value as it was understood, or what is wrong with it. */
export type Understood<T> = { readonly value: T } | { readonly mistake: string };

/** How a kind of value is read from its text. */
export type Kind<T> = (text: string) => Understood<T>;

const YES = new Set(['1', 'yes', 'on', 'true', 'enabled']);
const NO = new Set(['0', 'no', 'off', 'false', 'disabled']);
/** What Linux takes as a name of an interface (IFNAMSIZ is 16, with the zero). */
const INTERFACE = /^[^\s/:\p{Cc}]{1,15}$/u;

const DURATION = /^(?=\d)(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/;

/** `1`, `0` and the words that UCI takes for them. */
export const flag: Kind<boolean> = (text) => {
  if (YES.has(text)) return { value: true };
  if (NO.has(text)) return { value: false };
  return { mistake: `takes 1 or 0, not '${shown(text)}'` };
};

/** Whole seconds within bounds. */
export function seconds(low: number, high: number): Kind<number> {
  return (text) => {
    const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
    return value >= low && value <= high
      ? { value }
      : { mistake: `takes seconds from ${low} to ${high}, not '${shown(text)}'` };
  };
}

/** A whole number within bounds. */
export function whole(low: number, high: number): Kind<number> {
  return (text) => {
    const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
    return value >= low && value <= high
      ? { value }
      : { mistake: `takes a number from ${low} to ${high}, not '${shown(text)}'` };
  };
}

/** One of several words. */
export function choice<T extends string>(...words: readonly T[]): Kind<T> {
  return (text) => {
    const value = words.find((word) => word === text);
    return value === undefined ? { mistake: `takes ${words.join(', ')}, not '${shown(text)}'` } : { value };
  };
}

/** Name of a network interface. */
export const networkInterface: Kind<string> = (text) =>
  INTERFACE.test(text) && text !== '.' && text !== '..'
    ? { value: text }
    : { mistake: `takes the name of an interface, not '${shown(text)}'` };

/** Path of a folder from the root. */
export const folder: Kind<string> = (text) =>
  /^\/\P{Cc}*$/u.test(text) && !text.split('/').includes('..')
    ? { value: text }
    : { mistake: `takes a path that begins with / and has no '..', not '${shown(text)}'` };

/** Address or network. */
export const network: Kind<string> = (text) =>
  parsePrefix(text) === undefined
    ? { mistake: `takes an address or a network (CIDR), not '${shown(text)}'` }
    : { value: text };

/** Path of a file from the root. */
export const file: Kind<string> = (text) =>
  'value' in folder(text) && !text.endsWith('/')
    ? { value: text }
    : { mistake: `takes the path of a file that begins with / and has no '..', not '${shown(text)}'` };

/** What CrowdSec takes as a duration, in whole seconds: `4h`, `1h30m`, `7d`. */
export function duration(low: number, high: number): Kind<number> {
  return (text) => {
    const [whole, days, hours, minutes, seconds] = DURATION.exec(text) ?? [];
    const value = 86_400 * Number(days ?? 0) + 3600 * Number(hours ?? 0) + 60 * Number(minutes ?? 0);
    const sum = value + Number(seconds ?? 0);
    return whole !== undefined && sum >= low && sum <= high
      ? { value: sum }
      : {
          mistake: `takes a time such as 30m, 4h or 7d, of at least 1s and at most a year, not '${shown(text)}'`,
        };
  };
}
