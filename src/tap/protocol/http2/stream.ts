import type { DnsMessage } from '../dns/index.ts';
import { type Direction, TO_CLIENT, TO_SERVER } from '../parser.ts';
import type { Body } from './body.ts';
import { type Coding, codingOf } from './content.ts';
import type { HeaderField } from './hpack.ts';

/** Media type of DNS over HTTPS (RFC 8484 section 6). */
export const DNS_MESSAGE_TYPE = 'application/dns-message';

/** One setting of a SETTINGS frame. */
export interface Setting {
  readonly name: string;
  readonly value: number;
}

/** What one direction of a stream has sent. */
export class Half {
  /** Fields in the order of their frames; undefined when no frame with headers came. */
  headers: HeaderField[] | undefined;
  settings: Setting[] | undefined;
  priority: number | undefined;
  errorCode: number | undefined;
  /** What came more than once, of which only the first is shown. */
  multiple: 'error_code' | 'priority' | undefined;
  body: Body | undefined;
  ended = false;
  coding: Coding | undefined;
  length: number | undefined;
  dns = false;
}

/** One stream of a connection, or one frame that concerns the whole connection (stream 0). */
export class Http2Stream {
  readonly id: number;
  /** Number of the transaction in its flow, from 0. */
  readonly index: number;
  readonly halves: readonly [Half, Half] = [new Half(), new Half()];
  method: string | undefined;
  path: string | undefined;
  authority: string | undefined;
  host: string | undefined;
  userAgent: string | undefined;
  status: string | undefined;
  acceptsDns = false;
  dnsRequest: DnsMessage | undefined;
  dnsResponse: DnsMessage | undefined;

  constructor(id: number, index: number) {
    this.id = id;
    this.index = index;
  }

  /** True when both directions have ended. */
  get complete(): boolean {
    return this.halves[TO_SERVER].ended && this.halves[TO_CLIENT].ended;
  }

  /** True when it holds something that a record can show. */
  get worthShowing(): boolean {
    return this.halves.some(
      (half) =>
        half.headers !== undefined ||
        half.settings !== undefined ||
        half.errorCode !== undefined ||
        half.priority !== undefined,
    );
  }

  /** Takes the fields of a header block. */
  addHeaders(fields: readonly HeaderField[], direction: Direction): void {
    const half = this.halves[direction];
    half.headers ??= [];
    for (const field of fields) {
      half.headers.push(field);
      if ('name' in field) this.note(field.name, field.value, half);
    }
  }

  private note(name: string, value: string, half: Half): void {
    switch (name.toLowerCase()) {
      case ':method':
        this.method = value;
        break;
      case ':path':
        this.path = value;
        break;
      case ':authority':
        this.authority = value;
        break;
      case ':status':
        this.status = value;
        break;
      case 'host':
        this.host = value;
        break;
      case 'user-agent':
        this.userAgent = value;
        break;
      case 'content-length':
        if (/^\d{1,15}$/.test(value)) half.length = Number(value);
        break;
      case 'content-encoding':
        half.coding = codingOf(value);
        break;
      case 'content-type':
        half.dns = value === DNS_MESSAGE_TYPE;
        break;
      case 'accept':
        this.acceptsDns ||= value === DNS_MESSAGE_TYPE;
        break;
      default:
    }
  }
}
