import type { Protocol } from '../parser.ts';
import { QuicParser } from './parser.ts';
import { probeQuic } from './probe.ts';

/** QUIC versions 1 and 2, the drafts, and Google's versions before them. */
export const quic: Protocol = {
  name: 'quic',
  ndpi: 'QUIC',
  service: 'quic,ssl',
  transports: ['udp'],
  ports: [443],
  probe: (bytes, start, end, _direction, port) => probeQuic(bytes, start, end, port),
  create: (context) => new QuicParser(context),
};
