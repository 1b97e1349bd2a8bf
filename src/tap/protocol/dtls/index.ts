import type { ParserContext, Protocol } from '../parser.ts';
import { DtlsParser } from './parser.ts';
import { probeDatagram } from './record.ts';

/** DTLS 1.0 and 1.2, and the hellos of 1.3. */
export const dtls: Protocol = {
  name: 'dtls',
  ndpi: 'DTLS',
  transports: ['udp'],
  ports: [443, 853, 4433, 5061, 5349, 5684],
  probe: (bytes, start, end) => probeDatagram(bytes, start, end),
  create: (context: ParserContext) => new DtlsParser(context),
};
