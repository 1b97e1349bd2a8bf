import { parseAddress } from '../../net/index.ts';
import { EnforcerError } from '../enforcer.ts';

/** How an {@link NftablesEnforcer} is set up. */
export interface NftablesOptions {
  /** Begins the name of the table: `PREFIX_decisions`. Default: `weir`. */
  readonly prefix?: string;
  /** Packets per second that an address which is throttled may send and receive together. Default: 50, burst 50. */
  readonly throttle?: { readonly packetsPerSecond: number; readonly burst?: number };
  /** Where connections of redirected addresses go. Without it, redirects are not handled. */
  readonly redirect?: Redirect;
  /** Interfaces where bans drop packets as they come in, before anything else looks at them. */
  readonly ingress?: readonly string[];
  /** The program `nft`. Default: found on the path. */
  readonly program?: string;
  /** Whether elements go by netlink where the addon is there, else by `nft`. Default: true. */
  readonly netlink?: boolean;
  /** Decisions at most. Default: 1,000,000. */
  readonly limit?: number;
  /** Milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number;
}

/** Where connections of redirected addresses go. */
export interface Redirect {
  /** The port there. */
  readonly port: number;
  /** TCP ports whose connections are redirected. Default: 80. */
  readonly ports?: readonly number[];
  /** Where IPv4 goes. Default: this machine's address on the interface that the packet came in by. */
  readonly address4?: string;
  /** Where IPv6 goes; as `address4`. */
  readonly address6?: string;
}

/** Options with their defaults, checked. */
export interface Settings {
  readonly prefix: string;
  readonly packetsPerSecond: number;
  readonly burst: number;
  readonly redirect:
    | (Required<Pick<Redirect, 'port' | 'ports'>> & Pick<Redirect, 'address4' | 'address6'>)
    | undefined;
  readonly ingress: readonly string[];
  readonly program: string;
  readonly netlink: boolean;
  readonly limit: number;
  readonly now: () => number;
}

/** Checks options, for they become commands. Throws an `EnforcerError` that names the one that is wrong. */
export function checkOptions(options: NftablesOptions): Settings {
  const prefix = options.prefix ?? 'weir';
  if (!/^[a-z][a-z0-9_]{0,31}$/.test(prefix))
    throw wrong('prefix', prefix, 'lower-case letters, digits and _, at most 32');
  const packetsPerSecond = options.throttle?.packetsPerSecond ?? 50;
  const burst = options.throttle?.burst ?? packetsPerSecond;
  whole('throttle.packetsPerSecond', packetsPerSecond, 1, 10_000_000);
  whole('throttle.burst', burst, 1, 10_000_000);
  const ingress = [...new Set(options.ingress ?? [])];
  for (const name of ingress) {
    if (!/^[A-Za-z0-9][A-Za-z0-9_.@-]{0,14}$/.test(name))
      throw wrong('ingress', name, 'the name of an interface');
  }
  const limit = options.limit ?? 1_000_000;
  whole('limit', limit, 1, 10_000_000);
  return {
    prefix,
    packetsPerSecond,
    burst,
    redirect: options.redirect === undefined ? undefined : checkRedirect(options.redirect),
    ingress,
    program: options.program ?? 'nft',
    netlink: options.netlink ?? true,
    limit,
    now: options.now ?? Date.now,
  };
}

function checkRedirect({
  port,
  ports = [80],
  address4,
  address6,
}: Redirect): NonNullable<Settings['redirect']> {
  whole('redirect.port', port, 1, 65_535);
  if (ports.length === 0 || ports.length > 64) throw wrong('redirect.ports', ports.join(), '1 to 64 ports');
  for (const each of ports) whole('redirect.ports', each, 1, 65_535);
  for (const [name, address, version] of [
    ['redirect.address4', address4, 4],
    ['redirect.address6', address6, 6],
  ] as const) {
    if (address === undefined) continue;
    if (parseAddress(address)?.version !== version) throw wrong(name, address, `an IPv${version} address`);
    // The kernel drops packets to it that come in from outside.
    if (/^(127\.|::1$)/.test(address))
      throw wrong(name, address, 'an address that packets from outside can reach');
  }
  return {
    port,
    ports: [...new Set(ports)],
    ...(address4 === undefined ? {} : { address4 }),
    ...(address6 === undefined ? {} : { address6 }),
  };
}

function whole(name: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw wrong(name, String(value), `a whole number from ${low} to ${high}`);
  }
}

function wrong(name: string, value: string, expected: string): EnforcerError {
  return new EnforcerError(
    `nftables: ${name} is ${JSON.stringify(value.slice(0, 80))}; expected ${expected}`,
  );
}
