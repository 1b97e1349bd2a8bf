import { parseAddress } from '../../net/index.ts';
import { DIGIT, HOST, isAll } from './character.ts';

const MOST_HOST = 255;

/**
 * What is wrong with a host and port (`example.net`, `192.0.2.1:8080`, `[2001:db8::1]:443`), in a few words; undefined
 * where nothing is. Stricter than RFC 3986, 3.2: no user information, no percent-encoding, no sub-delimiters, no empty
 * host and no empty port, because no host has them and programs differ in what they make of them.
 */
export function authorityFault(text: string, portNeeded: boolean): string | undefined {
  let colon: number;
  if (text.startsWith('[')) {
    const close = text.indexOf(']');
    if (close < 0 || close > 46 || !isIpv6(text.slice(1, close)))
      return 'an address in brackets that is none';
    colon = close + 1;
    if (colon < text.length && text[colon] !== ':') return 'something between the address and the port';
  } else {
    colon = text.indexOf(':');
    if (colon < 0) colon = text.length;
    if (colon === 0) return 'an empty host';
    if (colon > MOST_HOST) return 'a host that is too long';
    if (!isAll(text, HOST, 0, colon)) return 'characters that no host has';
  }
  if (colon === text.length) return portNeeded ? 'no port' : undefined;
  const digits = text.length - colon - 1;
  if (digits < 1 || digits > 5 || !isAll(text, DIGIT, colon + 1)) return 'a port that is no number';
  const port = Number(text.slice(colon + 1));
  return port >= 1 && port <= 65_535 ? undefined : 'a port that is out of range';
}

/** Where the authority of a target in absolute form (RFC 9112, 3.2.2) begins and ends; undefined for other forms. */
export function absoluteForm(target: string): readonly [from: number, to: number] | undefined {
  const scheme = target.slice(0, 8).toLowerCase();
  const from = scheme === 'https://' ? 8 : scheme.startsWith('http://') ? 7 : 0;
  if (from === 0) return undefined;
  let to = from;
  while (to < target.length && target[to] !== '/' && target[to] !== '?') to++;
  return [from, to];
}

/** The target as it is sent to the server itself (RFC 9112, 3.2.1 and 3.2.4); unchanged where it is so already. */
export function originForm(method: string, target: string): string {
  const to = target.startsWith('/') ? undefined : absoluteForm(target)?.[1];
  if (to === undefined) return target;
  if (to === target.length) return method === 'OPTIONS' ? '*' : '/';
  return target[to] === '/' ? target.slice(to) : `/${target.slice(to)}`;
}

function isIpv6(text: string): boolean {
  return parseAddress(text)?.version === 6;
}
