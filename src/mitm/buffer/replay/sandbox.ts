import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { formatAddress, parseAddress } from '../../../net/index.ts';
import { BufferError } from '../buffer-error.ts';

/** A back end that the user named to send requests to; its address is fixed when it is checked. */
export interface Sandbox {
  readonly protocol: 'http:' | 'https:';
  /** As the user named it. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

/** What must not be sent to: each `host:port`, `[address]:port`. */
export type RealServers = Iterable<string>;

const LOOKUP_MS = 5000;

/**
 * Reads the origin of a sandbox, looks its address up and refuses it where it is one that requests really went to, or
 * that the real ones go to: by name, by address, and by port where both are this machine under different addresses.
 * Rejects with {@link BufferError}.
 */
export async function checkedSandbox(origin: string, real: RealServers): Promise<Sandbox> {
  const { protocol, host, port } = parseOrigin(origin);
  const address = await addressOf(host);
  const own = ownAddresses();
  for (const server of real) {
    const known = splitServer(server);
    if (known === undefined || known.port !== port) continue;
    const isSame =
      known.host === host || known.host === address || (isOwn(known.host, own) && isOwn(address, own));
    if (isSame) {
      throw new BufferError(
        `${origin} is no sandbox: requests really go to ${server}. Name a back end of its own (http://HOST:PORT)`,
      );
    }
  }
  return { protocol, host, address, port };
}

function parseOrigin(origin: string): {
  readonly protocol: 'http:' | 'https:';
  readonly host: string;
  readonly port: number;
} {
  const wrong = (why: string): BufferError =>
    new BufferError(
      `${JSON.stringify(origin.slice(0, 200))} is no origin: ${why}; such as http://127.0.0.1:8081`,
    );
  const url = URL.parse(origin);
  if (url === null) throw wrong('it cannot be read');
  const { protocol } = url;
  if (protocol !== 'http:' && protocol !== 'https:') throw wrong('http or https is wanted');
  if (url.username !== '' || url.password !== '') throw wrong('it has a user or password');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') throw wrong('it has a path or query');
  const host = plain(url.hostname);
  if (host === '0.0.0.0' || host === '::') throw wrong('no server has this address');
  return { protocol, host, port: url.port === '' ? (protocol === 'http:' ? 80 : 443) : Number(url.port) };
}

async function addressOf(host: string): Promise<string> {
  if (isIP(host) !== 0) return plain(host);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${LOOKUP_MS} ms`)), LOOKUP_MS);
  });
  try {
    const { address } = await Promise.race([lookup(host), late]);
    return plain(address);
  } catch (error) {
    throw new BufferError(
      `the address of ${host} is not known: ${error instanceof Error ? error.message : error}`,
    );
  } finally {
    clearTimeout(timer);
  }
}

function splitServer(server: string): { readonly host: string; readonly port: number } | undefined {
  const colon = server.lastIndexOf(':');
  const port = Number(server.slice(colon + 1));
  return colon < 0 || !Number.isInteger(port) ? undefined : { host: plain(server.slice(0, colon)), port };
}

/** Lower case, addresses in one form, IPv4 within IPv6 as IPv4, no brackets and no dot at the end. */
function plain(host: string): string {
  const text = host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
  const address = parseAddress(text);
  if (address === undefined) return text;
  const [w0, w1, w2, w3] = address.words;
  if (address.version === 6 && w0 === 0 && w1 === 0 && w2 === 0xffff) return formatAddress(4, w3, 0, 0, 0);
  return formatAddress(address.version, w0, w1, w2, w3);
}

function ownAddresses(): ReadonlySet<string> {
  const own = new Set<string>();
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { address } of addresses ?? []) own.add(plain(address));
  }
  return own;
}

/** Whether a host is this machine; one that listens everywhere is. */
function isOwn(host: string, own: ReadonlySet<string>): boolean {
  return (
    host === 'localhost' || host === '0.0.0.0' || host === '::' || host.startsWith('127.') || own.has(host)
  );
}
