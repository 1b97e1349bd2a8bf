import type { Transaction } from './engine/transaction.ts';

/** A stretch of a text that holds a secret, and what is shown instead. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

/** What stands where a secret was. */
export const REDACTED = '[redacted]';

/** Words of names: what they name is secret. */
const SECRET_WORDS: ReadonlySet<string> = new Set([
  'apikey',
  'auth',
  'authorization',
  'bearer',
  'cookie',
  'cookie2',
  'credential',
  'credentials',
  'creds',
  'csrf',
  'cvc',
  'cvv',
  'jwt',
  'key',
  'mfa',
  'otp',
  'pass',
  'passphrase',
  'passwd',
  'password',
  'passwort',
  'pin',
  'pwd',
  'secret',
  'sess',
  'session',
  'sessionid',
  'sid',
  'sig',
  'signature',
  'ssn',
  'token',
  'totp',
  'xsrf',
]);
/** What no name holds by chance, so that words that run together are found: `userpassword2`, `PHPSESSID`. */
const SECRET_PIECES =
  /passw(?:or)?d|passwort|passphrase|secret|token|apikey|accesskey|privatekey|sess(?:ion)?_?id|credential|authorization/i;
/** Names are no longer than this; a longer one is an attack. */
const LONGEST_NAME = 64;

/** Whether a name looks like that of a password, a token or a key. */
export function isSecretName(name: string): boolean {
  const text = name.slice(-2 * LONGEST_NAME);
  if (SECRET_PIECES.test(text)) return true;
  const words = text.replaceAll(/([a-z])([A-Z])/g, '$1 $2').split(/[^A-Za-z0-9]+/);
  return words.some((word) => SECRET_WORDS.has(word.toLowerCase()));
}

/** Values shorter than this are not searched for: they are in too much that is not secret. */
const SHORTEST_SECRET = 4;
/** Secrets of a request that are searched for. */
const MOST_SECRETS = 100;
const LONGEST_SECRET = 4096;

/** Values of a request whose names say that they are secret. */
export function requestSecrets(transaction: Transaction): readonly string[] {
  const found = new Set<string>();
  const take = (name: string, value: string): void => {
    if (found.size >= MOST_SECRETS || value.length < SHORTEST_SECRET || !isSecretName(name)) return;
    found.add(value.slice(0, LONGEST_SECRET));
  };
  for (const { name, value } of transaction.arguments) take(name, value);
  for (const { name, value } of transaction.cookies) take(name, value);
  for (const [name, value] of transaction.request.headers) take(name, value);
  return [...found];
}

/**
 * Where a text holds secrets, from left to right and without overlap; `named`: also values that stand behind a name, as
 * in `password=...`. Takes time linear in the text.
 */
export function secretSpans(text: string, secrets: readonly string[] = [], named = true): readonly Span[] {
  const spans: Span[] = [];
  if (named) namedValues(text, spans);
  for (const { index, 0: found } of text.matchAll(/(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g)) {
    spans.push({ start: index, end: index + found.length, label: '[redacted JWT]' });
  }
  // The user's part of a URL, and what follows the scheme of an Authorization header.
  for (const match of text.matchAll(/:\/\/[^\s/:@]{0,64}:([^\s/@]{1,128})@/dg)) capture(match, spans);
  for (const match of text.matchAll(/(?<![A-Za-z])(?:bearer|basic|negotiate) {1,4}([\w+/=.~-]{12,})/dgi)) {
    capture(match, spans);
  }
  cardNumbers(text, spans);
  for (const secret of secrets) occurrences(text, secret, spans);
  return merged(spans);
}

function capture(match: RegExpExecArray, spans: Span[]): void {
  const indices = match.indices?.[1];
  if (indices !== undefined) spans.push({ start: indices[0], end: indices[1], label: REDACTED });
}

function occurrences(text: string, secret: string, spans: Span[]): void {
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + secret.length)) {
    spans.push({ start: at, end: at + secret.length, label: REDACTED });
  }
}

/** `name=value`, `name: value`, `"name": "value"`, `<name>value</name>` where the name is that of a secret. */
function namedValues(text: string, spans: Span[]): void {
  for (const { index } of text.matchAll(/[=:>]/g)) {
    const last = spans.at(-1);
    if (last !== undefined && index < last.end) continue;
    const name = nameBefore(text, index);
    if (name === '' || !isSecretName(name)) continue;
    const start = valueStart(text, index + 1);
    const end = valueEnd(text, start, text[index] ?? '', name);
    if (end > start) spans.push({ start, end, label: REDACTED });
  }
}

function isQuote(character: string): boolean {
  return character === '"' || character === "'" || character === '\\';
}

/** The name that ends before an offset, quoted or not; `%XX` of it decoded. */
function nameBefore(text: string, before: number): string {
  let end = before;
  while (end > 0 && before - end < 8 && (text[end - 1] === ' ' || isQuote(text[end - 1] ?? ''))) end--;
  let start = end;
  while (start > 0 && end - start < LONGEST_NAME && /[\w.%[\]-]/.test(text[start - 1] ?? '')) start--;
  return text
    .slice(start, end)
    .replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function valueStart(text: string, from: number): number {
  let at = from;
  while (at < text.length && at - from < 8 && (text[at] === ' ' || text[at] === '\t' || text[at] === '\\'))
    at++;
  return at;
}

/** Headers whose whole line is secret. */
const WHOLE_LINE = /^(?:proxy-)?authorization$|cookie2?$/i;

function valueEnd(text: string, start: number, separator: string, name: string): number {
  const quote = text[start];
  if (quote === '"' || quote === "'") {
    // Within a text that is itself in quotes the quotes are escaped, and only those end the value.
    const within = text[start - 1] === '\\';
    for (let at = start + 1; at < text.length; at++) {
      if (text[at] === quote) return at + 1;
      if (text[at] === '\\' && !within) at++;
    }
    return text.length;
  }
  const stop =
    separator === '>'
      ? /</g
      : separator === '='
        ? /[&;\r\n]/g
        : WHOLE_LINE.test(name)
          ? /[\r\n]/g
          : /[,&}\r\n]/g;
  stop.lastIndex = start;
  return stop.exec(text)?.index ?? text.length;
}

/** Numbers of payment cards: 13 to 19 digits, in groups or not, whose check digit is right (ISO/IEC 7812-1). */
function cardNumbers(text: string, spans: Span[]): void {
  const expression = /(?<!\d)[2-6](?:[ +-]?\d){12,18}/g;
  for (let found = expression.exec(text); found !== null; found = expression.exec(text)) {
    const length = cardLength(found[0], text[found.index + found[0].length] ?? '');
    if (length === 0) {
      expression.lastIndex = found.index + 1;
      continue;
    }
    spans.push({ start: found.index, end: found.index + length, label: '[redacted card]' });
    expression.lastIndex = found.index + length;
  }
}

/** How much of a run of digits is a card's number: the longest that ends where the digits do, or a group. */
function cardLength(run: string, next: string): number {
  for (let length = run.length; length >= 13; length--) {
    const after = length === run.length ? next : (run[length] ?? '');
    if (/\d/.test(after) || !/\d/.test(run[length - 1] ?? '')) continue;
    const digits = run.slice(0, length).replaceAll(/\D/g, '');
    if (digits.length >= 13 && isValidNumber(digits)) return length;
  }
  return 0;
}

function isValidNumber(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const weighted = i % 2 === 0 ? digit : digit * 2;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0;
}

/** Spans in order; those that overlap become one. */
function merged(spans: readonly Span[]): readonly Span[] {
  if (spans.length < 2) return spans;
  const sorted = [...spans].sort((a, b) => a.start - b.start);
  const result: Span[] = [];
  for (const span of sorted) {
    const last = result.at(-1);
    if (last === undefined || span.start >= last.end) result.push(span);
    else if (span.end > last.end) result[result.length - 1] = { ...last, end: span.end };
  }
  return result;
}
