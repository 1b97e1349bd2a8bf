import { createSocket } from 'node:dgram';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Channel } from './channel.ts';
import type { Message, Severity } from './notification.ts';
import { NotifyError, SendError } from './notify-error.ts';
import { oneLine } from './template.ts';

/** Where log messages go. */
export interface SyslogOptions {
  readonly host: string;
  /** 514 without; 6514 with TLS. */
  readonly port?: number | undefined;
  /** UDP (RFC 5426), TCP with octet counting (RFC 6587), or TLS (RFC 5425). */
  readonly transport: 'udp' | 'tcp' | 'tls';
  /** 0 to 23 (RFC 5424, section 6.2.1); 4 without: security. */
  readonly facility?: number | undefined;
  /** Certificates in PEM that are believed in place of the system's authorities; for TLS. */
  readonly authorities?: string | undefined;
}

const SECURITY_FACILITY = 4;
/** Any receiver must take 480 bytes over UDP, and should take 2048 (RFC 5424, section 6.1). */
const LONGEST_DATAGRAM = 2048;
const LONGEST_MESSAGE = 8192;
const SEVERITIES: Readonly<Record<Severity, number>> = { critical: 2, high: 3, medium: 4, low: 5 };

/** Sends messages to a syslog server. */
export class SyslogChannel implements Channel {
  readonly name: string;
  private readonly options: SyslogOptions;
  private readonly port: number;
  private socket: Socket | undefined;

  /** Throws {@link NotifyError}. */
  constructor(options: SyslogOptions) {
    const { host, transport, facility = SECURITY_FACILITY } = options;
    const port = options.port ?? (transport === 'tls' ? 6514 : 514);
    if (host === '') throw new NotifyError('syslog: the host is empty');
    if (!Number.isInteger(port) || port < 1 || port > 65535) {
      throw new NotifyError(`syslog: ${port} is no port`);
    }
    if (!Number.isInteger(facility) || facility < 0 || facility > 23) {
      throw new NotifyError(`syslog: ${facility} is no facility; there are 0 to 23`);
    }
    this.options = options;
    this.port = port;
    this.name = `syslog ${transport} ${host}:${port}`;
  }

  async send(message: Message, signal: AbortSignal): Promise<void> {
    const { transport, facility = SECURITY_FACILITY } = this.options;
    const longest = transport === 'udp' ? LONGEST_DATAGRAM : LONGEST_MESSAGE;
    const text = syslogMessage(message, facility, process.pid, longest);
    if (transport === 'udp') await this.sendDatagram(text);
    else await this.sendStream(Buffer.concat([Buffer.from(`${text.length} `), text]), signal);
  }

  async close(): Promise<void> {
    this.socket?.destroy();
    this.socket = undefined;
  }

  private async sendDatagram(text: Buffer): Promise<void> {
    const socket = createSocket(isIP(this.options.host) === 6 ? 'udp6' : 'udp4');
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.send(text, this.port, this.options.host, (error) => (error ? reject(error) : resolve()));
      });
    } finally {
      socket.close();
    }
  }

  private async sendStream(frame: Buffer, signal: AbortSignal): Promise<void> {
    // A connection that breaks under the message is replaced when the delivery tries again.
    const socket = this.socket ?? (await this.open(signal));
    await new Promise<void>((resolve, reject) => {
      const end = (error?: Error | null): void => {
        signal.removeEventListener('abort', aborted);
        socket.removeListener('close', closed);
        if (error) reject(error);
        else resolve();
      };
      const closed = (): void => end(new SendError('the connection was closed', true));
      const aborted = (): void => void socket.destroy();
      signal.addEventListener('abort', aborted);
      socket.once('close', closed);
      socket.write(frame, end);
    });
  }

  private open(signal: AbortSignal): Promise<Socket> {
    const { host, transport, authorities } = this.options;
    return new Promise((resolve, reject) => {
      const socket =
        transport === 'tls'
          ? connectTls({ host, port: this.port, servername: isIP(host) ? '' : host, ca: authorities })
          : connectTcp({ host, port: this.port });
      const aborted = (): void => void socket.destroy(new Error('broken off'));
      signal.addEventListener('abort', aborted, { once: true });
      socket.once(transport === 'tls' ? 'secureConnect' : 'connect', () => {
        signal.removeEventListener('abort', aborted);
        this.socket = socket;
        resolve(socket);
      });
      // Syslog has no answers: whatever comes is thrown away, and the end of the other side is the end.
      socket.resume();
      socket.once('end', () => socket.destroy());
      socket.on('error', reject);
      socket.once('close', () => {
        if (this.socket === socket) this.socket = undefined;
        reject(new Error('the connection was closed'));
      });
    });
  }
}

/**
 * A message in the form of RFC 5424, at most `longest` bytes. Without structured data: its names need a registered
 * enterprise number (section 7.2.2); the text has all fields.
 */
export function syslogMessage(
  message: Message,
  facility: number,
  processId: number,
  longest: number,
): Buffer {
  const { severity, timeMs, host, event, body } = message;
  const head = [
    `<${facility * 8 + SEVERITIES[severity]}>1`,
    new Date(timeMs).toISOString(),
    visible(host, 255),
    'weir',
    String(processId),
    visible(event, 32),
    '-',
  ].join(' ');
  // With the mark that says that the text is UTF-8 (section 6.4).
  return cut(Buffer.from(`${head} \ufeff${oneLine(body)}`), longest);
}

/** Visible ASCII, or the sign for nothing (RFC 5424, section 6). */
function visible(text: string, longest: number): string {
  return text.replace(/[^\x21-\x7e]/g, '_').slice(0, longest) || '-';
}

/** The beginning of a UTF-8 text, without a character that is only there in part. */
function cut(text: Buffer, longest: number): Buffer {
  if (text.length <= longest) return text;
  let end = longest;
  while (((text[end] as number) & 0xc0) === 0x80) end--;
  return text.subarray(0, end);
}
