import { PrefixSet, parseAddress } from '../../net/index.ts';

/** Networks for private use (RFC 1918, RFC 4193), shared ones (RFC 6598), those of the link (RFC 3927, RFC 4291). */
export const PRIVATE_NETWORKS: readonly string[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
];

/** Addresses that no single host has: unspecified, multicast, broadcast, reserved. */
const NOBODY = PrefixSet.parse(['0.0.0.0/8', '224.0.0.0/3', '::/128', 'ff00::/8']).set!;

/** Answers that are remembered; when full, all are forgotten. */
const REMEMBERED = 8192;

/** Where an address is: in a network of ours, elsewhere, or nowhere (multicast, unspecified). */
export type Place = 'inside' | 'outside' | 'nobody';

/** Tells addresses of our own networks from others. */
export class Places {
  private readonly inside: PrefixSet;
  private readonly known = new Map<string, Place>();

  /** Takes CIDR networks; throws a RangeError that names the one that is none. */
  constructor(networks: readonly string[]) {
    const { set, mistake } = PrefixSet.parse(networks);
    if (set === undefined) throw new RangeError(`'${mistake}' is no network (such as 192.168.1.0/24)`);
    this.inside = set;
  }

  /** The place of an address in its short form. */
  of(address: string): Place {
    const known = this.known.get(address);
    if (known !== undefined) return known;
    const parsed = parseAddress(address);
    let place: Place = 'nobody';
    if (parsed !== undefined && !NOBODY.has(parsed.version, ...parsed.words)) {
      place = this.inside.has(parsed.version, ...parsed.words) ? 'inside' : 'outside';
    }
    if (this.known.size >= REMEMBERED) this.known.clear();
    this.known.set(address, place);
    return place;
  }
}
