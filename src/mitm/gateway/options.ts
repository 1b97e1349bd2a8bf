import type { DecisionListOptions } from '../live/index.ts';
import type { TransparentMode } from '../proxy/transparent.ts';
import type { Exclusion } from './exclusions.ts';
import type { WafPolicy } from './policies.ts';

/** What a gateway runs with: the section `web` of the configuration, sizes in bytes, times in milliseconds. */
export interface GatewayOptions {
  readonly waf: {
    readonly enabled: boolean;
    /** Folder of the Core Rule Set; empty: Debian's, where there are no own rules. */
    readonly crs: string;
    readonly rules: readonly string[];
    readonly paranoia: number;
    readonly mode: 'on' | 'detection';
    readonly workers: number;
    readonly responses: boolean;
    readonly requestBodyBytes: number;
    readonly responseBodyBytes: number;
    readonly longBodies: 'deny' | 'judge';
    readonly failure: 'deny' | 'pass';
    readonly budgetMs: number;
    /** What holds for some hosts and paths instead; undefined: nothing. */
    readonly policies?: readonly WafPolicy[] | undefined;
    /** Exclusions that come with weir; undefined: none. */
    readonly exclusions?: readonly Exclusion[] | undefined;
  };
  /** What bans do to requests; undefined: 403. */
  readonly decisions?: DecisionListOptions | undefined;
  /** Prefixes. */
  readonly deny: readonly string[];
  readonly rate: { readonly requests: number; readonly perMs: number; readonly burst: number };
  readonly haproxy: {
    readonly socket: string;
    /** Name or number of the socket's group; `auto`: haproxy, where there is one. */
    readonly group: string;
    /** Takes the socket over from a process that listens on it still; undefined: that is refused. */
    readonly replace?: boolean | undefined;
    readonly listen: string;
    /** Time that a judgement may take: less than HAProxy waits. Undefined: 150. */
    readonly deadlineMs?: number | undefined;
  };
  readonly mitmproxy: { readonly socket: string };
  readonly reverse: {
    readonly listen: string;
    readonly to: string;
    readonly routes: readonly string[];
    readonly certificates: readonly string[];
    /** Networks of balancers whose connections begin with a header of the PROXY protocol. */
    readonly balancers?: readonly string[] | undefined;
    /** A second address, for plain HTTP beside HTTPS; empty or undefined: none. */
    readonly plain?: string | undefined;
    /** What becomes of requests there: led to HTTPS, or served; undefined: redirect. */
    readonly plainMode?: 'redirect' | 'serve' | undefined;
  };
  readonly forward: {
    readonly listen: string;
    readonly clients: readonly string[];
    /** Ports to which tunnels lead; undefined: 443. */
    readonly connectPorts?: readonly number[] | undefined;
    /** Prefixes of local addresses that may be reached. */
    readonly allow?: readonly string[] | undefined;
    readonly intercept: boolean;
    readonly exceptions: readonly string[];
    readonly ca: string;
  };
  readonly transparent: {
    readonly listen: string;
    readonly mode: TransparentMode;
    readonly intercept: boolean;
    readonly exceptions: readonly string[];
    readonly ca: string;
  };
  /** File of rules that change messages; empty: none. */
  readonly rewrite: string;
  /** File for the secrets of TLS connections; empty: none. */
  readonly keyLog: string;
  readonly buffer: {
    readonly enabled: boolean;
    readonly folder: string;
    readonly requests: number;
    readonly sizeBytes: number;
    readonly ageMs: number;
    /** How long the log of findings keeps a line; undefined: as long as there is room for it. */
    readonly findingsAgeMs?: number | undefined;
    readonly analyse: boolean;
  };
}

/** A gateway cannot start, or go on as it was told to; the message says why and what to do. */
export class GatewayError extends Error {
  override name = 'GatewayError';
}

/** An address to listen on, as `127.0.0.1:8080`, `[::1]:8080` or `:8080` say it. */
export interface ListenAddress {
  /** Without brackets; `::` where it was left out: all addresses, of IPv4 too. */
  readonly host: string;
  readonly port: number;
}

/** Reads an address to listen on. Throws a {@link GatewayError} that names the option. */
export function listenAddress(option: string, text: string): ListenAddress {
  const found = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([\w.-]{0,253})):(\d{1,5})$/.exec(text);
  const port = Number(found?.[3] ?? -1);
  if (found === null || port < 0 || port > 65_535) {
    throw new GatewayError(
      `${option}: '${text}' is no address with a port: write 127.0.0.1:8080, [::1]:8080 or :8080`,
    );
  }
  const host = found[1] ?? found[2] ?? '';
  return { host: host === '' ? '::' : host, port };
}
