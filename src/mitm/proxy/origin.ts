import { isIP } from 'node:net';

/** A server: scheme, host and port (RFC 6454). */
export interface Origin {
  readonly scheme: 'http' | 'https';
  /** In lower case, IPv6 addresses without brackets. */
  readonly host: string;
  readonly port: number;
  /** `http://host:port`, always with its port. */
  readonly text: string;
  /** As it stands in a Host field: without the scheme's own port. */
  readonly authority: string;
  /** The name that TLS asks for, where it is not the host. */
  readonly serverName?: string | undefined;
}

const HOST = /^[a-z0-9_](?:[a-z0-9_.-]{0,252}[a-z0-9_.])?$/;
const AUTHORITY = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([^[\]:@/?#\s]{1,253}))(?::(\d{1,5}))?$/;

/** Reads `host`, `host:port`, `[::1]:port`; undefined for anything else. Hosts become lower case. */
export function parseAuthority(
  text: string,
  defaultPort: number,
): { readonly host: string; readonly port: number } | undefined {
  const parts = AUTHORITY.exec(text);
  if (parts === null) return undefined;
  const [, address, name, digits] = parts;
  const host = (address ?? name ?? '').toLowerCase();
  if (address !== undefined ? isIP(host) !== 6 : !HOST.test(host)) return undefined;
  const port = digits === undefined ? defaultPort : Number(digits);
  return port > 0 && port < 65536 ? { host, port } : undefined;
}

/** An origin of its parts. The host is as {@link parseAuthority} gives it. */
export function originOf(scheme: Origin['scheme'], host: string, port: number): Origin {
  const bracketed = host.includes(':') ? `[${host}]` : host;
  const own = scheme === 'http' ? 80 : 443;
  return {
    scheme,
    host,
    port,
    text: `${scheme}://${bracketed}:${port}`,
    authority: port === own ? bracketed : `${bracketed}:${port}`,
  };
}

/** What a tunnel leads to. Its text is of a scheme of its own, so that it shares no connections with HTTP. */
export function tunnelOrigin(host: string, port: number): Origin {
  const origin = originOf('http', host, port);
  return { ...origin, text: origin.text.replace('http:', 'tcp:') };
}

/** Reads `http://host:port` or `https://host`; undefined for anything else, so also for one with a path. */
export function parseOrigin(text: string): Origin | undefined {
  const parts = /^(https?):\/\/([^/?#]+)\/?$/i.exec(text);
  if (parts === null) return undefined;
  const scheme = (parts[1] ?? '').toLowerCase() === 'https' ? 'https' : 'http';
  const authority = parseAuthority(parts[2] ?? '', scheme === 'http' ? 80 : 443);
  return authority === undefined ? undefined : originOf(scheme, authority.host, authority.port);
}
