import { ByteOutput, closeOutput, type OpenFile, openOutput } from './byte-output.ts';
import { MOST_BYTES_PER_UNIT, writeUtf8 } from './utf8.ts';

/** Takes lines of text. */
export interface LineOutput {
  /** Adds a line; the line's end is part of `line`. */
  write(line: string): void;
  /** Writes out what was gathered, where lines are. */
  flush?(): void;
  close(): void;
}

/** Lines of text into a file (`-`: standard output), gathered into large writes. Errors are `OutputError`s. */
export class LineWriter implements LineOutput {
  private readonly file: OpenFile;
  private readonly output: ByteOutput;

  constructor(path: string) {
    this.file = openOutput(path);
    this.output = new ByteOutput(this.file);
  }

  write(line: string): void {
    const { output } = this;
    output.reserve(line.length * MOST_BYTES_PER_UNIT);
    output.used += writeUtf8(output.bytes, line, output.used);
  }

  flush(): void {
    this.output.flush();
  }

  close(): void {
    this.flush();
    closeOutput(this.file);
  }
}
