import type { HttpRequest } from '../request.ts';

/** A cookie of a request. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
}

/** The cookies of all `Cookie` headers; those without a name are left out (RFC 6265, section 5.4, read leniently). */
export function cookiesOf(headers: HttpRequest['headers']): readonly Cookie[] {
  const cookies: Cookie[] = [];
  for (const [header, line] of headers) {
    if (header.toLowerCase() !== 'cookie') continue;
    for (const pair of line.trimEnd().split(';')) {
      const equals = pair.indexOf('=');
      const name = (equals < 0 ? pair : pair.slice(0, equals)).trimStart();
      if (name !== '') cookies.push({ name, value: equals < 0 ? '' : pair.slice(equals + 1) });
    }
  }
  return cookies;
}
