import { u8 } from '../../../net/index.ts';
import { type Direction, type Parser, type ParserContext, TO_SERVER } from '../parser.ts';

const HEADER = 4;
/** Capability of the client's first packet that wants TLS. */
const CLIENT_SSL = 0x0800;
/** Length of that packet when TLS follows: the fixed fields without user and password. */
const SSL_REQUEST = 32;

/** The beginning of a MySQL session: the greeting, and the client's answer, behind which TLS may begin. */
export class MysqlParser implements Parser {
  private readonly context: ParserContext;
  private over = false;

  constructor(context: ParserContext) {
    this.context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    let at = start;
    while (!this.over && end - at >= HEADER) {
      const length = u8(bytes, at) | (u8(bytes, at + 1) << 8) | (u8(bytes, at + 2) << 16);
      const next = at + HEADER + length;
      if (next > end) return at;
      if (direction === TO_SERVER) this.answer(bytes, at + HEADER, next);
      at = next;
    }
    return at;
  }

  private answer(bytes: Uint8Array, start: number, end: number): void {
    this.over = true;
    this.context.confirm?.('mysql');
    const capabilities = end - start >= 2 ? u8(bytes, start) | (u8(bytes, start + 1) << 8) : 0;
    if (end - start === SSL_REQUEST && (capabilities & CLIENT_SSL) !== 0) this.context.become('tls');
    else this.context.done();
  }
}
