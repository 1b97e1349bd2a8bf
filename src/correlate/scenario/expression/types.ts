import type { Frame } from './frame.ts';

/**
 * What is known of a value before it is there. A `scalar` comes out of a record: a text where a text is asked for, a
 * number where a number is.
 */
export type Type =
  | { readonly kind: 'any' | 'boolean' | 'number' | 'text' | 'scalar' | 'nil' | 'time' | 'duration' }
  | { readonly kind: 'list'; readonly of: Type }
  | { readonly kind: 'map'; readonly of: Type }
  | Structure;

/** A value with fields and methods that are known by name. */
export interface Structure {
  readonly kind: 'structure';
  readonly name: string;
  readonly fields: Readonly<Record<string, Field>>;
  readonly methods: Readonly<Record<string, Method>>;
}

export interface Field {
  readonly type: Type;
  read(object: unknown): unknown;
  /** Where the field is a map: one key of it without making the map. */
  readKey?(object: unknown, key: string): unknown;
}

export interface Method {
  readonly parameters: readonly Type[];
  readonly result: Type;
  call(object: unknown, values: readonly unknown[]): unknown;
}

/** A function that expressions can call. */
export interface ExpressionFunction {
  readonly parameters: readonly Type[];
  /** How many of the parameters must be given; all without. */
  readonly least?: number;
  /** Type of any further values. */
  readonly rest?: Type;
  readonly result: Type;
  /** The result by the types of the values, where it depends on them. */
  resultOf?(types: readonly Type[]): Type;
  /** The same values give the same result: what is constant is computed once. */
  readonly pure: boolean;
  call(values: readonly unknown[], frame: Frame): unknown;
  /** Looks at constant values when the expression is compiled; what is wrong with them, as words. */
  check?(values: readonly unknown[], environment: Checks): string | undefined;
}

/** What is known when expressions are compiled. */
export interface Checks {
  /** What is wrong with the name of a data file of this kind; undefined when it is there. */
  dataFile(name: string, kind: 'string' | 'regexp'): string | undefined;
}

export const ANY: Type = { kind: 'any' };
export const BOOLEAN: Type = { kind: 'boolean' };
export const NUMBER: Type = { kind: 'number' };
export const TEXT: Type = { kind: 'text' };
export const SCALAR: Type = { kind: 'scalar' };
export const NIL: Type = { kind: 'nil' };
export const TIME: Type = { kind: 'time' };
export const DURATION: Type = { kind: 'duration' };
export const TEXTS: Type = { kind: 'list', of: TEXT };
export const LIST: Type = { kind: 'list', of: ANY };
export const MAP: Type = { kind: 'map', of: ANY };

/** The type in words for errors. */
export function nameOfType(type: Type): string {
  switch (type.kind) {
    case 'list':
      return type.of.kind === 'any' ? 'list' : `list of ${nameOfType(type.of)}`;
    case 'map':
      return type.of.kind === 'any' ? 'map' : `map of ${nameOfType(type.of)}`;
    case 'structure':
      return type.name;
    default:
      return type.kind;
  }
}

/** Whether a value of this type may stand where that type is wanted; `any` is looked at when it is there. */
export function fits(type: Type, wanted: Type): boolean {
  if (type.kind === 'any' || wanted.kind === 'any' || type.kind === 'nil') return true;
  if (type.kind === 'scalar') return ['text', 'number', 'boolean', 'scalar'].includes(wanted.kind);
  if (type.kind === 'list' && wanted.kind === 'list') return fits(type.of, wanted.of);
  if (type.kind === 'map' && wanted.kind === 'map') return fits(type.of, wanted.of);
  return type.kind === wanted.kind;
}

/** The type that both are of; any when there is none. */
export function joined(a: Type, b: Type): Type {
  if (a === b) return a;
  if (a.kind === 'list' && b.kind === 'list') return { kind: 'list', of: joined(a.of, b.of) };
  if (a.kind === 'map' && b.kind === 'map') return { kind: 'map', of: joined(a.of, b.of) };
  return a.kind === b.kind && a.kind !== 'structure' ? a : ANY;
}
