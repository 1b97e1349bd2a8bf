import type { Backend } from '../backend.ts';
import type { Family } from './family.ts';
import { influxLines } from './influx.ts';

/** Batches that wait for a database that cannot be reached; beyond, the oldest goes. */
const MOST_WAITING = 60;
/** Lines of a batch. */
const MOST_LINES = 5000;
const ANSWER_MS = 10_000;
const LONGEST_BACKOFF_MS = 300_000;
/** Characters of an answer that are told. */
const MOST_ANSWER = 200;

/** What {@link InfluxPush} needs besides the settings. */
export interface InfluxPushParts {
  readonly backend: Pick<Backend, 'configuration' | 'report' | 'secret'>;
  /** The metrics of now. */
  readonly families: () => Promise<readonly Family[]>;
}

/** Writes metrics to InfluxDB at an interval. Nothing waits for it; what it cannot write in time is dropped and counted. */
export class InfluxPush {
  /** Lines that the database took, and those that it did not. */
  readonly counts = { written: 0, dropped: 0, failures: 0 };
  private readonly parts: InfluxPushParts;
  private readonly token: string;
  private readonly ended = new AbortController();
  private readonly waiting: string[][] = [];
  private timer: NodeJS.Timeout | undefined;
  private retry: NodeJS.Timeout | undefined;
  private sending: Promise<void> | undefined;
  private backoffMs = 0;
  private said = '';

  /** The file of the token is read now: later the process may no longer. */
  constructor(parts: InfluxPushParts) {
    this.parts = parts;
    this.token = this.readToken();
    this.schedule();
  }

  /** Ends it; what waits is not sent any more. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    clearTimeout(this.retry);
    this.ended.abort();
    await this.sending;
  }

  private readToken(): string {
    const { influx, influxToken } = this.parts.backend.configuration().metrics;
    if (influx === '' || influxToken === '') return '';
    try {
      const token = this.parts.backend.secret(influxToken);
      if (/^[\x21-\x7e]+$/.test(token)) return token;
      this.say(`api.metrics.influxToken: ${influxToken} holds no token: one line of printable characters`);
    } catch (error) {
      this.say(`api.metrics.influxToken: ${reasonOf(error)}; metrics are written without a token`);
    }
    return '';
  }

  private schedule(): void {
    const { intervalMs } = this.parts.backend.configuration().metrics;
    this.timer = setTimeout(() => {
      this.schedule();
      this.tick().catch((error) => this.say(`metrics cannot be written: ${reasonOf(error)}`));
    }, intervalMs);
    this.timer.unref();
  }

  /** Where to write; a reload may change it, or end it. */
  private get address(): string {
    return this.parts.backend.configuration().metrics.influx;
  }

  private async tick(): Promise<void> {
    if (this.address === '') return;
    const lines = influxLines(await this.parts.families(), Date.now());
    for (let at = 0; at < lines.length; at += MOST_LINES) this.waiting.push(lines.slice(at, at + MOST_LINES));
    while (this.waiting.length > MOST_WAITING) this.counts.dropped += this.waiting.shift()?.length ?? 0;
    if (this.retry === undefined) this.send();
  }

  /** Sends what waits, one batch after the other. */
  private send(): void {
    if (this.ended.signal.aborted) return;
    this.sending ??= this.sendAll()
      .catch((error) => this.say(`metrics cannot be written: ${reasonOf(error)}`))
      .finally(() => {
        this.sending = undefined;
      });
  }

  private async sendAll(): Promise<void> {
    for (let batch = this.waiting[0]; batch !== undefined; batch = this.waiting[0]) {
      const { address } = this;
      if (address === '') {
        this.waiting.length = 0;
        return;
      }
      const outcome = await this.write(batch, address);
      if (this.ended.signal.aborted) return;
      // It may have made room for others meanwhile.
      const isThere = this.waiting[0] === batch;
      if (outcome.kind === 'again') {
        this.counts.failures++;
        this.backOff(outcome.afterMs);
        this.say(`metrics cannot be written to ${placeOf(address)}: ${outcome.reason}; weir tries again`);
        return;
      }
      if (isThere) this.waiting.shift();
      this.backoffMs = 0;
      if (outcome.kind === 'taken') {
        this.counts.written += batch.length;
        if (this.said !== '') this.say(`metrics are written to ${placeOf(address)} again`);
        this.said = '';
      } else {
        this.counts.failures++;
        this.counts.dropped += batch.length;
        this.say(`${placeOf(address)} refuses metrics: ${outcome.reason}`);
      }
    }
  }

  private backOff(afterMs: number): void {
    const { intervalMs } = this.parts.backend.configuration().metrics;
    this.backoffMs = Math.min(LONGEST_BACKOFF_MS, Math.max(intervalMs, 2 * this.backoffMs));
    this.retry = setTimeout(
      () => {
        this.retry = undefined;
        this.send();
      },
      Math.min(LONGEST_BACKOFF_MS, Math.max(afterMs, this.backoffMs)),
    );
    this.retry.unref();
  }

  private async write(batch: readonly string[], address: string): Promise<Outcome> {
    const { url, authorization } = this.target(address);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'text/plain; charset=utf-8',
          ...(authorization === '' ? {} : { authorization }),
        },
        body: batch.join('\n'),
        // The token is for this place alone.
        redirect: 'error',
        signal: AbortSignal.any([this.ended.signal, AbortSignal.timeout(ANSWER_MS)]),
      });
      if (response.ok) {
        await response.body?.cancel();
        return { kind: 'taken' };
      }
      const reason = `${response.status} ${await beginningOf(response)}`;
      const later = response.status >= 500 || response.status === 429 || response.status === 408;
      if (!later) return { kind: 'refused', reason };
      const afterMs = 1000 * (Number(response.headers.get('retry-after')) || 0);
      return { kind: 'again', reason, afterMs };
    } catch (error) {
      return { kind: 'again', reason: reasonOf(error), afterMs: 0 };
    }
  }

  /** Times are in milliseconds, whatever the address says. */
  private target(address: string): { readonly url: URL; readonly authorization: string } {
    const url = new URL(address);
    url.searchParams.set('precision', url.pathname.startsWith('/api/v3/') ? 'millisecond' : 'ms');
    const { username, password } = url;
    url.username = '';
    url.password = '';
    if (this.token !== '') return { url, authorization: `Token ${this.token}` };
    if (username === '') return { url, authorization: '' };
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return { url, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
  }

  /** The same is said once. */
  private say(line: string): void {
    if (line === this.said) return;
    this.said = line;
    this.parts.backend.report(line);
  }
}

type Outcome =
  | { readonly kind: 'taken' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'again'; readonly reason: string; readonly afterMs: number };

/** What follows the path may hold secrets. */
function placeOf(address: string): string {
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname}`;
}

/** The first part of an answer, on one line. */
async function beginningOf({ body }: Response): Promise<string> {
  if (body === null) return '';
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length >= MOST_ANSWER) break;
  }
  return text.slice(0, MOST_ANSWER).replace(/\p{Cc}+/gu, ' ');
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
