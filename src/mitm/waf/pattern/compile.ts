import { type Re2Addon, type Re2Expression, re2Addon } from '../../../native/index.ts';
import { OperatorError } from '../operator/operator.ts';
import { type Growth, searchCost } from './cost.ts';
import { emitRe2, emitScreen } from './emit-re2.ts';
import { emitJavaScript } from './emit-v8.ts';
import { BoundedEngine, type Engine, Re2Engine, V8Engine } from './engine.ts';
import { requiredLiterals } from './literals.ts';
import { parsePattern } from './parse.ts';
import type { Among, Pattern } from './pattern.ts';
import type { EnginePlan, PatternPlan } from './plan.ts';
import { relax, trim } from './simplify.ts';
import { type Expression, some } from './syntax.ts';

/** Expressions that match all of any value: rules capture values with them. */
const EVERYTHING = /^\^?\.\*\$?$/;
/**
 * Memory of an expression in RE2: its program and the automaton that grows as it is used, up to this. A state of a
 * large program is large; where few have room RE2 falls back to a matcher that is 30 times slower.
 */
const RE2_MEMORY = 1 << 20;
const RE2_MEMORY_LARGE = 8 << 20;
/** Instructions from which a program is a large one. */
const LARGE_PROGRAM = 400;
/** Steps for each character of a value that V8 may be asked for: a few µs. */
const MOST_STEPS_EACH = 1000;
/** Steps for a value where V8 may take more than linear time: a few ms. */
const MOST_STEPS = 2e6;

/**
 * Compiles a regular expression as ModSecurity 3 understands it (PCRE; dot matches newlines, `^` and `$` also match at
 * newlines; a binary string). Throws an `OperatorError` that says what is wrong and where. `re2`: the addon, `null` to
 * do without.
 */
export function compilePattern(source: string, re2: Re2Addon | null = re2Addon() ?? null): Pattern {
  if (EVERYTHING.test(source)) return { source, engine: 'v8', test: () => true, exec: (value) => [value] };
  // ModSecurity takes an empty expression for one that matches all of any value.
  const { root, groups } = parsePattern(source === '' ? '.*' : source);
  const whole = relax(root);
  const finder = chooseEngine(whole, groups, re2, losesGroups(whole));
  const searched = trim(whole);
  // RE2 takes as long for the one as for the other.
  const same = searched === whole || (finder.kind === 're2' && !isLinear(searchCost(searched)));
  const tester = same ? finder : chooseEngine(searched, groups, re2, false);
  const required = requiredLiterals(whole);
  // A separator that the pattern itself speaks of, as those of shell commands do of lines, would match by itself.
  const separator = !isLocal(searched) ? undefined : knowsLines(searched) ? '\n' : '\0';
  return patternOf(source, tester, finder, required.length === 0 ? undefined : required, separator);
}

/** The same by what was found out when it was first compiled, in this thread or in another one. */
export function compileByPlan(source: string, plan: PatternPlan): Pattern {
  const finder = engineOf(plan.finder);
  const tester = plan.tester === undefined ? finder : engineOf(plan.tester);
  return patternOf(source, tester, finder, plan.required, plan.separator);
}

function patternOf(
  source: string,
  tester: Engine,
  finder: Engine,
  required: Pattern['required'],
  separator: Among['separator'] | undefined,
): Pattern {
  const pattern = new CompiledPattern(source, tester, finder, required, separator);
  if (separator === undefined || !(tester instanceof Re2Engine)) return pattern;
  const among: Among = { separator, matches: (joined) => tester.matchesAmong(joined) };
  return Object.assign(pattern, { among });
}

function engineOf(plan: EnginePlan): Engine {
  if (plan.kind === 'v8') return new V8Engine(plan);
  const re2 = re2Addon();
  if (re2 === undefined)
    throw new OperatorError('regular expression: RE2, for which it was prepared, is missing');
  return new Re2Engine(re2.compile(plan.source, plan.memory), plan);
}

function chooseEngine(root: Expression, groups: number, re2: Re2Addon | null, prefersRe2: boolean): Engine {
  const cost = searchCost(root);
  const linear = isLinear(cost);
  if (re2 !== null && (!linear || prefersRe2)) {
    const written = emitRe2(root);
    const compiled = written === undefined ? undefined : attempt(re2, written.source);
    if (written !== undefined && compiled !== undefined) {
      const { expression, memory } = compiled;
      return new Re2Engine(expression, { kind: 're2', ...written, memory, groups });
    }
  }
  if (linear) return new V8Engine({ kind: 'v8', ...emitJavaScript(root) });
  const screen = re2 === null ? undefined : attempt(re2, emitScreen(root));
  return new BoundedEngine(root, groups, longestFor(cost), screen?.expression);
}

/** Whether V8 may have it, for values of any length. */
function isLinear(cost: Growth): boolean {
  return cost.kind === 'polynomial' && cost.degree <= 1 && cost.factor <= MOST_STEPS_EACH;
}

/**
 * Whether a match in a value is one too where the value stands between line feeds: it looks at nothing beyond its own
 * bytes but the borders of words and lines, and those are the same there.
 */
function isLocal(root: Expression): boolean {
  return !some(root, (part) => {
    if (part.kind === 'look' || part.kind === 'atomic' || part.kind === 'reference') return true;
    return part.kind === 'assertion' && ['start', 'end', 'last'].includes(part.place);
  });
}

function knowsLines(root: Expression): boolean {
  return some(root, (part) => part.kind === 'assertion' && part.place.startsWith('line'));
}

/** RE2 refuses what would be too large, though its language could say it. */
function attempt(
  re2: Re2Addon,
  source: string,
): { readonly expression: Re2Expression; readonly memory: number } | undefined {
  try {
    const expression = re2.compile(source, RE2_MEMORY);
    if (expression.size < LARGE_PROGRAM) return { expression, memory: RE2_MEMORY };
  } catch {
    // It may be too large for this memory only.
  }
  try {
    return { expression: re2.compile(source, RE2_MEMORY_LARGE), memory: RE2_MEMORY_LARGE };
  } catch {
    return undefined;
  }
}

/** Longest value for which V8's steps are few enough. */
function longestFor(cost: Growth): number {
  if (cost.kind === 'exponential') return Math.floor(Math.log(MOST_STEPS) / Math.log(cost.base));
  return Math.floor((MOST_STEPS / cost.factor) ** (1 / Math.max(1, cost.degree)));
}

/** Whether a group can keep what an earlier round of a repetition matched: JavaScript forgets it, PCRE and RE2 do not. */
function losesGroups(root: Expression): boolean {
  return some(root, (part) => {
    if (part.kind !== 'repeat' || part.most <= 1) return false;
    const inner = part.item.kind === 'capture' ? part.item.item : part.item;
    return some(inner, ({ kind }) => kind === 'capture');
  });
}

const RANK: Readonly<Record<Pattern['engine'], number>> = { v8: 0, re2: 1, bounded: 2 };

class CompiledPattern implements Pattern {
  readonly source: string;
  readonly engine: Pattern['engine'];
  readonly required?: Pattern['required'];
  readonly #tester: Engine;
  readonly #finder: Engine;
  readonly #separator: Among['separator'] | undefined;

  constructor(
    source: string,
    tester: Engine,
    finder: Engine,
    required: Pattern['required'],
    separator: Among['separator'] | undefined,
  ) {
    this.source = source;
    this.engine = RANK[tester.kind] > RANK[finder.kind] ? tester.kind : finder.kind;
    if (required !== undefined) this.required = required;
    this.#tester = tester;
    this.#finder = finder;
    this.#separator = separator;
  }

  get plan(): PatternPlan | undefined {
    const { plan: finder } = this.#finder;
    const { plan: tester } = this.#tester;
    if (finder === undefined || tester === undefined) return undefined;
    return {
      finder,
      tester: tester === finder ? undefined : tester,
      required: this.required,
      separator: this.#separator,
    };
  }

  test(value: string): boolean {
    return this.#tester.test(value);
  }

  exec(value: string): string[] | undefined {
    // The test may run on a better engine, and mostly there is nothing to find.
    if (this.#finder !== this.#tester && !this.#tester.test(value)) return undefined;
    return this.#finder.exec(value);
  }
}
