/** A mistake in a configuration, at its place; line and column are from 1. */
export interface Mistake {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A configuration that cannot be used; the message has a line `FILE:LINE:COLUMN: WHAT` for each mistake. */
export class ConfigurationError extends Error {
  readonly file: string;
  readonly mistakes: readonly Mistake[];

  constructor(file: string, mistakes: readonly Mistake[]) {
    super(mistakes.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`).join('\n'));
    this.name = 'ConfigurationError';
    this.file = file;
    this.mistakes = mistakes;
  }
}
