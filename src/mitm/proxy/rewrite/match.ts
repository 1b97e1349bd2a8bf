import { isToken } from '../../http/character.ts';
import type { Field, ResponseHead } from '../../http/message.ts';
import { isBelow, isHost } from '../../waf/policy-match.ts';
import { type Checker, shown } from './checker.ts';
import { onlyField } from './fields.ts';
import { Glob } from './glob.ts';
import type { FieldMatch } from './rule.ts';
import type { RequestView } from './view.ts';

const MOST_ALTERNATIVES = 256;
const MOST_TEXT = 1024;
const HOST =
  /^(?:\*\.)?(?:[A-Za-z0-9_][A-Za-z0-9_-]{0,62}(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*|\[[0-9A-Fa-f:.]+\])$/;
const TYPE = /^[a-z0-9!#$&^_.+-]+\/(?:\*|[a-z0-9!#$&^_.+-]+)$/;
const MEMBERS = ['host', 'path', 'method', 'headers', 'status', 'contentType'];

interface FieldCondition {
  /** In lower case. */
  readonly name: string;
  readonly equals: string | undefined;
  readonly contains: string | undefined;
  readonly present: boolean;
  readonly ignoreCase: boolean;
}

/** What a rule matches; what is absent matches everything. */
export interface Conditions {
  readonly hosts: readonly string[] | undefined;
  readonly paths: readonly (string | Glob)[] | undefined;
  readonly methods: ReadonlySet<string> | undefined;
  readonly fields: readonly FieldCondition[];
  readonly statuses: readonly (readonly [from: number, to: number])[] | undefined;
  readonly types: readonly string[] | undefined;
}

/** Matches every message. */
export const EVERYTHING: Conditions = {
  hosts: undefined,
  paths: undefined,
  methods: undefined,
  fields: [],
  statuses: undefined,
  types: undefined,
};

/** Reads `match`. */
export function compileMatch(checker: Checker, place: string, value: unknown): Conditions {
  const members = checker.object(place, value, MEMBERS);
  if (members === undefined) return EVERYTHING;
  const each = <T>(name: string, read: (at: string, one: unknown) => T | undefined): T[] | undefined => {
    if (members[name] === undefined) return undefined;
    return checker.some(`${place}.${name}`, members[name], MOST_ALTERNATIVES).flatMap(([at, one]) => {
      const found = read(at, one);
      return found === undefined ? [] : [found];
    });
  };
  const methods = each('method', (at, one) => {
    if (typeof one === 'string' && one.length < 64 && isToken(one)) return one;
    return checker.fault(at, `${shown(one)} is no method`);
  });
  return {
    hosts: each('host', (at, one) => {
      if (typeof one === 'string' && one.length < 256 && HOST.test(one)) return one.toLowerCase();
      return checker.fault(
        at,
        `${shown(one)} is no host: write www.example.org or *.example.org, without port`,
      );
    }),
    paths: each('path', (at, one) => compilePath(checker, at, one)),
    methods: methods === undefined ? undefined : new Set(methods),
    fields: members.headers === undefined ? [] : compileFields(checker, `${place}.headers`, members.headers),
    statuses: each('status', (at, one) => compileStatus(checker, at, one)),
    types: each('contentType', (at, one) => {
      if (typeof one === 'string' && one.length < 128 && TYPE.test(one.toLowerCase()))
        return one.toLowerCase();
      return checker.fault(
        at,
        `${shown(one)} is no media type: write text/html or text/*, without parameters`,
      );
    }),
  };
}

/** Whether the rule can only be decided on when the answer is there. */
export function needsResponse(conditions: Conditions): boolean {
  return conditions.statuses !== undefined || conditions.types !== undefined;
}

/** Whether what the conditions say of requests holds. */
export function matchesRequest(conditions: Conditions, view: RequestView): boolean {
  const { hosts, paths, methods, fields } = conditions;
  if (methods !== undefined && !methods.has(view.head.method)) return false;
  if (hosts !== undefined && !hosts.some((wanted) => isHost(view.host, wanted))) return false;
  if (paths !== undefined && !paths.some((wanted) => view.readings.some((path) => isPath(path, wanted))))
    return false;
  return fields.every((condition) => holds(condition, view.head.fields));
}

/** Whether what they say of answers holds. */
export function matchesResponse({ statuses, types }: Conditions, head: ResponseHead): boolean {
  if (statuses !== undefined && !statuses.some(([from, to]) => head.status >= from && head.status <= to))
    return false;
  if (types === undefined) return true;
  const type = mediaType(head.fields);
  return types.some((wanted) =>
    wanted.endsWith('/*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted,
  );
}

/** In lower case and without parameters; empty where there is none, or more than one. */
export function mediaType(fields: readonly Field[]): string {
  const value = onlyField(fields, 'content-type');
  if (value === undefined || value === 'many') return '';
  const end = value.indexOf(';');
  return (end < 0 ? value : value.slice(0, end)).trim().toLowerCase();
}

function isPath(path: string, wanted: string | Glob): boolean {
  return typeof wanted === 'string' ? isBelow(path, wanted) : wanted.test(path);
}

function holds(condition: FieldCondition, fields: readonly Field[]): boolean {
  const { name, equals, contains, ignoreCase } = condition;
  let found = false;
  for (const field of fields) {
    if (field[0].length !== name.length || field[0].toLowerCase() !== name) continue;
    const value = ignoreCase ? lowerAscii(field[1]) : field[1];
    if (equals !== undefined && value !== equals) continue;
    if (contains !== undefined && !value.includes(contains)) continue;
    found = true;
    break;
  }
  return found === condition.present;
}

/** Of ASCII letters only: other bytes are not letters by themselves. */
function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function compilePath(checker: Checker, place: string, value: unknown): string | Glob | undefined {
  const path = checker.text(place, value, MOST_TEXT);
  if (path === undefined) return undefined;
  if (!path.startsWith('/') || !/^[\x21-\x7e]+$/.test(path) || /[#%\\]|\/\/|\/\.{1,2}(?:\/|$)/.test(path))
    return checker.fault(
      place,
      `${shown(path)} is no path: it begins with / and has no query, escapes, spaces or dots to resolve`,
    );
  return /[*?]/.test(path) ? new Glob(path) : path;
}

function compileFields(checker: Checker, place: string, value: unknown): FieldCondition[] {
  return checker.entries(place, value, 32).flatMap(([name, wanted]) => {
    const at = `${place}.${name.slice(0, 60)}`;
    if (!isToken(name)) return checker.fault(place, `${shown(name)} is no name of a header field`) ?? [];
    const written: unknown = typeof wanted === 'string' ? { equals: wanted } : wanted;
    const members = checker.object(at, written, ['equals', 'contains', 'present', 'ignoreCase']);
    if (members === undefined) return [];
    const flag = (member: keyof Exclude<FieldMatch, string>, without: boolean): boolean =>
      members[member] === undefined
        ? without
        : (checker.boolean(`${at}.${member}`, members[member]) ?? without);
    const ignoreCase = flag('ignoreCase', false);
    const text = (member: 'equals' | 'contains'): string | undefined => {
      if (members[member] === undefined) return undefined;
      const given = checker.text(`${at}.${member}`, members[member], MOST_TEXT);
      if (given === undefined) return undefined;
      const bytes = Buffer.from(given).toString('latin1');
      return ignoreCase ? lowerAscii(bytes) : bytes;
    };
    const [equals, contains] = [text('equals'), text('contains')];
    const present = flag('present', true);
    if (equals === undefined && contains === undefined && members.present === undefined)
      checker.fault(at, 'equals, contains or present is wanted');
    return [{ name: name.toLowerCase(), equals, contains, present, ignoreCase }];
  });
}

function compileStatus(checker: Checker, place: string, value: unknown): [number, number] | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text === 'string') {
    const digits = /^([2-5])xx$/i.exec(text)?.[1];
    if (digits !== undefined) return [Number(digits) * 100, Number(digits) * 100 + 99];
    const [, from, to = from] = /^([2-5]\d\d)(?:-([2-5]\d\d))?$/.exec(text) ?? [];
    if (from !== undefined && Number(from) <= Number(to)) return [Number(from), Number(to)];
  }
  return checker.fault(place, `${shown(value)} is no status: write 404, 5xx or 500-504`);
}
