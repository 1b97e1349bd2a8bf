import type { Protocol } from '../parser.ts';
import { DnsParser } from './parser.ts';
import { DNS_PORT, LLMNR_PORT, MDNS_PORT, probeDatagram, probeStream, probeVariant } from './probe.ts';

export { dnsObject } from './eve.ts';
export { type DnsMessage, readMessage } from './message.ts';
export { textOf } from './name.ts';
export { DnsTransaction } from './transaction.ts';

/** DNS over UDP (RFC 1035). */
export const dnsUdp: Protocol = {
  name: 'dns',
  ndpi: 'DNS',
  service: 'dns',
  nameless: true,
  transports: ['udp'],
  ports: [DNS_PORT],
  probe: (bytes, start, end, _direction, port) => probeDatagram(bytes, start, end, port),
  create: (context) => new DnsParser(context, 'dns'),
};

/** DNS over TCP (RFC 7766). */
export const dnsTcp: Protocol = {
  name: 'dns',
  ndpi: 'DNS',
  service: 'dns',
  nameless: true,
  transports: ['tcp'],
  ports: [DNS_PORT],
  probe: probeStream,
  create: (context) => new DnsParser(context, 'dns'),
};

/** Multicast DNS (RFC 6762). */
export const mdns: Protocol = {
  name: 'mdns',
  ndpi: 'MDNS',
  service: 'dns',
  nameless: true,
  transports: ['udp'],
  ports: [MDNS_PORT],
  probe: (bytes, start, end, _direction, port) => probeVariant(bytes, start, end, port, MDNS_PORT),
  create: (context) => new DnsParser(context, 'mdns'),
};

/** Link-local multicast name resolution (RFC 4795). */
export const llmnr: Protocol = {
  name: 'llmnr',
  ndpi: 'LLMNR',
  service: 'dns',
  nameless: true,
  transports: ['udp'],
  ports: [LLMNR_PORT],
  probe: (bytes, start, end, _direction, port) => probeVariant(bytes, start, end, port, LLMNR_PORT),
  create: (context) => new DnsParser(context, 'llmnr'),
};
