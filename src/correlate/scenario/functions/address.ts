import { type Prefix, parseAddress, parsePrefix, prefixContains } from '../../../net/index.ts';
import { BOOLEAN, EvaluationError, type ExpressionFunction, NUMBER, TEXT } from '../expression/index.ts';
import { prefixText } from '../range.ts';

/** Prefixes that expressions name; a constant one is read once. */
const MOST_PREFIXES = 1000;
const prefixes = new Map<string, Prefix | undefined>();

function prefixOf(text: string): Prefix | undefined {
  if (prefixes.has(text)) return prefixes.get(text);
  const prefix = text.includes('/') ? parsePrefix(text) : undefined;
  if (prefixes.size >= MOST_PREFIXES) prefixes.clear();
  prefixes.set(text, prefix);
  return prefix;
}

function isVersion(text: string, version: 4 | 6 | undefined): boolean {
  const address = parseAddress(text);
  return address !== undefined && (version === undefined || address.version === version);
}

function coordinate(text: unknown): number {
  const value = text === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw new EvaluationError('a coordinate that is no number');
  return (value * Math.PI) / 180;
}

const EARTH_KM = 6371;

/** Kilometres over the ground between two places in degrees; 0 when either is 0,0, which is no place. */
function distance(values: readonly unknown[]): number {
  const [lat1, long1, lat2, long2] = values.map(coordinate) as [number, number, number, number];
  if ((lat1 === 0 && long1 === 0) || (lat2 === 0 && long2 === 0)) return 0;
  const a =
    Math.sin((lat2 - lat1) / 2) ** 2 + Math.cos(lat1) * Math.cos(lat2) * Math.sin((long2 - long1) / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(a)));
}

const asked = (version: 4 | 6 | undefined): ExpressionFunction => ({
  parameters: [TEXT],
  result: BOOLEAN,
  pure: true,
  call: ([text]) => isVersion(text as string, version),
});

/** CrowdSec's functions over addresses and places. */
export const ADDRESS_FUNCTIONS: Readonly<Record<string, ExpressionFunction>> = {
  IpInRange: {
    parameters: [TEXT, TEXT],
    result: BOOLEAN,
    pure: true,
    call: ([text, range]) => {
      const prefix = prefixOf(range as string);
      const address = parseAddress(text as string);
      if (prefix === undefined || address === undefined) return false;
      return prefixContains(prefix, address.version, ...address.words);
    },
    check: ([, range]) => {
      if (typeof range !== 'string' || prefixOf(range) !== undefined) return undefined;
      return `${JSON.stringify(range)} is no network, as 192.0.2.0/24`;
    },
  },
  IpToRange: {
    parameters: [TEXT, TEXT],
    result: TEXT,
    pure: true,
    call: ([text, length]) => {
      const digits = (length as string).replace(/^\//, '');
      return /^\d{1,3}$/.test(digits) ? prefixText(text as string, Number(digits)) : '';
    },
  },
  IsIP: asked(undefined),
  IsIPV4: asked(4),
  IsIPV6: asked(6),
  Distance: { parameters: [TEXT, TEXT, TEXT, TEXT], result: NUMBER, pure: true, call: distance },
};
