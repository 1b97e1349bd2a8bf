import type { Socket } from 'node:net';
import type { Destination, HttpProxy, ListenerOptions, Takeover } from '../proxy/index.ts';
import { sniffClientHello } from '../proxy/tls/index.ts';
import { destinationFinder, listenTransparent } from '../proxy/transparent.ts';
import { GatewayError, type GatewayOptions, listenAddress } from './options.ts';

const OPTION = 'web.transparent.listen';
const NOTHING = Buffer.alloc(0);
/** How long a client may take for its first bytes; what is silent then is HTTP, with its own time-outs. */
const HELLO_TIMEOUT_MS = 5000;

/** A listener for connections that the kernel leads here. */
export interface TransparentWay {
  readonly listener: ListenerOptions;
  /** To be told on which ports the proxy listens: connections to them would come back. */
  readonly ownPorts: Set<number>;
}

/** Makes it ready; for `tproxy` its socket is open then. Throws a {@link GatewayError}. */
export function transparentWay(
  { listen, mode }: GatewayOptions['transparent'],
  takeover: Takeover,
): TransparentWay {
  const { host, port } = listenAddress(OPTION, listen);
  const ownPorts = new Set<number>();
  try {
    const originalDestination = destinationFinder({ mode, ownPorts });
    const descriptor = mode === 'tproxy' ? listenTransparent(host, port) : undefined;
    return {
      listener: { kind: 'transparent', host, port, descriptor, originalDestination, takeover },
      ownPorts,
    };
  } catch (error) {
    throw new GatewayError(`${OPTION} ${listen}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Passes TLS on unread; all else is HTTP. */
export function passTls(proxy: () => HttpProxy): Takeover {
  return (stream, _head, authority, connection) => {
    const socket = stream as Socket;
    void sniffClientHello(socket, HELLO_TIMEOUT_MS).then((sniffed) => {
      switch (sniffed.kind) {
        case 'hello':
        case 'malformed':
          proxy().tunnel(socket, NOTHING, authority);
          break;
        case 'other':
        case 'silent': {
          const { address, port } = authority;
          const host = address.includes(':') ? `[${address}]` : address;
          const destination: Destination = { kind: 'fixed', origin: `http://${host}:${port}` };
          socket.resume();
          proxy().serve(socket, connection, destination);
          break;
        }
        case 'closed':
          socket.destroy();
          break;
        default:
          sniffed satisfies never;
      }
    });
    return true;
  };
}
