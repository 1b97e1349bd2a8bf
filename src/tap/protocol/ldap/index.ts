import type { Match, ParserContext, Protocol } from '../parser.ts';
import { messageHead } from './message.ts';
import { LdapParser } from './parser.ts';

/** LDAP over TCP. Zeek's service is named once a whole message was seen. */
export const ldap: Protocol = {
  name: 'ldap',
  ndpi: 'LDAP',
  transports: ['tcp'],
  ports: [389, 3268],
  probe(bytes: Uint8Array, start: number, end: number): Match {
    const head = messageHead(bytes, start, end);
    return head === undefined ? 'no' : head === 'short' ? 'maybe' : 'yes';
  },
  create: (context: ParserContext) => new LdapParser(context),
};
