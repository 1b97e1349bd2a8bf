/**
 * What was found wrong or worth knowing in the captures: reported while reading goes on. Bounded: a hostile
 * file can cause millions of findings, so each kind is kept a few times per file and counted beyond that.
 */

/**
 * - `missing`: a path does not exist, or a pattern or folder holds no capture
 * - `unreadable`: the file cannot be opened or read
 * - `not-a-capture`: the content is of another kind
 * - `empty`: a file of no bytes
 * - `cut`: the file ends within a packet or block
 * - `damaged`: a record or block, or the compression around it, makes no sense
 * - `concatenated`: a second file header within a pcap file
 * - `backward`: the time of a packet lies before the one ahead of it
 * - `late`: a file begins before what was already handed out
 * - `gap`: nothing was captured between two files
 * - `overlap`: files cover the same time
 * - `duplicate`: the same file was given twice
 * - `ignored`: files of a folder that are no captures
 * - `skipped`: a file lies outside the wanted time
 * - `changed`: a file grew or shrank after it had been read
 */
export type FindingKind =
  | 'missing'
  | 'unreadable'
  | 'not-a-capture'
  | 'empty'
  | 'cut'
  | 'damaged'
  | 'concatenated'
  | 'backward'
  | 'late'
  | 'gap'
  | 'overlap'
  | 'duplicate'
  | 'ignored'
  | 'skipped'
  | 'changed';

/** `error`: nothing of the file could be used; `warning`: something is lost; `note`: good to know. */
export type Severity = 'error' | 'warning' | 'note';

/** One finding. */
export interface Finding {
  readonly kind: FindingKind;
  readonly severity: Severity;
  /** Path as it was given or found; `-` for standard input. */
  readonly path: string;
  /** Offset in the file (in the decompressed data where it is compressed). */
  readonly offset?: number;
  /** Number of the packet within its file, from 1. */
  readonly packet?: number;
  /** A sentence for a person: what, where, and what was done about it. */
  readonly message: string;
}

/** Receives findings as they are made. */
export type Report = (finding: Finding) => void;

/** How many findings of one kind are kept per file, and how many in all. */
const KEPT_PER_FILE = 16;
const KEPT = 2000;

/** Keeps the first findings of each kind and file, counts all. */
export class Findings {
  /** The findings that were kept, in the order in which they were made. */
  readonly kept: Finding[] = [];
  /** How often each kind was found, with those that were not kept. */
  readonly counts: Partial<Record<FindingKind, number>> = {};
  /** How many were found and not kept. */
  suppressed = 0;
  readonly #perFile = new Map<string, number>();
  readonly #listener: Report | undefined;

  constructor(listener?: Report) {
    this.#listener = listener;
  }

  /** Counts the finding; keeps it and tells the listener unless a bound is reached. */
  readonly add: Report = (finding) => {
    this.counts[finding.kind] = (this.counts[finding.kind] ?? 0) + 1;
    const key = `${finding.kind} ${finding.path}`;
    const seen = this.#perFile.get(key) ?? 0;
    if (this.kept.length >= KEPT || seen >= KEPT_PER_FILE) {
      this.suppressed++;
      return;
    }
    this.#perFile.set(key, seen + 1);
    this.kept.push(finding);
    this.#listener?.(finding);
  };

  /** True when a finding of that severity was kept. */
  has(severity: Severity): boolean {
    return this.kept.some((finding) => finding.severity === severity);
  }
}
