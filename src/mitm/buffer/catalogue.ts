import { createHash } from 'node:crypto';
import { type Address, type Prefix, parseAddress, parsePrefix, prefixContains } from '../../net/index.ts';
import type { WebTransaction } from '../transaction.ts';
import { isSecretName } from '../waf/secrets.ts';
import type { Analysis } from './analysis.ts';
import { BufferError } from './buffer-error.ts';
import { destinationOf, isBlocked, liveAnalysis, ruleIdsOf } from './entry.ts';
import { headerValue } from './redaction.ts';

/** Which entries are meant; all that is given must hold. */
export interface Selection {
  /** Of the client: an address, or a network (`192.0.2.0/24`). */
  readonly address?: string | undefined;
  readonly reference?: string | undefined;
  /** From this time on, and before that: microseconds since 1970. */
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
  /** Score from which on, 0 to 100. */
  readonly minimalScore?: number | undefined;
  readonly host?: string | undefined;
  readonly blocked?: boolean | undefined;
  /** Entries at most, the newest ones; 100 without, never more than 10000. */
  readonly most?: number | undefined;
}

/** What is known of an entry without reading it from the disk. */
export interface Summary {
  readonly id: number;
  readonly reference: string;
  readonly timeUs: number;
  readonly client: string;
  readonly communityId: string;
  readonly method: string;
  readonly host: string;
  readonly port: number;
  /** Its beginning. */
  readonly path: string;
  readonly status: number;
  readonly userAgent: string;
  /** Tells sessions apart: a digest of the user agent and the cookies of a session; nothing can be read from it. */
  readonly session: string;
  /** `address:port` of what the client connected to. */
  readonly server: string;
  readonly blocked: boolean;
  readonly ruleIds: readonly number[];
  readonly analysed: boolean;
  readonly score: number;
  readonly categories: readonly string[];
}

const DEFAULT_MOST = 100;
/** Entries that one question is answered with at most. */
const MOST_SELECTED = 10_000;
const LONGEST_TEXT = 256;

/** Summaries of all entries of the ring. */
export class Catalogue {
  private readonly summaries = new Map<number, Summary>();
  private readonly addresses = new Map<number, Address | undefined>();
  private readonly byReference = new Map<string, number>();

  get size(): number {
    return this.summaries.size;
  }

  add(id: number, transaction: WebTransaction): Summary {
    const summary = summaryOf(id, transaction);
    this.summaries.set(id, summary);
    this.addresses.set(id, parseAddress(summary.client));
    this.byReference.set(summary.reference, id);
    return summary;
  }

  /** Puts an analysis in; what comes of it, undefined where there is no such entry. */
  note(id: number, { score, categories }: Analysis): Summary | undefined {
    const before = this.summaries.get(id);
    if (before === undefined) return undefined;
    const after = { ...before, analysed: true, score, categories };
    this.summaries.set(id, after);
    return after;
  }

  remove(id: number): void {
    const summary = this.summaries.get(id);
    if (summary === undefined) return;
    this.summaries.delete(id);
    this.addresses.delete(id);
    if (this.byReference.get(summary.reference) === id) this.byReference.delete(summary.reference);
  }

  get(id: number): Summary | undefined {
    return this.summaries.get(id);
  }

  /** The id of an entry by its reference. */
  idOf(reference: string): number | undefined {
    return this.byReference.get(reference);
  }

  /** From the oldest to the newest. */
  all(): IterableIterator<Summary> {
    return this.summaries.values();
  }

  /** The entries that are meant, the newest first. Throws {@link BufferError} for a selection that means nothing. */
  select(selection: Selection): Summary[] {
    const meant = this.filter(selection);
    const most = Math.min(selection.most ?? DEFAULT_MOST, MOST_SELECTED);
    if (!(most >= 0)) throw new BufferError(`most takes a number, not ${selection.most}`);
    if (selection.reference !== undefined) {
      const found = this.summaries.get(this.byReference.get(selection.reference) ?? 0);
      return found !== undefined && meant(found) ? [found] : [];
    }
    return [...this.summaries.values()]
      .filter(meant)
      .sort((a, b) => b.timeUs - a.timeUs || b.id - a.id)
      .slice(0, most);
  }

  private filter(selection: Selection): (summary: Summary) => boolean {
    const {
      address,
      fromUs = 0,
      toUs = Number.POSITIVE_INFINITY,
      minimalScore = 0,
      host,
      blocked,
    } = selection;
    const prefix = address === undefined ? undefined : readPrefix(address);
    return (summary) =>
      summary.timeUs >= fromUs &&
      summary.timeUs < toUs &&
      summary.score >= minimalScore &&
      (host === undefined || summary.host === host.toLowerCase()) &&
      (blocked === undefined || summary.blocked === blocked) &&
      (prefix === undefined || this.isWithin(prefix, summary));
  }

  private isWithin(prefix: Prefix, { id }: Summary): boolean {
    const address = this.addresses.get(id);
    return address !== undefined && prefixContains(prefix, address.version, ...address.words);
  }
}

/** Whether an address is one, or in a network. Throws {@link BufferError} where `text` is neither. */
export function addressFilter(text: string): (address: string) => boolean {
  const prefix = readPrefix(text);
  return (other) => {
    const address = parseAddress(other);
    return address !== undefined && prefixContains(prefix, address.version, ...address.words);
  };
}

function readPrefix(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) {
    throw new BufferError(
      `${JSON.stringify(text.slice(0, 64))} is no address, and no network such as 192.0.2.0/24`,
    );
  }
  return prefix;
}

function summaryOf(id: number, transaction: WebTransaction): Summary {
  const { request, response, judgement } = transaction;
  const { host, port, path } = destinationOf(transaction);
  const { score, categories } = liveAnalysis(transaction);
  const userAgent = headerValue(request.headers, 'user-agent').slice(0, LONGEST_TEXT);
  const { client, server, communityId } = request.connection;
  return {
    id,
    reference: transaction.reference,
    timeUs: request.timeUs,
    client: client.address,
    communityId,
    method: request.method.slice(0, 32),
    host: host.slice(0, LONGEST_TEXT),
    port,
    path: path.slice(0, LONGEST_TEXT),
    status: response?.status ?? judgement.status,
    userAgent,
    session: sessionOf(userAgent, headerValue(request.headers, 'cookie')),
    server: `${server.address}:${server.port}`,
    blocked: isBlocked(transaction),
    ruleIds: ruleIdsOf(transaction),
    analysed: false,
    score,
    categories,
  };
}

function sessionOf(userAgent: string, cookies: string): string {
  const digest = createHash('sha256').update(userAgent, 'latin1');
  for (const cookie of cookies.split(';', 100)) {
    const equals = cookie.indexOf('=');
    if (equals > 0 && isSecretName(cookie.slice(0, equals).trim()))
      digest.update(`\0${cookie.trim()}`, 'latin1');
  }
  return digest.digest('hex').slice(0, 16);
}
