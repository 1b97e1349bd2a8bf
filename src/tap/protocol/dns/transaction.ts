import type { RawMessage, Transaction, ZeekRow } from '../../../event/index.ts';
import { dnsObject } from './eve.ts';
import { mdnsObject } from './mdns.ts';
import type { DnsMessage } from './message.ts';
import { dnsRow, type Exchange } from './zeek.ts';

const NO_ROWS: readonly ZeekRow[] = [];

/** One message; when it completes an exchange it brings that exchange's row for Zeek. */
export class DnsTransaction implements Transaction {
  readonly type: 'dns' | 'mdns';
  readonly message: DnsMessage;
  /** Number of the message in its flow, from 0. */
  readonly index: number;
  readonly response: boolean;
  readonly zeekOnly: boolean;
  private readonly exchange: Exchange | undefined;
  private readonly bytes: RawMessage | undefined;

  /** `zeekOnly` for LLMNR, which Suricata does not know; `raw`: the message, where its bytes stay until it is emitted. */
  constructor(
    type: 'dns' | 'mdns',
    message: DnsMessage,
    index: number,
    response: boolean,
    exchange: Exchange | undefined,
    zeekOnly: boolean,
    raw: RawMessage | undefined,
  ) {
    this.type = type;
    this.zeekOnly = zeekOnly;
    this.message = message;
    this.index = index;
    this.response = response;
    this.exchange = exchange;
    this.bytes = raw;
  }

  raw(): RawMessage | undefined {
    return this.bytes;
  }

  eve(): Record<string, unknown> {
    if (this.type === 'mdns') return { mdns: mdnsObject(this.message) };
    return { dns: dnsObject(this.message, this.index, this.response) };
  }

  zeek(): readonly ZeekRow[] {
    return this.exchange === undefined ? NO_ROWS : [dnsRow(this.exchange)];
  }
}

/** An exchange that has no record of its own in EVE: a query or answer that found no partner. */
export class UnmatchedExchange implements Transaction {
  readonly type = 'dns';
  readonly zeekOnly = true;
  private readonly exchange: Exchange;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  eve(): Record<string, unknown> {
    const { query, answer } = this.exchange;
    return { dns: dnsObject((query ?? answer) as DnsMessage, 0, answer !== undefined) };
  }

  zeek(): readonly ZeekRow[] {
    return [dnsRow(this.exchange)];
  }
}
