import type { StoredRequest } from './answers.ts';

/** What an empty editor begins with. */
export const FIRST_REQUEST = `GET /search?q=1%27%20OR%20%271%27=%271 HTTP/1.1
Host: shop.example.org
User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0
Accept: */*

`;

/** A stored request as it was sent, but for its secrets, and for what of its body was not kept. */
export function textOfRequest(request: StoredRequest): string {
  const query = request.query.map(([name = '', value = '']) => `${encode(name)}=${encode(value)}`).join('&');
  const headers = request.headers.map(([name = '', value = '']) => `${name}: ${value}`);
  if (!request.headers.some(([name]) => name?.toLowerCase() === 'host'))
    headers.unshift(`Host: ${request.host}`);
  return [
    `${request.method} ${request.path}${query === '' ? '' : `?${query}`} HTTP/1.1`,
    ...headers,
    '',
    request.body.preview,
  ].join('\n');
}

/**
 * The text as it goes to the server: lines of the head end as HTTP has it, and `Content-Length` is that of the body, which
 * has been edited. A body of several parts has the ends of its lines likewise.
 */
export function requestToSend(text: string): string {
  const at = /\r?\n\r?\n/.exec(text);
  const head = (at === null ? text : text.slice(0, at.index)).split(/\r?\n/);
  const rest = at === null ? '' : text.slice(at.index + at[0].length);
  const isMultipart = head.some((line) => /^content-type:\s*multipart\//i.test(line));
  const body = isMultipart ? rest.replace(/\r?\n/g, '\r\n') : rest;
  const isChunked = head.some((line) => /^transfer-encoding:/i.test(line));
  const lines = head.filter((line) => !/^content-length:/i.test(line));
  const hadLength = lines.length < head.length;
  if (!isChunked && (body !== '' || hadLength))
    lines.push(`Content-Length: ${new TextEncoder().encode(body).length}`);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** As in a query; what is not well-formed UTF-16 would throw. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
