/**
 * Writes a file so that its name never stands for half of it: into a neighbour with a temporary name, renamed
 * at the end. Devices, pipes, standard output and what others follow while it grows are written as they are.
 */

import { closeSync, fsyncSync, openSync, renameSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Why writing failed, in words that name the file and what to do. */
export class OutputError extends Error {
  /** The system's code, such as `ENOSPC`; `EPIPE` when the reader of standard output has gone. */
  readonly code: string;
  readonly path: string;

  constructor(message: string, code: string, path: string, cause: unknown) {
    super(message, { cause });
    this.name = 'OutputError';
    this.code = code;
    this.path = path;
  }
}

/** Takes bytes one piece after the other. */
export interface ByteSink {
  write(bytes: Uint8Array): void;
  /** Hands on what is buffered, where something is. */
  flush?(): void;
  /** Ends the output: only now does a file get its name. */
  close(): void;
  /** Gives the output up: a file that is not complete is removed. */
  abort(): void;
}

const BUFFER = 256 * 1024;
/** How long a full pipe is waited for before the next try, and how often. */
const PIPE_WAIT_MS = 5;

/** How a file is written. */
export interface OutputFileOptions {
  /** It has its name from the beginning, and what was written of it stays when writing fails. */
  readonly growing?: boolean;
}

/** A buffered, atomic output file; `-` is standard output. */
export class OutputFile implements ByteSink {
  readonly path: string;
  readonly #temporary: string | undefined;
  #descriptor: number;
  readonly #buffer = new Uint8Array(BUFFER);
  #used = 0;
  #written = 0;

  /** Opens the output. Throws {@link OutputError}. */
  constructor(path: string, { growing = false }: OutputFileOptions = {}) {
    this.path = path;
    if (path === '-') {
      this.#descriptor = 1;
      return;
    }
    this.#temporary =
      growing || isSpecial(path) ? undefined : join(dirname(path), `.${basename(path)}.${process.pid}.part`);
    try {
      this.#descriptor = openSync(this.#temporary ?? path, 'w');
    } catch (error) {
      throw this.#explain('cannot be opened for writing', error);
    }
  }

  /** Bytes written so far, with those still in the buffer. */
  get bytes(): number {
    return this.#written + this.#used;
  }

  write(bytes: Uint8Array): void {
    if (this.#used + bytes.length > BUFFER) this.flush();
    if (bytes.length >= BUFFER) {
      this.#writeAll(bytes, bytes.length);
      return;
    }
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  /** Hands what is buffered to the system. */
  flush(): void {
    const used = this.#used;
    this.#used = 0;
    this.#writeAll(this.#buffer, used);
  }

  #writeAll(bytes: Uint8Array, length: number): void {
    let position = 0;
    while (position < length) {
      try {
        position += writeSync(this.#descriptor, bytes, position, length - position);
      } catch (error) {
        if (codeOf(error) === 'EAGAIN') {
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PIPE_WAIT_MS);
          continue;
        }
        this.#written += position;
        const failure = this.#explain('cannot be written', error);
        this.abort();
        throw failure;
      }
    }
    this.#written += length;
  }

  close(): void {
    if (this.#descriptor < 0) return;
    this.flush();
    if (this.path === '-') return;
    const descriptor = this.#descriptor;
    try {
      // A full disk may show itself as late as here.
      if (this.#temporary !== undefined) fsyncSync(descriptor);
      this.#descriptor = -1;
      closeSync(descriptor);
      if (this.#temporary !== undefined) renameSync(this.#temporary, this.path);
    } catch (error) {
      const failure = this.#explain('cannot be completed', error);
      this.abort();
      throw failure;
    }
  }

  abort(): void {
    this.#used = 0;
    if (this.path === '-') return;
    try {
      if (this.#descriptor >= 0) closeSync(this.#descriptor);
    } catch {
      // It is given up anyway.
    }
    this.#descriptor = -1;
    if (this.#temporary === undefined) return;
    try {
      unlinkSync(this.#temporary);
    } catch {
      // Already renamed or removed.
    }
  }

  #explain(what: string, error: unknown): OutputError {
    const code = codeOf(error);
    const name = this.path === '-' ? 'standard output' : this.path;
    const written = this.#written > 0 ? ` after ${this.#written} bytes` : '';
    const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error));
    return new OutputError(`${name} ${what}${written}: ${reason}`, code, this.path, error);
  }
}

const REASONS: Readonly<Record<string, string | undefined>> = {
  ENOSPC: 'the disk is full; free some space or choose another folder',
  EDQUOT: 'the disk quota is used up; free some space or choose another folder',
  EFBIG: 'the file is larger than the file system or the limit of the process allows',
  EACCES: 'permission denied; choose another folder or ask its owner',
  EPERM: 'permission denied; choose another folder or ask its owner',
  EROFS: 'the file system is read-only; choose another folder',
  ENOENT: 'its folder does not exist; make it first',
  ENOTDIR: 'its folder is not a folder',
  EISDIR: 'it is a folder; give the name of a file',
  EPIPE: 'the program that reads it has gone',
};

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** True for devices and pipes, which must not be replaced by a file. */
function isSpecial(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && !stat.isFile();
}
