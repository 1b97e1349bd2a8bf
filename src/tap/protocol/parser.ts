import type { Transaction } from '../../event/index.ts';

/** From the client to the server (the side that opened the flow to the other), and back. */
export type Direction = 0 | 1;
export const TO_SERVER: Direction = 0;
export const TO_CLIENT: Direction = 1;

/**
 * A protocol's state for one flow. Bytes come in order, each direction apart; what a parser leaves unconsumed
 * is kept (bounded) and shown again with what follows. A parser never throws on any input.
 */
export interface Parser {
  /**
   * New bytes of one direction: `[start, end)` of `bytes`, valid during the call only. Returns the index behind
   * the last byte it consumed, from `start` to `end`. Over UDP each call is one datagram, always consumed whole.
   */
  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number;
  /**
   * `length` bytes are missing from the capture and will not come. Returns false when the parser cannot go on;
   * absent means that it cannot. Not called for bytes that are skipped.
   */
  gap?(length: number, direction: Direction): boolean;
  /** One direction has ended in order (FIN) or by RST; no more data of it will come. */
  close?(direction: Direction): void;
  /** The flow is over (both directions, time-out or end of the capture): emit what is unfinished. */
  end?(): void;
}

/** What the engine offers to a parser. One per flow; times and numbers are those of the packet being handled. */
export interface ParserContext {
  readonly transport: 'tcp' | 'udp' | 'sctp';
  readonly clientPort: number;
  readonly serverPort: number;
  /** Client and server address as text. */
  readonly clientAddress: string;
  readonly serverAddress: string;
  /** Microseconds since 1970 of the packet being handled; of the flow's last packet in `end`. */
  readonly timeUs: number;
  /** True when the flow was picked up without its beginning. */
  readonly midstream: boolean;
  /** Name of the protocol that handed the flow over to this one (STARTTLS, Upgrade); undefined: there was none. */
  readonly before?: string | undefined;
  readonly limits: ParserLimits;

  /** Emits a transaction. `direction` is the one the record's source and destination follow (default to server). */
  emit(transaction: Transaction, direction?: Direction): void;
  /**
   * An application-layer anomaly under its (Suricata) event name, such as `INVALID_REQUEST_LINE`, and the index of
   * the transaction that it belongs to, where there is one.
   */
  anomaly(event: string, direction: Direction, transactionId?: number): void;
  /** The next `length` bytes of a direction need not be shown: they are counted and left where they lie. */
  skip(length: number, direction: Direction): void;
  /** Nothing more is wanted of this flow: it goes to the fast path (only its counters are kept). */
  done(): void;
  /** The bytes are not this protocol after all, or cannot be followed further. Detection does not run again. */
  fail(): void;
  /**
   * From the next unconsumed bytes on another protocol speaks: `name` from the registry, or undefined to detect
   * by content (STARTTLS, CONNECT, Upgrade). The present parser gets `end()`.
   */
  become(name: string | undefined): void;
  /** A flow to this address and port (either undefined: any) will speak `name`; used for FTP data channels. */
  expect(name: string, address: string | undefined, port: number, hint: unknown): void;
  /** The hint given to `expect` by the flow that announced this one. */
  readonly hint: unknown;
  /** A name of the server as the client gave it (SNI, Host, ...): names the application. */
  serverName(name: string, source: 'sni' | 'host' | 'certificate' | 'query'): void;
  /** An address (words as in the packet, IPv4 in the first) was answered for a name (DNS): names later flows to it. */
  resolved(name: string, address: readonly number[], ttl: number): void;
  /** Values of the attributes of the names in a server's certificate: its holder's and its issuer's. Absent: unused. */
  certificate?(holder: readonly string[], issuer: readonly string[]): void;
  /** Risk found by the parser, in nDPI's words (`Obsolete TLS (v1.1 or older)`, ...). */
  risk(name: string): void;
  /** Starts a file found in the flow. */
  openFile(file: FileStart): FileSink;
  /**
   * The first message shows that the side taken for the client is the server: the flow's ends are swapped, in its
   * records too, from the call in progress on (whose direction becomes the other one). Absent: they stay.
   */
  reverse?(): void;
  /**
   * A better `app_proto` is known, one line of the registry that the same parser serves, such as `doh2` for http2.
   * The parser stays. Absent: the name stays.
   */
  rename?(name: string): void;
  /**
   * Zeek's name of a protocol that the flow was confirmed to speak, where that is later than detection (the protocol
   * has no `service` then) or another one is inside. Absent: nobody logs it.
   */
  confirm?(service: string): void;
  /** A limit kept part of the flow from being analysed: Zeek's history says so. Absent: nobody logs it. */
  limited?(): void;
  /**
   * Nothing is pending: over UDP the parser may be let go, and a new one made for the flow's next datagram. Absent: it
   * stays.
   */
  idle?(): void;
  /** EVE records of the flow so far, also by parsers that were let go. */
  readonly emitted?: number | undefined;
  /** Identifier of the flow in Zeek's logs (`uid`), where the engine knows it. */
  readonly uid?: string | undefined;
  /**
   * State that all flows of a run share, made on first use of its name; the protocol bounds it. For what goes
   * beyond one flow, such as an exchange that begins by broadcast. Absent: each flow stands alone.
   */
  shared?<T>(name: string, make: () => T): T;
}

/** Bounds that a user may set. */
export interface ParserLimits {
  /** Bytes of each body that are decoded, hashed and looked at; beyond it only the length is counted. */
  readonly bodyBytes: number;
  /** Bytes of one header block, line or message that a parser may wait for. */
  readonly headerBytes: number;
  /** Transactions of one flow that may wait for their answer at the same time. */
  readonly pendingTransactions: number;
}

/** What is known of a file when it starts. */
export interface FileStart {
  readonly direction: Direction;
  /** Zeek's `source`: HTTP, SMTP, FTP_DATA, SSL. */
  readonly source: string;
  readonly filename?: string | undefined;
  /** Path of what was asked for: EVE's name of a file that has none of its own. */
  readonly path?: string | undefined;
  /** Index of the transaction in its flow, from 0. */
  readonly transactionId?: number | undefined;
  /** Objects to merge beside `fileinfo` into the EVE record, such as `{ http: {...} }`; asked when the file ends. */
  readonly envelope?: (() => Record<string, unknown>) | undefined;
  /** Length that the protocol announced. */
  readonly expectedBytes?: number | undefined;
  /** Nesting depth in Zeek's sense. */
  readonly depth?: number | undefined;
  /** First and last byte where the content is part of a larger file (HTTP ranges). */
  readonly range?: { readonly start: number; readonly end: number } | undefined;
  /** Name of that larger file, the same for all of its parts in whatever flow; `expectedBytes` is its length. */
  readonly object?: string | undefined;
  /** True for the text of a message, which has no name: Zeek logs it as a file, EVE has no `fileinfo` for it. */
  readonly body?: boolean | undefined;
}

/** Takes a file's content (after transfer and content decoding). */
export interface FileSink {
  /** Identifier of the file (Zeek's fuid), unique in the run. */
  readonly id: string;
  /** Content type by the first bytes; undefined until some came or when unknown. */
  readonly mime: string | undefined;
  filename: string | undefined;
  /** Bytes taken so far. */
  readonly size: number;
  data(bytes: Uint8Array, start: number, end: number): void;
  /** Bytes that are missing. */
  gap(length: number): void;
  /** Bytes that were there but not looked at. */
  skipped(length: number): void;
  /** `complete` false: the flow ended before the file did. */
  close(complete: boolean): void;
}

/** No; perhaps, more bytes could tell; yes. */
export type Match = 'no' | 'maybe' | 'yes';

/** One line of the registry. */
export interface Protocol {
  /** Suricata's `app_proto` name. */
  readonly name: string;
  /** nDPI's name of the protocol, for `app.protocol`. */
  readonly ndpi: string;
  /** Zeek's name in conn.log's `service`; undefined where Zeek has none. */
  readonly service?: string | undefined;
  readonly transports: readonly ('tcp' | 'udp' | 'sctp')[];
  /** Ports where a `maybe` is taken for a yes when nothing better is found; detection is by content. */
  readonly ports?: readonly number[] | undefined;
  /** True for services of the network itself (name lookup, addresses, time): the server's name is no application. */
  readonly nameless?: boolean | undefined;
  /**
   * Looks at the first bytes of a direction of a flow. Pure. `[start, end)` holds all bytes since the beginning of
   * that direction, or one datagram.
   */
  probe(bytes: Uint8Array, start: number, end: number, direction: Direction, port: PortPair): Match;
  create(context: ParserContext): Parser;
}

/** Ports of the flow, client's and server's. */
export interface PortPair {
  readonly client: number;
  readonly server: number;
}
