import { clientConnection } from '../../../src/mitm/connection.ts';
import { PASSED } from '../../../src/mitm/judge.ts';
import type { WebTransaction } from '../../../src/mitm/transaction.ts';

/** The shop's name. */
export const HOST = 'shop.example';

/** A request and its answer in a few words; text may be Unicode, it is sent as UTF-8. */
export interface Exchange {
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  readonly method: string;
  /** Encoded already. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string | undefined;
  readonly status: number;
  readonly answerType?: string | undefined;
  readonly setsCookie?: boolean | undefined;
  readonly location?: string | undefined;
}

let serial = 0;

/** The transaction of an exchange, as a way in makes it. */
export function transactionOf(exchange: Exchange): WebTransaction {
  const { address, timeMs, method, target, headers, status } = exchange;
  const body = exchange.body ?? '';
  const answer: [string, string][] = [['Content-Type', exchange.answerType ?? 'text/html; charset=utf-8']];
  if (exchange.setsCookie === true) answer.push(['Set-Cookie', 'SESSIONID=new; HttpOnly; Path=/']);
  if (exchange.location !== undefined) answer.push(['Location', exchange.location]);
  const client = { address, port: 1024 + (serial % 60_000) };
  return {
    reference: (serial++).toString(36).padStart(20, '0'),
    request: {
      method,
      target,
      protocol: 'HTTP/1.1',
      headers: body === '' ? headers : [...headers, ['Content-Length', String(body.length)]],
      body,
      client,
      connection: clientConnection('haproxy', client, { address: '198.51.100.1', port: 443 }),
      timeUs: Math.round(timeMs * 1000),
      bodyBytes: body.length,
    },
    judgement: PASSED,
    response: { status, protocol: 'HTTP/1.1', headers: answer, body: '', bodyBytes: 0 },
    responseJudgement: PASSED,
    latencyMs: 12,
    judgedMs: 0.4,
  };
}

/** Text as its bytes in UTF-8, each a character. */
export function bytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** A query or a form, encoded as browsers do. */
export function form(fields: readonly (readonly [name: string, value: string | number])[]): string {
  return fields.map(([name, value]) => `${escaped(name)}=${escaped(String(value))}`).join('&');
}

function escaped(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replaceAll(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A form of several parts. A file's content is binary text. */
export function multipart(
  boundary: string,
  parts: readonly {
    readonly name: string;
    readonly file?: string;
    readonly type?: string;
    readonly content: string;
  }[],
): string {
  const text = parts.map(({ name, file, type, content }) => {
    const named = file === undefined ? '' : `; filename="${bytes(file)}"`;
    const typed = type === undefined ? '' : `Content-Type: ${type}\r\n`;
    return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${named}\r\n${typed}\r\n${content}\r\n`;
  });
  return `${text.join('')}--${boundary}--\r\n`;
}
