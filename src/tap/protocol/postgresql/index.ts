import { i32 } from '../../../net/index.ts';
import { type Direction, type Match, type ParserContext, type Protocol, TO_SERVER } from '../parser.ts';
import { CANCEL_REQUEST, GSS_REQUEST, PostgresqlParser, SSL_REQUEST } from './parser.ts';

const VERSION_3 = 3;
const LONGEST_STARTUP = 10000;

/** PostgreSQL's frontend and backend protocol, known by the client's first message. */
export const postgresql: Protocol = {
  name: 'pgsql',
  ndpi: 'PostgreSQL',
  transports: ['tcp'],
  ports: [5432],
  probe,
  create: (context: ParserContext) => new PostgresqlParser(context),
};

function probe(bytes: Uint8Array, start: number, end: number, direction: Direction): Match {
  if (direction !== TO_SERVER) return 'no';
  if (end - start < 8) return bytes[start] === 0 ? 'maybe' : 'no';
  const length = i32(bytes, start);
  const code = i32(bytes, start + 4);
  if (length === 8) return code === SSL_REQUEST || code === GSS_REQUEST ? 'yes' : 'no';
  if (length === 16 && code === CANCEL_REQUEST) return 'yes';
  // StartupMessage: the version, then names and values; the first name is nearly always the user's.
  if (code >>> 16 !== VERSION_3 || length < 9 || length > LONGEST_STARTUP) return 'no';
  if (end - start < 9) return 'maybe';
  const first = bytes[start + 8]!;
  return first === 0 || (first >= 97 && first <= 122) ? 'yes' : 'no';
}
