import Type, { type TEnum, type TProperties, type TSchema } from 'typebox';

/** Marks what is weir's own: Suricata writes no such field. All that lies within it is ours too. */
export const OWN = { 'x-weir': true } as const;

/** What may be said of a field besides its type and its description. */
export interface FieldOptions {
  readonly 'x-weir'?: true;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly minItems?: number;
}

/** A string. */
export function text(description: string, options: FieldOptions = {}) {
  return Type.String({ description, ...options });
}

/** A whole number, from 0 where the options do not say otherwise. */
export function count(description: string, options: FieldOptions = {}) {
  return Type.Integer({ description, minimum: 0, ...options });
}

/** True or false. */
export function flag(description: string, options: FieldOptions = {}) {
  return Type.Boolean({ description, ...options });
}

/** A mark: true where it is there. */
export function mark(description: string, options: FieldOptions = {}) {
  return Type.Literal(true, { description, ...options });
}

/** One of a few words. */
export function word<const W extends string>(
  words: readonly W[],
  description: string,
  options: FieldOptions = {},
): TEnum<W[]> {
  return Type.Enum([...words], { description, ...options });
}

/** A list of one kind of thing; where it would be empty the field is left out, unless `minItems` is 0. */
export function list<T extends TSchema>(items: T, description: string, options: FieldOptions = {}) {
  return Type.Array(items, { description, minItems: 1, ...options });
}

/** An object that has these fields and no others. */
export function object<P extends TProperties>(
  properties: P,
  description: string,
  options: FieldOptions = {},
) {
  return Type.Object(properties, { description, additionalProperties: false, ...options });
}

/** Seconds with six decimals, in UTC: years of more than four digits come from damaged captures. */
const TIME = '^[+-]?\\d{4,6}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{6}\\+0000$';

/** A point of time in microseconds. */
export function time(description: string, options: FieldOptions = {}) {
  return text(description, { pattern: TIME, ...options });
}

const MAXIMUM_PORT = 65535;

/** A port number of TCP, UDP or SCTP. */
export function port(description: string, options: FieldOptions = {}) {
  return count(description, { maximum: MAXIMUM_PORT, ...options });
}

const MD5 = '^[0-9a-f]{32}$';

/** An MD5 in lower-case hexadecimal. */
export function md5(description: string, options: FieldOptions = {}) {
  return text(description, { pattern: MD5, ...options });
}
