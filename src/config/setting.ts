import Type, { type TProperties, type TSchema } from 'typebox';

/** How the text of a setting is read; each has a name, a reader and an example that mistakes show. */
export type Form =
  | 'size'
  | 'duration'
  | 'count'
  | 'interface'
  | 'filter'
  | 'prefix'
  | 'path'
  | 'user'
  | 'endpoint'
  | 'place'
  | 'origin'
  | 'route'
  | 'host'
  | 'url'
  | 'mail'
  | 'word'
  | 'text';

/** What the schema says of a setting besides its type. */
export interface SettingOptions<T> {
  readonly default?: T;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** A whole number within bounds. */
export function integer(description: string, options: SettingOptions<number>) {
  return Type.Integer({ description, ...options });
}

/** A whole number within bounds, or `auto`. */
export function count(
  description: string,
  options: SettingOptions<number | 'auto'> & { readonly minimum: number; readonly maximum: number },
) {
  return Type.Union([Type.Integer(), Type.Literal('auto')], { description, ...options, 'x-form': 'count' });
}

/** Yes or no. */
export function flag(description: string, otherwise: boolean) {
  return Type.Boolean({ description, default: otherwise });
}

/** One of a few words. */
export function choice<const W extends string>(
  description: string,
  words: readonly [W, ...W[]],
  otherwise: NoInfer<W>,
) {
  return Type.Enum([...words] as W[], { description, default: otherwise });
}

/** A text that has a form. */
export function text(description: string, form: Form, otherwise: string) {
  return Type.String({ description, default: otherwise, 'x-form': form, maxLength: 4096 });
}

/** Bytes: a number, or a text such as `2GiB`. The bounds are bytes. */
export function size(description: string, otherwise: string, minimum: number, maximum: number) {
  return Type.Union([Type.Integer(), Type.String()], {
    description,
    default: otherwise,
    'x-form': 'size',
    minimum,
    maximum,
  });
}

/** A span of time: a number of seconds, or a text such as `30d`. The bounds are seconds. */
export function duration(
  description: string,
  otherwise: string | undefined,
  minimum: number,
  maximum: number,
) {
  return Type.Union([Type.Number(), Type.String()], {
    description,
    ...(otherwise === undefined ? {} : { default: otherwise }),
    'x-form': 'duration',
    minimum,
    maximum,
  });
}

/** Several texts of one form. */
export function texts(description: string, form: Form, otherwise: readonly string[], most = 256) {
  return Type.Array(Type.String({ 'x-form': form, maxLength: 4096 }), {
    description,
    default: [...otherwise],
    maxItems: most,
  });
}

/** A span of time for each of several names. */
export function durations(
  description: string,
  names: readonly string[],
  otherwise: Readonly<Record<string, string>>,
  minimum: number,
  maximum: number,
) {
  const item = (name: string): TSchema => {
    // Without a default of its own a name has the one of `default`, which the file may set.
    return Type.Optional(duration(`Of '${name}'.`, otherwise[name], minimum, maximum));
  };
  return section(description, Object.fromEntries(names.map((name) => [name, item(name)])));
}

/** Settings that belong together; other keys are mistakes. */
export function section<P extends TProperties>(description: string, properties: P) {
  return Type.Object(properties, { description, additionalProperties: false });
}
