import type { Direction, Parser, ParserContext } from '../parser.ts';
import { readMessage } from './message.ts';
import { Dhcpv6Transaction } from './transaction.ts';

/** Every datagram is one message that stands alone. */
export class Dhcpv6Parser implements Parser {
  private readonly context: ParserContext;

  constructor(context: ParserContext) {
    this.context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    const message = readMessage(bytes, start, end);
    if (message === undefined) return end;
    this.context.emit(new Dhcpv6Transaction(message), direction);
    if (message.malformed) this.context.anomaly('malformed_options', direction);
    return end;
  }
}
