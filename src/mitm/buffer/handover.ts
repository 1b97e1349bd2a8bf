import type { Judgement } from '../judge.ts';
import type { IncomingRequest, IncomingResponse, WebTransaction } from '../transaction.ts';
import type { Match, Verdict } from '../waf/index.ts';

/** How much of a transaction is copied. */
export interface CopyLimits {
  /** Bytes of the body of a request, and of an answer. */
  readonly requestBodyBytes: number;
  readonly responseBodyBytes: number;
}

/** A transaction on its way to buffer B: its bodies apart, because bytes are no good as JSON. */
export interface Handed {
  /** JSON of the transaction without its bodies. */
  readonly head: string;
  readonly requestBody: string;
  readonly responseBody: string;
}

/** A transaction as buffer B has it. */
export interface StoredTransaction {
  readonly transaction: WebTransaction;
  /** Something besides bodies was longer than is kept: the target, a header, or how many there were. */
  readonly isCut: boolean;
}

const LONGEST_TARGET = 16_384;
const MOST_HEADERS = 200;
const LONGEST_HEADER = 16_384;
/** Characters of all headers. */
const MOST_HEADER_TEXT = 65_536;
const MOST_MATCHES = 64;
const LONGEST_MATCH_TEXT = 1024;
const MOST_TAGS = 32;

/** About how many bytes a transaction keeps in memory: its texts, and something for each object. */
export function sizeOf({ request, response }: WebTransaction): number {
  let size = 2048 + request.target.length + request.body.length;
  for (const [name, value] of request.headers) size += 64 + name.length + value.length;
  if (response === undefined) return size;
  size += response.body.length;
  for (const [name, value] of response.headers) size += 64 + name.length + value.length;
  return size;
}

/** Makes a bounded copy; takes time for what is kept, however much there was. */
export function handOver(transaction: WebTransaction, limits: CopyLimits): Handed {
  const { request, response, judgement, responseJudgement } = transaction;
  const cutter = new Cutter();
  const head = {
    reference: transaction.reference,
    request: requestHead(request, cutter),
    judgement: judgementOf(judgement),
    response: response && responseHead(response, cutter),
    responseJudgement: responseJudgement && judgementOf(responseJudgement),
    latencyMs: transaction.latencyMs,
    judgedMs: transaction.judgedMs,
  };
  return {
    head: JSON.stringify({ isCut: cutter.isCut, transaction: head }),
    requestBody: request.body.slice(0, limits.requestBodyBytes),
    responseBody: response?.body.slice(0, limits.responseBodyBytes) ?? '',
  };
}

/** The bytes under which a transaction is stored. */
export function pack({ head, requestBody, responseBody }: Handed): Buffer {
  const headBytes = Buffer.byteLength(head);
  const bytes = Buffer.allocUnsafe(8 + headBytes + requestBody.length + responseBody.length);
  bytes.writeUInt32BE(headBytes, 0);
  bytes.writeUInt32BE(requestBody.length, 4);
  bytes.write(head, 8, 'utf8');
  bytes.write(requestBody, 8 + headBytes, 'latin1');
  bytes.write(responseBody, 8 + headBytes + requestBody.length, 'latin1');
  return bytes;
}

/** Reads what {@link pack} wrote. Throws a `SyntaxError` or `RangeError` for anything else. */
export function unpack(bytes: Buffer): StoredTransaction {
  const body = 8 + bytes.readUInt32BE(0);
  const answer = body + bytes.readUInt32BE(4);
  if (answer > bytes.length) throw new RangeError('a stored transaction ends within its bodies');
  const { isCut, transaction } = readHead(bytes.toString('utf8', 8, body));
  const { request, response } = transaction;
  return {
    isCut,
    transaction: {
      ...transaction,
      request: { ...request, body: bytes.toString('latin1', body, answer) },
      response: response && { ...response, body: bytes.toString('latin1', answer) },
    },
  };
}

/**
 * What is sealed was written by {@link pack}, so that only what holds the rest is looked at: another version may have
 * packed it.
 */
function readHead(text: string): StoredTransaction {
  const head = JSON.parse(text) as StoredTransaction | null;
  const transaction: Partial<WebTransaction> = head?.transaction ?? {};
  const { request, response, judgement } = transaction;
  const isWhole =
    Array.isArray(request?.headers) &&
    typeof request.connection === 'object' &&
    (response === undefined || Array.isArray(response?.headers)) &&
    typeof judgement === 'object';
  if (head === null || !isWhole)
    throw new SyntaxError('a stored transaction is not as this version writes it');
  return head;
}

/** Cuts texts and lists, and knows whether it did. */
class Cutter {
  isCut = false;

  text(text: string, most: number): string {
    if (text.length <= most) return text;
    this.isCut = true;
    return text.slice(0, most);
  }

  headers(headers: IncomingRequest['headers']): IncomingRequest['headers'] {
    const kept: (readonly [string, string])[] = [];
    let size = 0;
    for (const [name, value] of headers) {
      if (kept.length === MOST_HEADERS || size >= MOST_HEADER_TEXT) {
        this.isCut = true;
        break;
      }
      const header = [this.text(name, LONGEST_HEADER), this.text(value, LONGEST_HEADER)] as const;
      size += header[0].length + header[1].length;
      kept.push(header);
    }
    return kept;
  }
}

function requestHead(request: IncomingRequest, cutter: Cutter): IncomingRequest {
  const { connection } = request;
  return {
    method: cutter.text(request.method, 256),
    target: cutter.text(request.target, LONGEST_TARGET),
    protocol: cutter.text(request.protocol, 32),
    headers: cutter.headers(request.headers),
    body: '',
    client: connection.client,
    server: connection.server,
    connection: {
      way: connection.way,
      client: connection.client,
      server: connection.server,
      communityId: connection.communityId,
      tls: connection.tls,
    },
    timeUs: request.timeUs,
    bodyBytes: request.bodyBytes,
  };
}

function responseHead(response: IncomingResponse, cutter: Cutter): IncomingResponse {
  const { status, protocol, headers, bodyBytes } = response;
  return { status, protocol, headers: cutter.headers(headers), body: '', bodyBytes };
}

function judgementOf({ action, status, location, reason, retryAfter, verdict }: Judgement): Judgement {
  return {
    action,
    status,
    location: brief(location),
    reason: brief(reason),
    retryAfter,
    verdict: verdict && verdictOf(verdict),
  };
}

function verdictOf({ action, status, location, ruleId, matches, limit, score }: Verdict): Verdict {
  return {
    action,
    status,
    location: brief(location),
    ruleId,
    matches: matches.length === 0 ? matches : matches.slice(0, MOST_MATCHES).map(matchOf),
    limit: brief(limit),
    score,
  };
}

function matchOf(match: Match): Match {
  return {
    ...match,
    message: brief(match.message),
    data: brief(match.data),
    tags: match.tags.slice(0, MOST_TAGS).map(brief),
    variable: brief(match.variable),
    value: brief(match.value),
    operator: brief(match.operator),
  };
}

function brief(text: string): string {
  return text.length <= LONGEST_MATCH_TEXT ? text : text.slice(0, LONGEST_MATCH_TEXT);
}
