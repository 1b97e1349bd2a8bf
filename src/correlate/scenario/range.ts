import { formatPrefix, parseAddress, parsePrefix } from '../../net/index.ts';

/** Networks that an address is taken to be of where nothing better is known: what is given to one site. */
const IPV4_LENGTH = 24;
const IPV6_LENGTH = 64;

/** The network around an address: its /24, or /64 for IPv6. Empty for what is no address. */
export function rangeOf(address: string): string {
  const parsed = parseAddress(address);
  if (parsed === undefined) return '';
  return prefixText(address, parsed.version === 4 ? IPV4_LENGTH : IPV6_LENGTH);
}

/** The network of an address with this length; empty where there is none. */
export function prefixText(address: string, length: number): string {
  const prefix = Number.isInteger(length) && length >= 0 ? parsePrefix(`${address}/${length}`) : undefined;
  return prefix === undefined ? '' : formatPrefix(prefix);
}
