import type { PatternPlan } from './plan.ts';

/** A compiled regular expression in the sense of ModSecurity 3's `@rx`: PCRE; the dot matches a line feed, `^` and `$` match at one. */
export interface Pattern {
  /** As the rule wrote it. */
  readonly source: string;
  /** What runs it: V8 where it cannot backtrack badly, else RE2; `bounded`: V8, and only for short values. */
  readonly engine: 'v8' | 're2' | 'bounded';
  /** Whether it matches anywhere in the value. Throws a `LimitError` for what it may not be run on. */
  test(value: string): boolean;
  /** What matched (0) and the groups, empty text for groups that took no part; undefined without a match. */
  exec(value: string): string[] | undefined;
  /** Asks about several values at once; absent where that cannot be done or brings nothing. */
  readonly among?: Among;
  /**
   * What every value that matches must hold: of each inner list at least one literal (lower case ASCII, compared
   * without case). An empty outer list, or absent: nothing can be said, each value has to be tried.
   */
  readonly required?: readonly (readonly string[])[];
  /** For whoever compiles the same again; absent where that has to begin anew. */
  readonly plan?: PatternPlan | undefined;
}

/** A question about several values at once. */
export interface Among {
  /** What they are to be joined by: a line feed, where the pattern knows lines, else a NUL. */
  readonly separator: '\n' | '\0';
  /** False when the pattern matches none of the joined values. */
  matches(joined: string): boolean;
}
