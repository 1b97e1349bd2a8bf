import type { Socket } from 'node:net';
import { SendError } from './notify-error.ts';

/** An answer of a mail server (RFC 5321, section 4.2): its code and its lines, without the code. */
export interface SmtpReply {
  readonly code: number;
  readonly lines: readonly string[];
}

/** Longer than any server may answer: 512 bytes a line (RFC 5321, section 4.5.3.1.5), and a few dozen lines. */
const LONGEST_REPLY = 32 << 10;
const LINE = /^([2-5]\d\d)([ -])?(.*)$/;

/** Commands and answers over one socket. All that fails is a {@link SendError}. */
export class SmtpSession {
  private socket: Socket;
  private received = '';
  private lines: string[] = [];
  private readonly replies: SmtpReply[] = [];
  private waiting: { resolve(reply: SmtpReply): void; reject(error: Error): void } | undefined;
  private failure: SendError | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    this.listen(socket);
  }

  /** Sends a command, without its line end, and gives its answer. */
  async command(line: string): Promise<SmtpReply> {
    if (/[\r\n\0]/.test(line)) throw new SendError('a command of two lines is not sent', false);
    this.write(`${line}\r\n`);
    return await this.reply();
  }

  /** Sends bytes as they are. */
  write(text: string): void {
    if (this.failure === undefined) this.socket.write(text);
  }

  /** The next answer. */
  reply(): Promise<SmtpReply> {
    const ready = this.replies.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
  }

  /**
   * Goes on over TLS. What came in before TLS began was not protected and would be taken for what comes after: then
   * nothing goes on (RFC 3207, section 6).
   */
  upgrade(secure: (socket: Socket) => Socket): void {
    if (this.received !== '' || this.lines.length > 0 || this.replies.length > 0) {
      throw new SendError('the server sent more before TLS began: somebody may be in between', false);
    }
    this.socket.removeAllListeners('data');
    this.socket = secure(this.socket);
    this.listen(this.socket);
  }

  private listen(socket: Socket): void {
    // One byte is one character: what is not ASCII in an answer is only shown.
    socket.on('data', (part: Buffer) => this.take(part.toString('latin1')));
    socket.on('error', (error: Error) => this.fail(new SendError(error.message, true, { cause: error })));
    socket.on('close', () => this.fail(new SendError('the server closed the connection', true)));
  }

  private take(text: string): void {
    this.received += text;
    for (let end = this.received.indexOf('\n'); end >= 0; end = this.received.indexOf('\n')) {
      const line = this.received.slice(0, end).replace(/\r$/, '');
      this.received = this.received.slice(end + 1);
      const match = LINE.exec(line);
      if (match === null) {
        this.fail(new SendError('the server does not speak SMTP', false));
        this.socket.destroy();
        return;
      }
      this.lines.push(match[3] ?? '');
      if (match[2] === '-') continue;
      const reply = { code: Number(match[1]), lines: this.lines };
      this.lines = [];
      if (this.waiting === undefined) this.replies.push(reply);
      else this.waiting.resolve(reply);
      this.waiting = undefined;
    }
    const held = this.received.length + this.lines.reduce((sum, line) => sum + line.length + 16, 0);
    if (held > LONGEST_REPLY || this.replies.length > 16) {
      this.fail(new SendError('the server answers without end', false));
      this.socket.destroy();
    }
  }

  private fail(error: SendError): void {
    this.failure ??= error;
    this.waiting?.reject(this.failure);
    this.waiting = undefined;
  }
}
