import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Channel } from './channel.ts';
import { mailText } from './mail-text.ts';
import type { Message } from './notification.ts';
import { NotifyError, SendError } from './notify-error.ts';
import { type SmtpReply, SmtpSession } from './smtp-session.ts';

/** The server that takes our mail (RFC 6409), and who gets it. */
export interface SmtpOptions {
  readonly host: string;
  /** 587 without; 465 with `tls`, 25 with `none`. */
  readonly port?: number | undefined;
  /** `starttls`: demanded, there is no way back to plain text; `tls`: from the first byte (RFC 8314); `none`. */
  readonly security: 'starttls' | 'tls' | 'none';
  /** Only over TLS. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** `weir@example.org`. */
  readonly from: string;
  readonly to: readonly string[];
  /** Certificates in PEM that are believed in place of the system's authorities. */
  readonly authorities?: string | undefined;
  /** Milliseconds since 1970; the clock without. */
  readonly now?: (() => number) | undefined;
}

const PORTS = { starttls: 587, tls: 465, none: 25 } as const;
const MOST_RECIPIENTS = 50;
/** No quoting, no routes, no letters beyond ASCII: what a mailbox of an administrator looks like. */
const ADDRESS = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/** Sends messages by mail: one connection each, plain text, AUTH PLAIN (RFC 4954, RFC 4616). */
export class SmtpChannel implements Channel {
  readonly name: string;
  private readonly options: SmtpOptions;
  private readonly port: number;

  /** Throws {@link NotifyError}. */
  constructor(options: SmtpOptions) {
    const { host, security, user, password, from, to } = options;
    const port = options.port ?? PORTS[security];
    if (host === '') throw new NotifyError('mail: the host is empty');
    if (!Number.isInteger(port) || port < 1 || port > 65535)
      throw new NotifyError(`mail: ${port} is no port`);
    for (const address of [from, ...to]) {
      if (!ADDRESS.test(address))
        throw new NotifyError(`mail: '${address}' is no address of the form name@domain`);
    }
    if (to.length === 0 || to.length > MOST_RECIPIENTS) {
      throw new NotifyError(`mail: ${to.length} recipients; 1 to ${MOST_RECIPIENTS} can be`);
    }
    if ((user === undefined) !== (password === undefined)) {
      throw new NotifyError('mail: user and password go together');
    }
    if (user !== undefined && security === 'none') {
      throw new NotifyError("mail: a password is only sent over TLS: set security to 'starttls' or 'tls'");
    }
    if (`${user}${password}`.includes('\0')) throw new NotifyError('mail: the password has a zero in it');
    this.options = options;
    this.port = port;
    this.name = `mail ${host}:${port}`;
  }

  async send(message: Message, signal: AbortSignal): Promise<void> {
    const { security, now = Date.now } = this.options;
    const socket = security === 'tls' ? this.secure(undefined) : this.plain();
    const aborted = (): void => void socket.destroy();
    signal.addEventListener('abort', aborted);
    try {
      if (signal.aborted) socket.destroy();
      const session = new SmtpSession(socket);
      expect(await session.reply(), 220, 'its greeting');
      let abilities = await hello(session);
      if (security === 'starttls') {
        if (!abilities.has('STARTTLS')) throw new SendError('the server has no STARTTLS', false);
        expect(await session.command('STARTTLS'), 220, 'STARTTLS');
        session.upgrade((one) => this.secure(one));
        // What it said before TLS does not count (RFC 3207, section 4.2).
        abilities = await hello(session);
      }
      await this.authenticate(session, abilities);
      await this.submit(session, mailText(message, this.options, now()));
    } finally {
      signal.removeEventListener('abort', aborted);
      socket.destroy();
    }
  }

  async close(): Promise<void> {}

  private async authenticate(session: SmtpSession, abilities: ReadonlyMap<string, string>): Promise<void> {
    const { user, password } = this.options;
    if (user === undefined || password === undefined) return;
    if (!(abilities.get('AUTH') ?? '').toUpperCase().split(' ').includes('PLAIN')) {
      throw new SendError('the server has no AUTH PLAIN', false);
    }
    const response = Buffer.from(`\0${user}\0${password}`).toString('base64');
    expect(await session.command(`AUTH PLAIN ${response}`), 235, 'user and password');
  }

  private async submit(session: SmtpSession, text: string): Promise<void> {
    const { from, to } = this.options;
    expect(await session.command(`MAIL FROM:<${from}>`), 250, `sender ${from}`);
    let accepted = 0;
    let refused: SendError | undefined;
    for (const address of to) {
      const reply = await session.command(`RCPT TO:<${address}>`);
      if (reply.code === 250 || reply.code === 251) accepted++;
      else refused ??= refusal(reply, `recipient ${address}`);
    }
    // One recipient who is gone does not keep the message from the others.
    if (accepted === 0 && refused !== undefined) throw refused;
    expect(await session.command('DATA'), 354, 'DATA');
    session.write(`${text}.\r\n`);
    expect(await session.reply(), 250, 'the message');
    session.write('QUIT\r\n');
  }

  private plain(): Socket {
    return connectTcp({ host: this.options.host, port: this.port });
  }

  /** TLS over a connection that is there, or over a new one. */
  private secure(socket: Socket | undefined): Socket {
    const { host, authorities } = this.options;
    const over = socket === undefined ? { host, port: this.port } : { socket, host };
    return connectTls({ ...over, servername: isIP(host) ? '' : host, ca: authorities });
  }
}

/** Says hello; what the server can do: keywords in capitals, with what follows them. */
async function hello(session: SmtpSession): Promise<ReadonlyMap<string, string>> {
  // An address literal is always right (RFC 5321, section 4.1.3), where our own name may be nobody's.
  const reply = await session.command('EHLO [127.0.0.1]');
  expect(reply, 250, 'EHLO');
  const pairs = reply.lines.slice(1).map((line): [string, string] => {
    const [keyword = '', ...rest] = line.split(' ');
    return [keyword.toUpperCase(), rest.join(' ')];
  });
  return new Map(pairs);
}

function expect(reply: SmtpReply, code: number, what: string): void {
  if (reply.code !== code) throw refusal(reply, what);
}

/** 4yz may go well later, 5yz does not (RFC 5321, section 4.2.1). */
function refusal({ code, lines }: SmtpReply, what: string): SendError {
  const words = lines
    .join(' ')
    .slice(0, 200)
    .replace(/[^\x20-\x7e]/g, '?');
  return new SendError(`the server refuses ${what}: ${code} ${words}`, code < 500);
}
