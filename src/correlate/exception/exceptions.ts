import { newIdentifier } from '../../event/index.ts';
import { ListFile } from './list-file.ts';
import { ExceptionLookup } from './lookup.ts';
import {
  checkedMatch,
  ExceptionError,
  type ExceptionMatch,
  matchKey,
  matchText,
  type Occurrence,
} from './match.ts';

/** What is asked for: what does not count, until when, and who says so. */
export interface ExceptionDraft {
  readonly match: ExceptionMatch;
  /** Milliseconds since 1970; undefined: it does not expire. */
  readonly untilMs?: number;
  readonly author: string;
  readonly reason: string;
}

/** Something that does not count as evidence. */
export interface Exception extends ExceptionDraft {
  /** Unique, of 20 lower-case letters and digits. */
  readonly id: string;
  readonly createdMs: number;
}

/** An exception and how often it was used. */
export interface ExceptionUse extends Exception {
  readonly used: number;
  /** Microseconds since 1970, of the latest evidence that it was used for; 0 where it never was. */
  readonly lastUsedUs: number;
}

/** Exceptions that were opened, and in words what was wrong with their file. */
export interface OpenedExceptions {
  readonly exceptions: Exceptions;
  readonly problem: string | undefined;
}

const MOST_EXCEPTIONS = 10_000;
const LONGEST_AUTHOR = 64;
const LONGEST_REASON = 512;
const ID = /^[a-z0-9]{20}$/;

interface Kept {
  readonly exception: Exception;
  readonly match: ExceptionMatch;
  used: number;
  lastUsedUs: number;
}

/**
 * The exceptions, in a file that is written before a change is acknowledged; how often they were used is written
 * with the next change, or by {@link flush}.
 */
export class Exceptions {
  private readonly file: ListFile<ExceptionUse>;
  private readonly limit: number;
  private readonly byId = new Map<string, Kept>();
  private readonly byMatch = new Map<string, Kept>();
  private readonly lookup = new ExceptionLookup<Kept>();
  private isChanged = false;

  private constructor(file: ListFile<ExceptionUse>, limit: number) {
    this.file = file;
    this.limit = limit;
  }

  /**
   * Opens the exceptions of a file, or begins without any; without a path they are not kept. At most `limit` (10,000).
   * Throws StateFileError.
   */
  static async open(path?: string, limit = MOST_EXCEPTIONS): Promise<OpenedExceptions> {
    const file = new ListFile<ExceptionUse>(path, 'weir-exceptions');
    const { items, problem } = await file.load(Math.max(limit, MOST_EXCEPTIONS), exceptionFrom);
    const exceptions = new Exceptions(file, limit);
    for (const { used, lastUsedUs, ...exception } of items) exceptions.keep(exception, used, lastUsedUs);
    return { exceptions, problem };
  }

  get size(): number {
    return this.byId.size;
  }

  /**
   * Adds an exception, and returns it when it is on the disk. Throws {@link ExceptionError} for what may not be, and
   * StateFileError where it cannot be written; then it is not there.
   */
  async add(draft: ExceptionDraft, nowMs: number): Promise<Exception> {
    const checked = checkedDraft(draft);
    if (checked.untilMs !== undefined && checked.untilMs <= nowMs) {
      throw new ExceptionError('exception: it would be over before it begins; give a later expiry');
    }
    const same = this.byMatch.get(matchKey(checked.match));
    if (same !== undefined && isInForce(same.exception, nowMs)) {
      throw new ExceptionError(
        `exception: ${matchText(checked.match)} is excepted already by ${same.exception.id}; remove that first`,
      );
    }
    if (same === undefined && this.byId.size >= this.limit) {
      throw new ExceptionError(
        `exception: there are ${this.limit} already; remove some, or join them to networks`,
      );
    }
    const exception: Exception = { id: newIdentifier(), createdMs: nowMs, ...checked };
    if (same !== undefined) this.discard(same);
    const kept = this.keep(exception, 0, 0);
    try {
      await this.save();
    } catch (error) {
      this.discard(kept);
      throw error;
    }
    return exception;
  }

  /** Removes an exception; undefined where there is none with this id. Throws StateFileError; then it is still there. */
  async remove(id: string): Promise<Exception | undefined> {
    const kept = this.byId.get(id);
    if (kept === undefined) return undefined;
    this.discard(kept);
    try {
      await this.save();
    } catch (error) {
      this.keep(kept.exception, kept.used, kept.lastUsedUs);
      throw error;
    }
    return kept.exception;
  }

  /** Removes those that are over, and returns them. Throws StateFileError. */
  async expire(nowMs: number): Promise<readonly Exception[]> {
    const over = [...this.byId.values()].filter(({ exception }) => !isInForce(exception, nowMs));
    if (over.length === 0) return [];
    for (const kept of over) this.discard(kept);
    this.isChanged = true;
    await this.flush();
    return over.map(({ exception }) => exception);
  }

  /** All of them, in the order in which they were added; also those that are over and were not removed yet. */
  list(): readonly ExceptionUse[] {
    return [...this.byId.values()].map(({ exception, used, lastUsedUs }) => ({
      ...exception,
      used,
      lastUsedUs,
    }));
  }

  /** An exception for this, at the time of the record (microseconds since 1970); undefined without. */
  find(occurrence: Occurrence, timeUs: number): Exception | undefined {
    return this.findKept(occurrence, timeUs)?.exception;
  }

  /** As {@link find}, and counts it as used. */
  use(occurrence: Occurrence, timeUs: number): Exception | undefined {
    const kept = this.findKept(occurrence, timeUs);
    if (kept === undefined) return undefined;
    kept.used++;
    kept.lastUsedUs = Math.max(kept.lastUsedUs, timeUs);
    this.isChanged = true;
    return kept.exception;
  }

  /** Writes how often exceptions were used, where that has changed. Throws StateFileError. */
  async flush(): Promise<void> {
    if (this.isChanged) await this.save();
  }

  private findKept(occurrence: Occurrence, timeUs: number): Kept | undefined {
    return this.lookup.find(occurrence, ({ exception }) => isInForce(exception, timeUs / 1000));
  }

  private async save(): Promise<void> {
    this.isChanged = false;
    try {
      await this.file.save(this.list());
    } catch (error) {
      this.isChanged = true;
      throw error;
    }
  }

  private keep(exception: Exception, used: number, lastUsedUs: number): Kept {
    const kept: Kept = { exception, match: exception.match, used, lastUsedUs };
    this.byId.set(exception.id, kept);
    this.byMatch.set(matchKey(exception.match), kept);
    this.lookup.add(kept);
    return kept;
  }

  private discard(kept: Kept): void {
    this.byId.delete(kept.exception.id);
    const key = matchKey(kept.match);
    if (this.byMatch.get(key) === kept) this.byMatch.delete(key);
    this.lookup.delete(kept);
  }
}

function isInForce({ untilMs }: Exception, nowMs: number): boolean {
  return untilMs === undefined || nowMs < untilMs;
}

function checkedDraft({ match, untilMs, author, reason }: ExceptionDraft): ExceptionDraft {
  if (untilMs !== undefined && !Number.isSafeInteger(untilMs)) {
    throw new ExceptionError('exception: expiry takes milliseconds since 1970, or nothing');
  }
  const checked = {
    match: checkedMatch(match),
    author: checkedWords('exception: author', author, LONGEST_AUTHOR),
    reason: checkedWords('exception: reason', reason, LONGEST_REASON),
  };
  return untilMs === undefined ? checked : { ...checked, untilMs };
}

/** Words of a person: neither missing nor too long, without control characters. Throws {@link ExceptionError}. */
export function checkedWords(where: string, text: string, most: number): string {
  const words = text.trim();
  if (words === '' || words.length > most || /\p{Cc}/u.test(words)) {
    throw new ExceptionError(`${where} takes 1 to ${most} characters on one line`);
  }
  return words;
}

function exceptionFrom(value: unknown): ExceptionUse {
  const { id, createdMs, match, untilMs, author, reason, used, lastUsedUs } = value as Partial<ExceptionUse>;
  if (typeof id !== 'string' || !ID.test(id))
    throw new ExceptionError('exception: id takes 20 letters and digits');
  if (typeof match !== 'object' || match === null) throw new ExceptionError('exception: match is missing');
  if (typeof author !== 'string' || typeof reason !== 'string') {
    throw new ExceptionError('exception: author or reason is missing');
  }
  for (const number of [createdMs, used, lastUsedUs]) {
    if (!Number.isSafeInteger(number))
      throw new ExceptionError('exception: times and counts take whole numbers');
  }
  const draft = checkedDraft(
    untilMs === undefined ? { match, author, reason } : { match, untilMs, author, reason },
  );
  return { id, createdMs: createdMs!, ...draft, used: used!, lastUsedUs: lastUsedUs! };
}
