import { EVIDENCE_TYPES, type Evidence, type EvidenceType } from '../evidence.ts';
import { boundedText } from '../reputation/index.ts';
import { checkedWords } from './exceptions.ts';
import { ListFile } from './list-file.ts';
import { type EvidenceFacts, ExceptionError, type Occurrence, occurrenceOf } from './match.ts';

/** What a piece of evidence was, as much of it as can be learned from. */
export interface MarkedFacts extends Occurrence {
  readonly type: EvidenceType;
}

/** What somebody says of a piece of evidence: that it was right, or a false positive. */
export interface Mark {
  /** Id of the evidence or the correlation. */
  readonly evidenceId: string;
  readonly verdict: 'false' | 'true';
  readonly author: string;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  readonly facts: MarkedFacts;
}

/** What everybody together says of a piece of evidence: `disputed` where as many say one as the other. */
export interface Verdict {
  readonly evidenceId: string;
  readonly verdict: 'false' | 'true' | 'disputed';
  /** Who is of this opinion; for `disputed`, everybody. */
  readonly authors: readonly string[];
  readonly facts: MarkedFacts;
}

/** Marks that were opened, and in words what was wrong with their file. */
export interface OpenedMarks {
  readonly marks: Marks;
  readonly problem: string | undefined;
}

const MOST_MARKS = 10_000;
const LONGEST_ID = 64;
const LONGEST_AUTHOR = 64;
const LONGEST_FACT = 512;
const FACTS = ['address', 'target', 'host', 'path', 'ruleId', 'scenario', 'ja4'] as const;

/** What is kept of a piece of evidence with its mark. */
export function markedFacts(evidence: Evidence, facts?: EvidenceFacts): MarkedFacts {
  return { ...occurrenceOf(evidence, facts), type: evidence.type };
}

/**
 * Marks of evidence, one for each piece and author, in a file that is written before a mark is acknowledged. At the
 * bound the oldest go, and are counted.
 */
export class Marks {
  private readonly file: ListFile<Mark>;
  private readonly limit: number;
  private readonly marks = new Map<string, Mark>();
  private givenUp = 0;

  private constructor(file: ListFile<Mark>, limit: number) {
    this.file = file;
    this.limit = limit;
  }

  /** Opens the marks of a file, or begins without any; without a path they are not kept. Throws StateFileError. */
  static async open(path?: string, limit = MOST_MARKS): Promise<OpenedMarks> {
    const file = new ListFile<Mark>(path, 'weir-marks');
    const { items, problem } = await file.load(Math.max(limit, MOST_MARKS), markFrom);
    const marks = new Marks(file, limit);
    for (const mark of items) marks.marks.set(keyOf(mark), mark);
    return { marks, problem };
  }

  get size(): number {
    return this.marks.size;
  }

  /** Marks that went for lack of room. */
  get evicted(): number {
    return this.givenUp;
  }

  /**
   * Takes a mark, in the place of what its author said before. Throws {@link ExceptionError}, and StateFileError where
   * it cannot be written; then nothing has changed.
   */
  async add(mark: Mark): Promise<Mark> {
    const checked = checkedMark(mark);
    const key = keyOf(checked);
    const before = this.marks.get(key);
    this.marks.delete(key);
    const oldest = this.marks.size >= this.limit ? this.list()[0] : undefined;
    if (oldest !== undefined) this.marks.delete(keyOf(oldest));
    this.marks.set(key, checked);
    try {
      await this.file.save(this.list());
    } catch (error) {
      this.marks.delete(key);
      for (const mark of [before, oldest]) if (mark !== undefined) this.marks.set(keyOf(mark), mark);
      throw error;
    }
    if (oldest !== undefined) this.givenUp++;
    return checked;
  }

  /** Takes a mark back; false where there is none. Throws StateFileError; then it is still there. */
  async remove(evidenceId: string, author: string): Promise<boolean> {
    const key = keyOf({ evidenceId, author });
    const before = this.marks.get(key);
    if (before === undefined) return false;
    this.marks.delete(key);
    try {
      await this.file.save(this.list());
    } catch (error) {
      this.marks.set(key, before);
      throw error;
    }
    return true;
  }

  /** Oldest first. */
  list(): readonly Mark[] {
    return [...this.marks.values()];
  }

  /** What everybody says of each piece, by the majority of its authors. */
  verdicts(): readonly Verdict[] {
    return verdictsOf(this.marks.values());
  }
}

/** What the authors of marks say of each piece, by their majority. */
export function verdictsOf(marks: Iterable<Mark>): readonly Verdict[] {
  const byId = new Map<string, Mark[]>();
  for (const mark of marks) {
    const others = byId.get(mark.evidenceId);
    if (others === undefined) byId.set(mark.evidenceId, [mark]);
    else others.push(mark);
  }
  return [...byId].map(([evidenceId, said]) => {
    const right = said.filter(({ verdict }) => verdict === 'true');
    const wrong = said.filter(({ verdict }) => verdict === 'false');
    const verdict =
      right.length === wrong.length ? 'disputed' : right.length > wrong.length ? 'true' : 'false';
    const of = verdict === 'disputed' ? said : verdict === 'true' ? right : wrong;
    return { evidenceId, verdict, authors: of.map(({ author }) => author), facts: said.at(-1)!.facts };
  });
}

function keyOf({ evidenceId, author }: Pick<Mark, 'evidenceId' | 'author'>): string {
  return JSON.stringify([evidenceId, author]);
}

function checkedMark({ evidenceId, verdict, author, timeMs, facts }: Mark): Mark {
  if (evidenceId.length > LONGEST_ID || !/^[\w-]+$/.test(evidenceId)) {
    throw new ExceptionError(`mark: takes the id of a piece of evidence, not '${evidenceId.slice(0, 80)}'`);
  }
  if (verdict !== 'false' && verdict !== 'true') {
    throw new ExceptionError(`mark: takes 'true' or 'false', not '${String(verdict).slice(0, 80)}'`);
  }
  if (!Number.isSafeInteger(timeMs)) throw new ExceptionError('mark: time takes milliseconds since 1970');
  const kept = { ...facts };
  for (const name of FACTS) kept[name] = boundedText(facts[name], LONGEST_FACT);
  return {
    evidenceId,
    verdict,
    author: checkedWords('mark: author', author, LONGEST_AUTHOR),
    timeMs,
    facts: kept,
  };
}

function markFrom(value: unknown): Mark {
  const { evidenceId, verdict, author, timeMs, facts } = value as Partial<Mark>;
  if (typeof evidenceId !== 'string' || typeof author !== 'string') {
    throw new ExceptionError('mark: id or author is missing');
  }
  const type = EVIDENCE_TYPES.find((name) => name === facts?.type);
  if (type === undefined) throw new ExceptionError('mark: type of the evidence is missing');
  const { address, target, host, path, ruleId, scenario, ja4 } = facts as MarkedFacts;
  const kept = { address, target, host, path, ruleId, scenario, ja4, type };
  if (FACTS.some((name) => typeof kept[name] !== 'string')) throw new ExceptionError('mark: facts take text');
  return checkedMark({ evidenceId, verdict: verdict!, author, timeMs: timeMs!, facts: kept });
}
