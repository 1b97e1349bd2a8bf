import type { Transaction } from '../engine/transaction.ts';
import { collection, type Definition, names, optional, single } from './define.ts';

/** Variables of the connection, the request line and the headers. */
export const REQUEST_VARIABLES: readonly Definition[] = [
  single('REMOTE_ADDR', ({ request }) => request.client?.address),
  single('REMOTE_HOST', ({ request }) => request.client?.address),
  single('REMOTE_PORT', ({ request }) => request.client && String(request.client.port)),
  single('SERVER_ADDR', ({ request }) => request.server?.address),
  single('SERVER_PORT', ({ request }) => request.server && String(request.server.port)),
  single('SERVER_NAME', (transaction) => hostOf(transaction.header('host'))),
  single('REQUEST_METHOD', ({ request }) => request.method),
  single('REQUEST_PROTOCOL', ({ request }) => request.protocol),
  single('REQUEST_LINE', ({ request }) => `${request.method} ${request.target} ${request.protocol}`),
  single('REQUEST_URI_RAW', ({ request }) => request.target),
  single('REQUEST_URI', ({ target }) => target.uri),
  single('REQUEST_FILENAME', ({ target }) => target.path),
  single('PATH_INFO', ({ target }) => target.path),
  single('REQUEST_BASENAME', ({ target }) => target.baseName),
  single('QUERY_STRING', ({ target }) => target.query),
  single('UNIQUE_ID', ({ uniqueId }) => uniqueId),
  single('AUTH_TYPE', (transaction) => authorization(transaction)[0]),
  optional('REMOTE_USER', remoteUser),
  collection('REQUEST_HEADERS', ({ request }) => request.headers),
  names('REQUEST_HEADERS_NAMES', ({ request }) => request.headers.map(([name]) => name)),
  collection('REQUEST_COOKIES', ({ cookies }) => cookies.map(({ name, value }) => [name, value] as const)),
  names('REQUEST_COOKIES_NAMES', ({ cookies }) => cookies.map(({ name }) => name)),
];

/** How variables write yes and no. */
export function flag(yes: boolean): string {
  return yes ? '1' : '0';
}

function hostOf(header: string): string | undefined {
  if (header === '') return undefined;
  return header.startsWith('[') ? header.slice(0, header.indexOf(']') + 1) || header : header.split(':')[0];
}

function authorization(transaction: Transaction): readonly (string | undefined)[] {
  const header = transaction.header('authorization');
  return header === '' ? [] : header.split(' ', 2);
}

/** User of Basic authentication (RFC 7617). */
function remoteUser(transaction: Transaction): string | undefined {
  const [scheme, credentials = ''] = authorization(transaction);
  if (scheme?.toLowerCase() !== 'basic') return undefined;
  const decoded = Buffer.from(credentials, 'base64').toString('latin1');
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : decoded.slice(0, colon);
}
