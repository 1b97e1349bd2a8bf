import { createHash } from 'node:crypto';
import type { Transaction, ZeekLog, ZeekRow } from '../../../event/index.ts';
import { addressList, field, fields } from './header.ts';
import type { Message } from './message.ts';

/** Zeek's smtp.log. */
export const SMTP_LOG: ZeekLog = {
  path: 'smtp',
  connection: true,
  columns: [
    ['trans_depth', 'count'],
    ['helo', 'string'],
    ['mailfrom', 'string'],
    ['rcptto', 'set[string]'],
    ['date', 'string'],
    ['from', 'string'],
    ['to', 'set[string]'],
    ['cc', 'set[string]'],
    ['reply_to', 'string'],
    ['msg_id', 'string'],
    ['in_reply_to', 'string'],
    ['subject', 'string'],
    ['x_originating_ip', 'string'],
    ['first_received', 'string'],
    ['second_received', 'string'],
    ['last_reply', 'string'],
    ['path', 'vector[addr]'],
    ['user_agent', 'string'],
    ['tls', 'bool'],
    ['fuids', 'vector[string]'],
  ],
};

/** Header fields that `email` holds as they are: key of the record, name of the field. */
const PLAIN_FIELDS: readonly (readonly [key: string, name: string])[] = [
  ['date', 'date'],
  ['subject', 'subject'],
  ['message_id', 'message-id'],
  ['x_mailer', 'x-mailer'],
  ['user_agent', 'user-agent'],
  ['reply_to', 'reply-to'],
  ['x_originating_ip', 'x-originating-ip'],
  ['in_reply_to', 'in-reply-to'],
  ['references', 'references'],
  ['importance', 'importance'],
  ['priority', 'priority'],
  ['sensitivity', 'sensitivity'],
  ['organization', 'organization'],
  ['content_md5', 'content-md5'],
];

/** Recipients of one mail that are kept; further ones are counted only. */
export const MAXIMUM_RECIPIENTS = 256;

/** One mail transaction (RFC 5321 section 3.3): greeting, envelope and message. */
export class SmtpTransaction implements Transaction {
  readonly type = 'smtp';
  readonly id: number;
  helo: string | undefined;
  mailFrom: string | undefined;
  readonly recipients: string[] = [];
  message: Message | undefined;
  /** DATA or BDAT was asked for. */
  dataAsked = false;
  /** No further command belongs to it. */
  done = false;
  emitted = false;
  lastReply: string | undefined;
  tls = false;
  /** Number among the mails of the connection, from 1. */
  mailNumber = 0;
  beganUs = 0;
  readonly events = new Set<string>();
  private readonly serverAddress: string;
  private readonly clientAddress: string;

  constructor(id: number, helo: string | undefined, addresses: { client: string; server: string }) {
    this.id = id;
    this.helo = helo;
    this.clientAddress = addresses.client;
    this.serverAddress = addresses.server;
  }

  /** True when an accepted EHLO or RSET has something to throw away. */
  get begun(): boolean {
    return this.mailFrom !== undefined || this.recipients.length > 0 || this.dataAsked;
  }

  eve(): Record<string, unknown> {
    return { tx_id: this.id, ...this.envelope() };
  }

  /** `{ smtp, email }`, also beside `fileinfo`. */
  envelope(): Record<string, unknown> {
    const smtp: Record<string, unknown> = {};
    if (this.helo !== undefined) smtp.helo = this.helo;
    if (this.mailFrom !== undefined) smtp.mail_from = this.mailFrom;
    if (this.recipients.length > 0) smtp.rcpt_to = [...this.recipients];
    return this.message ? { smtp, email: email(this.message) } : { smtp };
  }

  zeek(): readonly ZeekRow[] {
    if (this.mailNumber === 0 && !this.tls) return [];
    const headers = this.message?.header ?? [];
    const received = fields(headers, 'received');
    const list = (name: string): string[] | undefined => {
      const value = field(headers, name);
      return value === undefined ? undefined : addressList(value);
    };
    return [
      {
        log: SMTP_LOG,
        timeUs: this.beganUs,
        values: [
          Math.max(1, this.mailNumber),
          this.helo,
          this.mailFrom === undefined ? undefined : bare(this.mailFrom),
          this.recipients.length > 0 ? this.recipients.map(bare) : undefined,
          field(headers, 'date'),
          field(headers, 'from'),
          list('to'),
          list('cc'),
          field(headers, 'reply-to'),
          field(headers, 'message-id'),
          field(headers, 'in-reply-to'),
          field(headers, 'subject'),
          field(headers, 'x-originating-ip'),
          received[0],
          received[1],
          this.lastReply,
          [this.serverAddress, this.clientAddress, ...received.flatMap(addressIn)],
          field(headers, 'user-agent') ?? field(headers, 'x-mailer'),
          this.tls,
          this.message?.fileIds ?? [],
        ],
      },
    ];
  }
}

function email(message: Message): Record<string, unknown> {
  const headers = message.header;
  const email: Record<string, unknown> = { status: message.broken ? 'PARSE_ERROR' : 'PARSE_DONE' };
  const from = field(headers, 'from');
  if (from !== undefined) email.from = from;
  for (const name of ['to', 'cc', 'bcc']) {
    const list = addressList(field(headers, name) ?? '');
    if (list.length > 0) email[name] = list;
  }
  for (const [key, name] of PLAIN_FIELDS) {
    const value = field(headers, name);
    if (value !== undefined) email[key] = value;
  }
  const received = fields(headers, 'received');
  if (received.length > 0) email.received = received;
  if (message.attachments.length > 0) email.attachment = [...message.attachments];
  const urls = message.urls();
  if (urls.length > 0) email.url = urls;
  if (message.bodyMd5 !== undefined) email.body_md5 = message.bodyMd5;
  const subject = field(headers, 'subject');
  if (subject !== undefined) email.subject_md5 = createHash('md5').update(subject).digest('hex');
  return email;
}

/** An address of the envelope without its angle brackets. */
function bare(address: string): string {
  return address.startsWith('<') && address.endsWith('>') ? address.slice(1, -1) : address;
}

/** The address that a trace field names, the last one in brackets or parentheses. */
function addressIn(received: string): string[] {
  const found = received.slice(0, 1024).match(/\b(?:\d{1,3}\.){3}\d{1,3}\b/g);
  const last = found?.at(-1);
  return last === undefined ? [] : [last];
}
