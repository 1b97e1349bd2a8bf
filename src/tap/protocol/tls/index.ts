import { type Direction, type Match, type ParserContext, type Protocol, TO_SERVER } from '../parser.ts';
import { TlsParser } from './parser.ts';
import { probeRecords } from './record.ts';
import { probeV2 } from './sslv2.ts';

export { type ClientHello, parseClientHello } from './client-hello.ts';
export { type Ja3, ja3, ja3s } from './fingerprint/ja3.ts';
export { ja4 } from './fingerprint/ja4.ts';
export { TlsSession } from './session.ts';
export { SSL_LOG, sslRow, X509_LOG } from './ssl-log.ts';

/** TLS 1.0 to 1.3 and SSLv3, with the hello of SSLv2. */
export const tls: Protocol = {
  name: 'tls',
  ndpi: 'TLS',
  transports: ['tcp'],
  ports: [443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 5061, 5223, 8443, 8883],
  probe(bytes: Uint8Array, start: number, end: number, direction: Direction): Match {
    const match = probeRecords(bytes, start, end);
    return match === 'no' && direction === TO_SERVER ? probeV2(bytes, start, end) : match;
  },
  create: (context: ParserContext) => new TlsParser(context),
};
