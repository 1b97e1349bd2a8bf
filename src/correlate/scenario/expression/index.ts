import { Compiler, type Environment } from './compiler.ts';
import { converted } from './conversion.ts';
import { ExpressionError } from './error.ts';
import type { Frame } from './frame.ts';
import { parseExpression } from './parser.ts';
import type { Node } from './syntax.ts';
import { nameOfType, type Type } from './types.ts';

export type { Environment } from './compiler.ts';
export { EvaluationError, ExpressionError } from './error.ts';
export { type DataSource, type DecisionQuestion, Frame, type Services, type Stash } from './frame.ts';
export { patternOf } from './operators.ts';
export type { Node } from './syntax.ts';
export * from './types.ts';
export * from './values.ts';
export { uniqueOf } from './walks.ts';

/** An expression that is ready to run. */
export interface Program {
  readonly text: string;
  readonly tree: Node;
  /** Throws EvaluationError or PatternError for what the values do not allow. */
  readonly run: (frame: Frame) => unknown;
}

/**
 * Compiles an expression of the expr language (github.com/expr-lang/expr) to closures. Its result has the wanted type,
 * or the run fails. Throws {@link ExpressionError} with the place in the text.
 */
export function compileExpression(text: string, environment: Environment, wanted: Type): Program {
  const tree = parseExpression(text);
  const compiled = new Compiler(text, environment).compile(tree);
  const run = converted(compiled, wanted);
  if (run === undefined) {
    throw new ExpressionError(
      `it gives ${nameOfType(compiled.type)}; ${nameOfType(wanted)} is wanted`,
      text,
      0,
    );
  }
  return { text, tree, run };
}
