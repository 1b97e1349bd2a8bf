import type { ZeekLog, ZeekValue } from '../../event/index.ts';
import { formatSeconds } from '../time.ts';

/** Columns that begin the logs of connections. */
export const CONNECTION_COLUMNS: ZeekLog['columns'] = [
  ['ts', 'time'],
  ['uid', 'string'],
  ['id.orig_h', 'addr'],
  ['id.orig_p', 'port'],
  ['id.resp_h', 'addr'],
  ['id.resp_p', 'port'],
];

/** A value as Zeek's ASCII writer renders it: `-` unset, `(empty)` for what is empty. */
export function formatValue(value: ZeekValue, type: string): string {
  if (value === undefined) return '-';
  if (Array.isArray(value)) {
    if (value.length === 0) return '(empty)';
    const inner = /\[(.*)\]/.exec(type)?.[1] ?? 'string';
    return value.map((item: string | number) => element(item, inner)).join(',');
  }
  const single = value as string | number | bigint | boolean;
  return scalar(single, type);
}

function element(value: string | number, type: string): string {
  const text = scalar(value, type);
  return type === 'string' ? text.replaceAll(',', '\\x2c') : text;
}

function scalar(value: string | number | bigint | boolean, type: string): string {
  if (typeof value === 'boolean') return value ? 'T' : 'F';
  if (typeof value === 'number') {
    if (type === 'time' || type === 'interval') return formatSeconds(value);
    return type === 'double' ? value.toFixed(6) : String(value);
  }
  if (typeof value === 'bigint') return String(value);
  if (value === '') return '(empty)';
  if (value === '-') return '\\x2d';
  return escapeText(value);
}

// Control characters, the backslash and what is not ASCII are what must not stand in a line as they are.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the subject here.
const NEEDS_ESCAPE = /[\x00-\x1f\x7f-\uffff\\]/;

/** Bytes outside printable ASCII as `\xNN`; text is given with one character per byte, or as Unicode that Zeek keeps. */
function escapeText(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return text;
  let result = '';
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code === 0x5c) result += '\\\\';
    else if (code < 0x20 || code === 0x7f || (code > 0x7f && code < 0x100)) {
      result += `\\x${code.toString(16).padStart(2, '0')}`;
    } else result += character;
  }
  return result;
}

/** A value for Zeek's JSON logs. */
export function jsonValue(value: ZeekValue, type: string): unknown {
  if (typeof value === 'number' && (type === 'time' || type === 'interval')) return value / 1e6;
  return typeof value === 'bigint' ? Number(value) : value;
}
