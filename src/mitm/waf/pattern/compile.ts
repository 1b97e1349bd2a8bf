import { type Re2Addon, type Re2Expression, re2Addon } from '../../../native/index.ts';
import { type Growth, searchCost } from './cost.ts';
import { emitRe2, emitScreen } from './emit-re2.ts';
import { emitJavaScript } from './emit-v8.ts';
import { BoundedEngine, type Engine, Re2Engine, V8Engine } from './engine.ts';
import { requiredLiterals } from './literals.ts';
import { parsePattern } from './parse.ts';
import type { Among, Pattern } from './pattern.ts';
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
  const pattern = new CompiledPattern(source, tester, finder, required.length === 0 ? undefined : required);
  if (!(tester instanceof Re2Engine) || !isLocal(searched)) return pattern;
  const matches = (joined: string): boolean => tester.matchesAmong(joined);
  // A separator that the pattern itself speaks of, as those of shell commands do of lines, would match by itself.
  const among: Among = { separator: knowsLines(searched) ? '\n' : '\0', matches };
  return Object.assign(pattern, { among });
}

function chooseEngine(root: Expression, groups: number, re2: Re2Addon | null, prefersRe2: boolean): Engine {
  const cost = searchCost(root);
  const linear = isLinear(cost);
  if (re2 !== null && (!linear || prefersRe2)) {
    const written = emitRe2(root);
    const compiled = written === undefined ? undefined : attempt(re2, written.source);
    if (compiled !== undefined) return new Re2Engine(compiled, written?.atLines === true, groups);
  }
  if (linear) return new V8Engine(emitJavaScript(root));
  const screen = re2 === null ? undefined : attempt(re2, emitScreen(root));
  return new BoundedEngine(root, groups, longestFor(cost), screen);
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
function attempt(re2: Re2Addon, source: string): Re2Expression | undefined {
  try {
    const compiled = re2.compile(source, RE2_MEMORY);
    if (compiled.size < LARGE_PROGRAM) return compiled;
  } catch {
    // It may be too large for this memory only.
  }
  try {
    return re2.compile(source, RE2_MEMORY_LARGE);
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

  constructor(source: string, tester: Engine, finder: Engine, required: Pattern['required']) {
    this.source = source;
    this.engine = RANK[tester.kind] > RANK[finder.kind] ? tester.kind : finder.kind;
    if (required !== undefined) this.required = required;
    this.#tester = tester;
    this.#finder = finder;
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
