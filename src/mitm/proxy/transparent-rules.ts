import type { TransparentMode } from './transparent.ts';

/** What of the traffic of a network is led to the proxy. */
export interface TransparentRulesOptions {
  readonly mode: TransparentMode;
  /** Where the clients' packets come in: `lan0`. */
  readonly interface: string;
  /** On which the proxy listens. */
  readonly port: number;
  /** Of the servers; 80 and 443 without. */
  readonly ports?: readonly number[] | undefined;
  /**
   * Whether HTTP/3 (QUIC, UDP to the same ports) is rejected, so that browsers come over TCP; without, it passes by
   * the proxy.
   */
  readonly rejectsQuic?: boolean | undefined;
  /** Of packets that belong to the proxy, for `tproxy`: one bit that nothing else on the machine uses. */
  readonly mark?: number | undefined;
  /** The routing table that leads marked packets to this machine, for `tproxy`. */
  readonly table?: number | undefined;
}

/** What the administrator runs: nothing of it is run here. */
export interface TransparentRules {
  /** A document for `nft -f`: loading it twice is harmless, it touches no table but its own. */
  readonly nft: string;
  /** Programs with their arguments, to be run after it. */
  readonly commands: readonly (readonly string[])[];
  /** What takes all of it away again. */
  readonly undo: readonly (readonly string[])[];
}

/** The table that all rules are in. */
const TABLE = 'weir_transparent';
const DEFAULT_PORTS: readonly number[] = [80, 443];
const MOST_PORTS = 64;
const DEFAULT_MARK = 0x0100_0000;
const DEFAULT_ROUTES = 2690;
/** Tables of the kernel itself: local, main and default, and what is below. */
const KERNEL_TABLES: ReadonlySet<number> = new Set([0, 253, 254, 255]);
/** The kernel forgets the socket that it found for a packet when the packet goes up from a bridge. */
const BRIDGED = [
  '# Where that is a bridge and br_netfilter is loaded, connections would hang without this:',
  '#   sysctl -w net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0',
];
const INTERFACE = /^[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,14}$/;

/**
 * The rules that lead the connections of a network to the proxy. Connections to the machine itself stay untouched, and
 * so do those that it opens itself: the rules see only what comes in at the interface. Throws a `RangeError` that
 * names what is wrong.
 */
export function transparentRules(options: TransparentRulesOptions): TransparentRules {
  const { mode, port, mark = DEFAULT_MARK, table = DEFAULT_ROUTES } = options;
  check(options);
  const ports = `{ ${[...new Set(options.ports ?? DEFAULT_PORTS)].join(', ')} }`;
  const from = `iifname "${options.interface}"`;
  const quic = options.rejectsQuic === true ? quicChain(from, ports) : [];
  const undo = [['nft', 'delete', 'table', 'inet', TABLE]];
  switch (mode) {
    case 'redirect':
      return { nft: document([...redirectChain(from, ports, port), ...quic]), commands: [], undo };
    case 'tproxy': {
      const bit = `0x${mark.toString(16)}`;
      const routes = String(table);
      // Marked packets are for this machine, whatever address they bear.
      const routing = (verb: string): string[][] =>
        [
          ['-4', '0.0.0.0/0'],
          ['-6', '::/0'],
        ].flatMap(([family = '', all = '']) => [
          ['ip', family, 'rule', verb, 'fwmark', `${bit}/${bit}`, 'lookup', routes],
          ['ip', family, 'route', verb, 'local', all, 'dev', 'lo', 'table', routes],
        ]);
      return {
        nft: document([...tproxyChain(from, ports, port, bit), ...quic]),
        commands: routing('add'),
        undo: [...undo, ...routing('del')],
      };
    }
    default:
      return mode satisfies never;
  }
}

/** The same as a text to be read, copied and run as root. */
export function transparentText(options: TransparentRulesOptions): string {
  const { nft, commands, undo } = transparentRules(options);
  const lines = ["nft -f - <<'END'", nft.trimEnd(), 'END', ...commands.map((command) => command.join(' '))];
  const back = undo.map((command) => `#   ${command.join(' ')}`);
  return [
    `# Leads connections that come in at ${options.interface} to the proxy on port ${options.port}. Run as root.`,
    ...(options.mode === 'tproxy' ? BRIDGED : []),
    ...lines,
    '# To undo:',
    ...back,
    '',
  ].join('\n');
}

function document(chains: readonly string[]): string {
  const body = chains.map((line) => (line === '' ? '' : `  ${line}`));
  // Declared before it is deleted, so that it may be missing.
  return `table inet ${TABLE}\ndelete table inet ${TABLE}\ntable inet ${TABLE} {\n${body.join('\n')}\n}\n`;
}

function redirectChain(from: string, ports: string, port: number): string[] {
  return [
    'chain prerouting {',
    '  type nat hook prerouting priority dstnat; policy accept;',
    `  ${from} fib daddr type { local, broadcast, multicast } return`,
    `  ${from} tcp dport ${ports} redirect to :${port}`,
    '}',
  ];
}

function tproxyChain(from: string, ports: string, port: number, bit: string): string[] {
  const take = `meta mark set meta mark or ${bit} accept`;
  return [
    'chain prerouting {',
    '  type filter hook prerouting priority mangle; policy accept;',
    `  ${from} fib daddr type { local, broadcast, multicast } return`,
    // Connections that the proxy has; its listening socket, which has no address, is not meant.
    `  ${from} meta l4proto tcp socket wildcard 0 socket transparent 1 ${take}`,
    `  ${from} meta nfproto ipv4 tcp dport ${ports} tproxy ip to :${port} ${take}`,
    `  ${from} meta nfproto ipv6 tcp dport ${ports} tproxy ip6 to :${port} ${take}`,
    '}',
  ];
}

function quicChain(from: string, ports: string): string[] {
  return [
    '',
    'chain forward {',
    '  type filter hook forward priority filter; policy accept;',
    `  ${from} udp dport ${ports} reject`,
    '}',
  ];
}

function check(options: TransparentRulesOptions): void {
  const { port, ports = DEFAULT_PORTS, mark = DEFAULT_MARK, table = DEFAULT_ROUTES } = options;
  if (!INTERFACE.test(options.interface))
    throw new RangeError(
      `interface: ${JSON.stringify(options.interface.slice(0, 40))} is no name of an interface`,
    );
  if (!isWithin(port, 1, 65_535)) throw new RangeError(`port: ${port} is no port: 1 to 65535`);
  if (ports.length === 0 || ports.length > MOST_PORTS)
    throw new RangeError(`ports: 1 to ${MOST_PORTS} are wanted`);
  for (const [i, each] of ports.entries())
    if (!isWithin(each, 1, 65_535)) throw new RangeError(`ports[${i}]: ${each} is no port: 1 to 65535`);
  if (!isWithin(mark, 1, 0x8000_0000) || !Number.isInteger(Math.log2(mark)))
    throw new RangeError(`mark: ${mark} is not one bit: 1, 2, 4 ... 0x80000000`);
  if (!isWithin(table, 1, 0xffff_ffff) || KERNEL_TABLES.has(table))
    throw new RangeError(`table: ${table} is no free routing table: 1 to 4294967295 without 253 to 255`);
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
