import { u8, u16 } from '../../../net/index.ts';
import type { Direction, Match, ParserContext, Protocol } from '../parser.ts';
import { CONFIRM, RdpParser, REQUEST, TPKT, X224 } from './parser.ts';

const PORT = 3389;
const LONGEST = 1024;
const COOKIE = 'Cookie: ';

/** The Remote Desktop Protocol, known by its connection request. */
export const rdp: Protocol = {
  name: 'rdp',
  ndpi: 'RDP',
  transports: ['tcp'],
  ports: [PORT],
  probe,
  create: (context: ParserContext) => new RdpParser(context),
};

/** An X.224 connection request that names a user, asks for security, or goes to RDP's port; or the confirmation. */
function probe(
  bytes: Uint8Array,
  start: number,
  end: number,
  direction: Direction,
  port: { server: number },
): Match {
  if (u8(bytes, start) !== 3 || (end - start > 1 && u8(bytes, start + 1) !== 0)) return 'no';
  if (end - start < TPKT + X224) return 'maybe';
  const length = u16(bytes, start + 2);
  if (length < TPKT + X224 || length > LONGEST) return 'no';
  if (u8(bytes, start + 4) !== length - TPKT - 1) return 'no';
  const type = u8(bytes, start + 5) & 0xf0;
  if (type !== (direction === 0 ? REQUEST : CONFIRM)) return 'no';
  const at = start + TPKT + X224;
  if (at >= end || length === TPKT + X224) return port.server === PORT ? 'yes' : 'no';
  if (u8(bytes, at) === (direction === 0 ? 1 : 2) && length - TPKT - X224 === 8) return 'yes';
  for (let i = 0; i < COOKIE.length; i++) {
    if (at + i >= end) return 'maybe';
    if (u8(bytes, at + i) !== COOKIE.charCodeAt(i)) return port.server === PORT ? 'yes' : 'no';
  }
  return 'yes';
}
