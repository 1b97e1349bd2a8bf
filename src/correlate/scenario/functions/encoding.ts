import {
  ANY,
  asText,
  EvaluationError,
  type ExpressionFunction,
  LIST,
  MAP,
  own,
  TEXT,
  type Type,
  textOf,
} from '../expression/index.ts';

/** Texts that are read as JSON. */
const LONGEST_JSON = 1_048_576;

function parsed(text: string): unknown {
  if (text.length > LONGEST_JSON) throw new EvaluationError(`JSON of more than ${LONGEST_JSON} characters`);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The value at `foo.bar[0].item`; undefined where there is none. */
function valueAt(blob: string, path: readonly string[]): unknown {
  let value = parsed(blob);
  for (const step of path) {
    if (Array.isArray(value)) value = /^\d{1,9}$/.test(step) ? value[Number(step)] : undefined;
    else if (typeof value === 'object' && value !== null) value = own(value as Record<string, unknown>, step);
    else return undefined;
  }
  return value;
}

function stepsOf(path: string): readonly string[] {
  if (path.trim() === '') return [];
  return path
    .replaceAll(/\[(\d{1,9})\]/g, '.$1')
    .split('.')
    .filter((step) => step !== '');
}

function unescaped(text: string, form: boolean): string {
  try {
    return decodeURIComponent(form ? text.replaceAll('+', ' ') : text);
  } catch (error) {
    // As CrowdSec: what is wrongly escaped stays as it is. Bytes that are no UTF-8 are escapes all the same.
    if (!(error instanceof URIError)) throw error;
    if (/%(?![0-9a-fA-F]{2})/.test(text)) return text;
    const spaced = form ? text.replaceAll('+', ' ') : text;
    const bytes = Buffer.from(spaced).toString('latin1');
    const decoded = bytes.replaceAll(/%([0-9a-fA-F]{2})/g, (_all, hex: string) => {
      return String.fromCharCode(Number.parseInt(hex, 16));
    });
    return Buffer.from(decoded, 'latin1').toString('utf8');
  }
}

function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(/[!'()*]/g, (char) => {
    return `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

/** Parameters of the query of an address; nothing for what is none. */
function queryOf(uri: string): Record<string, string[]> {
  const found: Record<string, string[]> = Object.create(null);
  const start = uri.indexOf('?');
  if (start < 0) return found;
  const query = uri.slice(start + 1).split('#')[0] ?? '';
  for (const pair of query.split('&', 1000)) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const key = unescaped(equals < 0 ? pair : pair.slice(0, equals), true);
    const value = equals < 0 ? '' : unescaped(pair.slice(equals + 1), true);
    if (Object.hasOwn(found, key)) found[key]!.push(value);
    else found[key] = [value];
  }
  return found;
}

const KEY_VALUE = /([^\s=]{1,256})=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g;

function pure(
  parameters: readonly Type[],
  result: Type,
  call: (values: readonly string[]) => unknown,
): ExpressionFunction {
  return { parameters, result, pure: true, call: (values) => call(values as readonly string[]) };
}

/** CrowdSec's functions over JSON, addresses of the web and encodings. */
export const ENCODING_FUNCTIONS: Readonly<Record<string, ExpressionFunction>> = {
  JsonExtract: pure([TEXT, TEXT], TEXT, ([blob = '', path = '']) => textOf(valueAt(blob, stepsOf(path)))),
  JsonExtractLib: {
    ...pure([TEXT], TEXT, ([blob = '', ...path]) => textOf(valueAt(blob, path))),
    rest: TEXT,
  },
  JsonExtractUnescape: {
    ...pure([TEXT], TEXT, ([blob = '', ...path]) => textOf(valueAt(blob, path))),
    rest: TEXT,
  },
  JsonExtractSlice: pure([TEXT, TEXT], LIST, ([blob = '', path = '']) => {
    const value = valueAt(blob, stepsOf(path));
    return Array.isArray(value) ? value : null;
  }),
  JsonExtractObject: pure([TEXT, TEXT], MAP, ([blob = '', path = '']) => {
    const value = valueAt(blob, stepsOf(path));
    return typeof value === 'object' && !Array.isArray(value) ? value : null;
  }),
  ToJsonString: {
    parameters: [ANY],
    result: TEXT,
    pure: true,
    call: ([value]) => JSON.stringify(value) ?? '',
  },
  toJSON: { parameters: [ANY], result: TEXT, pure: true, call: ([value]) => JSON.stringify(value) ?? '' },
  fromJSON: pure([TEXT], ANY, ([text = '']) => {
    const value = parsed(text);
    if (value === undefined) throw new EvaluationError('the text is no JSON');
    return value;
  }),
  PathUnescape: pure([TEXT], TEXT, ([text = '']) => unescaped(text, false)),
  QueryUnescape: pure([TEXT], TEXT, ([text = '']) => unescaped(text, true)),
  PathEscape: pure([TEXT], TEXT, ([text = '']) => {
    return escaped(text).replaceAll(/%(24|26|2B|3A|3D|40)/g, (hex) => decodeURIComponent(hex));
  }),
  QueryEscape: pure([TEXT], TEXT, ([text = '']) => escaped(text).replaceAll('%20', '+')),
  ParseUri: pure([TEXT], { kind: 'map', of: { kind: 'list', of: TEXT } }, ([uri = '']) => queryOf(uri)),
  B64Decode: pure([TEXT], TEXT, ([text = '']) => decoded(text)),
  fromBase64: pure([TEXT], TEXT, ([text = '']) => decoded(text)),
  toBase64: pure([TEXT], TEXT, ([text = '']) => Buffer.from(text).toString('base64')),
  ExtractKV: pure([TEXT, TEXT], TEXT, ([text = '', key = '']) => pairsOf(text).get(key) ?? ''),
};

function decoded(text: string): string {
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  if (!isBase64) throw new EvaluationError('the text is no base64');
  return asText(Buffer.from(text, 'base64').toString('utf8'));
}

function pairsOf(text: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const match of text.matchAll(KEY_VALUE)) pairs.set(match[1]!, match[2] ?? match[3] ?? '');
  return pairs;
}
