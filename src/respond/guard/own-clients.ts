import { type Prefix, parsePrefix } from '../../net/index.ts';
import { ProtectedSet } from './protected-set.ts';

/**
 * For `activeClientsIn` of the ceilings: how many of the `active` clients, whose networks these are as CIDR, a decision
 * concerns at most. None where it is about somebody outside. Throws a RangeError that names the network that is none.
 */
export function clientsWithin(networks: readonly string[], active: () => number): (prefix: Prefix) => number {
  const own = new ProtectedSet(
    networks.map((text) => {
      const prefix = parsePrefix(text);
      if (prefix === undefined) throw new RangeError(`'${text}' is no network`);
      return { prefix, what: text };
    }),
  );
  return (prefix) => {
    if (own.overlap(prefix) === undefined) return 0;
    const addresses = 2 ** ((prefix.version === 4 ? 32 : 128) - prefix.length);
    return Math.max(1, Math.min(active(), addresses));
  };
}
