import { latin1 } from '../../../net/index.ts';
import { beginsWith, couldBegin } from '../line.ts';
import { type Direction, type Match, type Protocol, TO_SERVER } from '../parser.ts';
import { ImapParser } from './parser.ts';

/** IMAP. */
export const imap: Protocol = {
  name: 'imap',
  ndpi: 'IMAP',
  service: 'imap',
  transports: ['tcp'],
  ports: [143],
  probe,
  create: (context) => new ImapParser(context),
};

const GREETINGS: readonly string[] = ['* OK', '* PREAUTH', '* BYE'];
/** A tag and one of the commands with which sessions begin. */
const FIRST_COMMAND =
  /^[A-Za-z0-9._-]{1,16} (?:CAPABILITY|STARTTLS|LOGIN |AUTHENTICATE |ID |NOOP\r|LOGOUT\r|LIST |SELECT )/i;
const TAG = /^[A-Za-z0-9._-]{1,16}( [A-Za-z]{0,12})?$/;

function probe(bytes: Uint8Array, start: number, end: number, direction: Direction): Match {
  if (direction === TO_SERVER) {
    const text = latin1(bytes, start, Math.min(end, start + 40));
    if (FIRST_COMMAND.test(text)) return 'yes';
    return end - start < 30 && TAG.test(text) ? 'maybe' : 'no';
  }
  for (const word of GREETINGS) if (beginsWith(bytes, start, end, word)) return 'yes';
  for (const word of GREETINGS) if (couldBegin(bytes, start, end, word)) return 'maybe';
  return 'no';
}
