import { u8 } from '../../../net/index.ts';
import { type Direction, type Match, type ParserContext, type Protocol, TO_CLIENT } from '../parser.ts';
import { MysqlParser } from './parser.ts';

/** Length of the packet (3 bytes, the lowest first) and its number. */
const HEADER = 4;
const LONGEST_GREETING = 1024;
const LONGEST_VERSION = 64;

/** MySQL and MariaDB, known by the server's greeting. */
export const mysql: Protocol = {
  name: 'mysql',
  ndpi: 'MySQL',
  transports: ['tcp'],
  ports: [3306, 1434],
  probe,
  create: (context: ParserContext) => new MysqlParser(context),
};

/** Protocol::HandshakeV10: packet 0, version 10, and the server's version as text that ends with a zero byte. */
function probe(bytes: Uint8Array, start: number, end: number, direction: Direction): Match {
  if (direction !== TO_CLIENT) return 'no';
  if (end - start < HEADER + 1) return 'maybe';
  const length = u8(bytes, start) | (u8(bytes, start + 1) << 8) | (u8(bytes, start + 2) << 16);
  if (length < 8 || length > LONGEST_GREETING || u8(bytes, start + 3) !== 0) return 'no';
  if (u8(bytes, start + HEADER) !== 10) return 'no';
  const stop = Math.min(end, start + HEADER + 1 + LONGEST_VERSION);
  for (let i = start + HEADER + 1; i < stop; i++) {
    const byte = u8(bytes, i);
    if (byte === 0) return i > start + HEADER + 3 ? 'yes' : 'no';
    if (byte < 32 || byte > 126) return 'no';
  }
  return stop === end ? 'maybe' : 'no';
}
