import { latin1 } from '../../../net/index.ts';
import { couldBegin } from '../line.ts';
import { type Direction, type Match, type Protocol, TO_SERVER } from '../parser.ts';
import { IrcParser } from './parser.ts';

/** IRC. */
export const irc: Protocol = {
  name: 'irc',
  ndpi: 'IRC',
  service: 'irc',
  transports: ['tcp'],
  ports: [6666, 6667, 6668, 6669],
  probe,
  create: (context) => new IrcParser(context),
};

/** What clients begin with: each needs an argument of the right shape, for other protocols have the words too. */
const CLIENT =
  /^(?:NICK [^\s:]{1,64}\r?\n|USER \S+ \S+ \S+ :|CAP (?:LS|REQ|LIST|END)|STARTTLS\r?\n|JOIN [#&])/i;
/** What a client may begin with before one of those comes. */
const CLIENT_LATER = /^(?:PASS \S+|PONG \S+)\r?\n(?:NICK |USER |CAP )/i;
const CLIENT_WORDS: readonly string[] = ['NICK ', 'USER ', 'CAP ', 'PASS ', 'STARTTLS', 'JOIN ', 'PONG '];

const SERVER =
  /^(?::\S{1,256} (?:NOTICE|\d{3}|CAP|PING|MODE|JOIN|PRIVMSG) |NOTICE (?:AUTH|\*) :|PING :|ERROR :)/;

function probe(bytes: Uint8Array, start: number, end: number, direction: Direction): Match {
  const text = latin1(bytes, start, Math.min(end, start + 320));
  if (direction === TO_SERVER) {
    if (CLIENT.test(text) || CLIENT_LATER.test(text)) return 'yes';
    for (const word of CLIENT_WORDS) if (couldBegin(bytes, start, end, word)) return 'maybe';
    return 'no';
  }
  if (SERVER.test(text)) return 'yes';
  return /^:[^\r\n]*$/.test(text) ||
    couldBegin(bytes, start, end, 'NOTICE ') ||
    couldBegin(bytes, start, end, 'PING ')
    ? 'maybe'
    : 'no';
}
