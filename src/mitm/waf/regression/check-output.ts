import type { Pattern } from '../pattern/pattern.ts';
import type { FtwOutput } from './test-file.ts';

/** What came of a stage. */
export interface Outcome {
  /** Status of the answer; 0 where it was none that HTTP knows. */
  readonly status: number;
  /** The answer: status line, headers, body. */
  readonly response: string;
  readonly log: readonly string[];
}

/** An expectation that was not met. */
export interface Unmet {
  readonly expected: string;
  readonly got: string;
}

/** Compares an outcome with what go-ftw would expect of it; undefined where all is as expected. */
export function checkOutput(
  expected: FtwOutput,
  outcome: Outcome,
  compile: (source: string) => Pattern,
): Unmet | undefined {
  if (outcome.status === 0) {
    // go-ftw looks at nothing else when the exchange failed.
    return expected.expectError ? undefined : { expected: 'an answer', got: 'none that HTTP knows' };
  }
  if (expected.status.length > 0 && !expected.status.includes(outcome.status)) {
    return { expected: `status ${expected.status.join(' or ')}`, got: `status ${outcome.status}` };
  }
  if (expected.responseContains !== '' && !compile(expected.responseContains).test(outcome.response)) {
    return { expected: `an answer with ${expected.responseContains}`, got: outcome.response.slice(0, 200) };
  }
  const ids = triggered(outcome.log);
  const got = `rules ${ids.join(' ')}`;
  const missing = expected.expectIds.filter((id) => !ids.includes(id));
  if (missing.length > 0) return { expected: `rules ${missing.join(' ')}`, got };
  const unwanted = expected.noExpectIds.filter((id) => ids.includes(id));
  if (unwanted.length > 0) return { expected: `no rules ${unwanted.join(' ')}`, got };
  for (const source of expected.matches) {
    const pattern = compile(source);
    if (!outcome.log.some((line) => pattern.test(line))) {
      return { expected: `a log line with ${source}`, got: outcome.log.join('\n').slice(0, 4000) };
    }
  }
  for (const source of expected.noMatches) {
    const pattern = compile(source);
    const found = outcome.log.find((line) => pattern.test(line));
    if (found !== undefined) return { expected: `no log line with ${source}`, got: found };
  }
  if (expected.isolated && ids.length !== 1) return { expected: 'a single rule', got };
  return undefined;
}

/** Rules that the log tells of. */
function triggered(log: readonly string[]): number[] {
  const ids = new Set<number>();
  for (const line of log) {
    for (const [, id] of line.matchAll(/\[id "(\d+)"\]/g)) ids.add(Number(id));
  }
  return [...ids];
}
