import { latin1, u32 } from '../../../net/index.ts';

const COOKIE_LENGTH = 16;
const LISTS = 10;

/** The name lists of SSH_MSG_KEXINIT (RFC 4253 section 7.1), each as sent: names with commas between them. */
export interface KeyExchangeInit {
  readonly keyExchange: string;
  readonly hostKey: string;
  readonly cipherToServer: string;
  readonly cipherToClient: string;
  readonly macToServer: string;
  readonly macToClient: string;
  readonly compressionToServer: string;
  readonly compressionToClient: string;
}

/**
 * Reads SSH_MSG_KEXINIT; `[start, end)` begins at the cookie, behind the message number. Undefined when the ten
 * lists do not fit.
 */
export function readKeyExchangeInit(
  bytes: Uint8Array,
  start: number,
  end: number,
): KeyExchangeInit | undefined {
  let at = start + COOKIE_LENGTH;
  const lists: string[] = [];
  for (let i = 0; i < LISTS; i++) {
    if (at + 4 > end) return undefined;
    const from = at + 4;
    const length = u32(bytes, at);
    if (length > end - from) return undefined;
    lists.push(latin1(bytes, from, from + length));
    at = from + length;
  }
  const [keyExchange, hostKey, cipherToServer, cipherToClient, macToServer, macToClient, c2s, s2c] =
    lists as [string, string, string, string, string, string, string, string];
  return {
    keyExchange,
    hostKey,
    cipherToServer,
    cipherToClient,
    macToServer,
    macToClient,
    compressionToServer: c2s,
    compressionToClient: s2c,
  };
}

/** What Zeek writes where the two lists have nothing in common. */
const NO_AGREEMENT = 'Algorithm negotiation failed';

/** The client's first name that the server knows too (RFC 4253 section 7.1). */
export function agree(client: string, server: string): string {
  const offered = new Set(server.split(','));
  for (const name of client.split(',')) if (offered.has(name)) return name;
  return NO_AGREEMENT;
}

/** Algorithms in use after the key exchange, in Zeek's rendering. */
export interface Agreement {
  readonly cipher: string;
  readonly mac: string;
  readonly compression: string;
  readonly keyExchange: string;
  readonly hostKey: string;
}

/** Negotiates as both sides do. */
export function negotiate(client: KeyExchangeInit, server: KeyExchangeInit): Agreement {
  return {
    cipher: both(
      agree(client.cipherToServer, server.cipherToServer),
      agree(client.cipherToClient, server.cipherToClient),
    ),
    mac: both(agree(client.macToServer, server.macToServer), agree(client.macToClient, server.macToClient)),
    compression: both(
      agree(client.compressionToServer, server.compressionToServer),
      agree(client.compressionToClient, server.compressionToClient),
    ),
    keyExchange: agree(client.keyExchange, server.keyExchange),
    hostKey: agree(client.hostKey, server.hostKey),
  };
}

function both(toServer: string, toClient: string): string {
  return toServer === toClient ? toServer : `To server: ${toServer}, to client: ${toClient}`;
}
