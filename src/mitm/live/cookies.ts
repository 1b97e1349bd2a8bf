import type { IncomingRequest } from '../transaction.ts';
import { fieldOf } from './records.ts';

/** Cookies of a request that are looked at. */
const MOST_COOKIES = 64;

/** Names and values of the cookies of a request (RFC 6265, section 4.2), at most 64. */
export function cookiesOf(request: IncomingRequest): (readonly [name: string, value: string])[] {
  const text = fieldOf(request, 'cookie') ?? '';
  return text
    .split(';', MOST_COOKIES)
    .map(
      (pair) =>
        [
          pair.slice(0, Math.max(0, pair.indexOf('='))).trim(),
          pair.slice(pair.indexOf('=') + 1).trim(),
        ] as const,
    );
}
