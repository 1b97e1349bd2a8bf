import type { Protocol } from '../parser.ts';
import { Http2Parser } from './parser.ts';
import { probe } from './probe.ts';

export { Http2Transaction } from './transaction.ts';

/** HTTP/2 in clear text (RFC 9113): by prior knowledge, by upgrade from HTTP/1.1, or decrypted. */
export const http2: Protocol = {
  name: 'http2',
  ndpi: 'HTTP2',
  transports: ['tcp'],
  ports: [80],
  probe,
  create: (context) => new Http2Parser(context),
};

/** DNS over HTTP/2 (RFC 8484): what an HTTP/2 flow is called once a DNS message was seen in it. */
export const doh2: Protocol = {
  name: 'doh2',
  ndpi: 'DoH_DoT',
  transports: ['tcp'],
  probe: () => 'no',
  create: (context) => new Http2Parser(context),
};
