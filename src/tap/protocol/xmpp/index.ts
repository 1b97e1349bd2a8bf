import { latin1 } from '../../../net/index.ts';
import { couldBegin } from '../line.ts';
import type { Direction, Match, ParserContext, Protocol } from '../parser.ts';
import { XmppParser } from './parser.ts';

/** How far the opening tag of a stream is looked for. */
const SEARCH = 512;
const STREAM = /^\s*(?:<\?xml[^>]*\?>\s*)?<stream:stream[\s>]/;
const OPENING = /^\s*<(?:\?xml[^>]*(?:\?>\s*<?s?t?r?e?a?m?:?s?t?r?e?a?m?)?|stream:?s?t?r?e?a?m?)$/;

/** XMPP (RFC 6120), known by the opening tag of a stream of either side. */
export const xmpp: Protocol = {
  name: 'xmpp',
  ndpi: 'Jabber',
  transports: ['tcp'],
  ports: [5222, 5269],
  probe(bytes: Uint8Array, start: number, end: number, _direction: Direction): Match {
    if (end > start && bytes[start] !== 60 && bytes[start]! > 32) return 'no';
    const text = latin1(bytes, start, Math.min(end, start + SEARCH));
    if (STREAM.test(text)) return 'yes';
    return end - start < SEARCH && (OPENING.test(text) || couldBegin(bytes, start, end, '<?XML'))
      ? 'maybe'
      : 'no';
  },
  create: (context: ParserContext) => new XmppParser(context),
};
