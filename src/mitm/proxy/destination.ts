import { lookup as resolve } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import { PrefixSet } from '../../net/index.ts';
import type { ForwardOptions } from './options.ts';

/**
 * Addresses that are this machine, this link or nobody: whoever may use the proxy may not reach the proxy's own
 * services through it. The IPv6 forms that carry an IPv4 address (RFC 4291, RFC 6052, RFC 3056) are among them.
 */
const LOCAL = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '255.255.255.255/32',
  '::/96',
  '::ffff:0.0.0.0/104',
  '::ffff:127.0.0.0/104',
  '::ffff:169.254.0.0/112',
  '::ffff:224.0.0.0/100',
  '64:ff9b::7f00:0/104',
  '64:ff9b::a9fe:0/112',
  '2002:7f00::/24',
  'fe80::/10',
  'ff00::/8',
];

/** Clients that a forward proxy serves by default: this machine and private networks (RFC 1918, RFC 4193). */
const PRIVATE = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
];

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** An error of a name's look-up: every address that it has is refused. */
export const REFUSED_DESTINATION = 'WEIR_REFUSED_DESTINATION';

/** What clients of a forward or transparent listener may reach. */
export class DestinationGuard {
  private readonly clients: PrefixSet;
  private readonly local: PrefixSet;
  private readonly allowed: PrefixSet;
  private readonly refused: PrefixSet;
  private readonly ports: ReadonlySet<number> | undefined;
  private own: PrefixSet = new PrefixSet([]);
  private readonly ownPorts = new Set<number>();

  /** RangeError for a prefix that is none. */
  constructor(options: ForwardOptions = {}) {
    this.clients = prefixes('clients', options.clients ?? PRIVATE);
    this.local = prefixes('local', options.allowLocal === true ? [] : LOCAL);
    this.allowed = prefixes('allowed', options.allowed ?? []);
    this.refused = prefixes('refused', options.refused ?? []);
    this.ports = options.connectPorts === 'any' ? undefined : new Set(options.connectPorts ?? [443]);
  }

  /** A port on which the proxy itself listens: connections to it would come back. */
  addOwnPort(port: number): void {
    this.ownPorts.add(port);
    const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    this.own = prefixes('own addresses', [
      ...LOCAL.slice(0, 2),
      '::/127',
      ...own.map(({ address }) => address.replace(/%.*/, '')),
    ]);
  }

  servesClient(address: string): boolean {
    return this.clients.hasText(plain(address));
  }

  allowsConnect(port: number): boolean {
    return this.ports === undefined || this.ports.has(port);
  }

  /** True where an address and a port are a listener of the proxy itself. */
  isOwn(address: string, port: number): boolean {
    return this.ownPorts.has(port) && this.own.hasText(plain(address));
  }

  /** False where a server must not be asked. A name passes here; its addresses are looked at when they are known. */
  allows(host: string, port: number): boolean {
    if (isIP(host) === 0) return host !== 'localhost' || !this.refuses('127.0.0.1');
    const address = plain(host);
    return !this.refuses(address) && !this.isOwn(address, port);
  }

  private refuses(address: string): boolean {
    if (this.refused.hasText(address)) return true;
    return this.local.hasText(address) && !this.allowed.hasText(address);
  }

  /** Looks names up and leaves out the addresses that {@link allows} refuses, so that no name leads to them. */
  lookup(port: number): LookupFunction {
    return (hostname, options, callback) => {
      resolve(hostname, { ...options, all: true }, (error, addresses) => {
        if (error !== null) return callback(error, []);
        const allowed = addresses.filter(({ address }) => this.allows(address, port));
        const [first] = allowed;
        if (first === undefined) {
          const refusal = Object.assign(new Error('the destination is refused'), {
            code: REFUSED_DESTINATION,
          });
          return callback(refusal, []);
        }
        if (options.all === true) callback(null, allowed);
        else callback(null, first.address, first.family);
      });
    };
  }
}

/** IPv4 within IPv6 as IPv4. */
export function plain(address: string): string {
  return MAPPED.exec(address)?.[1] ?? address;
}

function prefixes(what: string, texts: readonly string[]): PrefixSet {
  const { set, mistake } = PrefixSet.parse(texts);
  if (set === undefined) throw new RangeError(`${what}: ${mistake} is no address and no prefix`);
  return set;
}
