import { u8, u16 } from '../../../net/index.ts';
import type { Match, PortPair, Protocol } from '../parser.ts';
import { optionsAreWhole } from './message.ts';
import * as options from './options.ts';
import { Dhcpv6Parser } from './parser.ts';

/** DHCP for IPv6 (RFC 8415). Suricata and Zeek have no parser for it; the record is ours. */
export const dhcpv6: Protocol = {
  name: 'dhcpv6',
  ndpi: 'DHCPV6',
  nameless: true,
  transports: ['udp'],
  ports: [546, 547],
  probe,
  create: (context) => new Dhcpv6Parser(context),
};

/** Highest kind of DUID (RFC 8415, section 11; RFC 6355). */
const HIGHEST_DUID = 4;

function probe(bytes: Uint8Array, start: number, end: number, _direction: number, port: PortPair): Match {
  if (end - start < 8) return 'no';
  const type = u8(bytes, start);
  if (options.MESSAGE_TYPES[type] === undefined) return 'no';
  const relayed = type === options.RELAY_FORWARD || type === options.RELAY_REPLY;
  const first = start + (relayed ? 34 : 4);
  if (first + 4 > end || !optionsAreWhole(bytes, first, end)) return 'no';
  const known = isDhcpPort(port.client) || isDhcpPort(port.server);
  if (relayed) return known ? 'yes' : 'no';
  // A chain of options that ends where the datagram does and begins with an identifier is hardly chance.
  const code = u16(bytes, first);
  const identified =
    (code === options.OPTION_CLIENT_ID || code === options.OPTION_SERVER_ID) &&
    first + 6 <= end &&
    u16(bytes, first + 4) >= 1 &&
    u16(bytes, first + 4) <= HIGHEST_DUID;
  if (known) return identified ? 'yes' : 'maybe';
  return identified ? 'maybe' : 'no';
}

function isDhcpPort(port: number): boolean {
  return port === 546 || port === 547;
}
