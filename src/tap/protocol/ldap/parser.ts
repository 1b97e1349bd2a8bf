import { latin1, u8 } from '../../../net/index.ts';
import { expectBer, readBer } from '../ber.ts';
import { securityServices } from '../gssapi.ts';
import type { Direction, Parser, ParserContext } from '../parser.ts';
import {
  BIND_REQUEST,
  BIND_RESPONSE,
  EXTENDED_REQUEST,
  EXTENDED_RESPONSE,
  type MessageHead,
  messageHead,
} from './message.ts';

const SERVICE = 'ldap_tcp';
const ENUMERATED = 0x0a;
const OCTET_STRING = 0x04;
/** SaslCredentials in a bind request, serverSaslCreds in its answer. */
const SASL = 0xa3;
const SERVER_CREDENTIALS = 0x87;
const REQUEST_NAME = 0x80;
/** Name of the extended operation that starts TLS (RFC 4511 section 4.14.1). */
const START_TLS = '1.3.6.1.4.1.1466.20037';
/** Messages that are looked at; whoever wants TLS or a bind asks for it early. */
const MAX_MESSAGES = 256;

/** LDAP (RFC 4511): who binds how, and where TLS takes over. */
export class LdapParser implements Parser {
  private readonly context: ParserContext;
  private messages = 0;
  private sasl = false;
  private wantsTls = false;
  private over = false;

  constructor(context: ParserContext) {
    this.context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    let at = start;
    while (at < end && !this.over) {
      const head = messageHead(bytes, at, end);
      if (head === 'short') return at;
      if (head === undefined) {
        this.finish();
        return end;
      }
      const wanted = isWanted(head.operation);
      if (head.end > end) {
        if (wanted) return at;
        this.context.skip(head.end - end, direction);
      }
      if (wanted) this.message(bytes, head);
      this.context.confirm?.(SERVICE);
      at = Math.min(head.end, end);
      if (++this.messages >= MAX_MESSAGES) this.finish();
    }
    return this.over ? (this.wantsTls ? at : end) : at;
  }

  private finish(): void {
    this.over = true;
    this.wantsTls = false;
    this.context.done();
  }

  private message(bytes: Uint8Array, head: MessageHead): void {
    switch (head.operation) {
      case BIND_REQUEST:
        this.bindRequest(bytes, head);
        break;
      case BIND_RESPONSE:
        this.bindResponse(bytes, head);
        break;
      case EXTENDED_REQUEST: {
        const name = expectBer(bytes, head.start, head.stop, REQUEST_NAME);
        this.wantsTls = name !== undefined && latin1(bytes, name.start, name.end) === START_TLS;
        break;
      }
      case EXTENDED_RESPONSE:
        if (!this.wantsTls) break;
        if (resultCode(bytes, head) === 0) {
          this.over = true;
          this.context.become('tls');
        } else this.wantsTls = false;
        break;
    }
  }

  /** Version, name, and the credentials: a password, or a mechanism with its token (RFC 4511 section 4.2). */
  private bindRequest(bytes: Uint8Array, head: MessageHead): void {
    const version = readBer(bytes, head.start, head.stop);
    if (version === undefined) return;
    const name = readBer(bytes, version.end, head.stop);
    if (name === undefined) return;
    const credentials = readBer(bytes, name.end, head.stop);
    if (credentials === undefined) return;
    this.sasl = credentials.tag === SASL;
    if (!this.sasl) {
      if (credentials.end > credentials.start) this.context.risk('Clear-Text Credentials');
      return;
    }
    const mechanism = readBer(bytes, credentials.start, credentials.end);
    if (mechanism === undefined) return;
    const token = expectBer(bytes, mechanism.end, credentials.end, OCTET_STRING);
    if (token !== undefined) this.secured(bytes, token.start, token.end);
  }

  private bindResponse(bytes: Uint8Array, head: MessageHead): void {
    let at = head.start;
    while (at < head.stop) {
      const field = readBer(bytes, at, head.stop);
      if (field === undefined) break;
      if (field.tag === SERVER_CREDENTIALS) this.secured(bytes, field.start, field.end);
      at = field.end;
    }
    // What follows a bind by SASL may be wrapped; nothing more is wanted of it.
    if (!this.sasl || resultCode(bytes, head) !== 0) return;
    this.context.confirm?.(SERVICE);
    this.finish();
  }

  private secured(bytes: Uint8Array, start: number, end: number): void {
    for (const service of securityServices(bytes, start, end)) this.context.confirm?.(service);
  }
}

function isWanted(operation: number): boolean {
  return (
    operation === BIND_REQUEST ||
    operation === BIND_RESPONSE ||
    operation === EXTENDED_REQUEST ||
    operation === EXTENDED_RESPONSE
  );
}

/** The code of an LDAPResult (RFC 4511 section 4.1.9), -1 where it cannot be read. */
function resultCode(bytes: Uint8Array, head: MessageHead): number {
  const code = expectBer(bytes, head.start, head.stop, ENUMERATED);
  return code !== undefined && code.end === code.start + 1 ? u8(bytes, code.start) : -1;
}
