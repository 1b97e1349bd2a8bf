/** What a value from outside must be: true where it is that. */
export type Shape<T> = (value: unknown) => value is T;

/** A text. */
export const text: Shape<string> = (value): value is string => typeof value === 'string';

/** A number; JSON knows no others. */
export const number: Shape<number> = (value): value is number => typeof value === 'number';

/** True or false. */
export const flag: Shape<boolean> = (value): value is boolean => typeof value === 'boolean';

/** The same, or nothing: JSON leaves out what is undefined. */
export function maybe<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value): value is T | undefined => value === undefined || shape(value);
}

/** One of these words. */
export function word<T extends string>(...words: readonly T[]): Shape<T> {
  return (value): value is T => words.some((one) => one === value);
}

/** A list of things of one shape. */
export function list<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every(shape);
}

/** An object with these fields; further ones do not matter. */
export function fields<T extends object>(shapes: { readonly [K in keyof T]-?: Shape<T[K]> }): Shape<T> {
  const names = Object.keys(shapes) as (keyof T & string)[];
  return (value): value is T => {
    if (typeof value !== 'object' || value === null) return false;
    const object = value as Readonly<Record<string, unknown>>;
    return names.every((name) => shapes[name](Object.hasOwn(object, name) ? object[name] : undefined));
  };
}
