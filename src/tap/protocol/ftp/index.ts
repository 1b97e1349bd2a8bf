import { beginsWith, couldBegin, probeCommand, replyCode } from '../line.ts';
import { type Direction, type Match, type Protocol, TO_SERVER } from '../parser.ts';
import { FtpParser } from './parser.ts';

export { type DataChannel, isChannel } from './channel.ts';

/** The control connection of FTP. */
export const ftp: Protocol = {
  name: 'ftp',
  ndpi: 'FTP_CONTROL',
  service: 'ftp',
  transports: ['tcp'],
  ports: [21, 2811],
  probe,
  create: (context) => new FtpParser(context),
};

/** Commands that no other protocol begins with, and those that others share. */
const SURE: readonly string[] = [
  'FEAT\r',
  'FEAT\n',
  'SYST\r',
  'SYST\n',
  'AUTH TLS\r',
  'AUTH SSL\r',
  'AUTH GSSAPI\r',
];
const SHARED: readonly string[] = ['USER ', 'PASS ', 'QUIT\r', 'QUIT\n', 'PORT ', 'HOST '];

const MAXIMUM_BANNER = 512;

function probe(bytes: Uint8Array, start: number, end: number, direction: Direction): Match {
  if (direction === TO_SERVER) return probeCommand(bytes, start, end, SURE, SHARED);
  if (end - start < 4) return couldBegin(bytes, start, end, '220') ? 'maybe' : 'no';
  const code = replyCode(bytes, start, end);
  if (code !== 220 && code !== 120 && code !== 421) return 'no';
  if (bytes[start + 3] !== 32 && bytes[start + 3] !== 45) return 'no';
  const stop = Math.min(end, start + MAXIMUM_BANNER);
  for (let i = start + 4; i < stop && bytes[i] !== 10; i++) {
    if (beginsWith(bytes, i, stop, 'FTP')) return 'yes';
    if (beginsWith(bytes, i, stop, 'SMTP')) return 'no';
  }
  return 'maybe';
}
