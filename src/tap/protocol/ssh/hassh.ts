import { createHash } from 'node:crypto';
import type { KeyExchangeInit } from './key-exchange.ts';

/** A fingerprint of a client (HASSH) or a server (HASSHServer): the lists, and the MD5 of them in hexadecimal. */
export interface Hassh {
  readonly hash: string;
  readonly string: string;
}

/** HASSH of Salesforce: key exchange, cipher, MAC and compression lists that a client sends, as it sends them. */
export function clientHassh(init: KeyExchangeInit): Hassh {
  return hash(init.keyExchange, init.cipherToServer, init.macToServer, init.compressionToServer);
}

/** HASSHServer: the same of the lists that a server sends for its own direction. */
export function serverHassh(init: KeyExchangeInit): Hassh {
  return hash(init.keyExchange, init.cipherToClient, init.macToClient, init.compressionToClient);
}

function hash(keyExchange: string, cipher: string, mac: string, compression: string): Hassh {
  const string = `${keyExchange};${cipher};${mac};${compression}`;
  return { hash: createHash('md5').update(string, 'latin1').digest('hex'), string };
}
