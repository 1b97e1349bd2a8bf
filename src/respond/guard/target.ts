import type { DecisionScope } from '../../event/index.ts';
import { formatPrefix, type Prefix, parsePrefix } from '../../net/index.ts';

/** What a wish is about, in its short form. */
export interface Target {
  readonly scope: DecisionScope;
  readonly value: string;
  /** The network, or the address with its whole length; undefined for a session. */
  readonly prefix: Prefix | undefined;
}

const LONGEST_SESSION = 256;
const SESSION = /^(?:cookie|ja4):[\x21-\x7e]+$/;

/**
 * Reads what a wish is about. A network of one address is that address; an IPv4-mapped IPv6 address (RFC 4291, section
 * 2.5.5.2) is its IPv4 address, so that no guard is passed in other clothes. A text says what is wrong.
 */
export function readTarget(scope: DecisionScope, value: string): Target | string {
  switch (scope) {
    case 'session':
      return value.length <= LONGEST_SESSION && SESSION.test(value)
        ? { scope, value, prefix: undefined }
        : "a session is written 'cookie:VALUE' or 'ja4:VALUE', of at most 256 printable characters";
    case 'address':
    case 'range': {
      const read = value.length > 64 ? undefined : parsePrefix(value);
      if (read === undefined) return `'${value.slice(0, 64)}' is no address and no network`;
      const prefix = unmapped(read);
      const text = formatPrefix(prefix);
      if (isHost(prefix)) return { scope: 'address', value: text.slice(0, text.indexOf('/')), prefix };
      if (scope === 'address') return `'${value}' is a network, not an address`;
      return { scope, value: text, prefix };
    }
    default:
      return unknownScope(scope);
  }
}

/** True for a prefix that is a single address. */
export function isHost({ version, length }: Prefix): boolean {
  return length === (version === 4 ? 32 : 128);
}

/** An IPv4-mapped prefix as IPv4; any other as it is. */
export function unmapped(prefix: Prefix): Prefix {
  const [w0, w1, w2, w3] = prefix.words;
  if (prefix.version === 4 || prefix.length < 96 || w0 !== 0 || w1 !== 0 || w2 !== 0xffff) return prefix;
  return { version: 4, words: [w3, 0, 0, 0], length: prefix.length - 96 };
}

/** The address of a peer as sockets name it: mapped or not, with a zone or without; undefined where it is none. */
export function peerPrefix(text: string): Prefix | undefined {
  const prefix = parsePrefix(text.split('%', 1)[0] ?? '');
  return prefix && unmapped(prefix);
}

function unknownScope(scope: never): string {
  return `'${scope}' is no scope`;
}
