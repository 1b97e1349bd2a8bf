import { i32, u8 } from '../../../net/index.ts';
import { type Direction, type Parser, type ParserContext, TO_SERVER } from '../parser.ts';

/** Codes that stand where a version would (PostgreSQL documentation, "Message Formats"). */
export const SSL_REQUEST = 80877103;
export const GSS_REQUEST = 80877104;
export const CANCEL_REQUEST = 80877102;

const ACCEPTED = 0x53;
const AUTHENTICATION = 0x52;
const ERROR = 0x45;

/** The opening of a PostgreSQL session: TLS or not, and the server's first answer. */
export class PostgresqlParser implements Parser {
  private readonly context: ParserContext;
  private wantsTls = false;
  private asked = false;
  private over = false;

  constructor(context: ParserContext) {
    this.context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    let at = start;
    while (at < end && !this.over) {
      const next = direction === TO_SERVER ? this.request(bytes, at, end) : this.answer(bytes, at, end);
      if (next === at) return at;
      at = next;
    }
    return at;
  }

  private request(bytes: Uint8Array, at: number, end: number): number {
    if (this.asked && !this.wantsTls) return end;
    if (end - at < 8) return at;
    const length = i32(bytes, at);
    const code = i32(bytes, at + 4);
    if (length < 8 || length > end - at) {
      this.asked = true;
      return end;
    }
    this.asked = code !== SSL_REQUEST && code !== GSS_REQUEST;
    this.wantsTls = code === SSL_REQUEST;
    return at + length;
  }

  private answer(bytes: Uint8Array, at: number, end: number): number {
    const first = u8(bytes, at);
    if (!this.asked) {
      // One byte answers a request for encryption.
      this.context.confirm?.('postgresql');
      if (this.wantsTls && first === ACCEPTED) {
        this.over = true;
        this.context.become('tls');
      }
      this.wantsTls = false;
      return at + 1;
    }
    if (first === AUTHENTICATION || first === ERROR) this.context.confirm?.('postgresql');
    this.over = true;
    this.context.done();
    return end;
  }
}
