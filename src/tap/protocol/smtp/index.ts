import { beginsWith, couldBegin, probeCommand, replyCode } from '../line.ts';
import { type Direction, type Match, type Protocol, TO_SERVER } from '../parser.ts';
import { SmtpParser } from './parser.ts';

/** SMTP and its submission variant. */
export const smtp: Protocol = {
  name: 'smtp',
  ndpi: 'SMTP',
  service: 'smtp',
  transports: ['tcp'],
  ports: [25, 587, 2525],
  probe,
  create: (context) => new SmtpParser(context),
};

/** Commands that other protocols have too say only `maybe`. */
const SURE: readonly string[] = ['EHLO ', 'EHLO\r', 'EHLO\n', 'HELO ', 'MAIL FROM:'];
const SHARED: readonly string[] = [
  'QUIT\r',
  'QUIT\n',
  'RSET\r',
  'RSET\n',
  'NOOP\r',
  'NOOP\n',
  'HELP\r',
  'AUTH ',
];

const MAXIMUM_BANNER = 512;

function probe(bytes: Uint8Array, start: number, end: number, direction: Direction): Match {
  if (direction === TO_SERVER) return probeCommand(bytes, start, end, SURE, SHARED);
  return banner(bytes, start, end);
}

/** A server says 220 or, when it refuses at once, 421 or 554; only some name the protocol. */
function banner(bytes: Uint8Array, start: number, end: number): Match {
  if (end - start < 4) return couldBegin(bytes, start, end, '220') ? 'maybe' : 'no';
  const code = replyCode(bytes, start, end);
  if (code !== 220 && code !== 421 && code !== 554) return 'no';
  if (bytes[start + 3] !== 32 && bytes[start + 3] !== 45) return 'no';
  const stop = Math.min(end, start + MAXIMUM_BANNER);
  for (let i = start + 4; i < stop && bytes[i] !== 10; i++) {
    if (beginsWith(bytes, i, stop, 'SMTP')) return 'yes';
    if (beginsWith(bytes, i, stop, 'FTP')) return 'no';
  }
  return 'maybe';
}
