import type { ChecksumMode } from './checksum.ts';
import { DEFAULT_FRAGMENT_LIMITS, type FragmentLimits } from './fragments.ts';
import {
  AYIYA,
  CAPWAP,
  DEFAULT_TUNNEL_PORTS,
  GENEVE,
  GRE_IN_UDP,
  GTP_USER,
  TEREDO,
  VXLAN,
} from './tunnel/udp.ts';

/** Tunnels over UDP, by the name that an option may give them. */
const KINDS = {
  vxlan: VXLAN,
  geneve: GENEVE,
  teredo: TEREDO,
  'gtp-u': GTP_USER,
  ayiya: AYIYA,
  gre: GRE_IN_UDP,
  capwap: CAPWAP,
} as const;

/** Name of a tunnel over UDP. */
export type UdpTunnel = keyof typeof KINDS;

/** How a decoder is set up; what is left out has the default. */
export interface DecoderOptions {
  /** Which checksums are computed (default `none`); a wrong one never drops a packet here. */
  readonly checksums?: ChecksumMode | undefined;
  /** Tunnels inside of each other (default 4). A packet in one more is left undecoded under an event. */
  readonly tunnels?: number | undefined;
  /** Headers between two tunnels (default 16). */
  readonly headers?: number | undefined;
  /** Ports of each kind of tunnel over UDP, in place of the default ones of that kind; none: not looked for. */
  readonly tunnelPorts?: Partial<Readonly<Record<UdpTunnel, readonly number[]>>> | undefined;
  readonly fragments?: Partial<FragmentLimits> | undefined;
  /** Makes the order of hash tables unknown to senders; results do not depend on it. */
  readonly seed?: number | undefined;
}

export const DEFAULT_TUNNELS = 4;
/** Tunnels that may be asked for at most: each costs stack. */
export const MAX_TUNNELS = 16;
export const DEFAULT_HEADERS = 16;
export const MAX_HEADERS = 64;

/** Kind of tunnel by UDP port, 0 where there is none. */
export function tunnelPorts(options: DecoderOptions): Uint8Array {
  const table = new Uint8Array(0x10000);
  const given = options.tunnelPorts ?? {};
  const replaced = new Set(Object.keys(given).map((name) => KINDS[name as UdpTunnel]));
  for (const [port, kind] of DEFAULT_TUNNEL_PORTS) {
    if (!(replaced as Set<number>).has(kind)) table[port] = kind;
  }
  for (const [name, ports] of Object.entries(given)) {
    for (const port of ports) table[port] = KINDS[name as UdpTunnel];
  }
  return table;
}

/** The bounds on fragments with their defaults. */
export function fragmentLimits(options: DecoderOptions): FragmentLimits {
  return { ...DEFAULT_FRAGMENT_LIMITS, ...options.fragments };
}
