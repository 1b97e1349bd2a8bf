import type { IncomingRequest } from '../../transaction.ts';
import { parseJson } from '../../waf/body/json.ts';
import { parseMultipart } from '../../waf/body/multipart.ts';
import { parseUrlEncoded } from '../../waf/body/urlencoded.ts';
import { placeholderOf } from './placeholder.ts';
import { shapeOf, type ValueShape } from './value-shape.ts';

/** Something that a request says under a name. */
export interface Parameter {
  /** With its place in front: `query page`, `form email`, `json items.[].id`, `file avatar`. */
  readonly name: string;
  readonly shape: ValueShape;
}

/** Parameters of a request that are looked at, and characters of all their names. */
const MOST_PARAMETERS = 128;
const MOST_NAME_CHARACTERS = 16_384;
/** Bytes of a body that are taken apart. */
const MOST_BODY = 65_536;
const DEEPEST_JSON = 16;
const LONGEST_NAME = 96;
const BODY_LIMITS = { arguments: MOST_PARAMETERS, depth: DEEPEST_JSON };

/** The parameters of a request, at most 128, and for logins their values. */
export function parametersOf(
  query: string,
  request: IncomingRequest,
  mediaType: string,
  salt: number,
): readonly Parameter[] {
  const found: Parameter[] = [];
  let left = MOST_NAME_CHARACTERS;
  const take = (place: string, name: string, value: string): void => {
    left -= name.length;
    if (found.length >= MOST_PARAMETERS || left < 0) return;
    found.push({ name: `${place} ${name.slice(0, LONGEST_NAME)}`, shape: shapeOf(value, salt) });
  };
  if (query !== '') {
    for (const [name, value] of parseUrlEncoded(query, '&', MOST_PARAMETERS).args) {
      take('query', plainName(name), value);
    }
  }
  if (request.body === '') return found;
  const body = request.body.length > MOST_BODY ? request.body.slice(0, MOST_BODY) : request.body;
  if (mediaType === 'application/x-www-form-urlencoded') {
    for (const [name, value] of parseUrlEncoded(body, '&', MOST_PARAMETERS).args) {
      take('form', plainName(name), value);
    }
  } else if (mediaType === 'application/json' || mediaType.endsWith('+json')) {
    for (const [name, value] of parseJson(body, BODY_LIMITS).args) take('json', memberPath(name), value);
  } else if (mediaType === 'multipart/form-data') {
    const contentType = fieldOf(request.headers, 'content-type');
    const parts = parseMultipart(body, contentType, BODY_LIMITS);
    for (const [name, value] of parts.arguments) take('form', plainName(name), value);
    for (const { field, name } of parts.files) take('file', plainName(field), name);
  }
  return found;
}

/** The first value of a header field; empty without. */
export function fieldOf(fields: IncomingRequest['headers'], wanted: string): string {
  for (const [name, value] of fields) {
    if (name.length === wanted.length && name.toLowerCase() === wanted) return value;
  }
  return '';
}

/** A name without what differs from request to request: `item[17]` is `item[{n}]`, a token is `{token}`. */
function plainName(name: string): string {
  if (name.length > LONGEST_NAME) return '{long}';
  if (!/\d/.test(name)) return name;
  return placeholderOf(name) ?? name.replaceAll(/\d+/g, '{n}');
}

/** The path of a member as the WAF's reader of JSON gives it, `json.items.array_0.id`, as `items.[].id`. */
function memberPath(name: string): string {
  if (name.length > 4 * LONGEST_NAME) return '{long}';
  if (!/\d/.test(name)) return name.slice(5) || 'value';
  return (
    name
      .slice(5)
      .split('.')
      .map((key) => (/^array_\d+$/.test(key) ? '[]' : plainName(key)))
      .join('.') || 'value'
  );
}
