import { authorityFault } from '../../http/authority.ts';
import { isFieldValue, isToken } from '../../http/character.ts';
import type { Field } from '../../http/message.ts';
import type { Checker } from './checker.ts';
import { shown } from './checker.ts';
import { Template } from './template.ts';
import type { RequestView } from './view.ts';

const MOST_NAMES = 64;
const MOST_NAME = 128;

/** Say how long a message is, or belong to one connection: those are the proxy's own. */
const FRAMING: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-encoding',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Fields that are taken away, set and added. */
export interface FieldChanges {
  /** In lower case. */
  readonly removed: ReadonlySet<string>;
  readonly set: readonly (readonly [name: string, value: Template])[];
  readonly added: readonly (readonly [name: string, value: Template])[];
}

/** Reads `headers` of a request's or an answer's actions. */
export function compileFieldChanges(
  checker: Checker,
  place: string,
  value: unknown,
  side: 'request' | 'response',
): FieldChanges | undefined {
  const members = checker.object(place, value, ['remove', 'set', 'add']);
  if (members === undefined) return undefined;
  const removed = new Set<string>();
  if (members.remove !== undefined) {
    for (const [i, each] of checker.list(`${place}.remove`, members.remove, MOST_NAMES).entries()) {
      const name = fieldName(checker, `${place}.remove[${i}]`, each);
      if (name?.toLowerCase() === 'host' && side === 'request')
        checker.fault(`${place}.remove[${i}]`, 'a request needs its Host');
      else if (name !== undefined) removed.add(name.toLowerCase());
    }
  }
  const templates = (member: string): (readonly [string, Template])[] => {
    const given = members[member];
    if (given === undefined) return [];
    const all: (readonly [string, Template])[] = [];
    const seen = new Set<string>();
    for (const [key, text] of checker.entries(`${place}.${member}`, given, MOST_NAMES)) {
      const name = fieldName(checker, `${place}.${member}`, key);
      const template = Template.compile(checker, `${place}.${member}.${key.slice(0, 60)}`, text, 'field');
      if (name === undefined || template === undefined) continue;
      if (seen.has(name.toLowerCase())) checker.fault(`${place}.${member}`, `${name} is there twice`);
      seen.add(name.toLowerCase());
      if (name.toLowerCase() === 'host' && side === 'request' && member === 'add')
        checker.fault(`${place}.${member}`, 'a request has one Host: set it');
      all.push([name, template]);
    }
    return all;
  };
  return { removed, set: templates('set'), added: templates('add') };
}

/** A name that rules may change; undefined with the mistake told of. */
export function fieldName(checker: Checker, place: string, value: unknown): string | undefined {
  const name = checker.text(place, value, MOST_NAME);
  if (name === undefined) return undefined;
  if (!isToken(name)) return checker.fault(place, `${shown(name)} is no name of a header field`);
  if (FRAMING.has(name.toLowerCase()))
    return checker.fault(place, `${name} says how the message is sent: that is the proxy's`);
  return name;
}

/** A field's value that is written as it is; undefined with the mistake told of. */
export function fieldValue(checker: Checker, place: string, value: unknown): string | undefined {
  const text = checker.text(place, value, 4096);
  if (text === undefined) return undefined;
  if (isSendable(text)) return text;
  return checker.fault(
    place,
    `${shown(text)} is no value of a field: no line ends, control characters, others than ASCII, or spaces around`,
  );
}

/**
 * The fields with the changes made; the same list where nothing changes. A value that cannot be made of the request
 * leaves its field alone; so does one that is no Host.
 */
export function applyFieldChanges(
  fields: readonly Field[],
  changes: FieldChanges,
  view: RequestView,
): readonly Field[] {
  let all = fields;
  if (changes.removed.size > 0) all = withoutFields(all, changes.removed);
  for (const [name, template] of changes.set) {
    const value = template.make(view);
    if (value !== undefined && isSendable(value) && isHostOrOther(name, value))
      all = setField(all, name, value);
  }
  for (const [name, template] of changes.added) {
    const value = template.make(view);
    if (value !== undefined && isSendable(value)) all = [...all, [name, value]];
  }
  return all;
}

/** Without those of the names (in lower case); the same list where there are none. */
export function withoutFields(fields: readonly Field[], names: ReadonlySet<string>): readonly Field[] {
  const kept = fields.filter(([name]) => !names.has(name.toLowerCase()));
  return kept.length === fields.length ? fields : kept;
}

/** With one field of the name, where the first was; at the end where there was none. */
export function setField(fields: readonly Field[], name: string, value: string): readonly Field[] {
  const lower = name.toLowerCase();
  const all: Field[] = [];
  let placed = false;
  for (const field of fields) {
    if (field[0].length !== name.length || field[0].toLowerCase() !== lower) all.push(field);
    else if (!placed) {
      placed = true;
      all.push([name, value]);
    }
  }
  if (!placed) all.push([name, value]);
  return all;
}

/** The value of the only field with the name (in lower case); undefined for none and, as `many`, for several. */
export function onlyField(fields: readonly Field[], name: string): string | 'many' | undefined {
  let found: string | undefined;
  for (const field of fields) {
    if (field[0].length !== name.length || field[0].toLowerCase() !== name) continue;
    if (found !== undefined) return 'many';
    found = field[1];
  }
  return found;
}

/** Whether a value goes over the wire as it stands: nothing ends it, nothing is cut off it. */
function isSendable(value: string): boolean {
  return isFieldValue(value) && /^[\t\x20-\x7e]*$/.test(value) && value === value.trim();
}

function isHostOrOther(name: string, value: string): boolean {
  return name.toLowerCase() !== 'host' || authorityFault(value, false) === undefined;
}
