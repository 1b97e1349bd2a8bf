/** What is wrong in a rule file, and where. */
export interface Mistake {
  readonly file: string;
  /** The first line of the directive, from 1. */
  readonly line: number;
  readonly message: string;
}

/** Rules that cannot be used; the message lists every mistake with its file and line. */
export class RulesError extends Error {
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[]) {
    super(mistakes.map(mistakeText).join('\n'));
    this.name = 'RulesError';
    this.mistakes = mistakes;
  }
}

/** `file:line: message`. */
export function mistakeText({ file, line, message }: Mistake): string {
  return `${file}:${line}: ${message}`;
}

/** A mistake in the directive that is being read; whoever knows the place makes a {@link Mistake} of it. */
export class DirectiveError extends Error {}
