import { utf8 } from '../../../net/index.ts';
import { beginsWith, LineReader } from '../line.ts';
import { type Direction, type Parser, type ParserContext, TO_SERVER } from '../parser.ts';
import { MAXIMUM_DATA, Pop3Transaction } from './transaction.ts';

/** RFC 2449 section 4 allows 255 octets for a command and 512 for a response line. */
const LINE_LIMIT = 4096;
const TLS_HANDSHAKE = 0x16;
const HIDDEN = '<hidden>';
const MAXIMUM_ARGUMENTS = 8;

/** Commands whose response goes on to a line with a dot alone, with or without arguments. */
const LONG_ALWAYS: ReadonlySet<string> = new Set(['CAPA', 'RETR', 'TOP']);
const LONG_BARE: ReadonlySet<string> = new Set(['LIST', 'UIDL', 'AUTH', 'LANG']);
/** Commands whose response is mail, which is not kept. */
const MAIL: ReadonlySet<string> = new Set(['RETR', 'TOP']);

/** POP3 (RFC 1939) with STLS (RFC 2595) and AUTH (RFC 5034). */
export class Pop3Parser implements Parser {
  private readonly context: ParserContext;
  private readonly requests = new LineReader(LINE_LIMIT);
  private readonly responses = new LineReader(LINE_LIMIT);
  private readonly pending: Pop3Transaction[] = [];
  private transactions = 0;
  private greeted: boolean;
  private awaitingTls = false;
  private authenticating = false;
  /** A response of several lines is being read. */
  private long = false;
  private ended = false;

  constructor(context: ParserContext) {
    this.context = context;
    this.greeted = context.midstream;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    const reader = direction === TO_SERVER ? this.requests : this.responses;
    let at = start;
    while (at < end && !this.ended) {
      if (direction === TO_SERVER && this.awaitingTls) {
        // The answer was not seen, but what follows is a TLS record.
        if (bytes[at] === TLS_HANDSHAKE) this.becomeTls();
        return at;
      }
      if (!reader.next(bytes, at, end)) return at;
      if (reader.first) {
        if (direction === TO_SERVER) this.request(utf8(bytes, at, reader.stop));
        else this.response(bytes, at, reader.stop);
      }
      at = reader.after;
    }
    return at;
  }

  gap(_length: number, direction: Direction): boolean {
    if (direction === TO_SERVER) {
      this.requests.lose();
    } else {
      this.responses.lose();
      this.long = false;
      this.end();
    }
    return true;
  }

  end(): void {
    for (const transaction of this.pending.splice(0)) this.context.emit(transaction);
  }

  private request(line: string): void {
    const [verb = '', ...rest] = line.trim().split(/ +/, MAXIMUM_ARGUMENTS);
    const command = verb.toUpperCase();
    let transaction: Pop3Transaction;
    if (this.authenticating) {
      transaction = new Pop3Transaction(this.transactions++, '<SASL DATA>', []);
    } else if (!/^[A-Z]{3,8}$/.test(command)) {
      return;
    } else {
      transaction = new Pop3Transaction(this.transactions++, command, hidden(command, rest));
      if (command === 'STLS') this.awaitingTls = true;
      if (command === 'PASS' || command === 'AUTH') this.context.risk('Clear-Text Credentials');
    }
    this.pending.push(transaction);
    if (this.pending.length <= this.context.limits.pendingTransactions) return;
    const oldest = this.pending.shift();
    if (oldest) this.context.emit(oldest);
    this.context.anomaly('too_many_transactions', TO_SERVER, transaction.id);
  }

  private response(bytes: Uint8Array, start: number, stop: number): void {
    const transaction = this.pending[0];
    if (this.long) {
      this.longLine(bytes, start, stop, transaction);
      return;
    }
    const good = beginsWith(bytes, start, stop, '+OK');
    const bad = beginsWith(bytes, start, stop, '-ERR');
    const goesOn = !good && bytes[start] === 43;
    if (!good && !bad && !goesOn) return;
    if (!transaction) {
      this.greet(bytes, start, stop, good);
      return;
    }
    transaction.status = bad ? 'ERR' : 'OK';
    transaction.header = utf8(bytes, Math.min(stop, start + (bad ? 4 : good ? 3 : 1)), stop).trim();
    this.authenticating = goesOn;
    const command = transaction.command ?? '';
    if (good && (LONG_ALWAYS.has(command) || (LONG_BARE.has(command) && transaction.args.length === 0))) {
      this.long = true;
      return;
    }
    this.answered(transaction);
    if (command === 'STLS') {
      this.awaitingTls = false;
      if (good) this.becomeTls();
    }
  }

  private greet(bytes: Uint8Array, start: number, stop: number, good: boolean): void {
    if (this.greeted) return;
    this.greeted = true;
    if (!good && !beginsWith(bytes, start, stop, '-ERR')) {
      this.ended = true;
      this.context.fail();
    }
  }

  private longLine(
    bytes: Uint8Array,
    start: number,
    stop: number,
    transaction: Pop3Transaction | undefined,
  ): void {
    if (stop === start + 1 && bytes[start] === 46) {
      this.long = false;
      if (transaction) this.answered(transaction);
      return;
    }
    if (!transaction || MAIL.has(transaction.command ?? '') || transaction.data.length >= MAXIMUM_DATA)
      return;
    transaction.data.push(utf8(bytes, bytes[start] === 46 ? start + 1 : start, stop));
  }

  private answered(transaction: Pop3Transaction): void {
    this.pending.shift();
    this.context.emit(transaction);
  }

  private becomeTls(): void {
    this.ended = true;
    this.end();
    this.context.become('tls');
  }
}

/** Arguments without what is secret: passwords, digests (APOP) and initial responses (AUTH). */
function hidden(command: string, args: readonly string[]): readonly string[] {
  if (command === 'PASS') return args.length > 0 ? [HIDDEN] : [];
  if (command === 'APOP' || command === 'AUTH') return args.map((arg, i) => (i === 0 ? arg : HIDDEN));
  return args;
}
