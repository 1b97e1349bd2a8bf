import { compilePattern, type Pattern } from '../pattern/index.ts';
import type { Compiled } from './compiled.ts';
import { converted } from './conversion.ts';
import { EvaluationError } from './error.ts';
import type { Frame } from './frame.ts';
import type { BinaryOperator } from './syntax.ts';
import { ANY, BOOLEAN, DURATION, fits, joined, NUMBER, nameOfType, TEXT, TIME, type Type } from './types.ts';
import {
  asInteger,
  asText,
  bounded,
  compare,
  equal,
  kindOf,
  LONGEST_LIST,
  Moment,
  own,
  scalarText,
} from './values.ts';

type Run = (frame: Frame) => unknown;
type Operation = Pick<Compiled, 'type' | 'run'>;

/** What an operator gives for two parts; a text says why it cannot be. */
export function operation(operator: BinaryOperator, left: Compiled, right: Compiled): Operation | string {
  switch (operator) {
    case 'and':
    case 'or':
      return logic(operator, left, right);
    case '==':
    case '!=':
      return equality(operator, left, right);
    case '<':
    case '>':
    case '<=':
    case '>=':
      return order(operator, left, right);
    case 'in':
      return membership(left, right);
    case 'matches':
      return matching(left, right);
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return partOfText(operator, left, right);
    case '..':
      return range(left, right);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '**':
      return arithmetic(operator, left, right);
    case '??': {
      const { run } = left;
      const other = right.run;
      const type = left.type.kind === 'nil' ? right.type : joined(left.type, right.type);
      return { type, run: (frame) => run(frame) ?? other(frame) };
    }
    default:
      return operator satisfies never;
  }
}

function both(left: Compiled, right: Compiled, wanted: Type): readonly [Run, Run] | undefined {
  const first = converted(left, wanted);
  const second = converted(right, wanted);
  return first === undefined || second === undefined ? undefined : [first, second];
}

function mismatch(operator: string, left: Compiled, right: Compiled): string {
  return `${operator} cannot stand between ${nameOfType(left.type)} and ${nameOfType(right.type)}`;
}

function logic(operator: 'and' | 'or', left: Compiled, right: Compiled): Operation | string {
  const runs = both(left, right, BOOLEAN);
  if (runs === undefined) return mismatch(operator, left, right);
  const [a, b] = runs;
  if (operator === 'and') return { type: BOOLEAN, run: (frame) => a(frame) && b(frame) };
  return { type: BOOLEAN, run: (frame) => a(frame) || b(frame) };
}

function isText(part: Compiled): boolean {
  return part.type.kind === 'text' || part.type.kind === 'scalar';
}

function equality(operator: '==' | '!=', left: Compiled, right: Compiled): Operation | string {
  if (!fits(left.type, right.type) && !fits(right.type, left.type)) return mismatch(operator, left, right);
  const wanted = operator === '==';
  if (isText(left) && isText(right)) {
    const a = converted(left, TEXT)!;
    const b = converted(right, TEXT)!;
    if (right.constant !== undefined) {
      const value = right.constant.value;
      return { type: BOOLEAN, run: (frame) => (a(frame) === value) === wanted };
    }
    return { type: BOOLEAN, run: (frame) => (a(frame) === b(frame)) === wanted };
  }
  const a = left.run;
  const b = right.run;
  return { type: BOOLEAN, run: (frame) => equal(a(frame), b(frame)) === wanted };
}

function order(operator: '<' | '>' | '<=' | '>=', left: Compiled, right: Compiled): Operation | string {
  const isOrdered = [NUMBER, TEXT, TIME, DURATION].some((type) => both(left, right, type) !== undefined);
  if (!isOrdered) return mismatch(operator, left, right);
  const asTexts = left.type.kind === 'text' || right.type.kind === 'text';
  const a = asTexts ? converted(left, TEXT) : left.run;
  const b = asTexts ? converted(right, TEXT) : right.run;
  if (a === undefined || b === undefined) return mismatch(operator, left, right);
  switch (operator) {
    case '<':
      return { type: BOOLEAN, run: (frame) => compare(a(frame), b(frame)) < 0 };
    case '>':
      return { type: BOOLEAN, run: (frame) => compare(a(frame), b(frame)) > 0 };
    case '<=':
      return { type: BOOLEAN, run: (frame) => compare(a(frame), b(frame)) <= 0 };
    case '>=':
      return { type: BOOLEAN, run: (frame) => compare(a(frame), b(frame)) >= 0 };
    default:
      return operator satisfies never;
  }
}

function membership(left: Compiled, right: Compiled): Operation | string {
  if (right.type.kind === 'list') {
    if (!fits(left.type, right.type.of)) return mismatch('in', left, right);
    const constant = right.constant?.value;
    const isPlain = (each: unknown) => typeof each === 'string';
    if (isText(left) && Array.isArray(constant) && constant.every(isPlain)) {
      const texts = new Set<unknown>(constant);
      const run = converted(left, TEXT)!;
      return { type: BOOLEAN, run: (frame) => texts.has(run(frame)) };
    }
  } else if (!['map', 'any', 'nil', 'structure'].includes(right.type.kind))
    return mismatch('in', left, right);
  const asTexts =
    left.type.kind === 'scalar' && (right.type.kind !== 'list' || right.type.of.kind === 'text');
  const a = asTexts ? converted(left, TEXT)! : left.run;
  const b = right.run;
  const fields = right.type.kind === 'structure' ? right.type.fields : undefined;
  return {
    type: BOOLEAN,
    run: (frame) => {
      const container = fields ?? b(frame);
      const value = a(frame);
      if (Array.isArray(container)) {
        frame.spend(container.length);
        return container.some((each) => equal(each, value));
      }
      if (container === null || container === undefined) return false;
      if (kindOf(container) !== 'map')
        throw new EvaluationError(`in asks a list or a map, and not ${kindOf(container)}`);
      return typeof value === 'string' && own(container as Record<string, unknown>, value) !== undefined;
    },
  };
}

/** Patterns that values gave are kept compiled up to this number; then all are forgotten. */
const MOST_PATTERNS = 1000;
const patterns = new Map<string, Pattern>();

/** A pattern, compiled once. Throws PatternError. */
export function patternOf(text: string): Pattern {
  let pattern = patterns.get(text);
  if (pattern === undefined) {
    if (patterns.size >= MOST_PATTERNS) patterns.clear();
    pattern = compilePattern(text);
    patterns.set(text, pattern);
  }
  return pattern;
}

function matching(left: Compiled, right: Compiled): Operation | string {
  const runs = both(left, right, TEXT);
  if (runs === undefined) return mismatch('matches', left, right);
  const [a, b] = runs;
  if (right.constant !== undefined) {
    const pattern = patternOf(asText(right.constant.value));
    return { type: BOOLEAN, run: (frame) => pattern.test(a(frame) as string) };
  }
  return { type: BOOLEAN, run: (frame) => patternOf(b(frame) as string).test(a(frame) as string) };
}

function partOfText(
  operator: 'contains' | 'startsWith' | 'endsWith',
  left: Compiled,
  right: Compiled,
): Operation | string {
  const runs = both(left, right, TEXT);
  if (runs === undefined) return mismatch(operator, left, right);
  const [a, b] = runs as readonly [(frame: Frame) => string, (frame: Frame) => string];
  switch (operator) {
    case 'contains':
      return { type: BOOLEAN, run: (frame) => a(frame).includes(b(frame)) };
    case 'startsWith':
      return { type: BOOLEAN, run: (frame) => a(frame).startsWith(b(frame)) };
    case 'endsWith':
      return { type: BOOLEAN, run: (frame) => a(frame).endsWith(b(frame)) };
    default:
      return operator satisfies never;
  }
}

function range(left: Compiled, right: Compiled): Operation | string {
  const runs = both(left, right, NUMBER);
  if (runs === undefined) return mismatch('..', left, right);
  const [a, b] = runs;
  return {
    type: { kind: 'list', of: NUMBER },
    run: (frame) => {
      const from = asInteger(a(frame));
      const length = Math.max(0, asInteger(b(frame)) - from + 1);
      if (length > LONGEST_LIST) throw new EvaluationError(`a range of more than ${LONGEST_LIST} numbers`);
      frame.spend(length);
      return Array.from({ length }, (_, i) => from + i);
    },
  };
}

type Arithmetic = '+' | '-' | '*' | '/' | '%' | '**';

function arithmetic(operator: Arithmetic, left: Compiled, right: Compiled): Operation | string {
  if (
    operator === '+' &&
    (left.type.kind === 'text' || right.type.kind === 'text' || bothScalar(left, right))
  ) {
    const runs = both(left, right, TEXT);
    if (runs === undefined) return mismatch(operator, left, right);
    const [a, b] = runs as readonly [(frame: Frame) => string, (frame: Frame) => string];
    return { type: TEXT, run: (frame) => bounded(a(frame) + b(frame)) };
  }
  const type = resultOf(operator, left.type, right.type);
  if (type === undefined) return mismatch(operator, left, right);
  const a = left.run;
  const b = right.run;
  return { type, run: (frame) => calculate(operator, a(frame), b(frame)) };
}

function bothScalar(left: Compiled, right: Compiled): boolean {
  return left.type.kind === 'scalar' && right.type.kind === 'scalar';
}

function resultOf(operator: Arithmetic, left: Type, right: Type): Type | undefined {
  const a = left.kind === 'scalar' ? 'number' : left.kind;
  const b = right.kind === 'scalar' ? 'number' : right.kind;
  if (a === 'any' || b === 'any') return ANY;
  const pair = `${a} ${operator} ${b}`;
  if (a === 'number' && b === 'number') return NUMBER;
  if (['time - time', 'duration - duration', 'duration + duration'].includes(pair)) return DURATION;
  if (['number * duration', 'duration * number', 'duration / number'].includes(pair)) return DURATION;
  if (pair === 'duration / duration') return NUMBER;
  return ['time + duration', 'duration + time', 'time - duration'].includes(pair) ? TIME : undefined;
}

function calculate(operator: Arithmetic, a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number') {
    switch (operator) {
      case '+':
        return a + b;
      case '-':
        return a - b;
      case '*':
        return a * b;
      case '/':
        return a / b;
      case '%':
        if (asInteger(b) === 0) throw new EvaluationError('a remainder of a division by 0');
        return asInteger(a) % b;
      case '**':
        return a ** b;
      default:
        return operator satisfies never;
    }
  }
  if (operator === '+' && typeof a === 'string' && typeof b === 'string') return bounded(a + b);
  if (operator === '+' && (typeof a === 'string' || typeof b === 'string'))
    return bounded(scalarText(a) + scalarText(b));
  if (a instanceof Moment && b instanceof Moment && operator === '-') return (a.us - b.us) * 1000;
  if (a instanceof Moment && typeof b === 'number' && (operator === '+' || operator === '-')) {
    return new Moment(a.us + (operator === '+' ? b : -b) / 1000);
  }
  if (typeof a === 'number' && b instanceof Moment && operator === '+') return new Moment(b.us + a / 1000);
  throw new EvaluationError(`${operator} cannot stand between ${kindOf(a)} and ${kindOf(b)}`);
}
