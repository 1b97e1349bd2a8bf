import { closeSync, fstatSync, ftruncateSync, writeSync } from 'node:fs';
import type { NewFile, RingFolder } from './folder.ts';

/** The file of a ring that is being written: whole blocks are in it, or nothing of them. */
export class OpenFile {
  /** Bytes of whole blocks. */
  bytes = 0;
  /** When it was made and last written to, in milliseconds since 1970. */
  readonly openedMs: number;
  grownMs: number;
  /** Bytes that it may take. */
  readonly limit: number;
  private readonly folder: RingFolder;
  private readonly file: NewFile;

  /** Makes the file. Throws the system's error. */
  constructor(folder: RingFolder, firstUs: number, limit: number, nowMs: number) {
    this.folder = folder;
    this.file = folder.create(firstUs);
    this.limit = limit;
    this.openedMs = nowMs;
    this.grownMs = nowMs;
  }

  /** Adds `bytes[from, to)`, in one call where the system takes it so. Throws its error; then nothing was added. */
  append(bytes: Uint8Array, from: number, to: number, nowMs: number): void {
    const { descriptor } = this.file;
    let written = 0;
    try {
      while (from + written < to) {
        written += writeSync(descriptor, bytes, from + written, to - from - written, this.bytes + written);
      }
    } catch (error) {
      // A full disk takes the first part of what does not fit.
      ftruncateSync(descriptor, this.bytes);
      throw error;
    }
    this.bytes += written;
    this.grownMs = nowMs;
  }

  /** True when somebody has removed it: what is written would be lost at the end. */
  get gone(): boolean {
    return fstatSync(this.file.descriptor).nlink === 0;
  }

  /** Ends the file; it becomes one of the folder's, or goes when there is nothing in it. Throws the system's error. */
  close(): void {
    const gone = this.gone;
    closeSync(this.file.descriptor);
    if (gone) return;
    if (this.bytes === 0) this.folder.discard(this.file);
    else this.folder.add({ name: this.file.name, bytes: this.bytes, timeUs: this.file.timeUs });
  }
}
