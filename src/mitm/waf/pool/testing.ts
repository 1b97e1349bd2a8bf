import type { RuleSource } from '../engine/load.ts';
import type { HttpRequest, HttpResponse } from '../request.ts';

/** An answer that no rule minds. */
export const PLAIN: HttpResponse = {
  status: 200,
  protocol: 'HTTP/1.1',
  headers: [['Content-Type', 'text/plain']],
  body: 'fine',
};

/** Rules as a pool takes them. */
export function source(text: string, name = 'rules.conf'): readonly RuleSource[] {
  return [{ kind: 'text', text, name }];
}

/** A request without a body. */
export function get(target: string, host = 'www.example.org'): HttpRequest {
  const client = { address: '192.0.2.7', port: 40000 };
  return { method: 'GET', target, protocol: 'HTTP/1.1', headers: [['Host', host]], body: '', client };
}

/** A form. */
export function post(body: string): HttpRequest {
  return {
    ...get('/'),
    method: 'POST',
    headers: [
      ['Host', 'www.example.org'],
      ['Content-Type', 'application/x-www-form-urlencoded'],
    ],
    body,
  };
}
