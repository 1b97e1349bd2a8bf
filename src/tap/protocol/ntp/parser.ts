import type { Direction, Parser, ParserContext } from '../parser.ts';
import { readMessage } from './message.ts';
import { NtpTransaction } from './transaction.ts';

/** Every datagram is one message that stands alone. */
export class NtpParser implements Parser {
  private readonly context: ParserContext;

  constructor(context: ParserContext) {
    this.context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    const message = readMessage(bytes, start, end);
    if (message === undefined) this.context.anomaly('malformed_data', direction);
    else this.context.emit(new NtpTransaction(message), direction);
    return end;
  }
}
