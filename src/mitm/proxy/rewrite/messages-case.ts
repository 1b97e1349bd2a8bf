import { clientConnection } from '../../connection.ts';
import type { Field, RequestHead, ResponseHead } from '../../http/message.ts';
import type { RewriteContext } from '../rewriting.ts';

/** The head of a request as the proxy reads it. */
export function requestHead(
  target: string,
  fields: readonly Field[] = [],
  more: Partial<RequestHead> = {},
): RequestHead {
  const host = more.host ?? 'www.example.org';
  return {
    method: 'GET',
    target,
    version: 11,
    fields: [['Host', host], ...fields],
    host,
    framing: { kind: 'none' },
    keepAlive: true,
    upgrade: '',
    expectsContinue: false,
    bytes: 100,
    ...more,
  };
}

/** The head of an answer with a body of unknown length. */
export function responseHead(
  status: number,
  fields: readonly Field[] = [],
  more: Partial<ResponseHead> = {},
): ResponseHead {
  return {
    status,
    reason: 'OK',
    version: 11,
    fields,
    framing: { kind: 'chunked' },
    keepAlive: true,
    upgrade: '',
    bytes: 100,
    ...more,
  };
}

/** A client at 192.0.2.7, over TLS where it is said so. */
export function contextOf(tls = false): RewriteContext {
  const connection = clientConnection(
    'proxy',
    { address: '192.0.2.7', port: 40_000 },
    { address: '192.0.2.1', port: tls ? 443 : 80 },
    tls ? { version: 'TLSv1.3', serverName: 'www.example.org', alpn: 'http/1.1' } : undefined,
  );
  return { connection, origin: 'http://127.0.0.1:3000', reference: 'abc123' };
}
