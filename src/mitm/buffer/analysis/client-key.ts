import { formatIpv6, parseAddress } from '../../../net/index.ts';

/** Text that is no address is cut here. */
const LONGEST = 64;

/**
 * What a client is counted under: its IPv4 address, or the first 64 bits of its IPv6 address, within which a single
 * host chooses as it likes (RFC 4291, 2.5.1; RFC 8981).
 */
export function clientKey(address: string): string {
  const parsed = parseAddress(address);
  if (parsed === undefined) return address.slice(0, LONGEST);
  if (parsed.version === 4) return address;
  return `${formatIpv6(parsed.words[0], parsed.words[1], 0, 0)}/64`;
}
