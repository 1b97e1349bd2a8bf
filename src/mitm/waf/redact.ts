import { isSecretName, REDACTED, type Span, secretSpans } from './secrets.ts';
import type { Match } from './verdict.ts';

/** A stretch of a text. */
export interface Part {
  readonly start: number;
  readonly length: number;
}

/** A match that can be shown. */
export interface RedactedMatch extends Match {
  /** Where in `value` the match is; undefined where that is not known, or is not shown. */
  readonly part: Part | undefined;
}

export interface RedactOptions {
  /** What of the value matched: the text around it is kept. */
  readonly part?: Part | undefined;
  /** Values of the request that are secret, by {@link requestSecrets}: they are taken out wherever they turn up. */
  readonly secrets?: readonly string[];
}

/** Characters of a value that are kept, and of a message and its data. */
const MOST_SHOWN = 200;
const MOST_WORDS = 400;
/** Characters of a value that are looked through for secrets, around the match: as many as are shown, many times. */
const MOST_LOOKED_AT = 1 << 16;
const CUT = '...';

/**
 * A match without the secrets of the request, its value cut to what stands around the match. Values of arguments,
 * cookies, headers and members of JSON and XML whose names look like passwords, tokens or keys are taken out, as are
 * `Authorization` and `Cookie`, numbers of payment cards and JSON web tokens. The text is still binary: see
 * `terminal-text.ts` for what may be written to a terminal.
 */
export function redactMatch(match: Match, options: RedactOptions = {}): RedactedMatch {
  const { secrets = [] } = options;
  if (isSecretVariable(match.variable)) {
    return {
      ...match,
      value: match.value === '' ? '' : REDACTED,
      part: undefined,
      data: redactedData(match.data),
      message: redactedMessage(withoutPieces(match.message, match.value), secrets),
    };
  }
  const { text, part } = redactAround(match.value, options);
  const data =
    mentionsSecret(match.data) || isPiece(match.data, secrets) ? redactedData(match.data) : match.data;
  return {
    ...match,
    value: text,
    part,
    data: cut(redactText(data, secrets), MOST_WORDS),
    message: redactedMessage(match.message, secrets),
  };
}

/** A match as it is, cut to what stands around what matched. */
export function cutMatch(match: Match, part: Part | undefined): RedactedMatch {
  const shown = around(match.value, part);
  return {
    ...match,
    value: shown.text,
    part: shown.part,
    data: cut(match.data, MOST_WORDS),
    message: cut(match.message, MOST_WORDS),
  };
}

/** A text without the secrets that can be told from what stands around them. */
export function redactText(text: string, secrets: readonly string[] = []): string {
  return replaced(text, secretSpans(text, secrets), undefined).text;
}

/** A rule's own words are in it, such as `SESS=5` for a score: names in front of values mean nothing. */
function redactedMessage(message: string, secrets: readonly string[]): string {
  return cut(replaced(message, secretSpans(message, secrets, false), undefined).text, MOST_WORDS);
}

/** The value of a variable without its secrets, cut to what stands around a part of it. */
export function redactValue(variable: string, value: string, options: RedactOptions = {}): string {
  if (isSecretVariable(variable)) return value === '' ? '' : REDACTED;
  return redactAround(value, options).text;
}

/** Whether a variable's value is secret by the name of its member: `ARGS:password`, `REQUEST_HEADERS:Authorization`. */
export function isSecretVariable(variable: string): boolean {
  const colon = variable.indexOf(':');
  if (colon < 0 || variable.startsWith('&')) return false;
  const collection = variable.slice(0, colon);
  // Names are not what is kept secret.
  if (collection.endsWith('_NAMES') || collection === 'RULE' || collection === 'FILES_SIZES') return false;
  return isSecretName(variable.slice(colon + 1));
}

function redactAround(
  value: string,
  { part, secrets = [] }: RedactOptions,
): { text: string; part: Part | undefined } {
  let text = value;
  let place = part;
  if (value.length > MOST_LOOKED_AT) {
    const middle = part === undefined ? 0 : part.start;
    const from = Math.max(0, Math.min(middle - MOST_LOOKED_AT / 2, value.length - MOST_LOOKED_AT));
    text = value.slice(from, from + MOST_LOOKED_AT);
    place = part === undefined ? undefined : { start: part.start - from, length: part.length };
  }
  const clean = replaced(text, secretSpans(text, secrets), place);
  return around(clean.text, clean.part);
}

/** Replaces spans, and says where a part is afterwards; undefined where a span touches it. */
function replaced(
  text: string,
  spans: readonly Span[],
  part: Part | undefined,
): { text: string; part: Part | undefined } {
  if (spans.length === 0) return { text, part };
  let result = '';
  let at = 0;
  let shift = 0;
  let touched = false;
  const end = part === undefined ? 0 : part.start + part.length;
  for (const span of spans) {
    result += text.slice(at, span.start) + span.label;
    at = span.end;
    if (part === undefined) continue;
    if (span.end <= part.start) shift += span.label.length - (span.end - span.start);
    else if (span.start < end) touched = true;
  }
  result += text.slice(at);
  return {
    text: result,
    part: part === undefined || touched ? undefined : { start: part.start + shift, length: part.length },
  };
}

/** What is shown of a text: some characters around a part, or its beginning. */
function around(text: string, part: Part | undefined): { text: string; part: Part | undefined } {
  if (text.length <= MOST_SHOWN) return { text, part };
  if (part === undefined) return { text: cut(text, MOST_SHOWN), part };
  const length = Math.min(part.length, MOST_SHOWN);
  const before = Math.floor((MOST_SHOWN - length) / 2);
  const from = Math.max(0, Math.min(part.start - before, text.length - MOST_SHOWN));
  const to = from + MOST_SHOWN;
  const head = from > 0 ? CUT : '';
  return {
    text: `${head}${text.slice(from, to)}${to < text.length ? CUT : ''}`,
    part: { start: part.start - from + head.length, length },
  };
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}${CUT}`;
}

/** `logdata` names a variable that is secret: `... found within ARGS:password: ...`, `ARGS:password=...`. */
function mentionsSecret(data: string): boolean {
  for (const [variable] of data.matchAll(/(?<![A-Z_])[A-Z][A-Z_]{1,40}:[^\s=:]{1,128}/g)) {
    if (isSecretVariable(variable)) return true;
  }
  return false;
}

/** Whether a text is nothing but a piece of a secret. */
function isPiece(data: string, secrets: readonly string[]): boolean {
  const piece = data.replace(/^Matched Data: /, '');
  return piece.length >= 4 && secrets.some((secret) => secret.includes(piece));
}

/** What is left of `logdata` that holds a secret: where it was found. */
function redactedData(data: string): string {
  if (data === '') return '';
  const where = / found within ([A-Z_]{2,40}(?::[^\s:=]{1,128})?)/.exec(data)?.[1];
  return where === undefined ? REDACTED : `Matched Data: ${REDACTED} found within ${where}`;
}

/** Shortest piece of a secret that is taken out of a message; shorter ones are in many words. */
const SHORTEST_PIECE = 6;

/** A message without the pieces of a value. */
function withoutPieces(message: string, value: string): string {
  const text = message.slice(0, MOST_WORDS);
  if (value.length > MOST_LOOKED_AT) return REDACTED;
  let result = '';
  for (let at = 0; at < text.length; ) {
    let end = at + SHORTEST_PIECE;
    if (end > text.length || !value.includes(text.slice(at, end))) {
      result += text[at++];
      continue;
    }
    while (end < text.length && value.includes(text.slice(at, end + 1))) end++;
    result += REDACTED;
    at = end;
  }
  return result;
}
