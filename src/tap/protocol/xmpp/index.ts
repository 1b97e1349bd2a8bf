import { latin1 } from '../../../net/index.ts';
import type { Match, ParserContext, Protocol } from '../parser.ts';
import { XmppParser } from './parser.ts';

/** How far the opening tag of a stream is looked for. */
const SEARCH = 512;
const DECLARATION = '<?xml';
const STREAM = '<stream:stream';

/** XMPP (RFC 6120), known by the opening tag of a stream of either side. */
export const xmpp: Protocol = {
  name: 'xmpp',
  ndpi: 'Jabber',
  transports: ['tcp'],
  ports: [5222, 5269],
  probe,
  create: (context: ParserContext) => new XmppParser(context),
};

/** An XML declaration, which may be absent, and the tag behind it (RFC 6120 section 4.2). */
function probe(bytes: Uint8Array, start: number, end: number): Match {
  const first = bytes[start] ?? 0;
  if (first !== 60 && first > 32) return 'no';
  const text = latin1(bytes, start, Math.min(end, start + SEARCH)).trimStart();
  const more = end - start < SEARCH ? 'maybe' : 'no';
  if (!text.startsWith(DECLARATION)) return DECLARATION.startsWith(text) ? more : opening(text, more);
  const close = text.indexOf('?>');
  return close < 0 ? more : opening(text.slice(close + 2).trimStart(), more);
}

function opening(text: string, more: Match): Match {
  if (text.startsWith(STREAM)) return text.length === STREAM.length ? more : 'yes';
  return STREAM.startsWith(text) ? more : 'no';
}
