import { i32, u8 } from '../../../net/index.ts';
import type { Match, PortPair, Protocol } from '../parser.ts';
import { BOOT_REPLY, BOOT_REQUEST, COOKIE, HEADER_LENGTH, MAGIC_COOKIE } from './options.ts';
import { DhcpParser } from './parser.ts';

export { DHCP_LOG } from './exchange.ts';

/** DHCP for IPv4 (RFC 2131) and its elder BOOTP. */
export const dhcp: Protocol = {
  name: 'dhcp',
  ndpi: 'DHCP',
  service: 'dhcp',
  nameless: true,
  transports: ['udp'],
  ports: [67, 68, 4011],
  probe,
  create: (context) => new DhcpParser(context),
};

function probe(bytes: Uint8Array, start: number, end: number, _direction: number, _port: PortPair): Match {
  if (end - start < HEADER_LENGTH) return 'no';
  const opcode = u8(bytes, start);
  if (opcode !== BOOT_REQUEST && opcode !== BOOT_REPLY) return 'no';
  return i32(bytes, start + COOKIE) === MAGIC_COOKIE ? 'yes' : 'maybe';
}
