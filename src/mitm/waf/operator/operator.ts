import type { Pattern } from '../pattern/pattern.ts';
import type { PhraseMatcher } from '../pattern/phrases.ts';

/**
 * One of SecLang's operators (`@NAME argument`).
 *
 * Values are binary strings: each character is one byte, 0 to 255.
 */
export interface Operator {
  /** As rules write it, in ModSecurity's spelling: `pmFromFile`. Rules may write it in any case. */
  readonly name: string;
  /** What it looks for, in a sentence or two. */
  readonly description: string;
  /** A whole rule that uses it. */
  readonly example: string;
  /**
   * Makes the operator ready for an argument, whose macros are already replaced. Throws {@link OperatorError} for an
   * argument that makes no sense.
   */
  compile(argument: string, environment: OperatorEnvironment): CompiledOperator;
}

/** What operators need of the world while rules are loaded. */
export interface OperatorEnvironment {
  /** Text of a file beside the rule file, as a binary string. Throws {@link OperatorError} where it cannot be read. */
  readFile(name: string): string;
  /** Compiles a regular expression as ModSecurity understands it. Throws {@link OperatorError}. */
  compilePattern(source: string): Pattern;
  /** Makes phrases ready to be looked for. Throws {@link OperatorError}. */
  compilePhrases(phrases: readonly string[]): PhraseMatcher;
}

/** An operator with its argument. */
export interface CompiledOperator {
  /**
   * Whether the value matches. Where `captures` is given and the value matches, it is emptied and filled with what
   * matched (0) and the groups (1 to 9), the empty text for groups that took no part. Throws {@link LimitError} when
   * the value would take too long.
   */
  matches(value: string, captures?: string[]): boolean;
  /** See {@link Pattern.among}. */
  readonly among?: Pattern['among'];
  /** Literals for the prefilter; absent where any value may match. See {@link Pattern.required}. */
  readonly required?: Pattern['required'];
  /** The regular expression that it runs, where it runs one: for whoever tells of rules. */
  readonly pattern?: Pattern;
}

/** An argument that an operator cannot use; the message says why and what would be right. */
export class OperatorError extends Error {}

/** A value that cannot be judged within the bounds: the policy for such requests applies. */
export class LimitError extends Error {}

/** The time that the rules have for a request is over. */
export class TimeLimitError extends LimitError {}
