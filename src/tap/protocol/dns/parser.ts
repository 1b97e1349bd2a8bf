import { u16 } from '../../../net/index.ts';
import { type Direction, type Parser, type ParserContext, TO_CLIENT, TO_SERVER } from '../parser.ts';
import { type DnsMessage, HEADER_BYTES, RESPONSE, readMessage } from './message.ts';
import { Pairing } from './pairing.ts';
import { probeStream } from './probe.ts';
import { rawMessage } from './raw.ts';
import { DnsTransaction, UnmatchedExchange } from './transaction.ts';
import { A, AAAA } from './types.ts';

/** The protocols that share DNS's messages: unicast DNS, multicast DNS (RFC 6762), LLMNR (RFC 4795). */
export type DnsVariant = 'dns' | 'mdns' | 'llmnr';

const CLASS_INTERNET = 1;
/** In mDNS the top bit of the class is a flag (RFC 6762 section 10.2). */
const CLASS_MASK = 0x7fff;

/** DNS over datagrams, and over streams with a length in front of each message. */
export class DnsParser implements Parser {
  private readonly context: ParserContext;
  private readonly variant: DnsVariant;
  private readonly pairing: Pairing;
  private readonly stream: boolean;
  private transactions = 0;
  private seen = false;
  /** The flow's first message was an answer, and the engine cannot swap the ends: directions mean their opposite. */
  private flipped = false;
  /** A bit per direction: a gap was seen in it, and messages begin where the next plausible one does. */
  private lost = 0;

  constructor(context: ParserContext, variant: DnsVariant) {
    this.context = context;
    this.variant = variant;
    this.stream = context.transport !== 'udp';
    this.transactions = context.emitted ?? 0;
    this.seen = this.transactions > 0;
    this.pairing = new Pairing(context.transport, context.limits.pendingTransactions);
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    if (!this.stream) {
      this.message(bytes, start, end, direction);
      if (this.pairing.empty) this.context.idle?.();
      return end;
    }
    let position = start;
    if ((this.lost & (1 << direction)) !== 0) {
      const { clientPort: client, serverPort: server } = this.context;
      if (probeStream(bytes, start, end, direction, { client, server }) !== 'yes') return end;
      this.lost &= ~(1 << direction);
    }
    while (position + 2 <= end) {
      const length = u16(bytes, position);
      if (position + 2 + length > end) break;
      if (length > 0 && !this.message(bytes, position + 2, position + 2 + length, direction)) {
        this.context.fail();
        return position;
      }
      position += 2 + length;
    }
    return position;
  }

  gap(_length: number, direction: Direction): boolean {
    this.lost |= 1 << direction;
    return true;
  }

  end(): void {
    this.pairing.drain((exchange) =>
      this.context.emit(
        new UnmatchedExchange(exchange),
        exchange.query === undefined ? TO_CLIENT : TO_SERVER,
      ),
    );
  }

  /** Takes one message; false when it is none, which ends a stream. */
  private message(bytes: Uint8Array, start: number, end: number, travels: Direction): boolean {
    const { context } = this;
    let direction = this.flipped ? other(travels) : travels;
    const message = readMessage(bytes, start, end);
    if (message === undefined) {
      if (end - start < HEADER_BYTES) context.anomaly('malformed_data', direction);
      return false;
    }
    const answering = (message.flags & RESPONSE) !== 0;
    if (!this.seen) {
      this.seen = true;
      if (answering && direction === TO_SERVER && this.variant === 'dns') {
        direction = TO_CLIENT;
        if (context.reverse === undefined) this.flipped = true;
        else context.reverse();
      }
    }
    const way = this.flipped ? travels : direction;
    // What is wrong with a message that becomes no transaction of its own goes to the last one.
    const transaction = message.malformed ? this.transactions - 1 : this.transactions;
    if (message.events !== undefined) {
      for (const event of message.events) context.anomaly(event, way, transaction);
    }
    if (message.malformed) context.anomaly('malformed_data', way, transaction);
    this.tell(message, answering);
    if (this.variant !== 'dns') {
      this.multicast(message, answering, direction, bytes, start, end);
      return true;
    }
    const exchange = this.pairing.add(message, answering, context.timeUs);
    const strange = answering && direction === TO_SERVER;
    if (strange) context.anomaly('not_request', way, this.transactions - 1);
    else if (!answering && direction === TO_CLIENT) context.anomaly('not_response', way, transaction);
    if (!message.malformed && !strange) {
      const response = direction === TO_CLIENT;
      const index = this.transactions++;
      const raw = this.stream ? undefined : rawMessage(bytes, start, end, false, response, index);
      context.emit(new DnsTransaction('dns', message, index, response, exchange, false, raw), way);
    } else if (exchange !== undefined) {
      context.emit(new UnmatchedExchange(exchange), way);
    }
    const beyond = this.pairing.overflow();
    if (beyond !== undefined) context.emit(new UnmatchedExchange(beyond), TO_SERVER);
    return true;
  }

  /** Multicast has no transactions: an answer goes to all, and its identifier is 0 (RFC 6762 section 18.1). */
  private multicast(
    message: DnsMessage,
    answering: boolean,
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const { context, pairing, variant } = this;
    const mdns = variant === 'mdns';
    const exchange = mdns
      ? pairing.single(message, answering, context.timeUs)
      : pairing.add(message, answering, context.timeUs);
    if (message.malformed) {
      if (exchange !== undefined) context.emit(new UnmatchedExchange(exchange), direction);
      return;
    }
    const index = this.transactions++;
    const raw = this.stream || !mdns ? undefined : rawMessage(bytes, start, end, mdns, answering, index);
    context.emit(
      new DnsTransaction(mdns ? 'mdns' : 'dns', message, index, answering, exchange, !mdns, raw),
      mdns ? TO_SERVER : direction,
    );
    const beyond = pairing.overflow();
    if (beyond !== undefined) context.emit(new UnmatchedExchange(beyond), TO_SERVER);
  }

  /** Passes on the names and addresses of a message. */
  private tell(message: DnsMessage, answering: boolean): void {
    const { context } = this;
    const question = message.questions[0];
    if (question !== undefined && this.variant === 'dns' && (!answering || this.transactions === 0)) {
      if (question.name.text !== '') context.serverName(question.name.text, 'query');
    }
    if (!answering || (message.flags & 15) !== 0) return;
    for (const record of message.answers) {
      if ((record.class & CLASS_MASK) !== CLASS_INTERNET) continue;
      // Behind aliases, the address belongs to the name that was asked for.
      const name = question === undefined ? record.name.text : question.name.text;
      const { data } = record;
      const isAddress =
        (record.type === A && data.kind === 'address4') || (record.type === AAAA && data.kind === 'address6');
      if (isAddress) context.resolved(name, data.words, record.ttl);
    }
  }
}

function other(direction: Direction): Direction {
  return direction === TO_SERVER ? TO_CLIENT : TO_SERVER;
}
