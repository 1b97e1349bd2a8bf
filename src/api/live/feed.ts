/** A record that came, with its number. */
export interface LiveRecord {
  /** Counts up from 1, without gaps, as long as the process lives. */
  readonly id: number;
  readonly type: string;
  /** As one line of JSON. */
  readonly line: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** Who is told of records; what it throws is its own fault and ends its subscription. */
export type LiveReader = (records: readonly LiveRecord[]) => void;

/** The last records, for who reads them live and for who comes back; bounded by number and by characters. */
export class LiveFeed {
  /** Tells one life of the process from another in identifiers. */
  readonly epoch = Date.now().toString(36);
  private readonly kept: LiveRecord[] = [];
  private readonly most: number;
  private readonly mostCharacters: number;
  private characters = 0;
  private lastId = 0;
  private readonly readers = new Set<LiveReader>();
  private readonly report: (line: string) => void;

  /** `most`: records that are kept, `mostCharacters` of them as JSON; `report` is told of a reader that failed. */
  constructor(
    most = 10_000,
    mostCharacters = 16 << 20,
    report = (line: string): void => void process.stderr.write(`${line}\n`),
  ) {
    this.most = most;
    this.mostCharacters = mostCharacters;
    this.report = report;
  }

  /** Number of the newest record; 0 before the first. */
  get newest(): number {
    return this.lastId;
  }

  /** Takes lines of the bus with what they say. */
  take(
    batch: readonly { readonly line: string; readonly record: Readonly<Record<string, unknown>> }[],
  ): void {
    const records = batch.map(({ line, record }) => ({
      id: ++this.lastId,
      type: typeof record.event_type === 'string' ? record.event_type : '',
      line,
      record,
    }));
    for (const one of records) {
      this.kept.push(one);
      this.characters += one.line.length;
    }
    this.trim();
    for (const reader of this.readers) {
      try {
        reader(records);
      } catch (error) {
        // The others have taken these records: the bus must not bring them once more.
        this.readers.delete(reader);
        this.report(
          `a reader of records ends: ${error instanceof Error ? (error.stack ?? error.message) : error}`,
        );
      }
    }
  }

  /** Records after a number that are still kept, and how many after it are not. */
  after(id: number): { readonly records: readonly LiveRecord[]; readonly missed: number } {
    const first = this.kept[0]?.id ?? this.lastId + 1;
    if (id > this.lastId) return { records: [], missed: 0 };
    return { records: this.kept.slice(Math.max(0, id + 1 - first)), missed: Math.max(0, first - id - 1) };
  }

  /** Reads what comes from now on. Returns what ends it. */
  subscribe(reader: LiveReader): () => void {
    this.readers.add(reader);
    return () => void this.readers.delete(reader);
  }

  /** A quarter at once: taking one off an array moves all others. */
  private trim(): void {
    if (this.kept.length <= this.most && this.characters <= this.mostCharacters) return;
    let gone = 0;
    const target = { records: (this.most * 3) / 4, characters: (this.mostCharacters * 3) / 4 };
    while (
      gone < this.kept.length - 1 &&
      (this.kept.length - gone > target.records || this.characters > target.characters)
    ) {
      this.characters -= this.kept[gone]?.line.length ?? 0;
      gone++;
    }
    this.kept.splice(0, gone);
  }
}
