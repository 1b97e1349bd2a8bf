import { EvaluationError } from './error.ts';

/** A moment, as `time.Time`: UTC always. */
export class Moment {
  /** Microseconds since 1970. */
  readonly us: number;

  constructor(us: number) {
    this.us = us;
  }
}

/** Texts that expressions make may have this many characters. */
const LONGEST_TEXT = 1_048_576;
/** Lists that they make. */
export const LONGEST_LIST = 100_000;

export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nil';
  if (typeof value === 'string') return 'text';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Moment) return 'time';
  if (typeof value !== 'object') return typeof value;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype ? 'map' : 'structure';
}

/** The text of a scalar as Go prints it. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (value === null || value === undefined) return '';
  if (value instanceof Moment) return new Date(value.us / 1000).toISOString();
  return bounded(JSON.stringify(value) ?? '');
}

function numberText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? value.toFixed(0) : String(value);
}

export function bounded(text: string): string {
  if (text.length > LONGEST_TEXT) throw new EvaluationError(`a text of more than ${LONGEST_TEXT} characters`);
  return text;
}

export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new EvaluationError(`a text is wanted, and not ${kindOf(value)}`);
}

/** A text, or the text of what a record holds. */
export function scalarText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return textOf(value);
  if (value === null || value === undefined) return '';
  throw new EvaluationError(`a text is wanted, and not ${kindOf(value)}`);
}

export function asNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new EvaluationError(`a number is wanted, and not ${kindOf(value)}`);
}

export function asInteger(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new EvaluationError(`a whole number is wanted, and not ${kindOf(value)}`);
}

export function asBoolean(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new EvaluationError(`true or false is wanted, and not ${kindOf(value)}`);
}

export function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (value === null || value === undefined) return [];
  throw new EvaluationError(`a list is wanted, and not ${kindOf(value)}`);
}

export function asMap(value: unknown): Readonly<Record<string, unknown>> {
  if (kindOf(value) === 'map') return value as Record<string, unknown>;
  if (value === null || value === undefined) return {};
  throw new EvaluationError(`a map is wanted, and not ${kindOf(value)}`);
}

export function asTime(value: unknown): Moment {
  if (value instanceof Moment) return value;
  throw new EvaluationError(`a time is wanted, and not ${kindOf(value)}`);
}

/** One key of a map that has it itself; undefined without. */
export function own(map: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** Equality as the expr language has it: lists and maps by their contents, to a depth of 10. */
export function equal(a: unknown, b: unknown, depth = 0): boolean {
  if (a === b) return true;
  if (a === null || a === undefined) return b === null || b === undefined;
  if (typeof a !== 'object' || typeof b !== 'object' || b === null || depth > 10) return false;
  if (a instanceof Moment) return b instanceof Moment && a.us === b.us;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((each, i) => equal(each, b[i], depth + 1));
  }
  if (Array.isArray(b)) return false;
  const keys = Object.keys(a);
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(right, key) && equal(left[key], right[key], depth + 1))
  );
}

/** Less than 0, 0, more than 0. Numbers with numbers, texts with texts, times with times. */
export function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  if (a instanceof Moment && b instanceof Moment) return a.us - b.us;
  throw new EvaluationError(`${kindOf(a)} and ${kindOf(b)} have no order`);
}
