import { latin1, u8, utf8 } from '../../../net/index.ts';
import { beginsWith, LineReader, replyCode } from '../line.ts';
import {
  type Direction,
  type FileSink,
  type Parser,
  type ParserContext,
  TO_CLIENT,
  TO_SERVER,
} from '../parser.ts';
import { argument, MAXIMUM_ADDRESS, needsTransaction, verbOf } from './command.ts';
import { Message, type MessageHost, PIECE } from './message.ts';
import { REPLY_CODES } from './reply-codes.ts';
import { MAXIMUM_RECIPIENTS, SmtpTransaction } from './transaction.ts';

/** Longest command or reply line that is read; RFC 5321 section 4.5.3.1 asks for 512, servers allow more. */
const LINE_LIMIT = 4096;
/** Suricata calls a line too long beyond this, line ending not counted. */
const LONG_LINE = 510;
const TLS_HANDSHAKE = 0x16;

/** What a reply will answer. */
type Command = 'helo' | 'data' | 'message' | 'chunk' | 'rset' | 'starttls' | 'auth' | 'quit' | 'other';

interface Pending {
  readonly command: Command;
  readonly transaction: SmtpTransaction | undefined;
  /** For HELO: the transaction had begun when the command was sent. */
  readonly begun: boolean;
}

/** SMTP (RFC 5321) with pipelining (RFC 2920), chunking (RFC 3030), STARTTLS (RFC 3207) and AUTH (RFC 4954). */
export class SmtpParser implements Parser {
  private readonly context: ParserContext;
  private readonly commands = new LineReader(LINE_LIMIT);
  private readonly replies = new LineReader(LINE_LIMIT);
  private readonly content = new LineReader(PIECE);

  private current: SmtpTransaction | undefined;
  private transactions = 0;
  private mails = 0;
  private entities = 0;
  private helo: string | undefined;
  private readonly pending: Pending[] = [];
  /** Set while the client sends a message after DATA, until the line with a dot alone. */
  private inData = false;
  /** Bytes of a BDAT chunk that are still to come, and whether it is the last one. */
  private chunkLeft = 0;
  private chunkLast = false;
  /** The unfinished line at the end of the last chunk. */
  private carried: Buffer | undefined;
  private authenticating = false;
  private awaitingTls = false;
  private welcomed = false;
  private pipelining = false;
  private replySeen = false;
  private invalidReply = false;
  /** The next command line may be the end of one that is lost. */
  private afterGap = false;
  private ended = false;

  constructor(context: ParserContext) {
    this.context = context;
    this.welcomed = context.midstream;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    return direction === TO_SERVER ? this.fromClient(bytes, start, end) : this.fromServer(bytes, start, end);
  }

  gap(length: number, direction: Direction): boolean {
    if (direction === TO_CLIENT) {
      this.replies.lose();
      this.pending.length = 0;
      this.authenticating = false;
      return true;
    }
    if (this.chunkLeft > 0) {
      const lost = Math.min(length, this.chunkLeft);
      this.current?.message?.gap(lost);
      this.carried = undefined;
      this.chunkLeft -= lost;
      if (this.chunkLeft === 0) this.endChunk();
    } else if (this.inData) {
      this.current?.message?.gap(length);
      this.content.lose();
    }
    if (!this.inData && this.chunkLeft === 0) {
      this.commands.reset();
      this.afterGap = true;
    }
    return true;
  }

  end(): void {
    for (const entry of this.pending) this.finish(entry.transaction, false);
    this.pending.length = 0;
    this.finish(this.current, false);
  }

  // --- the client's side ---

  private fromClient(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end) {
      if (this.awaitingTls) {
        // The answer was not seen, but what follows is a TLS record.
        if (u8(bytes, at) === TLS_HANDSHAKE) this.becomeTls();
        return at;
      }
      if (this.chunkLeft > 0) {
        at = this.chunk(bytes, at, end);
        continue;
      }
      const reader = this.inData ? this.content : this.commands;
      if (!reader.next(bytes, at, end)) return at;
      if (this.inData) this.messageLine(bytes, at, reader);
      else if (reader.first) this.commandLine(bytes, at, reader.stop, reader.last);
      at = reader.after;
    }
    return at;
  }

  private commandLine(bytes: Uint8Array, start: number, stop: number, whole: boolean): void {
    const length = stop - start;
    if (this.authenticating) {
      // Credentials: counted as a command that is answered, never looked at.
      this.expectReply('auth', this.current);
      return;
    }
    const verb = verbOf(bytes, start, stop);
    const torn = this.afterGap && verb === '';
    this.afterGap = false;
    if (torn) return;
    if ((!this.current || this.current.done) && needsTransaction(verb)) this.begin();
    const transaction = this.current;
    if (!whole) this.raise('TRUNCATED_LINE', transaction);
    if (length > LONG_LINE) this.raise('MAX_COMMAND_LINE_LEN_EXCEEDED', transaction);
    switch (verb) {
      case 'EHLO':
      case 'HELO':
        this.greeting(bytes, start + 4, stop, transaction);
        break;
      case 'MAIL':
        this.mailFrom(bytes, start, stop, transaction);
        this.expectReply('other', transaction);
        break;
      case 'RCPT':
        this.recipient(bytes, start, stop, transaction);
        this.expectReply('other', transaction);
        break;
      case 'DATA':
        if (transaction) {
          transaction.dataAsked = true;
          // BDAT chunks that never came to an end are another message.
          transaction.message?.finish(false);
          transaction.message = undefined;
        }
        // Not every client waits for 354; a refusal leads back to commands.
        this.inData = true;
        this.expectReply('data', transaction);
        break;
      case 'BDAT':
        this.beginChunk(bytes, start, stop, transaction);
        break;
      case 'RSET':
        if (transaction && !transaction.done && transaction.begun) {
          transaction.done = true;
          this.expectReply('rset', transaction);
        } else {
          this.expectReply('rset', undefined);
        }
        break;
      case 'STARTTLS':
        this.awaitingTls = true;
        this.expectReply('starttls', transaction);
        break;
      case 'AUTH':
        this.context.risk('Clear-Text Credentials');
        this.expectReply('auth', transaction);
        break;
      case 'QUIT':
        this.expectReply('quit', transaction);
        break;
      default:
        this.expectReply('other', transaction);
    }
  }

  private begin(): void {
    this.current = new SmtpTransaction(this.transactions++, this.helo, {
      client: this.context.clientAddress,
      server: this.context.serverAddress,
    });
    this.current.beganUs = this.context.timeUs;
  }

  private greeting(
    bytes: Uint8Array,
    start: number,
    stop: number,
    transaction: SmtpTransaction | undefined,
  ): void {
    if (this.helo !== undefined) this.raise('DUPLICATE_FIELDS', transaction);
    else if (stop > start + 1) {
      const name = utf8(bytes, start + 1, Math.min(stop, start + 1 + MAXIMUM_ADDRESS)).trim();
      if (name !== '') {
        this.helo = name;
        if (transaction) transaction.helo = name;
      }
    }
    this.expectReply('helo', transaction);
  }

  private mailFrom(
    bytes: Uint8Array,
    start: number,
    stop: number,
    transaction: SmtpTransaction | undefined,
  ): void {
    const address = argument(bytes, start, stop, 'MAIL FROM:');
    if (!transaction || address === undefined) return;
    if (transaction.mailFrom !== undefined) {
      this.raise('DUPLICATE_FIELDS', transaction);
      return;
    }
    transaction.mailFrom = address;
    transaction.beganUs = this.context.timeUs;
    if (transaction.mailNumber === 0) transaction.mailNumber = ++this.mails;
  }

  private recipient(
    bytes: Uint8Array,
    start: number,
    stop: number,
    transaction: SmtpTransaction | undefined,
  ): void {
    const address = argument(bytes, start, stop, 'RCPT TO:');
    if (!transaction || address === undefined) return;
    if (transaction.mailNumber === 0) transaction.mailNumber = ++this.mails;
    if (transaction.recipients.length < MAXIMUM_RECIPIENTS) transaction.recipients.push(address);
  }

  // --- the message ---

  private messageOf(transaction: SmtpTransaction): Message {
    transaction.message ??= new Message(this.hostFor(transaction));
    return transaction.message;
  }

  private hostFor(transaction: SmtpTransaction): MessageHost {
    const context = this.context;
    return {
      bodyBytes: context.limits.bodyBytes,
      nextDepth: () => ++this.entities,
      anomaly: (event) => this.raise(event, transaction),
      open: (start, body): FileSink =>
        context.openFile({
          direction: TO_SERVER,
          source: 'SMTP',
          filename: start.filename,
          transactionId: transaction.id,
          depth: start.depth,
          envelope: () => transaction.envelope(),
          ...(body ? { body } : {}),
        }),
    };
  }

  private messageLine(bytes: Uint8Array, start: number, reader: LineReader): void {
    const transaction = this.current;
    if (!transaction) return;
    let from = start;
    if (reader.first && bytes[start] === 46) {
      if (reader.last && reader.stop === start + 1) {
        this.endMessage(transaction, 'message');
        this.inData = false;
        return;
      }
      // A dot put in front of a line that begins with one (RFC 5321 section 4.5.2).
      from++;
    }
    if (reader.first && !reader.last) this.raise('TRUNCATED_LINE', transaction);
    this.messageOf(transaction).line(
      bytes,
      start,
      from,
      reader.stop,
      reader.after,
      reader.first,
      reader.last,
    );
  }

  private endMessage(transaction: SmtpTransaction, command: Command): void {
    this.messageOf(transaction).finish(true);
    transaction.done = true;
    this.expectReply(command, transaction);
  }

  private beginChunk(
    bytes: Uint8Array,
    start: number,
    stop: number,
    transaction: SmtpTransaction | undefined,
  ): void {
    const parts = /^BDAT +(\d{1,10})( +LAST)? *$/i.exec(latin1(bytes, start, Math.min(stop, start + 64)));
    if (!parts || !transaction) {
      this.expectReply('other', transaction);
      return;
    }
    transaction.dataAsked = true;
    this.chunkLeft = Number(parts[1]);
    this.chunkLast = parts[2] !== undefined;
    this.messageOf(transaction);
    if (this.chunkLeft === 0) this.endChunk();
  }

  /** Consumes what is there of a chunk; lines may go on in the next chunk. */
  private chunk(bytes: Uint8Array, start: number, end: number): number {
    const stop = Math.min(end, start + this.chunkLeft);
    this.chunkLeft -= stop - start;
    let piece = bytes;
    let at = start;
    let limit = stop;
    if (this.carried) {
      piece = Buffer.concat([this.carried, bytes.subarray(start, stop)]);
      at = 0;
      limit = piece.length;
      this.carried = undefined;
    }
    const message = this.current?.message;
    const reader = this.content;
    while (at < limit && reader.next(piece, at, limit)) {
      message?.line(piece, at, at, reader.stop, reader.after, reader.first, reader.last);
      at = reader.after;
    }
    if (at < limit) this.carried = Buffer.from(piece.subarray(at, limit));
    if (this.chunkLeft === 0) this.endChunk();
    return stop;
  }

  private endChunk(): void {
    const transaction = this.current;
    if (!transaction) return;
    if (!this.chunkLast) {
      this.expectReply('chunk', transaction);
      return;
    }
    const rest = this.carried;
    if (rest) transaction.message?.line(rest, 0, 0, rest.length, rest.length, true, true);
    this.carried = undefined;
    this.content.reset();
    this.endMessage(transaction, 'message');
  }

  // --- the server's side ---

  private fromServer(bytes: Uint8Array, start: number, end: number): number {
    const reader = this.replies;
    let at = start;
    while (at < end && reader.next(bytes, at, end)) {
      if (reader.first) this.replyLine(bytes, at, reader.stop, reader.last);
      at = reader.after;
      if (this.ended) return at;
    }
    return at;
  }

  private replyLine(bytes: Uint8Array, start: number, stop: number, whole: boolean): void {
    const entry = this.pending[0];
    const transaction = entry?.transaction ?? this.current;
    if (!whole) this.raise('TRUNCATED_LINE', transaction, TO_CLIENT);
    if (stop - start > LONG_LINE) this.raise('MAX_REPLY_LINE_LEN_EXCEEDED', transaction, TO_CLIENT);
    const code = replyCode(bytes, start, stop);
    if (!REPLY_CODES.has(code)) {
      if (!this.invalidReply) this.raise('INVALID_REPLY', transaction, TO_CLIENT);
      this.invalidReply = true;
      // A code that nobody has assigned is still the answer to a command; anything else is none.
      if (code < 200 || code > 599) {
        if (!this.replySeen && !this.context.midstream) this.fail();
        return;
      }
    }
    this.replySeen = true;
    if (beginsWith(bytes, start + 4, stop, 'PIPELINING')) this.pipelining = true;
    // A hyphen behind the code: more lines of this reply follow (RFC 5321 section 4.2.1).
    if (bytes[start + 3] === 45 && stop > start + 3) return;
    if (!this.welcomed) {
      this.welcomed = true;
      if (!entry) {
        if (code !== 220 && code !== 554) this.raise('NO_SERVER_WELCOME_MESSAGE', transaction, TO_CLIENT);
        return;
      }
    }
    if (!entry) {
      if (code !== 421) this.raise('UNABLE_TO_MATCH_REPLY_WITH_REQUEST', transaction, TO_CLIENT);
      return;
    }
    this.pending.shift();
    if (entry.transaction)
      entry.transaction.lastReply = utf8(bytes, start, Math.min(stop, start + LONG_LINE));
    this.reply(entry, code);
  }

  private reply(entry: Pending, code: number): void {
    const transaction = entry.transaction;
    switch (entry.command) {
      case 'helo':
        // An accepted greeting resets the transaction (RFC 5321 section 4.1.4).
        if (code < 300 && entry.begun && transaction && !transaction.done) {
          transaction.done = true;
          this.finish(transaction, true);
        }
        return;
      case 'data':
        if (code < 400) {
          if (!this.pipelining && this.pending.length > 0 && this.pending[0]?.command !== 'message') {
            this.raise('INVALID_PIPELINED_SEQUENCE', transaction);
          }
          return;
        }
        this.raise('DATA_COMMAND_REJECTED', transaction, TO_CLIENT);
        if (this.current === transaction && this.inData) {
          this.inData = false;
          this.content.reset();
        }
        return;
      case 'message':
      case 'rset':
        this.finish(transaction, true);
        return;
      case 'starttls':
        this.awaitingTls = false;
        if (code === 220) this.becomeTls();
        else this.raise('TLS_REJECTED', transaction, TO_CLIENT);
        return;
      case 'auth':
        this.authenticating = code === 334;
        return;
      case 'chunk':
      case 'quit':
      case 'other':
        return;
    }
  }

  private becomeTls(): void {
    this.ended = true;
    const transaction = this.current;
    if (transaction && !transaction.done) transaction.tls = true;
    this.end();
    this.context.become('tls');
  }

  private fail(): void {
    this.ended = true;
    this.context.fail();
  }

  // --- records ---

  private expectReply(command: Command, transaction: SmtpTransaction | undefined): void {
    this.pending.push({ command, transaction, begun: transaction?.begun ?? false });
    if (this.pending.length <= this.context.limits.pendingTransactions * 4) return;
    // Only half of the conversation is seen, or the server never answers.
    const oldest = this.pending.shift();
    if (oldest?.transaction?.done) this.finish(oldest.transaction, true);
  }

  private finish(transaction: SmtpTransaction | undefined, complete: boolean): void {
    if (!transaction || transaction.emitted) return;
    transaction.emitted = true;
    transaction.done = true;
    transaction.message?.finish(complete);
    this.context.emit(transaction, TO_SERVER);
  }

  /** Reports an oddity once for each transaction. */
  private raise(
    event: string,
    transaction: SmtpTransaction | undefined,
    direction: Direction = TO_SERVER,
  ): void {
    if (transaction) {
      if (transaction.events.has(event)) return;
      transaction.events.add(event);
    }
    this.context.anomaly(event, direction, transaction?.id);
  }
}
