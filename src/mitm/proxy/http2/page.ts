import { STATUS_CODES } from 'node:http';
import type { Field } from '../../http/message.ts';

/** What a client gets instead of an answer of the server. */
export interface Page {
  readonly fields: readonly Field[];
  readonly body: Uint8Array;
}

/** Makes pages: status, words for people, and the reference of the transaction (empty where it has none). */
export type PageMaker = (status: number, text: string, reference: string) => Page;

/** A page of plain text. */
export const plainPage: PageMaker = (status, text, reference) => {
  const lines = [`${status} ${STATUS_CODES[status] ?? ''}`.trimEnd()];
  if (text !== '') lines.push(text);
  if (reference !== '') lines.push(`Reference: ${reference}`);
  const body = Buffer.from(`${lines.join('\n')}\n`, 'utf8');
  return {
    fields: [
      ['content-type', 'text/plain; charset=utf-8'],
      ['content-length', String(body.length)],
      ['cache-control', 'no-store'],
    ],
    body,
  };
};
