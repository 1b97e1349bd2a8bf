import { closeSync, fstatSync } from 'node:fs';
import { addressOf } from '../../event/index.ts';
import { type Prefix, parseAddress, parsePrefix, prefixContains } from '../../net/index.ts';
import { linesBackwards } from './backwards.ts';
import { type Correlation, correlationLine, parseCorrelation, type ReadCorrelation } from './correlation.ts';
import { openToRead, RotatedFile, type RotationOptions } from './rotated-file.ts';

/** What is searched for; all that is given must hold. */
export interface CorrelationQuestion {
  /** An address, or a network as `203.0.113.0/24`. */
  readonly address?: string | undefined;
  /** Microseconds since 1970, both included. */
  readonly fromUs?: number | undefined;
  readonly untilUs?: number | undefined;
  readonly type?: string | undefined;
  /** Least threat. */
  readonly leastScore?: number | undefined;
  /** Identifier of the evidence, or of the incident. */
  readonly id?: string | undefined;
  readonly incident?: string | undefined;
  /** Only what was written before this one, by its {@link correlationKey}. */
  readonly after?: string | undefined;
  /** 100 without, at most 10,000. */
  readonly limit?: number | undefined;
}

/** What was found, the latest that was written first. */
export interface CorrelationAnswer {
  readonly correlations: readonly Correlation[];
  /** Whether the search ended before all was looked at, for the amount of work; not for `limit`. */
  readonly isCutOff: boolean;
}

/** Counts over all files that are kept. */
export interface CorrelationStatistics {
  readonly total: number;
  /** With a threat of 70 and more. */
  readonly high: number;
  readonly banned: number;
  readonly uniqueAddresses: number;
  /** Lines that could not be written since the start, and why the last one could not; empty where it could. */
  readonly dropped: number;
  readonly problem: string;
}

/** What a file holds. */
interface Tally {
  total: number;
  high: number;
  banned: number;
  readonly addresses: Set<string>;
}

const HIGH = 70;
/** Bytes of lines that one search looks at. */
const MOST_BYTES = 128 << 20;
/** Lines are about in the order of time; what is older than asked for by this much ends a search. */
const DISORDER_US = 3600e6;

/** The log of correlations: written line by line, rotated, searched from its end. */
export class CorrelationLog {
  private readonly file: RotatedFile;
  /** What the files hold, in the order of {@link RotatedFile.names}. */
  private tallies: Tally[] = [emptyTally()];
  /** Why the last line could not be written; empty where it could. */
  problem = '';
  private dropped = 0;

  private constructor(path: string, options: RotationOptions) {
    this.file = new RotatedFile(
      path,
      options,
      (line) => parseCorrelation(line)?.timeUs,
      () => {
        this.tallies.unshift(emptyTally());
        this.tallies.length = Math.min(this.tallies.length, this.file.files + 1);
      },
    );
  }

  /** Opens the log and counts what is there. The folder must be there. Throws the error of the system. */
  static async open(path: string, options: RotationOptions = {}): Promise<CorrelationLog> {
    const log = new CorrelationLog(path, options);
    const tallies: Tally[] = [];
    for (const name of log.file.names()) {
      const tally = emptyTally();
      tallies.push(tally);
      const descriptor = openToRead(name);
      if (descriptor === undefined) continue;
      try {
        for await (const line of linesBackwards(descriptor)) {
          const found = parseCorrelation(line.toString('utf8'));
          if (found !== undefined) count(tally, found);
        }
      } finally {
        closeSync(descriptor);
      }
    }
    log.tallies = tallies;
    return log;
  }

  get path(): string {
    return this.file.path;
  }

  /** Adds a correlation; false where that failed, as `problem` and `statistics` tell. */
  write(correlation: Correlation): boolean {
    const line = correlationLine(correlation);
    const found = parseCorrelation(line);
    try {
      if (found === undefined) throw new Error(`${correlation.timestamp} is no time`);
      this.file.append(line, found.timeUs);
    } catch (error) {
      this.dropped++;
      const reason = error instanceof Error ? error.message : String(error);
      this.problem = `${this.file.path} cannot be written: ${reason}`;
      return false;
    }
    this.problem = '';
    const [live] = this.tallies;
    if (live !== undefined) count(live, found);
    return true;
  }

  /** Searches all files, the newest first. Throws {@link CorrelationQuestionError} and the error of the system. */
  async search(question: CorrelationQuestion = {}): Promise<CorrelationAnswer> {
    const matches = matcher(question);
    const limit = Math.max(0, Math.min(10_000, question.limit ?? 100));
    const oldestUs = (question.fromUs ?? Number.NEGATIVE_INFINITY) - DISORDER_US;
    const correlations: Correlation[] = [];
    let isBehind = question.after === undefined;
    let bytes = 0;
    const descriptors = this.descriptors();
    try {
      for (const descriptor of descriptors) {
        for await (const line of linesBackwards(descriptor)) {
          if (correlations.length >= limit) return { correlations, isCutOff: false };
          bytes += line.length;
          if (bytes > MOST_BYTES) return { correlations, isCutOff: true };
          const found = parseCorrelation(line.toString('utf8'));
          if (found === undefined) continue;
          if (found.timeUs < oldestUs) return { correlations, isCutOff: false };
          if (isBehind && matches(found)) correlations.push(found.correlation);
          isBehind ||= correlationKey(found.correlation) === question.after;
        }
      }
    } finally {
      for (const descriptor of descriptors) closeSync(descriptor);
    }
    return { correlations, isCutOff: false };
  }

  statistics(): CorrelationStatistics {
    const addresses = new Set<string>();
    let total = 0;
    let high = 0;
    let banned = 0;
    for (const tally of this.tallies) {
      total += tally.total;
      high += tally.high;
      banned += tally.banned;
      for (const address of tally.addresses) addresses.add(address);
    }
    const { dropped, problem } = this;
    return { total, high, banned, uniqueAddresses: addresses.size, dropped, problem };
  }

  close(): void {
    this.file.close();
  }

  /**
   * All files, open at once: a rotation while they are read moves none from under the search. The newest first, so that
   * one that moves on meanwhile is met twice rather than never.
   */
  private descriptors(): number[] {
    const descriptors: number[] = [];
    const known = new Set<number>();
    try {
      for (const name of this.file.names()) {
        const descriptor = openToRead(name);
        if (descriptor === undefined) continue;
        descriptors.push(descriptor);
        const { ino } = fstatSync(descriptor);
        if (known.has(ino)) closeSync(descriptors.pop() as number);
        known.add(ino);
      }
    } catch (error) {
      for (const descriptor of descriptors) closeSync(descriptor);
      throw error;
    }
    return descriptors;
  }
}

/** A question that cannot be answered; the message says why. */
export class CorrelationQuestionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CorrelationQuestionError';
  }
}

/** Tells a correlation from others; a line of another program has no identifier. */
export function correlationKey({ weir, ip, timestamp }: Correlation): string {
  return (weir as Correlation['weir'] | undefined)?.id ?? `${timestamp} ${ip}`;
}

function matcher(question: CorrelationQuestion): (found: ReadCorrelation) => boolean {
  const { address, fromUs, untilUs, type, leastScore, id, incident } = question;
  const isOf = address === undefined ? undefined : addressMatcher(address);
  return ({ timeUs, score, correlation }) => {
    if (fromUs !== undefined && timeUs < fromUs) return false;
    if (untilUs !== undefined && timeUs > untilUs) return false;
    if (type !== undefined && correlation.event_type !== type) return false;
    if (leastScore !== undefined && score < leastScore) return false;
    const weir = correlation.weir as Correlation['weir'] | undefined;
    if (id !== undefined && weir?.id !== id) return false;
    if (incident !== undefined && weir?.incident !== incident) return false;
    return isOf === undefined || isOf(correlation.ip);
  };
}

function addressMatcher(text: string): (ip: string) => boolean {
  if (!text.includes('/')) {
    const address = addressOf(text);
    if (address === undefined)
      throw new CorrelationQuestionError(`${text.slice(0, 64)} is neither an address nor a network`);
    return (ip) => ip === address || (ip.includes(':') && addressOf(ip) === address);
  }
  const prefix = parsePrefix(text);
  if (prefix === undefined) {
    throw new CorrelationQuestionError(
      `${text.slice(0, 64)} is no network: it looks like 203.0.113.0/24 or 2001:db8::/32`,
    );
  }
  return (ip) => isIn(prefix, ip);
}

function isIn(prefix: Prefix, ip: string): boolean {
  const address = parseAddress(ip);
  return address !== undefined && prefixContains(prefix, address.version, ...address.words);
}

function emptyTally(): Tally {
  return { total: 0, high: 0, banned: 0, addresses: new Set() };
}

function count(tally: Tally, { score, correlation }: ReadCorrelation): void {
  tally.total++;
  if (score >= HIGH) tally.high++;
  if (correlation.crowdsec_status === 'banned') tally.banned++;
  tally.addresses.add(correlation.ip);
}
