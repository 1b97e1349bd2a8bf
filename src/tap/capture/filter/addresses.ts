import { parseAddress } from '../../../net/index.ts';
import type { Token } from './lexer.ts';
import type { TokenStream } from './tokens.ts';

/** An address and the bits of it that count, in four words each (IPv4 in the first). */
export interface MaskedAddress {
  readonly version: 4 | 6;
  readonly words: readonly number[];
  readonly mask: readonly number[];
}

const PARTIAL_IPV4 = /^\d{1,3}(\.\d{1,3}){0,2}$/;
const LIKE_IPV4 = /^\d+(\.\d+)*$/;
const MAC_FORMS: readonly RegExp[] = [
  /^[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}$/,
  /^[0-9a-fA-F]{1,2}(-[0-9a-fA-F]{1,2}){5}$/,
  /^[0-9a-fA-F]{1,2}(\.[0-9a-fA-F]{1,2}){5}$/,
];
const MAC_GROUPS = /^[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}$/;
const MAC_DIGITS = /^[0-9a-fA-F]{12}$/;

/** Words of a mask of `length` ones in an address of `version`. */
export function maskWords(version: 4 | 6, length: number): number[] {
  const bits = version === 4 ? 32 : 128;
  const words = [0, 0, 0, 0];
  for (let i = 0; i < bits / 32; i++) {
    const ones = Math.max(0, Math.min(32, length - 32 * i));
    words[i] = ones === 0 ? 0 : (-1 << (32 - ones)) | 0;
  }
  return words;
}

/** Reads an address for `host`: whole, or the beginning of an IPv4 address, which stands for all behind it. */
export function readHost(tokens: TokenStream): MaskedAddress {
  const token = tokens.next();
  // A single number is the address itself, as tcpdump has it: `host 10` is 0.0.0.10.
  if (token.kind === 'number')
    return { version: 4, words: [token.value | 0, 0, 0, 0], mask: maskWords(4, 32) };
  return wholeOrPartial(tokens, token, 'host');
}

/** Reads a network: an address with `/length` or `mask`, or the beginning of an IPv4 address. */
export function readNetwork(tokens: TokenStream): MaskedAddress {
  const token = tokens.next();
  const address = wholeOrPartial(tokens, token, 'net');
  const bits = address.version === 4 ? 32 : 128;
  let mask = address.mask;
  if (tokens.take('/')) {
    const length = tokens.next();
    if (length.kind !== 'number') throw tokens.error("a prefix length has to follow '/'", length);
    if (length.value > bits) throw tokens.error(`a prefix length is at most ${bits} here`, length);
    mask = maskWords(address.version, length.value);
  } else if (tokens.take('mask')) {
    const text = tokens.next();
    const given = parseAddress(text.text);
    if (address.version !== 4 || given?.version !== 4)
      throw tokens.error("'mask' takes an IPv4 mask; use /length for IPv6", text);
    mask = given.words;
  }
  if (address.words.some((word, i) => (word & ~(mask[i] as number)) !== 0))
    throw tokens.error(`'${token.text}' has bits set beyond its mask`, token);
  return { ...address, mask };
}

function wholeOrPartial(tokens: TokenStream, token: Token, what: string): MaskedAddress {
  if (token.kind === 'end') throw tokens.error(`an address is missing after '${what}'`, token);
  const whole = parseAddress(token.text);
  if (whole !== undefined) {
    const mask = maskWords(whole.version, whole.version === 4 ? 32 : 128);
    return { version: whole.version, words: whole.words, mask };
  }
  if (PARTIAL_IPV4.test(token.text)) {
    const octets = token.text.split('.').map(Number);
    if (octets.every((octet) => octet < 256)) {
      let word = 0;
      for (let i = 0; i < 4; i++) word = (word << 8) | (octets[i] ?? 0);
      return { version: 4, words: [word, 0, 0, 0], mask: maskWords(4, 8 * octets.length) };
    }
  }
  if (LIKE_IPV4.test(token.text)) throw tokens.error(`'${token.text}' is not an IPv4 address`, token);
  if (token.text.includes(':')) throw tokens.error(`'${token.text}' is not an IPv6 address`, token);
  if (token.kind === 'operator') throw tokens.error(`an address is missing before '${token.text}'`, token);
  throw tokens.error(`host names are not resolved: write the address instead of '${token.text}'`, token);
}

/** A hardware address as its upper 16 and lower 32 bits; undefined when the text is none. */
export function parseMac(text: string): { readonly high: number; readonly low: number } | undefined {
  let digits: string | undefined;
  if (MAC_FORMS.some((form) => form.test(text)))
    digits = text
      .split(/[:.-]/)
      .map((part) => part.padStart(2, '0'))
      .join('');
  else if (MAC_GROUPS.test(text)) digits = text.replaceAll('.', '');
  else if (MAC_DIGITS.test(text)) digits = text;
  if (digits === undefined) return undefined;
  return { high: Number.parseInt(digits.slice(0, 4), 16), low: Number.parseInt(digits.slice(4), 16) | 0 };
}
