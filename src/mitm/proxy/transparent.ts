import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { type KernelAddon, kernelAddon } from '../../native/index.ts';
import type { Endpoint } from '../waf/index.ts';
import { plain } from './destination.ts';

/**
 * How connections that were meant for others come here: `redirect`, by address translation (nftables `redirect`);
 * `tproxy`, with their addresses as they are, to a listening socket of its own kind (nftables `tproxy`).
 */
export type TransparentMode = 'redirect' | 'tproxy';

/** What is asked of an accepted connection; a `net.Socket` is one. */
export interface AcceptedSocket {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
}

/** How the destinations of connections are found. */
export interface TransparentOptions {
  readonly mode: TransparentMode;
  /** Ports on which this program listens, on whatever addresses: a connection to one of them would come back. */
  readonly ownPorts: ReadonlySet<number>;
}

const NOT_BUILT = 'transparent mode needs the native addon: run setup/addon.sh (it needs a C compiler)';

/**
 * Where the client of a connection wanted to go. Undefined where nobody can know (the kernel has forgotten the
 * connection, or the socket is closed) and where it would lead to this program itself, in a circle: such a connection
 * is to be closed. Throws where the addon is missing and for what the kernel refuses otherwise.
 */
export function destinationOf(socket: AcceptedSocket, options: TransparentOptions): Endpoint | undefined {
  const destination = options.mode === 'tproxy' ? localEndpoint(socket) : translatedFrom(socket);
  if (destination === undefined || destination.port === 0 || leadsBack(destination, options.ownPorts))
    return undefined;
  return destination;
}

/**
 * {@link destinationOf} with its options, for a proxy's listener. Throws at once where the addon is missing, so that
 * no connection has to be there to find that out.
 */
export function destinationFinder(
  options: TransparentOptions,
): (socket: AcceptedSocket) => Endpoint | undefined {
  addon();
  return (socket) => destinationOf(socket, options);
}

/**
 * Opens what `net.Server.listen({ fd })` takes for `tproxy`: a descriptor that listens on the address and port, and
 * takes connections to the addresses of others. `::` takes IPv4 too. Throws where the addon is missing, where the
 * process lacks CAP_NET_ADMIN, and where the address is not free.
 */
export function listenTransparent(address: string, port: number): number {
  try {
    return addon().listenTransparent(address, port);
  } catch (error) {
    if (!(error instanceof Error) || (error as NodeJS.ErrnoException).errno !== 1) throw error;
    throw new Error(`${error.message}: a transparent socket needs CAP_NET_ADMIN`, { cause: error });
  }
}

/**
 * The descriptor of an open socket; undefined for one that is closed. Node has no other way to it than the handle
 * within: where that is none or looks otherwise than it did, there is no descriptor.
 */
export function descriptorOf(socket: AcceptedSocket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) return undefined;
  const descriptor: unknown = Reflect.get(handle, 'fd');
  return Number.isInteger(descriptor) && (descriptor as number) >= 0 ? (descriptor as number) : undefined;
}

/** With `tproxy` the socket's own address is the one that the client asked for. */
function localEndpoint({ localAddress, localPort }: AcceptedSocket): Endpoint | undefined {
  if (localAddress === undefined || localPort === undefined) return undefined;
  return { address: plain(localAddress), port: localPort };
}

function translatedFrom(socket: AcceptedSocket): Endpoint | undefined {
  const descriptor = descriptorOf(socket);
  if (descriptor === undefined) return undefined;
  const found = addon().originalDestination(descriptor);
  return found === undefined ? undefined : { address: plain(found.address), port: found.port };
}

function leadsBack({ address, port }: Endpoint, ownPorts: ReadonlySet<number>): boolean {
  // Addresses are only asked for where the port is one of ours: that takes some microseconds.
  return ownPorts.has(port) && isOwnAddress(address);
}

function isOwnAddress(address: string): boolean {
  if (address === '0.0.0.0' || address === '::' || address === '::1') return true;
  if (isIPv4(address) && address.startsWith('127.')) return true;
  for (const addresses of Object.values(networkInterfaces())) {
    for (const own of addresses ?? []) if (own.address === address) return true;
  }
  return false;
}

function addon(): KernelAddon {
  const found = kernelAddon();
  if (found === undefined) throw new Error(NOT_BUILT);
  return found;
}
