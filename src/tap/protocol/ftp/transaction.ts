import type { Transaction, ZeekLog, ZeekRow } from '../../../event/index.ts';
import type { DataChannel } from './channel.ts';
import { LOGGED } from './commands.ts';

/** Zeek's ftp.log. */
export const FTP_LOG: ZeekLog = {
  path: 'ftp',
  connection: true,
  columns: [
    ['user', 'string'],
    ['password', 'string'],
    ['command', 'string'],
    ['arg', 'string'],
    ['mime_type', 'string'],
    ['file_size', 'count'],
    ['reply_code', 'count'],
    ['reply_msg', 'string'],
    ['data_channel.passive', 'bool'],
    ['data_channel.orig_h', 'addr'],
    ['data_channel.resp_h', 'addr'],
    ['data_channel.resp_p', 'port'],
    ['fuid', 'string'],
  ],
};

/** Lines of one reply that are kept. */
export const MAXIMUM_REPLY_LINES = 64;

/** Who is logged in, shared by the commands of a connection. */
export interface Session {
  user: string | undefined;
  /** `<hidden>` unless the user is a guest. */
  password: string | undefined;
  readonly clientAddress: string;
  readonly serverAddress: string;
  /** Working directory on the server, as far as it was said. */
  directory: string;
}

/** One command with its replies; a greeting is a reply without a command. */
export class FtpTransaction implements Transaction {
  readonly type = 'ftp';
  readonly id: number;
  /** In upper case; undefined for a greeting and for what is no command of FTP. */
  command: string | undefined;
  /** The argument; `<hidden>` for passwords. */
  argument: string | undefined;
  commandCut = false;
  readonly codes: string[] = [];
  readonly texts: string[] = [];
  replyCut = false;
  replied = false;
  /** Port of the data channel that the command, or its reply, announced. */
  dynamicPort: number | undefined;
  dataAddress: string | undefined;
  mode: 'active' | 'passive' | undefined;
  /** The channel over which the command's content goes. */
  channel: DataChannel | undefined;
  readonly beganUs: number;
  private readonly session: Session;

  constructor(id: number, session: Session, beganUs: number) {
    this.id = id;
    this.session = session;
    this.beganUs = beganUs;
  }

  eve(): Record<string, unknown> {
    const ftp: Record<string, unknown> = {};
    if (this.command !== undefined) {
      ftp.command = this.command;
      if (this.argument !== undefined) ftp.command_data = this.argument;
      ftp.command_truncated = this.commandCut;
    }
    if (this.codes.length > 0) ftp.completion_code = [...this.codes];
    if (this.texts.length > 0) ftp.reply = [...this.texts];
    if (this.dynamicPort !== undefined) ftp.dynamic_port = this.dynamicPort;
    if (this.mode !== undefined) ftp.mode = this.mode;
    ftp.reply_received = this.replied ? 'yes' : 'no';
    ftp.reply_truncated = this.replyCut;
    return { tx_id: this.id, ftp };
  }

  zeek(): readonly ZeekRow[] {
    const command = this.command;
    if (command === undefined || !LOGGED.has(command)) return [];
    const session = this.session;
    const announces = this.mode !== undefined && this.dynamicPort !== undefined;
    const passive = this.mode === 'passive';
    const code = this.codes.at(-1);
    return [
      {
        log: FTP_LOG,
        timeUs: this.beganUs,
        values: [
          session.user ?? '<unknown>',
          session.password,
          command,
          this.url(),
          this.channel?.mime,
          this.channel?.size,
          code === undefined ? undefined : Number(code),
          this.texts.at(-1),
          announces ? passive : undefined,
          announces ? (passive ? session.clientAddress : session.serverAddress) : undefined,
          announces ? this.dataAddress : undefined,
          announces ? this.dynamicPort : undefined,
          this.channel?.fileId,
        ],
      },
    ];
  }

  /** Arguments that name a file are written as its URL. */
  private url(): string | undefined {
    const name = this.argument;
    if (name === undefined) return undefined;
    if (!/^(?:APPE|DELE|RETR|STOR|STOU)$/.test(this.command ?? '')) return name;
    const host = this.session.serverAddress;
    const directory = this.session.directory;
    const path = name.startsWith('/') ? name : `${directory}${directory.endsWith('/') ? '' : '/'}${name}`;
    return `ftp://${host.includes(':') ? `[${host}]` : host}${path.startsWith('/') ? '' : '/'}${path}`;
  }
}
