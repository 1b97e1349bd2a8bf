import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../buffer-error.ts';
import { destinationOf } from '../entry.ts';
import type { StoredTransaction } from '../handover.ts';
import { headerValue } from '../redaction.ts';
import { isPartial } from './rejudge.ts';
import type { Sandbox } from './sandbox.ts';

/** How stored requests are sent again. */
export interface ResendBounds {
  /** Authorization and Cookie are sent too; without, they are taken out. */
  readonly withCredentials?: boolean | undefined;
  /** Requests per second; 20 without, at most 1000. */
  readonly ratePerSecond?: number | undefined;
  /** Requests at once; 2 without, at most 32. */
  readonly concurrency?: number | undefined;
  /** For one request, in milliseconds; 5000 without, at most 60000. */
  readonly timeoutMs?: number | undefined;
  /** For all; 30000 without, at most 600000. */
  readonly budgetMs?: number | undefined;
}

/** The recorded answer to a request, and that of the sandbox. */
export interface Comparison {
  readonly reference: string;
  readonly method: string;
  readonly recorded: Answered | undefined;
  /** Undefined where it did not answer: `error` says why. */
  readonly replayed: Answered | undefined;
  readonly error: string;
  readonly isSameStatus: boolean;
}

/** What is compared of an answer. */
export interface Answered {
  readonly status: number;
  /** Of the body; -1 where nobody knows. */
  readonly bytes: number;
  readonly latencyMs: number;
}

/** What the sandbox answered. */
export interface ResendReport {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  /** Answers with another status than was recorded, and with another length. */
  readonly otherStatus: number;
  readonly otherLength: number;
  /** Requests whose body was not kept wholly, or that cannot be sent (CONNECT). */
  readonly skipped: number;
  /** Requests that the time did not suffice for. */
  readonly left: number;
  /** So many of them. */
  readonly comparisons: readonly Comparison[];
  readonly tookMs: number;
}

const MOST_ROWS = 1000;
/** Of an answer's body; it is counted and not kept. */
const MOST_ANSWER_BYTES = 64 << 20;
const CREDENTIALS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'cookie2',
]);
/** Of the connection that a request came on (RFC 9110, 7.6.1), and what is counted anew. */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/**
 * Sends stored requests to a sandbox and compares its answers with the recorded ones. Redirects are not followed.
 * Secrets in paths and bodies are sent as they came.
 */
export async function resend(
  sandbox: Sandbox,
  transactions: Iterable<StoredTransaction>,
  bounds: ResendBounds = {},
): Promise<ResendReport> {
  const begunMs = performance.now();
  const sender = new Sender(sandbox, bounds);
  const budgetMs = within(bounds.budgetMs ?? 30_000, 1, 600_000);
  const gapMs = 1000 / within(bounds.ratePerSecond ?? 20, 0.1, 1000);
  const counts = { sent: 0, answered: 0, failed: 0, otherStatus: 0, otherLength: 0, skipped: 0, left: 0 };
  const comparisons: Comparison[] = [];
  const iterator = transactions[Symbol.iterator]();
  let nextMs = begunMs;
  const work = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
      const stored = next.value;
      const nowMs = performance.now();
      const atMs = Math.max(nextMs, nowMs);
      if (atMs - begunMs >= budgetMs) {
        counts.left++;
        continue;
      }
      if (isPartial(stored) || stored.transaction.request.method.toUpperCase() === 'CONNECT') {
        counts.skipped++;
        continue;
      }
      nextMs = atMs + gapMs;
      if (atMs > nowMs) await sleep(atMs - nowMs);
      const comparison = await sender.send(stored, budgetMs - (performance.now() - begunMs));
      const { recorded, replayed } = comparison;
      counts.sent++;
      if (replayed === undefined) counts.failed++;
      else {
        counts.answered++;
        if (recorded !== undefined && !comparison.isSameStatus) counts.otherStatus++;
        if (recorded !== undefined && recorded.bytes >= 0 && recorded.bytes !== replayed.bytes)
          counts.otherLength++;
      }
      if (comparisons.length < MOST_ROWS) comparisons.push(comparison);
    }
  };
  try {
    const workers = Math.floor(within(bounds.concurrency ?? 2, 1, 32));
    await Promise.all(Array.from({ length: workers }, work));
  } finally {
    sender.close();
  }
  return { ...counts, comparisons, tookMs: performance.now() - begunMs };
}

class Sender {
  private readonly sandbox: Sandbox;
  private readonly withCredentials: boolean;
  private readonly timeoutMs: number;
  private readonly agent: HttpAgent | HttpsAgent;
  private readonly lookup: LookupFunction;

  constructor(sandbox: Sandbox, bounds: ResendBounds) {
    this.sandbox = sandbox;
    this.withCredentials = bounds.withCredentials === true;
    this.timeoutMs = within(bounds.timeoutMs ?? 5000, 1, 60_000);
    const Agent = sandbox.protocol === 'https:' ? HttpsAgent : HttpAgent;
    this.agent = new Agent({ keepAlive: true, maxSockets: 32 });
    const family = sandbox.address.includes(':') ? 6 : 4;
    // What was checked is what is connected to, whatever the name means by now.
    this.lookup = (_, options, callback) =>
      options.all === true
        ? callback(null, [{ address: sandbox.address, family }])
        : callback(null, sandbox.address, family);
  }

  /** Does not reject. */
  async send({ transaction }: StoredTransaction, leftMs: number): Promise<Comparison> {
    const { reference, request, response, latencyMs } = transaction;
    const recorded = response && { status: response.status, bytes: response.bodyBytes, latencyMs };
    let replayed: Answered | undefined;
    let error = '';
    try {
      replayed = await this.exchange(transaction, Math.max(1, Math.min(this.timeoutMs, leftMs)));
    } catch (failure) {
      error = reasonOf(failure);
    }
    const isSameStatus = replayed !== undefined && replayed.status === recorded?.status;
    return { reference, method: request.method, recorded, replayed, error, isSameStatus };
  }

  close(): void {
    this.agent.destroy();
  }

  private exchange(transaction: StoredTransaction['transaction'], timeoutMs: number): Promise<Answered> {
    const { request } = transaction;
    const { protocol, host, port } = this.sandbox;
    const { path, query } = destinationOf(transaction);
    const target = request.target.includes('?') ? `${path}?${query}` : path;
    const begunMs = performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<Answered>();
    // Throws for characters that no request may have; `send` tells of it.
    const outgoing = (protocol === 'https:' ? httpsRequest : httpRequest)({
      host,
      port,
      method: request.method,
      path: target === '' ? '/' : target,
      headers: this.headersOf(transaction),
      setDefaultHeaders: false,
      agent: this.agent,
      lookup: this.lookup,
      signal: AbortSignal.timeout(Math.ceil(timeoutMs)),
    });
    outgoing.on('error', reject);
    outgoing.on('response', (answer) => {
      const latencyMs = performance.now() - begunMs;
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MOST_ANSWER_BYTES)
          answer.destroy(new Error(`its answer is longer than ${MOST_ANSWER_BYTES} bytes`));
      });
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, bytes, latencyMs }));
    });
    outgoing.on('upgrade', (answer, socket) => {
      socket.destroy();
      resolve({ status: answer.statusCode ?? 0, bytes: 0, latencyMs: performance.now() - begunMs });
    });
    outgoing.end(request.body, 'latin1');
    return promise;
  }

  private headersOf({ reference, request }: StoredTransaction['transaction']): string[] {
    const headers: string[] = [];
    const named = new Set<string>();
    for (const [name, value] of request.headers) {
      if (name.toLowerCase() !== 'connection') continue;
      for (const one of value.split(',', 100)) named.add(one.trim().toLowerCase());
    }
    for (const [name, value] of request.headers) {
      const lower = name.toLowerCase();
      // `:authority` and its like are HTTP/2's way to write the request line.
      if (
        name.startsWith(':') ||
        CONNECTION_FIELDS.has(lower) ||
        named.has(lower) ||
        lower === 'x-weir-replay'
      )
        continue;
      if (CREDENTIALS.has(lower) && !this.withCredentials) continue;
      headers.push(name, value);
    }
    if (!headers.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'host')) {
      headers.push('Host', `${this.sandbox.host}:${this.sandbox.port}`);
    }
    const hadLength = headerValue(request.headers, 'content-length') !== '';
    if (request.body !== '' || hadLength) headers.push('Content-Length', String(request.body.length));
    headers.push('X-Weir-Replay', reference);
    return headers;
  }
}

function within(value: number, least: number, most: number): number {
  return Number.isNaN(value) ? least : Math.max(least, Math.min(most, value));
}
