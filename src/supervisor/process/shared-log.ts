import { randomBytes } from 'node:crypto';
import { closeSync, constants, linkSync, openSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { OutputError } from '../../output/index.ts';
import type { LineOutput } from '../../output/line-writer.ts';

/** Characters that are gathered before they are written. */
const GATHERED = 1 << 16;

/**
 * A log that several processes add lines to. Whoever has the first line makes the file, with the lines that begin with
 * `#` at its head; after that only whole lines are added, in single writes to the end of the file, which the kernel
 * does one after another. Errors are `OutputError`s.
 */
export class SharedLog implements LineOutput {
  private readonly path: string;
  private head = '';
  private lines = '';
  private file: number | undefined;

  constructor(path: string) {
    this.path = path;
  }

  write(line: string): void {
    if (line.startsWith('#')) {
      // A closing line would stand where others still write.
      if (this.file === undefined && this.lines === '') this.head += line;
      return;
    }
    this.lines += line;
    if (this.lines.length >= GATHERED) this.flush();
  }

  flush(): void {
    if (this.lines === '') return;
    const bytes = Buffer.from(this.lines);
    this.lines = '';
    try {
      this.file ??= this.open();
      for (let at = 0; at < bytes.length; ) at += writeSync(this.file, bytes, at);
    } catch (error) {
      throw new OutputError(this.path, error);
    }
  }

  close(): void {
    this.flush();
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  /** The file, which appears with its head or not at all. */
  private open(): number {
    const half = `${this.path}.${randomBytes(6).toString('hex')}.new`;
    writeFileSync(half, this.head, { flag: 'wx' });
    try {
      linkSync(half, this.path);
    } catch (error) {
      // Another one was faster.
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    } finally {
      unlinkSync(half);
    }
    return openSync(this.path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
  }
}
