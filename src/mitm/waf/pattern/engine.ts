import type { Re2Expression } from '../../../native/index.ts';
import { LimitError, OperatorError } from '../operator/operator.ts';
import { BacktrackingMatcher } from './backtrack.ts';
import { emitJavaScript } from './emit-v8.ts';
import type { Pattern } from './pattern.ts';
import type { EnginePlan, Re2Plan, V8Plan } from './plan.ts';
import type { Expression } from './syntax.ts';

/** Captures that a rule can use (`TX:0` to `TX:9`). */
const CAPTURES = 10;
/** Steps of our own matcher for a value: some ms. */
const MOST_STEPS = 100_000;
const NEWLINE = 10;

/** What runs one form of an expression. */
export interface Engine {
  readonly kind: Pattern['engine'];
  /** What it is made of; undefined where that is more than plain data. */
  readonly plan: EnginePlan | undefined;
  /** See {@link Pattern.test} and {@link Pattern.exec}. */
  test(value: string): boolean;
  exec(value: string): string[] | undefined;
}

/** V8's backtracking matcher, for expressions with which it takes linear time. Throws an `OperatorError`. */
export class V8Engine implements Engine {
  readonly kind = 'v8';
  readonly plan: V8Plan;
  readonly #expression: RegExp;
  /** Numbers of the groups in JavaScript. */
  readonly #groups: readonly number[];

  constructor(plan: V8Plan) {
    const { source, flags, groups } = plan;
    this.plan = plan;
    try {
      this.#expression = new RegExp(source, flags);
    } catch (error) {
      const reason = error instanceof Error ? error.message.slice(-80) : String(error);
      throw new OperatorError(`regular expression: V8 does not take it: ${reason}`);
    }
    this.#groups = groups.slice(0, CAPTURES);
  }

  test(value: string): boolean {
    return this.#expression.test(value);
  }

  exec(value: string): string[] | undefined {
    const found = this.#expression.exec(value);
    return found === null ? undefined : this.#groups.map((group) => found[group] ?? '');
  }
}

/** RE2: linear time for whatever it can express. */
export class Re2Engine implements Engine {
  readonly kind = 're2';
  readonly plan: Re2Plan;
  readonly #expression: Re2Expression;
  readonly #offsets: Int32Array;

  /** `expression`: what the plan says, compiled. */
  constructor(expression: Re2Expression, plan: Re2Plan) {
    this.#expression = expression;
    this.plan = plan;
    this.#offsets = new Int32Array(2 * Math.min(CAPTURES, plan.groups + 1));
  }

  test(value: string): boolean {
    if (this.plan.atLines && value.charCodeAt(value.length - 1) === NEWLINE) return this.#find(value);
    return this.#expression.test(value);
  }

  exec(value: string): string[] | undefined {
    // Whether it matches costs RE2 far less than where its groups lie, and most values do not match.
    if (!this.#expression.test(value) || !this.#find(value)) return undefined;
    const offsets = this.#offsets;
    return sliceGroups(value, offsets, offsets.length / 2);
  }

  /** Whether RE2 finds it anywhere in several values, joined by line feeds. */
  matchesAmong(joined: string): boolean {
    return this.#expression.test(joined);
  }

  #find(value: string): boolean {
    if (!this.#expression.exec(value, this.#offsets)) return false;
    if (!this.plan.atLines || this.#offsets[0] !== value.length) return true;
    return value.charCodeAt(value.length - 1) !== NEWLINE;
  }
}

/**
 * For what may take V8 more than linear time and RE2 cannot express, or where RE2 is missing: V8 for values that are
 * short enough for its worst case, a matcher that counts its steps for others, after RE2 has said that a wider
 * expression matches. Throws a {@link LimitError} where the steps are too many.
 */
export class BoundedEngine implements Engine {
  readonly kind = 'bounded';
  readonly plan = undefined;
  readonly #root: Expression;
  readonly #groups: number;
  readonly #longest: number;
  readonly #screen: Re2Expression | undefined;
  readonly #short: V8Engine | undefined;
  #matcher: BacktrackingMatcher | undefined;

  /** `longest`: of values that V8 may be asked about. */
  constructor(root: Expression, groups: number, longest: number, screen: Re2Expression | undefined) {
    this.#root = root;
    this.#groups = groups;
    this.#longest = longest;
    this.#screen = screen;
    if (longest > 0) this.#short = new V8Engine({ kind: 'v8', ...emitJavaScript(root) });
  }

  test(value: string): boolean {
    if (this.#short !== undefined && value.length <= this.#longest) return this.#short.test(value);
    return this.#find(value) !== undefined;
  }

  exec(value: string): string[] | undefined {
    if (this.#short !== undefined && value.length <= this.#longest) return this.#short.exec(value);
    const slots = this.#find(value);
    return slots === undefined ? undefined : sliceGroups(value, slots, Math.min(CAPTURES, this.#groups + 1));
  }

  #find(value: string): Int32Array | undefined {
    if (this.#screen?.test(value) === false) return undefined;
    return this.#prepare().exec(value);
  }

  /** Made when it is first needed: most patterns never see a long value. */
  #prepare(): BacktrackingMatcher {
    if (this.#matcher !== undefined) return this.#matcher;
    try {
      this.#matcher = new BacktrackingMatcher({ root: this.#root, groups: this.#groups }, MOST_STEPS);
      return this.#matcher;
    } catch (error) {
      // It is too large for the matcher, not for V8.
      if (error instanceof OperatorError) throw new LimitError(error.message);
      throw error;
    }
  }
}

function sliceGroups(value: string, offsets: Int32Array, count: number): string[] {
  return Array.from({ length: count }, (_, group) => {
    const start = offsets[2 * group] as number;
    return start < 0 ? '' : value.slice(start, offsets[2 * group + 1]);
  });
}
