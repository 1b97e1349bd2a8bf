import { latin1 } from '../../../net/index.ts';
import { type Direction, type Parser, type ParserContext, TO_SERVER } from '../parser.ts';

/** Bytes of a direction that are searched for the elements below; streams that speak longer in clear stay so. */
const PATIENCE = 65536;
/** Bytes that may belong to an element which the next segment completes. */
const OVERLAP = 64;
const TLS_HANDSHAKE = 0x16;

const REQUEST = /<starttls[\s/>]/;
const PROCEED = /<proceed(?:\s[^<>]{0,128})?(?:\/>|>\s{0,16}<\/proceed>)/;

/** An XMPP stream up to the point where TLS takes over (RFC 6120 section 5). */
export class XmppParser implements Parser {
  private readonly context: ParserContext;
  private asked = false;
  private proceeds = false;
  private seen = 0;

  constructor(context: ParserContext) {
    this.context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    if (this.proceeds && bytes[start] === TLS_HANDSHAKE) {
      this.context.become('tls');
      return start;
    }
    const text = latin1(bytes, start, end);
    if (direction === TO_SERVER) {
      if (REQUEST.test(text)) this.asked = true;
    } else if (this.asked) {
      const found = PROCEED.exec(text);
      if (found !== null) {
        this.context.confirm?.('xmpp');
        this.proceeds = true;
        return start + found.index + found[0].length;
      }
    }
    this.seen += end - start;
    if (this.seen > PATIENCE) {
      this.context.done();
      return end;
    }
    return this.proceeds ? end : tail(text, start, end);
  }
}

/** Where an element that is not complete may begin. */
function tail(text: string, start: number, end: number): number {
  const open = text.lastIndexOf('<');
  return open >= 0 && !text.includes('>', open) && text.length - open < OVERLAP ? start + open : end;
}
