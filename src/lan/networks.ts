import { formatPrefix, type Prefix, PrefixSet, parseAddress, parsePrefix } from '../net/index.ts';

/** Ranges for private use (RFC 1918, RFC 4193) and of the link (RFC 3927, RFC 4291). */
export const PRIVATE_NETWORKS: readonly string[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
];

/** Addresses that are nobody's: they are neither a client nor a destination outside. */
const NOBODY = PrefixSet.parse(['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/3', '::/127', 'ff00::/8']).set!;
const LINK_LOCAL = PrefixSet.parse(['169.254.0.0/16', 'fe80::/10']).set!;
/** No network that is learned is larger: what a forged message announces must not take in the Internet. */
const SHORTEST_IPV4 = 16;
const MOST_LEARNED = 64;
/** Answers that are remembered; when full, all are forgotten. */
const REMEMBERED = 8192;

/** What an address is to the view. */
export type Place = 'inside' | 'outside' | 'nobody';

/** The networks whose addresses are clients: given, and learned where that is wanted. */
export class LanNetworks {
  private prefixes: Prefix[];
  private set: PrefixSet;
  private readonly places = new Map<string, Place>();
  private learned = 0;
  /** Networks that were announced, but not taken: too large, or too many. */
  refused = 0;

  /** Takes CIDR networks; throws a RangeError that names the one that is none. */
  constructor(networks: readonly string[]) {
    this.prefixes = networks.map((text) => {
      const prefix = parsePrefix(text.trim());
      if (prefix === undefined) throw new RangeError(`'${text}' is no network (such as 192.168.1.0/24)`);
      return prefix;
    });
    this.set = new PrefixSet(this.prefixes);
  }

  /** The networks as text, those that were learned behind the others. */
  list(): string[] {
    return this.prefixes.map(formatPrefix);
  }

  /** Where an address belongs: to a client, to the outside, or (multicast, unspecified, loopback) to nobody. */
  placeOf(address: string): Place {
    const known = this.places.get(address);
    if (known !== undefined) return known;
    const parsed = parseAddress(address);
    let place: Place = 'nobody';
    if (parsed !== undefined && !NOBODY.has(parsed.version, ...parsed.words)) {
      place = this.set.has(parsed.version, ...parsed.words) ? 'inside' : 'outside';
    }
    if (this.places.size >= REMEMBERED) this.places.clear();
    this.places.set(address, place);
    return place;
  }

  /** Takes in the network of this many bits around an address, if it is new and of a size that a LAN has. */
  learn(address: string, bits: number): void {
    if (this.placeOf(address) !== 'outside') return;
    const prefix = parsePrefix(`${address}/${bits}`);
    if (prefix === undefined) return;
    const shortest = prefix.version === 4 ? SHORTEST_IPV4 : 64;
    if (bits < shortest || this.learned >= MOST_LEARNED) {
      this.refused++;
      return;
    }
    this.learned++;
    this.prefixes = [...this.prefixes, prefix];
    this.set = new PrefixSet(this.prefixes);
    this.places.clear();
  }
}

/** Length of a subnet mask in dotted form; undefined where its ones are not in a row. */
export function maskLength(mask: string): number | undefined {
  const parsed = parseAddress(mask);
  if (parsed === undefined || parsed.version !== 4) return undefined;
  const zeros = ~parsed.words[0] >>> 0;
  return (zeros & (zeros + 1)) === 0 ? Math.clz32(zeros) : undefined;
}

/** True for addresses that are valid on one link only. */
export function isLinkLocal(address: string): boolean {
  return LINK_LOCAL.hasText(address);
}

/** The subnet that an address most likely lies in: /24 of IPv4, /64 of IPv6. */
export function subnetOf(address: string): string {
  const parsed = parsePrefix(address.includes(':') ? `${address}/64` : `${address}/24`);
  return parsed === undefined ? address : formatPrefix(parsed);
}
