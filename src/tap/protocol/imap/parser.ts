import { latin1, utf8 } from '../../../net/index.ts';
import { beginsWith, LineReader } from '../line.ts';
import { type Direction, type Parser, type ParserContext, TO_CLIENT, TO_SERVER } from '../parser.ts';

/** What is read of a line: tag and command are at its beginning. */
const LINE_LIMIT = 2048;
const MAXIMUM_TAG = 64;
const TLS_HANDSHAKE = 0x16;

/**
 * The beginning of an IMAP session (RFC 3501, RFC 9051): up to STARTTLS, which another parser takes over, or to the
 * login, behind which nothing is wanted of the flow.
 */
export class ImapParser implements Parser {
  private readonly context: ParserContext;
  private readonly requests = new LineReader(LINE_LIMIT);
  private readonly responses = new LineReader(LINE_LIMIT);
  /** Tag of the STARTTLS, LOGIN or AUTHENTICATE that is not answered yet. */
  private startTag: string | undefined;
  private loginTag: string | undefined;
  private ended = false;

  constructor(context: ParserContext) {
    this.context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    const reader = direction === TO_SERVER ? this.requests : this.responses;
    let at = start;
    while (at < end && !this.ended) {
      if (direction === TO_SERVER && this.startTag !== undefined) {
        // The answer was not seen, but what follows is a TLS record.
        if (bytes[at] === TLS_HANDSHAKE) this.becomeTls();
        return at;
      }
      if (!reader.next(bytes, at, end)) return at;
      if (reader.first) {
        if (direction === TO_SERVER) this.request(bytes, at, reader.stop);
        else this.response(bytes, at, reader.stop);
      }
      at = reader.after;
    }
    return at;
  }

  gap(_length: number, direction: Direction): boolean {
    if (direction === TO_SERVER) this.requests.lose();
    else this.responses.lose();
    return true;
  }

  private request(bytes: Uint8Array, start: number, stop: number): void {
    const found = /^([^\s(){%*"\\+]+) +([A-Za-z]+)/.exec(
      latin1(bytes, start, Math.min(stop, start + MAXIMUM_TAG + 32)),
    );
    const tag = found?.[1];
    const command = found?.[2]?.toUpperCase();
    if (tag === undefined || tag.length > MAXIMUM_TAG) return;
    if (command === 'STARTTLS') {
      this.startTag = tag;
    } else if (command === 'LOGIN' || command === 'AUTHENTICATE') {
      this.loginTag = tag;
      this.context.risk('Clear-Text Credentials');
    }
  }

  private response(bytes: Uint8Array, start: number, stop: number): void {
    if (bytes[start] === 42 || bytes[start] === 43) return;
    if (this.startTag !== undefined && this.answers(bytes, start, stop, this.startTag)) {
      const accepted = beginsWith(bytes, start + this.startTag.length + 1, stop, 'OK');
      if (accepted) this.becomeTls();
      else this.startTag = undefined;
    } else if (this.loginTag !== undefined && this.answers(bytes, start, stop, this.loginTag)) {
      if (beginsWith(bytes, start + this.loginTag.length + 1, stop, 'OK')) {
        this.ended = true;
        this.context.done();
      }
      this.loginTag = undefined;
    }
  }

  /** True for the tagged response to the command of that tag. */
  private answers(bytes: Uint8Array, start: number, stop: number, tag: string): boolean {
    const length = tag.length;
    return (
      stop - start > length && bytes[start + length] === 32 && utf8(bytes, start, start + length) === tag
    );
  }

  private becomeTls(): void {
    this.ended = true;
    this.context.become('tls');
  }

  close(direction: Direction): void {
    if (direction === TO_CLIENT && !this.ended) {
      this.ended = true;
      this.context.done();
    }
  }
}
