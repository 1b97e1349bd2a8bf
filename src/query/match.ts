import { type Address, parseAddress, prefixContains } from '../net/index.ts';
import { type Condition, isWithin } from './condition.ts';
import { QUERY_FIELDS, type QueryField } from './fields.ts';
import { fits } from './pattern.ts';
import { type QueryRecord, type Scalar, valuesAt } from './record-values.ts';

/** Paths that a word without a field is looked for in. */
export const SEARCHED_PATHS: readonly string[] = QUERY_FIELDS.filter(({ isSearched }) => isSearched).flatMap(
  ({ paths }) => paths,
);

/** Whether a record, as EVE has it, is as the condition says; in time that is linear in both. */
export function matches(condition: Condition, record: QueryRecord): boolean {
  switch (condition.kind) {
    case 'all':
      return condition.of.every((one) => matches(one, record));
    case 'any':
      return condition.of.some((one) => matches(one, record));
    case 'not':
      return !matches(condition.of, record);
    case 'exists':
      return has(record, condition.field.paths, (value) => value !== '');
    case 'text':
      return has(record, condition.field.paths, (value) => fits(condition.pattern, String(value)));
    case 'word':
      return has(record, SEARCHED_PATHS, (value) => fits(condition.pattern, String(value)));
    case 'address': {
      const { prefix, field } = condition;
      return has(record, field.paths, (value) => {
        const address = typeof value === 'string' ? addressOf(value) : undefined;
        return address !== undefined && prefixContains(prefix, address.version, ...address.words);
      });
    }
    case 'number': {
      const { field, interval } = condition;
      return numbersOf(record, field).some((value) => isWithin(value, interval));
    }
    default:
      return condition satisfies never;
  }
}

/** Addresses that are remembered, as the same ones come again and again; when full, all are forgotten. */
const REMEMBERED = 4096;
const LONGEST_ADDRESS = 45;
const known = new Map<string, Address | undefined>();

function addressOf(text: string): Address | undefined {
  if (text.length > LONGEST_ADDRESS) return undefined;
  if (known.has(text)) return known.get(text);
  const address = parseAddress(text);
  if (known.size >= REMEMBERED) known.clear();
  known.set(text, address);
  return address;
}

function has(record: QueryRecord, paths: readonly string[], is: (value: Scalar) => boolean): boolean {
  return paths.some((path) => valuesAt(record, path).some(is));
}

function numbersOf(record: QueryRecord, field: QueryField): readonly number[] {
  const values = field.paths.flatMap((path) =>
    valuesAt(record, path).flatMap((value) => {
      const number = numeric(value, field);
      return Number.isNaN(number) ? [] : [number * field.unitUs];
    }),
  );
  return field.isSum && values.length > 0 ? [values.reduce((sum, value) => sum + value, 0)] : values;
}

function numeric(value: Scalar, { words }: QueryField): number {
  if (typeof value === 'number') return value;
  if (/^\d{1,15}(?:\.\d{1,9})?$/.test(value)) return Number(value);
  const word = value.toLowerCase();
  return Object.hasOwn(words, word) ? (words[word] ?? Number.NaN) : Number.NaN;
}
