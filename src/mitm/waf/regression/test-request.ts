import { fillTemplate } from './template.ts';
import type { FtwInput } from './test-file.ts';

const FORM = 'application/x-www-form-urlencoded';
/** As go-ftw tests it: `PUT` anywhere, `DELETE` at the end. */
const METHODS_WITH_BODY = /^POST|PUT|PATCH|DELETE$/;

/** The bytes that go-ftw sends for a test. */
export function rawRequest(input: FtwInput): string {
  if (input.encodedRequest !== undefined && input.encodedRequest !== '')
    return fromBase64(input.encodedRequest);
  const headers: (readonly [string, string])[] = [...input.headers];
  const has = (name: string): boolean => headers.some(([key]) => key.toLowerCase() === name);
  let data = bodyOf(input);
  if (data !== '' && input.autocompleteHeaders) {
    if (!has('content-type')) headers.push(['Content-Type', FORM]);
    if (headers.some(([name, value]) => isContentType(name) && value.toLowerCase() === FORM))
      data = encodeForm(data);
  }
  if (
    headers.some(
      ([name, value]) => isContentType(name) && value.toLowerCase().includes('multipart/form-data;'),
    )
  ) {
    data = data.replaceAll('\n', '\r\n');
  }
  if (input.autocompleteHeaders) {
    if (!has('connection')) headers.push(['Connection', 'close']);
    if (!has('content-length') && (data !== '' || METHODS_WITH_BODY.test(input.method))) {
      headers.push(['Content-Length', String(data.length)]);
    }
  }
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `${input.method} ${input.uri} ${input.version}\r\n${lines}\r\n${data}`;
}

function bodyOf({ data, encodedData }: FtwInput): string {
  if (data !== undefined) return fillTemplate(data);
  return encodedData === undefined ? '' : fromBase64(encodedData);
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('latin1');
}

function isContentType(name: string): boolean {
  return name.toLowerCase() === 'content-type';
}

/** A form whose names and values are not encoded yet is; one that has an escape or a plus sign stays. */
function encodeForm(data: string): string {
  if (/[%+]/.test(data)) return data;
  const parts = data.split('&');
  // Nothing follows a separator at the end.
  if (parts.at(-1) === '') parts.pop();
  return parts
    .map((part) => {
      const equals = part.indexOf('=');
      return equals < 0
        ? queryEscape(part)
        : `${queryEscape(part.slice(0, equals))}=${queryEscape(part.slice(equals + 1))}`;
    })
    .join('&');
}

function queryEscape(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9\-_.~]/g, (character) =>
    character === ' ' ? '+' : `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
