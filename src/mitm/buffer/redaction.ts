import type { WebTransaction } from '../transaction.ts';
import { parseUrlEncoded } from '../waf/body/urlencoded.ts';
import { redactText } from '../waf/redact.ts';
import { isSecretName, REDACTED } from '../waf/secrets.ts';

/** Characters of a body that are looked through. */
const MOST_LOOKED_AT = 8192;
const MOST_ARGUMENTS = 200;
const MOST_SECRETS = 100;
/** Shorter values are in too much that is not secret. */
const SHORTEST_SECRET = 4;
const LONGEST_SECRET = 4096;

/** The value of a header; empty where there is none. `name` in lower case. */
export function headerValue(headers: readonly (readonly [string, string])[], name: string): string {
  for (const [other, value] of headers) {
    if (other.length === name.length && other.toLowerCase() === name) return value;
  }
  return '';
}

/** The arguments of a query string, decoded, so many of them. */
export function queryArguments(query: string): readonly (readonly [string, string])[] {
  return parseUrlEncoded(query, '&', MOST_ARGUMENTS).args;
}

/** Takes the secrets of one request out of what is shown of it. */
export class Redaction {
  private readonly secrets: readonly string[];

  constructor({ request }: WebTransaction, query: string) {
    const found = new Set<string>();
    const take = (name: string, value: string): void => {
      if (found.size >= MOST_SECRETS || value.length < SHORTEST_SECRET || !isSecretName(name)) return;
      found.add(value.slice(0, LONGEST_SECRET));
    };
    for (const [name, value] of queryArguments(query)) take(name, value);
    for (const [name, value] of request.headers) {
      take(name, value);
      if (name.toLowerCase() !== 'cookie') continue;
      for (const cookie of value.split(';', MOST_SECRETS)) {
        const equals = cookie.indexOf('=');
        // Every cookie may be what a session hangs on, whatever its name.
        if (equals > 0) take('cookie', cookie.slice(equals + 1).trim());
      }
    }
    if (isForm(request.headers)) {
      const body = request.body.slice(0, MOST_LOOKED_AT);
      for (const [name, value] of queryArguments(body)) take(name, value);
    }
    this.secrets = [...found];
  }

  /** A text without secrets. */
  text(text: string): string {
    return redactText(text.slice(0, MOST_LOOKED_AT), this.secrets);
  }

  /** The value of a header or an argument without secrets, wholly where its name says that it is one. */
  value(name: string, value: string): string {
    if (value === '') return '';
    return isSecretName(name) ? REDACTED : this.text(value);
  }

  /** The beginning of a body without secrets. */
  body(request: WebTransaction['request'], most: number): string {
    const text = request.body.slice(0, MOST_LOOKED_AT);
    const type = headerValue(request.headers, 'content-type');
    // What stands in front of a cut secret says what it is: so it is taken out before the text is cut further.
    return this.text(/^\s*multipart\//i.test(type) ? withoutSecretParts(text) : text).slice(0, most);
  }
}

function isForm(headers: readonly (readonly [string, string])[]): boolean {
  return /^\s*application\/x-www-form-urlencoded/i.test(headerValue(headers, 'content-type'));
}

/** Parts of multipart/form-data (RFC 7578) whose names say that they are secret, without what is in them. */
function withoutSecretParts(body: string): string {
  const first = body.indexOf('--');
  const end = body.indexOf('\n', first);
  const delimiter = first < 0 || end < 0 ? '' : body.slice(first, end).trimEnd();
  if (delimiter.length < 3) return body;
  return body
    .split(delimiter)
    .map((part) => {
      const blank = /\r?\n\r?\n/.exec(part);
      if (blank === null) return part;
      const content = blank.index + blank[0].length;
      const name = /\bname\*?="?([^";\r\n]{0,128})/i.exec(part.slice(0, blank.index))?.[1] ?? '';
      return isSecretName(name) ? `${part.slice(0, content)}${REDACTED}\r\n` : part;
    })
    .join(delimiter);
}
