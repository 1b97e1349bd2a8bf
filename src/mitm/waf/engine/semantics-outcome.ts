import type { HttpRequest } from '../request.ts';
import type { SemanticsRequest } from './semantics-case.ts';
import type { Waf } from './waf.ts';

/** The client of every case. */
export const CLIENT = '192.0.2.7';

/** A case's headers with those that every request has. */
export function headersOf({ headers = [], body }: SemanticsRequest): HttpRequest['headers'] {
  const length = body === undefined ? [] : [['Content-Length', String(body.length)] as const];
  return [['Host', 'www.example.org'], ...headers, ...length];
}

/** The line that says what came of a request: see `SemanticsCase`. */
export function outcomeLine(
  status: number,
  matches: readonly { readonly id: number; readonly msg?: string; readonly data?: string }[],
): string {
  const shown = matches.map(({ id, msg = '', data = '' }) => {
    return `${id}${msg === '' ? '' : `[${msg}]`}${data === '' ? '' : `{${data}}`}`;
  });
  return [status, ...shown].join(' ');
}

/** What the engine says of a case's request. */
export function outcome(waf: Waf, request: SemanticsRequest): string {
  const inspection = waf.begin({
    method: request.method ?? 'GET',
    target: request.uri,
    protocol: 'HTTP/1.1',
    headers: headersOf(request),
    body: request.body ?? '',
    client: { address: CLIENT, port: 40_000 },
    server: { address: '192.0.2.1', port: 80 },
  });
  inspection.requestHeaders();
  const { action } = inspection.requestBody();
  if (action === 'pass' && request.response !== undefined) {
    inspection.response({ protocol: 'HTTP/1.1', ...request.response });
  }
  const verdict = inspection.end();
  const matches = verdict.matches.map(({ id, message, data }) => ({ id, msg: message, data }));
  return outcomeLine(verdict.action === 'pass' ? 200 : verdict.status, matches);
}
