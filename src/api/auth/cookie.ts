import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';

const LONGEST_HEADER = 8192;

/** Whether a request came encrypted to weir itself. */
export function isEncrypted({ socket }: Pick<IncomingMessage, 'socket'>): boolean {
  return socket instanceof TLSSocket;
}

/** With TLS its name has a prefix, which keeps neighbours and unencrypted pages from setting it (RFC 6265bis, 4.1.3). */
export function cookieName(name: string, encrypted: boolean): string {
  return encrypted ? `__Host-${name}` : name;
}

/** The value of a cookie; undefined where there is none, or more than one: then it is not said which is meant. */
export function cookieOf(request: IncomingMessage, name: string): string | undefined {
  const header = request.headers.cookie ?? '';
  if (header.length > LONGEST_HEADER) return undefined;
  const start = `${cookieName(name, isEncrypted(request))}=`;
  const values = header
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(start));
  const value = values.length === 1 ? values[0]?.slice(start.length) : undefined;
  return value === undefined || !/^[\w-]{1,2048}$/.test(value) ? undefined : value;
}

/** What sets a cookie (`set-cookie`); `value` is base64url. With 0 seconds it goes. */
export function cookieText(
  request: IncomingMessage,
  name: string,
  value: string,
  seconds: number,
  sameSite: 'Strict' | 'Lax' = 'Strict',
): string {
  const encrypted = isEncrypted(request);
  const secure = encrypted ? '; Secure' : '';
  return `${cookieName(name, encrypted)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=${sameSite}${secure}`;
}
