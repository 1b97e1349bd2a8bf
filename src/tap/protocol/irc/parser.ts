import { latin1 } from '../../../net/index.ts';
import { beginsWith, LineReader } from '../line.ts';
import { type Direction, type Parser, type ParserContext, TO_SERVER } from '../parser.ts';

/** RFC 2812 section 2.3 allows 512 octets; message tags may double it and more. */
const LINE_LIMIT = 4096;
const TLS_HANDSHAKE = 0x16;

/** Replies of a server: the welcome (RFC 2812 section 5.1), STARTTLS accepted and refused (IRCv3 tls). */
const WELCOME = '001';
const TLS_ACCEPTED = '670';
const TLS_REFUSED = '691';

/**
 * The beginning of an IRC session (RFC 1459, RFC 2812): up to STARTTLS, which another parser takes over, or to the
 * welcome, behind which nothing is wanted of the flow.
 */
export class IrcParser implements Parser {
  private readonly context: ParserContext;
  private readonly requests = new LineReader(LINE_LIMIT);
  private readonly replies = new LineReader(LINE_LIMIT);
  private awaitingTls = false;
  private ended = false;

  constructor(context: ParserContext) {
    this.context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    const reader = direction === TO_SERVER ? this.requests : this.replies;
    let at = start;
    while (at < end && !this.ended) {
      if (direction === TO_SERVER && this.awaitingTls && bytes[at] === TLS_HANDSHAKE) {
        this.becomeTls();
        return at;
      }
      if (!reader.next(bytes, at, end)) return at;
      if (reader.first) {
        if (direction === TO_SERVER) this.request(bytes, at, reader.stop);
        else this.reply(bytes, at, reader.stop);
      }
      at = reader.after;
    }
    return at;
  }

  gap(_length: number, direction: Direction): boolean {
    if (direction === TO_SERVER) this.requests.lose();
    else this.replies.lose();
    return true;
  }

  private request(bytes: Uint8Array, start: number, stop: number): void {
    if (beginsWith(bytes, start, stop, 'STARTTLS')) this.awaitingTls = true;
    else if (beginsWith(bytes, start, stop, 'PASS ')) this.context.risk('Clear-Text Credentials');
  }

  private reply(bytes: Uint8Array, start: number, stop: number): void {
    const code = numeric(bytes, start, stop);
    if (code === WELCOME) {
      this.ended = true;
      this.context.done();
    } else if (code === TLS_ACCEPTED && this.awaitingTls) {
      this.becomeTls();
    } else if (code === TLS_REFUSED) {
      this.awaitingTls = false;
    }
  }

  private becomeTls(): void {
    this.ended = true;
    this.context.become('tls');
  }
}

/** The three digits behind the prefix of a server's line, or an empty text. */
function numeric(bytes: Uint8Array, start: number, stop: number): string {
  if (bytes[start] !== 58) return '';
  let at = start + 1;
  while (at < stop && bytes[at] !== 32) at++;
  if (stop - at < 4) return '';
  const code = latin1(bytes, at + 1, at + 4);
  return /^\d{3}$/.test(code) ? code : '';
}
