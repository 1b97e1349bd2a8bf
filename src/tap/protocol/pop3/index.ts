import { beginsWith, couldBegin, probeCommand } from '../line.ts';
import { type Direction, type Match, type Protocol, TO_SERVER } from '../parser.ts';
import { Pop3Parser } from './parser.ts';

/** POP3. */
export const pop3: Protocol = {
  name: 'pop3',
  ndpi: 'POP3',
  service: 'pop3',
  transports: ['tcp'],
  ports: [110],
  probe,
  create: (context) => new Pop3Parser(context),
};

/** Commands that no other protocol begins with, and those that others share. */
const SURE: readonly string[] = ['CAPA\r', 'CAPA\n', 'STLS\r', 'STLS\n', 'APOP '];
const SHARED: readonly string[] = ['USER ', 'PASS ', 'AUTH ', 'AUTH\r', 'QUIT\r', 'STAT\r'];

function probe(bytes: Uint8Array, start: number, end: number, direction: Direction): Match {
  if (direction === TO_SERVER) return probeCommand(bytes, start, end, SURE, SHARED);
  if (beginsWith(bytes, start, end, '+OK')) {
    const next = bytes[start + 3];
    return end === start + 3 ? 'maybe' : next === 32 || next === 13 || next === 10 ? 'yes' : 'no';
  }
  return couldBegin(bytes, start, end, '+OK') || couldBegin(bytes, start, end, '-ERR ') ? 'maybe' : 'no';
}
