import { type Direction, type Parser, type ParserContext, TO_SERVER } from '../parser.ts';
import { type DhcpExchange, DhcpExchanges } from './exchange.ts';
import { type DhcpMessage, readMessage } from './message.ts';
import { DhcpTransaction } from './transaction.ts';

/** Follows the messages of one flow; exchanges are joined over all flows where the engine shares state. */
export class DhcpParser implements Parser {
  private readonly context: ParserContext;
  private readonly exchanges: DhcpExchanges;
  /** Identifiers of the exchanges that this flow took part in. */
  private readonly ids = new Set<number>();
  private readonly write: (exchange: DhcpExchange) => void;

  constructor(context: ParserContext) {
    this.context = context;
    this.exchanges = context.shared?.('dhcp.exchanges', () => new DhcpExchanges()) ?? new DhcpExchanges();
    this.write = (exchange) => context.emit(exchange);
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    const message = readMessage(bytes, start, end);
    if (message === undefined) return end;
    this.context.emit(new DhcpTransaction(message), direction);
    if (!message.cookie) this.context.anomaly('malformed_options', direction);
    else if (message.truncated) this.context.anomaly('truncated_options', direction);
    if (message.messageType !== undefined) this.join(message, direction);
    return end;
  }

  end(): void {
    for (const id of this.ids) this.exchanges.finish(id, this, this.write);
    this.ids.clear();
  }

  private join(message: DhcpMessage, direction: Direction): void {
    const context = this.context;
    const origin = {
      uid: context.uid,
      timeUs: context.timeUs,
      fromOriginator: direction === TO_SERVER,
      originatorAddress: context.clientAddress,
      originatorPort: context.clientPort,
      responderAddress: context.serverAddress,
      responderPort: context.serverPort,
    };
    if (!this.ids.has(message.id) && this.ids.size >= context.limits.pendingTransactions) {
      // The oldest gives way: it is written now rather than when the flow ends.
      for (const oldest of this.ids) {
        this.exchanges.finish(oldest, this, this.write);
        this.ids.delete(oldest);
        break;
      }
    }
    this.ids.add(message.id);
    this.exchanges.add(message, origin, this, this.write);
  }
}
