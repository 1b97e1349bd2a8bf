import { closeSync, fstatSync, readSync, writeSync } from 'node:fs';
import { placeholderOf } from './analysis/placeholder.ts';
import type { Finding } from './analysis.ts';
import { reasonOf } from './buffer-error.ts';
import type { BufferEntry } from './entry.ts';
import type { PrivateFolder } from './private-folder.ts';

/** Bounds of the log. */
export interface ForensicLogOptions {
  /** Bytes of one file; 8 MiB without. */
  readonly fileBytes?: number | undefined;
  /** Files that are kept besides the one that is written; 3 without. */
  readonly files?: number | undefined;
  /** How long a line is kept, in milliseconds; without, until its file is the oldest. */
  readonly ageMs?: number | undefined;
  /** Score of a transaction from which on its findings are written; 31 without. */
  readonly minimalScore?: number | undefined;
}

/** Name of the file that is written; older ones are `findings.jsonl.1` and so on, the highest the oldest. */
export const FORENSIC_LOG_FILE = 'findings.jsonl';

/** Lines that are too old go once in so long, or sixty times within their age. */
const LONGEST_PAUSE_MS = 60_000;
/** How a line begins, with room for its time. */
const BEGINNING_BYTES = 64;

/**
 * What was found, one line of JSON for each finding, redacted. A file that is full becomes `.1`, the oldest goes.
 * Nothing is thrown: lines that cannot be written are counted.
 */
export class ForensicLog {
  lines = 0;
  dropped = 0;
  /** Why the last line could not be written; empty where it could. */
  problem = '';
  private readonly folder: PrivateFolder;
  private readonly fileBytes: number;
  private readonly files: number;
  private readonly ageMs: number;
  private expiredMs = Number.NEGATIVE_INFINITY;
  private open: { readonly descriptor: number; bytes: number } | undefined;

  constructor(folder: PrivateFolder, options: ForensicLogOptions = {}) {
    this.folder = folder;
    this.fileBytes = Math.max(4096, options.fileBytes ?? 8 << 20);
    this.files = Math.max(0, Math.min(100, options.files ?? 3));
    this.ageMs = options.ageMs ?? Number.POSITIVE_INFINITY;
  }

  /** Writes the findings of an entry. `nowMs`: when they were made, in milliseconds since 1970. */
  write(entry: BufferEntry, findings: readonly Finding[], nowMs: number): void {
    for (const finding of findings) this.line(`${JSON.stringify(lineOf(entry, finding, nowMs))}\n`);
  }

  /** Takes out the lines that are too old; to be called now and then. `nowMs` as of {@link write}. */
  expire(nowMs: number): void {
    const pauseMs = Math.min(LONGEST_PAUSE_MS, this.ageMs / 60);
    if (this.ageMs === Number.POSITIVE_INFINITY || Math.abs(nowMs - this.expiredMs) < pauseMs) return;
    this.expiredMs = nowMs;
    try {
      const since = nowMs - this.ageMs;
      // The oldest first: what follows a line that is kept is newer.
      for (let i = this.files; i >= 0; i--) if (!this.expireFile(i, since)) return;
    } catch (error) {
      this.problem = `${this.folder.path}/${FORENSIC_LOG_FILE}: old lines cannot be taken out: ${reasonOf(error)}`;
    }
  }

  /** False where something of it is kept. */
  private expireFile(i: number, since: number): boolean {
    const name = nameOf(i);
    if (this.folder.stat(name) === undefined) return true;
    if (timeIn(this.beginning(name)) >= since) return false;
    if (i === 0) this.close();
    const content = this.folder.read(name, 2 * this.fileBytes) ?? Buffer.alloc(0);
    let at = 0;
    while (at < content.length) {
      // What was torn is as old as what stands around it.
      if (timeIn(content.toString('latin1', at, at + BEGINNING_BYTES)) >= since) break;
      const end = content.indexOf(0x0a, at);
      at = end < 0 ? content.length : end + 1;
    }
    if (at < content.length) this.folder.put(name, content.subarray(at));
    else this.folder.remove(name);
    return at >= content.length;
  }

  private beginning(name: string): string {
    const descriptor = this.folder.open(name);
    try {
      const bytes = Buffer.alloc(BEGINNING_BYTES);
      return bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, BEGINNING_BYTES, 0));
    } finally {
      closeSync(descriptor);
    }
  }

  /** Takes out what is told of some addresses. Throws the error of the system. */
  forget(isMeant: (address: string) => boolean): void {
    this.close();
    for (let i = 0; i <= this.files; i++) {
      const content = this.folder.read(nameOf(i), 2 * this.fileBytes)?.toString('utf8');
      if (content === undefined) continue;
      const lines = content.split('\n').filter((line) => line !== '' && !isMeant(addressIn(line)));
      this.folder.put(nameOf(i), lines.map((line) => `${line}\n`).join(''));
    }
  }

  /** Removes all files. Throws the error of the system. */
  clear(): void {
    this.close();
    for (let i = 0; i <= this.files; i++) this.folder.remove(nameOf(i));
  }

  close(): void {
    if (this.open !== undefined) closeSync(this.open.descriptor);
    this.open = undefined;
  }

  private line(text: string): void {
    const line = Buffer.from(text, 'utf8');
    try {
      const file = this.fileFor(line.length);
      // A part of a line would spoil the one that follows.
      if (writeSync(file.descriptor, line) !== line.length) throw new Error('the disk took a part of a line');
      file.bytes += line.length;
      this.lines++;
      this.problem = '';
    } catch (error) {
      this.dropped++;
      this.problem = `${this.folder.path}/${FORENSIC_LOG_FILE} cannot be written: ${reasonOf(error)}`;
    }
  }

  private fileFor(length: number): { readonly descriptor: number; bytes: number } {
    if (this.open !== undefined && this.open.bytes > 0 && this.open.bytes + length > this.fileBytes)
      this.rotate();
    if (this.open === undefined) {
      const descriptor = this.folder.append(FORENSIC_LOG_FILE);
      this.open = { descriptor, bytes: fstatSync(descriptor).size };
      if (this.open.bytes > 0 && this.open.bytes + length > this.fileBytes) {
        this.rotate();
        return this.fileFor(length);
      }
    }
    return this.open;
  }

  private rotate(): void {
    this.close();
    this.folder.remove(nameOf(this.files));
    for (let i = this.files - 1; i >= 0; i--) {
      if (this.folder.stat(nameOf(i)) !== undefined) this.folder.rename(nameOf(i), nameOf(i + 1));
    }
  }
}

function nameOf(i: number): string {
  return i === 0 ? FORENSIC_LOG_FILE : `${FORENSIC_LOG_FILE}.${i}`;
}

/** When a line was written, in milliseconds since 1970; NaN where that cannot be read. */
function timeIn(beginning: string): number {
  return Date.parse(/^\{"timestamp":"([^"]{20,30})"/.exec(beginning)?.[1] ?? '');
}

/**
 * A path without what may open something to whoever knows it: links that reset a password, invitations, sessions in
 * paths. They have no name that would tell them from others, only their form.
 */
function withoutKeys(path: string): string {
  // Shorter ones name things, and open nothing.
  return path.replaceAll(/[^/;,]{16,}/g, (segment) => {
    const placeholder = placeholderOf(segment);
    return placeholder === '{token}' || placeholder === '{uuid}' || placeholder === '{hex}'
      ? placeholder
      : segment;
  });
}

/** The client's address in a line; empty where the line was torn. */
function addressIn(line: string): string {
  try {
    const { src_ip: address } = JSON.parse(line) as { readonly src_ip?: unknown };
    return typeof address === 'string' ? address : '';
  } catch {
    return '';
  }
}

function lineOf(entry: BufferEntry, finding: Finding, nowMs: number): object {
  return {
    timestamp: new Date(nowMs).toISOString(),
    event_type: 'finding',
    reference: entry.reference,
    community_id: entry.communityId,
    request_time: new Date(entry.timeUs / 1000).toISOString(),
    src_ip: entry.client.address,
    src_port: entry.client.port,
    dest_ip: entry.server.address,
    dest_port: entry.server.port,
    http: {
      method: entry.method,
      hostname: entry.host,
      path: withoutKeys(entry.path),
      user_agent: entry.userAgent,
      status: entry.response?.status,
    },
    blocked: entry.blocked,
    kind: finding.kind,
    category: finding.category,
    score: finding.score,
    reason: finding.reason,
    rule_ids: finding.ruleIds,
  };
}
