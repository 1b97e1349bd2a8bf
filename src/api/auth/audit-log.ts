import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Principal } from '../access.ts';

/** A change that somebody made, or a login that failed. */
export interface AuditEntry {
  /** Counts up from 1. */
  readonly id: number;
  readonly timeUs: number;
  /** Who; empty where nobody was known. */
  readonly name: string;
  readonly role?: Principal['role'];
  readonly by: Principal['by'] | 'nobody';
  /** Where from; empty at the socket. */
  readonly address: string;
  readonly method: string;
  /** The pattern of the route, with its parameters in `params`. */
  readonly route: string;
  readonly params: Readonly<Record<string, string>>;
  readonly status: number;
  /** What was sent, shortened, without secrets. */
  readonly sent: Readonly<Record<string, string>>;
  /** Failed logins, and what changed nothing, before this entry that have none of their own: there were too many. */
  readonly left?: number;
}

/** Bytes of a file before the next is begun, and files. */
const MOST_BYTES = 4 << 20;
const MOST_FILES = 5;
/** Failed logins that are written in a minute, and what was refused or came of viewers: more would push the changes out. */
const OTHERS_A_MINUTE = 30;

/** The record of changes: `audit.jsonl`, and older ones as `audit.jsonl.1` and so on. */
export class AuditLog {
  private readonly path: string;
  private readonly clock: () => number;
  private readonly report: (line: string) => void;
  private readonly mostBytes: number;
  private descriptor: number | undefined;
  private bytes = 0;
  private lastId: number;
  private failing = false;
  private minute = 0;
  private others = 0;
  private left = 0;

  /** `clock`: microseconds since 1970. */
  constructor(folder: string, clock: () => number, report: (line: string) => void, mostBytes = MOST_BYTES) {
    this.path = join(folder, 'audit.jsonl');
    this.clock = clock;
    this.report = report;
    this.mostBytes = mostBytes;
    this.lastId = newestId(this.files());
  }

  /** Writes an entry; one that cannot be written is said in the log, once. */
  write(entry: Omit<AuditEntry, 'id' | 'timeUs' | 'left'>): void {
    const timeUs = this.clock();
    if (!mayChange(entry) && !this.hasRoom(timeUs)) return;
    const whole: AuditEntry = {
      id: ++this.lastId,
      timeUs,
      ...entry,
      ...(this.left === 0 ? {} : { left: this.left }),
    };
    this.left = 0;
    try {
      this.append(`${JSON.stringify(whole)}\n`);
      this.failing = false;
    } catch (error) {
      this.reopen();
      if (!this.failing)
        this.report(`${this.path}: ${error instanceof Error ? error.message : String(error)}`);
      this.failing = true;
    }
  }

  /** The newest entries with a smaller number than `before`, the newest first. */
  async newest(most: number, before = Number.POSITIVE_INFINITY): Promise<AuditEntry[]> {
    const found: AuditEntry[] = [];
    for (const path of this.files()) {
      const lines = (await readFile(path, 'utf8')).split('\n');
      for (let at = lines.length - 1; at >= 0 && found.length < most; at--) {
        const line = lines[at] ?? '';
        if (idOf(line) < before) found.push(...entriesOf(line));
      }
      if (found.length >= most) break;
    }
    return found;
  }

  /** Everything is on the disk when it returns. */
  close(): void {
    if (this.descriptor === undefined) return;
    fsyncSync(this.descriptor);
    closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private hasRoom(timeUs: number): boolean {
    const minute = Math.floor(timeUs / 60_000_000);
    if (minute !== this.minute) this.others = 0;
    this.minute = minute;
    if (this.others++ < OTHERS_A_MINUTE) return true;
    this.left++;
    return false;
  }

  private append(line: string): void {
    if (this.descriptor !== undefined && this.bytes >= this.mostBytes) {
      this.close();
      for (let at = MOST_FILES - 1; at > 0; at--) {
        const older = at === 1 ? this.path : `${this.path}.${at - 1}`;
        if (existsSync(older)) renameSync(older, `${this.path}.${at}`);
      }
    }
    if (this.descriptor === undefined) {
      this.descriptor = openSync(this.path, 'a+', 0o600);
      this.bytes = fstatSync(this.descriptor).size;
      // A line that the machine's end cut off must not take the next one with it.
      if (this.bytes > 0 && !endsLine(this.descriptor, this.bytes))
        this.bytes += writeSync(this.descriptor, '\n');
    }
    const written = writeSync(this.descriptor, line);
    this.bytes += written;
    // A disk that fills up takes a part, and fails only at the next one.
    if (written < Buffer.byteLength(line)) throw new Error('the disk took a part of an entry');
  }

  /** The next entry looks at how the file ends, and begins a line of its own. */
  private reopen(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  /** The newest first. */
  private files(): string[] {
    const all = Array.from({ length: MOST_FILES }, (_, at) => (at === 0 ? this.path : `${this.path}.${at}`));
    return all.filter((path) => existsSync(path));
  }
}

/** Whether an entry may be that of a change: of somebody who may make one, and not refused. */
function mayChange({ by, role, status }: Omit<AuditEntry, 'id' | 'timeUs' | 'left'>): boolean {
  return by !== 'nobody' && role !== 'viewer' && (status < 400 || status >= 500);
}

function endsLine(descriptor: number, bytes: number): boolean {
  const last = Buffer.alloc(1);
  readSync(descriptor, last, 0, 1, bytes - 1);
  return last[0] === 0x0a;
}

function newestId(files: readonly string[]): number {
  for (const path of files) {
    const newest = Math.max(0, ...readFileSync(path, 'utf8').split('\n').slice(-3).map(idOf));
    if (newest > 0) return newest;
  }
  return 0;
}

/** The number of a line; 0 where it is no entry, as a last line that was cut off. */
function idOf(line: string): number {
  return line.endsWith('}') ? Number(/^\{"id":(\d{1,15}),/.exec(line)?.[1] ?? 0) : 0;
}

function entriesOf(line: string): AuditEntry[] {
  if (idOf(line) === 0) return [];
  try {
    return [JSON.parse(line) as AuditEntry];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
