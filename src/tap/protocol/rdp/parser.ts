import { u8, u16 } from '../../../net/index.ts';
import { type Direction, type Parser, type ParserContext, TO_CLIENT } from '../parser.ts';

/** Bytes of TPKT's header (RFC 1006 section 6), and of X.224's for a connection request. */
export const TPKT = 4;
export const X224 = 7;
/** Kinds of an X.224 message: connection request and its confirmation. */
export const REQUEST = 0xe0;
export const CONFIRM = 0xd0;

/** RDP Negotiation Response (MS-RDPBCGR section 2.2.1.2.1), and the protocol chosen that is RDP's own security. */
const NEGOTIATION_RESPONSE = 2;
const STANDARD_SECURITY = 0;

/** The opening of an RDP session: the client asks, the server chooses the security; TLS begins behind it. */
export class RdpParser implements Parser {
  private readonly context: ParserContext;
  private over = false;

  constructor(context: ParserContext) {
    this.context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    let at = start;
    while (!this.over && end - at >= TPKT) {
      const length = u16(bytes, at + 2);
      if (u8(bytes, at) !== 3 || length < TPKT) {
        this.over = true;
        this.context.done();
        return end;
      }
      const next = at + length;
      if (next > end) return at;
      if (direction === TO_CLIENT) this.answer(bytes, at, next);
      at = next;
    }
    return at;
  }

  private answer(bytes: Uint8Array, start: number, end: number): void {
    this.over = true;
    if (end - start < TPKT + X224 || (u8(bytes, start + TPKT + 1) & 0xf0) !== CONFIRM) {
      this.context.done();
      return;
    }
    this.context.confirm?.('rdp');
    const at = start + TPKT + X224;
    const chosen = end - at >= 8 && u8(bytes, at) === NEGOTIATION_RESPONSE ? u8(bytes, at + 4) : 0;
    if (chosen === STANDARD_SECURITY) this.context.done();
    else this.context.become('tls');
  }
}
