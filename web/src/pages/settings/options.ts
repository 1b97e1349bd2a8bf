/** How an option is set. */
export type OptionKind = 'switch' | 'choice' | 'number' | 'text' | 'paragraph' | 'lines';

/** One option of the configuration, as its schema tells of it. */
export interface Option {
  /** As in the file, with the sections it lies in: `respond.autoBan.enabled`. */
  readonly name: string;
  /** The name without its first section. */
  readonly short: string;
  readonly help: string;
  readonly kind: OptionKind;
  /** Undefined where another option gives it. */
  readonly standard: unknown;
  /** The form of its text, or of each of its texts: `duration`, `size`, `path`. */
  readonly form: string;
  /** Of a choice. */
  readonly words: readonly string[];
  /** Of numbers; of durations in seconds, of sizes in bytes. */
  readonly least: number | undefined;
  readonly most: number | undefined;
}

/** Options that stand together, below a heading. */
export interface OptionGroup {
  /** `autoBan`; empty: directly in the section. */
  readonly name: string;
  readonly help: string;
  readonly options: readonly Option[];
}

/** A part of the configuration: `capture`, `web`, `respond`. */
export interface Section {
  readonly name: string;
  readonly help: string;
  readonly groups: readonly OptionGroup[];
}

/** Sections that are nested deeper are no configuration of weir. */
const DEEPEST = 6;

/** The sections of the configuration out of its JSON Schema; what is no schema of settings has none. */
export function sectionsOf(schema: unknown): readonly Section[] {
  return entriesOf(schema).map(([name, section]) => {
    const groups: OptionGroup[] = [];
    gather(name, '', section, groups, 0);
    return { name, help: textOf(section, 'description'), groups };
  });
}

/** All options of a section. */
export function optionsOf(section: Section): readonly Option[] {
  return section.groups.flatMap(({ options }) => options);
}

/** Whether each word stands in the name or the help of an option. */
export function matches({ name, help }: Option, words: string): boolean {
  const text = `${name} ${help}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** The value of an option in settings as the file gives them; undefined where it says nothing. */
export function valueIn(settings: unknown, name: string): unknown {
  let value = settings;
  for (const part of name.split('.')) value = fieldOf(value, part);
  return value ?? undefined;
}

/** A value in few words: as the file would have it. */
export function wordsOf(value: unknown): string {
  if (value === undefined) return 'as `default`';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return value === '' ? 'empty' : String(value);
}

function gather(section: string, path: string, schema: unknown, groups: OptionGroup[], depth: number): void {
  const options: Option[] = [];
  const inner: (readonly [string, unknown])[] = [];
  for (const [name, entry] of entriesOf(schema)) {
    const short = path === '' ? name : `${path}.${name}`;
    if (fieldOf(entry, 'properties') === undefined) options.push(optionOf(section, short, entry));
    else if (depth < DEEPEST) inner.push([short, entry]);
  }
  if (options.length > 0)
    groups.push({ name: path, help: path === '' ? '' : textOf(schema, 'description'), options });
  for (const [short, entry] of inner) gather(section, short, entry, groups, depth + 1);
}

function optionOf(section: string, short: string, schema: unknown): Option {
  const words = fieldOf(schema, 'enum');
  const form = textOf(schema, 'x-form') || textOf(fieldOf(schema, 'items'), 'x-form');
  return {
    name: `${section}.${short}`,
    short,
    help: textOf(schema, 'description'),
    kind: kindOf(schema, form),
    standard: fieldOf(schema, 'default'),
    form,
    words: Array.isArray(words) ? words.map(String) : [],
    least: numberOf(schema, 'minimum'),
    most: numberOf(schema, 'maximum'),
  };
}

function kindOf(schema: unknown, form: string): OptionKind {
  if (Array.isArray(fieldOf(schema, 'enum'))) return 'choice';
  switch (fieldOf(schema, 'type')) {
    case 'boolean':
      return 'switch';
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return 'lines';
    default:
      return form === 'text' ? 'paragraph' : 'text';
  }
}

function entriesOf(schema: unknown): (readonly [string, unknown])[] {
  const properties = fieldOf(schema, 'properties');
  return typeof properties === 'object' && properties !== null ? Object.entries(properties) : [];
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function textOf(schema: unknown, name: string): string {
  const value = fieldOf(schema, name);
  return typeof value === 'string' ? value : '';
}

function numberOf(schema: unknown, name: string): number | undefined {
  const value = fieldOf(schema, name);
  return typeof value === 'number' ? value : undefined;
}
