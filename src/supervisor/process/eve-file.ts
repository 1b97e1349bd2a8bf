import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';

/** A file that lines of EVE are added to: a batch is in it wholly or not at all. */
export class EveFile {
  readonly path: string;
  private readonly descriptor: number;
  /** Devices and pipes cannot be cut back. */
  private readonly plain: boolean;

  /** Opens the file, made where it is missing. Throws the system's error. */
  constructor(path: string) {
    this.path = path;
    this.descriptor = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o640);
    this.plain = fstatSync(this.descriptor).isFile();
  }

  /** Adds a batch. Throws the system's error; then nothing of the batch is in the file. */
  append(lines: readonly string[]): void {
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    const before = this.plain ? fstatSync(this.descriptor).size : 0;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.descriptor, bytes, at);
    } catch (error) {
      if (this.plain) ftruncateSync(this.descriptor, before);
      throw error;
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
