/** How the fields of a question from outside are read; every one is checked. */

/** The question is none; the message says why. */
export class QuestionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'QuestionError';
  }
}

/** An object whose fields have not been looked at. */
export type Fields = Readonly<Record<string, unknown>>;

const LONGEST_TEXT = 1024;

/** An object. Throws {@link QuestionError}. */
export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new QuestionError(`${what} is an object`);
}

/** Refuses fields of other names. */
export function only(fields: Fields, names: readonly string[]): void {
  for (const name of Object.keys(fields)) {
    if (!names.includes(name)) throw new QuestionError(`'${name.slice(0, 40)}' is not known here`);
  }
}

/** A whole number within bounds. */
export function whole(fields: Fields, name: string, low: number, high: number): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= low && value <= high) return value;
  throw new QuestionError(`'${name}' is a whole number from ${low} to ${high}`);
}

/** One of some words. */
export function oneOf<T extends string>(fields: Fields, name: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === fields[name]);
  if (found === undefined) throw new QuestionError(`'${name}' is one of ${choices.join(', ')}`);
  return found;
}

/** A text that is not empty. */
export function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST_TEXT) return value;
  throw new QuestionError(`'${name}' is a text`);
}

/** A text that may be missing, and is empty then. */
export function anyTextOf(fields: Fields, name: string): string {
  return fields[name] === undefined || fields[name] === '' ? '' : textOf(fields, name);
}
