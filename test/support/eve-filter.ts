import type { EveRecord, Json } from './eve-records.ts';

/** A check of Suricata's test suite: how many records match all of these members. */
export interface EveFilter {
  readonly count?: number | string;
  /** Versions of Suricata that the check is about, where it is not about all. */
  readonly requires?: { readonly 'lt-version'?: string | number };
  readonly match?: { readonly [path: string]: Json };
}

/** How many records match, and whether that is what the filter wants. */
export interface EveFilterResult {
  readonly right: boolean;
  readonly found: number;
}

/** Counts the records that a filter matches, by the rules of suricata-verify. */
export function applyFilter(records: readonly EveRecord[], filter: EveFilter): EveFilterResult {
  const members = Object.entries(filter.match ?? {});
  const found = records.filter((record) =>
    members.every(([key, wanted]) => memberMatches(record, key, wanted)),
  ).length;
  return { right: countIsRight(found, filter.count ?? 1), found };
}

function countIsRight(found: number, wanted: number | string): boolean {
  if (typeof wanted === 'number') return found === wanted;
  const parts = /^\s*([<>]=?|==)\s*(\d+)\s*$/.exec(wanted);
  if (parts === null) return false;
  const bound = Number(parts[2]);
  switch (parts[1]) {
    case '<':
      return found < bound;
    case '<=':
      return found <= bound;
    case '>':
      return found > bound;
    case '>=':
      return found >= bound;
    default:
      return found === bound;
  }
}

/** `tls.subject`, `dns.answers[0].rdata`: the value at a path, undefined where there is none. */
function valueAt(record: EveRecord, path: string): Json | undefined {
  let value: Json | undefined = record;
  for (const part of path.split('.')) {
    const steps = /^([^[]+)((?:\[\d+\])*)$/.exec(part);
    if (steps === null || !isObject(value)) return undefined;
    const name = steps[1] ?? '';
    if (!Object.hasOwn(value, name)) return undefined;
    value = value[name];
    for (const index of (steps[2] ?? '').matchAll(/\d+/g)) {
      if (!Array.isArray(value)) return undefined;
      value = (value as readonly Json[])[Number(index[0])];
      if (value === undefined) return undefined;
    }
  }
  return value;
}

function isObject(value: Json | undefined): value is EveRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function memberMatches(record: EveRecord, key: string, wanted: Json): boolean {
  if (key === 'has-key' || key === 'not-has-key') {
    const paths = (Array.isArray(wanted) ? wanted : [wanted]) as readonly Json[];
    const present = key === 'has-key';
    return paths.every((path) => (valueAt(record, String(path)) !== undefined) === present);
  }
  const split = key.lastIndexOf('__');
  const value = valueAt(record, split < 0 ? key : key.slice(0, split));
  if (value === undefined) return false;
  return split < 0 ? equal(value, wanted) : compare(key.slice(split + 2), value, wanted);
}

function compare(operator: string, value: Json, wanted: Json): boolean {
  switch (operator) {
    case 'len':
      return lengthOf(value) === wanted;
    case 'contains':
      if (typeof value === 'string') return typeof wanted === 'string' && value.includes(wanted);
      return Array.isArray(value) && value.some((item: Json) => equal(item, wanted));
    case 'find':
      return typeof value === 'string' && value.includes(String(wanted));
    case 'startswith':
      return typeof wanted === 'string' && pythonText(value).startsWith(wanted);
    case 'endswith':
      return typeof wanted === 'string' && pythonText(value).endsWith(wanted);
    case 'gt':
      return Number(value) > Number(wanted);
    case 'gte':
      return Number(value) >= Number(wanted);
    case 'lt':
      return Number(value) < Number(wanted);
    case 'lte':
      return Number(value) <= Number(wanted);
    default:
      return equal(value, wanted);
  }
}

function lengthOf(value: Json): number | undefined {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return isObject(value) ? Object.keys(value).length : undefined;
}

/** Equality as Python, in which the suite is run, has it: `True == 1`, and by text where the types differ. */
function equal(a: Json, b: Json): boolean {
  return same(a, b) || pythonText(a) === pythonText(b);
}

function same(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a === 'boolean' || typeof b === 'boolean') {
    return ['boolean', 'number'].includes(typeof a) && Number(a) === Number(b) && typeof b !== 'string';
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return (
      a.length === b.length && a.every((item: Json, index) => same(item, (b as readonly Json[])[index]!))
    );
  }
  if (isObject(a) && isObject(b)) {
    const names = Object.keys(a);
    if (names.length !== Object.keys(b).length) return false;
    return names.every((name) => Object.hasOwn(b, name) && same(a[name]!, b[name]!));
  }
  return false;
}

function pythonText(value: Json): string {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
