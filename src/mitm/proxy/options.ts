import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { Judge } from '../judge.ts';
import type { ForwardingOptions } from './forwarding.ts';
import type { OriginalDestination, ProxyAnswers, ProxyFailure, Takeover } from './hooks.ts';
import type { ProxyLimits } from './limits.ts';
import type { Rewriter } from './rewriting.ts';
import type { RouteOptions } from './routes.ts';

/** One address on which clients come. */
export interface ListenerOptions {
  /** `reverse`: routes; `forward`: a proxy that clients are set up for; `transparent`: redirected connections. */
  readonly kind: 'reverse' | 'forward' | 'transparent';
  /** Address to listen on. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** A descriptor that listens already (TPROXY); then host and port are not used. */
  readonly descriptor?: number | undefined;
  /** Gets each connection first (TLS); for `forward` it gets tunnels (CONNECT). */
  readonly takeover?: Takeover | undefined;
  /** For `reverse`: requests go nowhere but, with 308, to HTTPS on the port that this tells. */
  readonly securePort?: (() => number) | undefined;
  /** Prefixes of those whose connections begin with a header of the PROXY protocol, for `reverse`. */
  readonly balancers?: readonly string[] | undefined;
  /** For `transparent`. */
  readonly originalDestination?: OriginalDestination | undefined;
}

/** Rules for forward and transparent listeners. */
export interface ForwardOptions {
  /** Prefixes of client addresses that a forward listener serves; by default loopback and private ones. */
  readonly clients?: readonly string[] | undefined;
  /** Whether requests to loopback, link-local, unspecified and multicast addresses are served. False by default. */
  readonly allowLocal?: boolean | undefined;
  /** Prefixes of those that are served although they are local; never the proxy's own listeners. */
  readonly allowed?: readonly string[] | undefined;
  /** Prefixes of servers that are never asked, beside those. */
  readonly refused?: readonly string[] | undefined;
  /** Ports to which CONNECT leads; 443 alone by default. */
  readonly connectPorts?: readonly number[] | 'any' | undefined;
}

/** TLS to servers. */
export interface UpstreamTlsOptions {
  /** Certificates that are trusted, in PEM; the system's by default. */
  readonly ca?: string | readonly string[] | undefined;
  /** True by default. False: any certificate will do, and everybody between can read along. */
  readonly verify?: boolean | undefined;
  /** Options of `tls.connect` for a server, in place of the two above: authorities and exceptions of its own. */
  readonly connectOptions?:
    | ((host: string, port: number, serverName: string | undefined) => ConnectionOptions)
    | undefined;
  /** Gets each socket before its handshake, for its key log. */
  readonly attach?: ((socket: TLSSocket) => void) | undefined;
}

/** What a proxy runs with. */
export interface ProxyOptions {
  readonly listeners: readonly ListenerOptions[];
  /** For `reverse`. */
  readonly routes?: readonly RouteOptions[] | undefined;
  readonly forward?: ForwardOptions | undefined;
  readonly forwarding?: ForwardingOptions | undefined;
  readonly upstreamTls?: UpstreamTlsOptions | undefined;
  readonly limits?: Partial<ProxyLimits> | undefined;
  /** Protocols to which a client may switch with Upgrade; `websocket` alone by default. */
  readonly upgrades?: readonly string[] | undefined;
  /** Without one nothing is judged, and nothing is built for it. */
  readonly judge?: Judge | undefined;
  readonly rewriter?: Rewriter | undefined;
  readonly answers?: ProxyAnswers | undefined;
  /** Called for each answer that is an error of the proxy or the server, and each connection ended for cause. */
  readonly onFailure?: ((failure: ProxyFailure) => void) | undefined;
}
