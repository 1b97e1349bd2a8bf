import type { FlowRecord, RecordSink, Transaction, ZeekRow } from '../event/index.ts';
import { contentOf } from './conversation-segments.ts';
import type { BodyKeeper, KeptBody } from './kept-bodies.ts';

/** A body as it was before it was encoded for the way. */
export interface DecodedBody {
  readonly name: string;
  /** Media type by its first bytes; empty where they tell nothing. */
  readonly type: string;
  /** Bytes that it has; less of them are in `base64` where it is long. */
  readonly length: number;
  readonly text: string;
  readonly base64: string;
}

/** One side of an exchange. */
export interface DecodedMessage {
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly bodies: readonly DecodedBody[];
}

/** A request with its answer. */
export interface DecodedExchange {
  readonly index: number;
  /** When it was asked, microseconds since 1970. */
  readonly timeUs: number;
  readonly method: string;
  readonly url: string;
  readonly host: string;
  readonly version: string;
  /** 0 without an answer. */
  readonly status: number;
  readonly request: DecodedMessage;
  readonly response: DecodedMessage;
}

/** Exchanges of one answer. */
const MOST = 50;
/** Bytes of all their bodies. */
const MOST_BYTES = 512 << 10;

/** Takes the exchanges of HTTP/1 of one flow, from the one on that is wanted first. */
export class ExchangeCollector implements RecordSink {
  readonly exchanges: DecodedExchange[] = [];
  /** Index of the first that there was no room for. */
  next: number | undefined;
  private readonly wanted: string;
  private readonly first: number;
  private readonly keeper: BodyKeeper;
  private count = 0;
  private bytes = 0;
  private flowId = -1;

  constructor(wanted: string, first: number, keeper: BodyKeeper) {
    this.wanted = wanted;
    this.first = first;
    this.keeper = keeper;
  }

  transaction(flow: FlowRecord, transaction: Transaction): void {
    if (transaction.type !== 'http') return;
    // Zeek's log knows more of an exchange than EVE does.
    const rows = transaction.zeek?.() ?? [];
    const files = this.keeper.take(filesOf(rows));
    if (!this.isWanted(flow)) return;
    const index = this.count++;
    if (index < this.first || this.next !== undefined) return;
    if (this.exchanges.length >= MOST || this.bytes >= MOST_BYTES) {
      this.next = index;
      return;
    }
    for (const { bytes } of files) this.bytes += bytes.length;
    this.exchanges.push(exchangeOf(index, rows[0]?.timeUs ?? 0, transaction.eve().http, files));
  }

  flow(): void {}

  anomaly(): void {}

  /** The first of several flows of a community id counts. */
  private isWanted({ id, communityId }: FlowRecord): boolean {
    if (this.flowId < 0 && (communityId === this.wanted || String(id) === this.wanted)) this.flowId = id;
    return id === this.flowId;
  }
}

/** Identifiers of the files of an exchange. */
function filesOf(rows: readonly ZeekRow[]): readonly string[] {
  return rows.flatMap(({ log, values }) =>
    log.columns.flatMap(([name], at) => {
      const value = values[at];
      return name.endsWith('_fuids') && Array.isArray(value) ? value.map(String) : [];
    }),
  );
}

function exchangeOf(
  index: number,
  timeUs: number,
  eve: unknown,
  files: readonly KeptBody[],
): DecodedExchange {
  const http = eve as Readonly<Record<string, unknown>>;
  const text = (name: string): string => String(http[name] ?? '');
  const message = (headers: string, fromClient: boolean): DecodedMessage => ({
    headers: (http[headers] ?? []) as DecodedMessage['headers'],
    bodies: files.filter((file) => file.fromClient === fromClient).map(bodyOf),
  });
  return {
    index,
    timeUs,
    method: text('http_method'),
    url: text('url'),
    host: text('hostname'),
    version: text('protocol'),
    status: Number(http.status ?? 0),
    request: message('request_headers', true),
    response: message('response_headers', false),
  };
}

function bodyOf({ name, type, length, bytes }: KeptBody): DecodedBody {
  return { name, type, length, ...contentOf(bytes) };
}
