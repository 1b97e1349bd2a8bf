import { formatPrefix, type Prefix, parsePrefix } from '../../net/index.ts';
import { ProtectedSet } from './protected-set.ts';

/** What is never an attacker's address, and takes the machine or its neighbours down when it is banned. */
const RESERVED = new ProtectedSet(
  [
    ['0.0.0.0/8', 'the unspecified addresses (RFC 1122, section 3.2.1.3)'],
    ['127.0.0.0/8', 'the loopback addresses'],
    ['224.0.0.0/4', 'the multicast addresses'],
    ['255.255.255.255', 'the broadcast address'],
    ['::', 'the unspecified address'],
    ['::1', 'the loopback address'],
    ['ff00::/8', 'the multicast addresses'],
    // Single ones are taken for IPv4 addresses; a wider network would ban all of IPv4 in some enforcers.
    ['::ffff:0:0/96', 'the IPv4-mapped addresses'],
  ].map(([text, what]) => ({ prefix: prefixOf(text ?? ''), what: what ?? '' })),
);

/** Why a network or an address can never be banned, even by force; undefined where nothing is against it. */
export function reservedReason(prefix: Prefix): string | undefined {
  const found = RESERVED.overlap(prefix);
  return found && `${formatPrefix(prefix)} meets ${found.what}`;
}

function prefixOf(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new RangeError(text);
  return prefix;
}
