import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingRequest } from '../../transaction.ts';
import { cookiesOf } from '../cookies.ts';

/** Cookies of a request that are looked at. */
const MOST_COOKIES = 4;
const PASS = /^([0-9a-z]{6,10})\.([\w-]{43})$/;

/** The cookie of who has solved a challenge. Over TLS no other host, and nobody without TLS, can set its name. */
function cookieName(isTls: boolean): string {
  return isTls ? '__Host-weir-pass' : 'weir-pass';
}

/** The value of Set-Cookie for a client of this network; it passes for `passMs` from now on. */
export function passCookie(
  key: Buffer,
  network: string,
  nowMs: number,
  passMs: number,
  isTls: boolean,
): string {
  const issued = nowMs.toString(36);
  const value = `${issued}.${sign(key, network, issued).toString('base64url')}`;
  const attributes = `Path=/; Max-Age=${Math.floor(passMs / 1000)}; HttpOnly; SameSite=Lax`;
  return `${cookieName(isTls)}=${value}; ${attributes}${isTls ? '; Secure' : ''}`;
}

/**
 * When the pass of this request was given, in milliseconds since 1970; -1 without one that is ours, given to this network
 * and not too old.
 */
export function passOf(
  key: Buffer,
  network: string,
  request: IncomingRequest,
  nowMs: number,
  passMs: number,
): number {
  const wanted = cookieName(request.connection.tls !== undefined);
  const values = cookiesOf(request).filter(([name]) => name === wanted);
  for (const [, value] of values.slice(0, MOST_COOKIES)) {
    const [, issued, signature] = PASS.exec(value) ?? [];
    if (issued === undefined || signature === undefined) continue;
    const given = Buffer.from(signature, 'base64url');
    const own = sign(key, network, issued);
    if (given.length !== own.length || !timingSafeEqual(given, own)) continue;
    const issuedMs = Number.parseInt(issued, 36);
    if (issuedMs <= nowMs && nowMs - issuedMs < passMs) return issuedMs;
  }
  return -1;
}

function sign(key: Buffer, network: string, issued: string): Buffer {
  return createHmac('sha256', key).update(`pass ${network} ${issued}`).digest();
}
