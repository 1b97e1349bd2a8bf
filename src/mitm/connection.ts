import { communityId, formatAddress, parseAddress } from '../net/index.ts';
import type { Endpoint } from './waf/index.ts';

/** The way on which requests come to weir. */
export type Way = 'haproxy' | 'proxy' | 'mitmproxy';

/** What is known of TLS between the client and whoever ended it. */
export interface ClientTls {
  /** `TLSv1.3`; empty where it is not known. */
  readonly version: string;
  /** SNI; empty without. */
  readonly serverName: string;
  /** `h2`, `http/1.1`; empty without. */
  readonly alpn: string;
  /** JA4 of the client, where weir saw its ClientHello. */
  readonly ja4?: string;
}

/** The connection of a client: the passive stream sees the same one under its community id. */
export interface ClientConnection {
  readonly way: Way;
  readonly client: Endpoint;
  /** What the client connected to. */
  readonly server: Endpoint;
  /** Community id (version 1, seed 0) of the TCP connection between these two; empty where an address is none. */
  readonly communityId: string;
  readonly tls?: ClientTls | undefined;
}

const TCP = 6;
const words = new Int32Array(8);
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** The connection with its community id. Addresses as sockets give them: IPv4 within IPv6 becomes IPv4. */
export function clientConnection(
  way: Way,
  client: Endpoint,
  server: Endpoint,
  tls?: ClientTls,
): ClientConnection {
  const from = plainEndpoint(client);
  const to = plainEndpoint(server);
  return { way, client: from, server: to, communityId: idOf(from, to), tls };
}

function plainEndpoint(endpoint: Endpoint): Endpoint {
  const { address, port } = endpoint;
  if (!address.includes(':')) return endpoint;
  const dotted = MAPPED.exec(address)?.[1];
  if (dotted !== undefined) return { address: dotted, port };
  const [first, second, third, last] = parseAddress(address)?.words ?? [];
  // The same in hexadecimal digits: a HAProxy that listens on [::] tells of its clients so.
  if (first !== 0 || second !== 0 || third !== 0xffff || last === undefined) return endpoint;
  return { address: formatAddress(4, last, 0, 0, 0), port };
}

function idOf(client: Endpoint, server: Endpoint): string {
  const from = parseAddress(client.address);
  const to = parseAddress(server.address);
  if (from === undefined || to === undefined || from.version !== to.version) return '';
  words.set(from.words, 0);
  words.set(to.words, 4);
  return communityId(from.version, words, 0, 4, TCP, client.port, server.port);
}
