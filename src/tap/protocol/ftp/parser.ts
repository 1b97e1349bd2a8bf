import { utf8 } from '../../../net/index.ts';
import { LineReader, replyCode } from '../line.ts';
import { type Direction, type Parser, type ParserContext, TO_CLIENT, TO_SERVER } from '../parser.ts';
import { type DataChannel, newChannel } from './channel.ts';
import { COMMANDS, GUESTS, LISTINGS, TRANSFERS } from './commands.ts';
import { type Endpoint, extendedPassive, extendedPort, sixNumbers } from './endpoint.ts';
import { FtpTransaction, MAXIMUM_REPLY_LINES, type Session } from './transaction.ts';

/** Longest line that is kept, Suricata's default `max-line-length`. */
const LINE_LIMIT = 4096;
const TLS_HANDSHAKE = 0x16;
/** Longer words are no commands; Zeek notes that it passed over one. */
const LONGEST_VERB = 100;
const HIDDEN = '<hidden>';

/** The control connection of FTP (RFC 959). */
export class FtpParser implements Parser {
  private readonly context: ParserContext;
  private readonly requests = new LineReader(LINE_LIMIT);
  private readonly replies = new LineReader(LINE_LIMIT);
  private readonly session: Session;
  private readonly pending: FtpTransaction[] = [];
  private transactions = 0;
  /** The channel that was announced last and has no transfer yet. */
  private channel: DataChannel | undefined;
  /** Code of a reply of several lines that is not finished (RFC 959 section 4.2). */
  private openReply = '';
  private awaitingTls = false;
  private ended = false;
  private anyReply = false;
  /** A data channel was announced at some time. */
  private announced = false;

  constructor(context: ParserContext) {
    this.context = context;
    this.session = {
      user: undefined,
      password: undefined,
      clientAddress: context.clientAddress,
      serverAddress: context.serverAddress,
      directory: '.',
    };
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    const reader = direction === TO_SERVER ? this.requests : this.replies;
    let at = start;
    while (at < end && !this.ended) {
      if (direction === TO_SERVER && this.awaitingTls) {
        // The answer was not seen, but what follows is a TLS record.
        if (bytes[at] === TLS_HANDSHAKE) this.becomeTls();
        return at;
      }
      if (!reader.next(bytes, at, end)) return at;
      if (reader.first) {
        if (direction === TO_SERVER) this.request(bytes, at, reader.stop, !reader.last);
        else this.reply(bytes, at, reader.stop, !reader.last);
      }
      at = reader.after;
    }
    return at;
  }

  gap(_length: number, direction: Direction): boolean {
    if (direction === TO_SERVER) {
      this.requests.reset();
    } else {
      this.replies.lose();
      this.openReply = '';
      for (const transaction of this.pending.splice(0)) this.context.emit(transaction);
    }
    return true;
  }

  end(): void {
    for (const transaction of this.pending.splice(0)) this.context.emit(transaction);
  }

  private request(bytes: Uint8Array, start: number, stop: number, cut: boolean): void {
    const line = utf8(bytes, start, stop).trimEnd();
    const space = line.indexOf(' ');
    const verb = (space < 0 ? line : line.slice(0, space)).toUpperCase();
    const argument = space < 0 ? undefined : line.slice(space + 1).trimStart();
    const known = COMMANDS.has(verb);
    if (line === '') return;
    if (verb.length > LONGEST_VERB) this.context.limited?.();
    const transaction = this.begin();
    transaction.commandCut = cut;
    if (cut) this.context.anomaly('request_command_too_long', TO_SERVER, transaction.id);
    if (!known) return;
    transaction.command = verb;
    transaction.argument = argument;
    switch (verb) {
      case 'USER':
        this.session.user = argument;
        this.session.password = undefined;
        break;
      case 'PASS':
        this.password(transaction, argument);
        break;
      case 'ACCT':
      case 'ADAT':
        if (argument !== undefined) transaction.argument = HIDDEN;
        break;
      case 'AUTH':
        if (/^(?:TLS|SSL|TLS-C|TLS-P)$/i.test(argument ?? '')) this.awaitingTls = true;
        break;
      case 'PORT':
        transaction.mode = 'active';
        this.announce(transaction, sixNumbers(argument ?? ''));
        break;
      case 'EPRT':
        transaction.mode = 'active';
        this.announce(transaction, extendedPort(argument ?? ''));
        break;
      case 'PASV':
      case 'EPSV':
        transaction.mode = 'passive';
        break;
      default:
        if (TRANSFERS.has(verb)) this.transfer(transaction);
    }
  }

  private begin(): FtpTransaction {
    const transaction = new FtpTransaction(this.transactions++, this.session, this.context.timeUs);
    this.pending.push(transaction);
    if (this.pending.length > this.context.limits.pendingTransactions) {
      const oldest = this.pending.shift();
      if (oldest) this.context.emit(oldest);
      this.context.anomaly('too_many_transactions', TO_SERVER, transaction.id);
    }
    return transaction;
  }

  private password(transaction: FtpTransaction, argument: string | undefined): void {
    if (argument === undefined) return;
    const guest = GUESTS.has((this.session.user ?? '').toLowerCase());
    transaction.argument = guest ? argument : HIDDEN;
    this.session.password = transaction.argument;
    if (!guest) this.context.risk('Clear-Text Credentials');
  }

  /** A data channel is announced: by PORT and EPRT, or by the reply to PASV and EPSV. */
  private announce(transaction: FtpTransaction, endpoint: Endpoint | undefined): void {
    if (!endpoint) return;
    const active = transaction.mode === 'active';
    // The side that listens, as the packets name it. Behind address translation what it says is another address.
    const listener = active ? this.context.clientAddress : this.context.serverAddress;
    transaction.dynamicPort = endpoint.port;
    transaction.dataAddress = endpoint.address ?? listener;
    this.channel = newChannel(active);
    this.announced = true;
    this.context.expect('ftp-data', listener, endpoint.port, this.channel);
    if (transaction.dataAddress !== listener) {
      this.context.expect('ftp-data', transaction.dataAddress, endpoint.port, this.channel);
    }
  }

  private transfer(transaction: FtpTransaction): void {
    const channel = this.channel;
    if (!channel) {
      const command = transaction.command;
      if (!this.announced && (command === 'RETR' || command === 'STOR')) {
        this.context.anomaly('file_before_port', TO_SERVER, transaction.id);
      }
      return;
    }
    this.channel = undefined;
    channel.command = transaction.command;
    if (!LISTINGS.has(transaction.command ?? '')) channel.filename = transaction.argument;
    transaction.channel = channel;
  }

  private reply(bytes: Uint8Array, start: number, stop: number, cut: boolean): void {
    const code = replyCode(bytes, start, stop);
    const mark = stop > start + 3 ? bytes[start + 3] : 32;
    const coded = code >= 100 && code < 700 && (mark === 32 || mark === 45);
    // Outside of a reply of several lines each line has a code; in a stream without its beginning one cannot know.
    if (!coded && this.openReply === '' && (this.anyReply || !this.context.midstream)) {
      this.ended = true;
      this.context.fail();
      return;
    }
    this.anyReply = true;
    const transaction = this.pending[0] ?? this.begin();
    if (cut && !transaction.replyCut) {
      transaction.replyCut = true;
      this.context.anomaly('response_command_too_long', TO_CLIENT, transaction.id);
    }
    const from = coded ? Math.min(stop, start + 4) : start;
    const digits = coded ? String(code) : '';
    if (transaction.texts.length < MAXIMUM_REPLY_LINES) {
      if (coded) transaction.codes.push(digits);
      const text = utf8(bytes, from, stop);
      if (text !== '') transaction.texts.push(text);
    }
    if (this.openReply === '') {
      if (coded && mark === 45) {
        this.openReply = digits;
        return;
      }
    } else {
      // The last line has the code of the first, and a space behind it.
      if (digits !== this.openReply || mark !== 32) return;
      this.openReply = '';
    }
    // 1xx is a preliminary reply: another one follows (RFC 959 section 4.2).
    if (coded && code < 200 && transaction.command !== undefined) return;
    this.answered(transaction, code, utf8(bytes, from, stop));
  }

  private answered(transaction: FtpTransaction, code: number, text: string): void {
    transaction.replied = true;
    this.pending.shift();
    if (transaction.command === 'PASV' && code === 227) this.announce(transaction, sixNumbers(text));
    else if (transaction.command === 'EPSV' && code === 229)
      this.announce(transaction, extendedPassive(text));
    else if (code === 250 || code === 257) this.directory(transaction, text);
    this.context.emit(transaction);
    if (transaction.command === 'AUTH' && this.awaitingTls) {
      this.awaitingTls = false;
      // 234 is right (RFC 4217 section 4); old servers say 334.
      if (code === 234 || code === 334) this.becomeTls();
    }
  }

  private directory(transaction: FtpTransaction, text: string): void {
    const session = this.session;
    const argument = transaction.argument ?? '';
    if (transaction.command === 'PWD' || transaction.command === 'XPWD') {
      const quoted = /"(.{1,1024}?)"/.exec(text);
      if (quoted?.[1] !== undefined) session.directory = quoted[1];
    } else if ((transaction.command === 'CWD' || transaction.command === 'XCWD') && argument !== '') {
      const joined = argument.startsWith('/')
        ? argument
        : `${session.directory.replace(/\/$/, '')}/${argument}`;
      session.directory = joined.slice(0, 1024);
    } else if (transaction.command === 'CDUP' || transaction.command === 'XCUP') {
      session.directory = session.directory.replace(/\/[^/]*\/?$/, '') || '/';
    }
  }

  private becomeTls(): void {
    this.ended = true;
    this.end();
    this.context.become('tls');
  }
}
