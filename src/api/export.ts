import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { ControlError } from '../control/index.ts';
import { type CsvColumn, csvLine, csvTitles } from './csv.ts';

/** As what a list is wanted. */
export type Format = 'json' | 'csv' | 'ndjson';

/** The choice of a query; without it `Accept` counts. */
export const FormatText = Type.Optional(
  Type.Enum(['json', 'csv', 'ndjson'], {
    description:
      'json: a page of the list. csv, ndjson: all of it, to be saved (at most 1,000,000 rows); `limit` and `cursor` do not count.',
  }),
);

/** Rows of an export. */
export const MOST_EXPORTED = 1_000_000;
/** Rows that are asked for at once, and that become one piece of text. */
const PAGE = 5000;
const PIECE = 250;
/** Who waits in vain for others to be done gets no further rows. */
const MOST_TRIES = 40;
const AGAIN_MS = 250;

/** A list that can be exported, page by page. */
export interface Exported<T, P> {
  /** What the file is called, without its ending. */
  readonly name: string;
  readonly format: 'csv' | 'ndjson';
  readonly columns: readonly CsvColumn<T>[];
  /** At most so many rows behind a place, or from the beginning on. */
  readonly page: (
    limit: number,
    after: P | undefined,
  ) => Promise<{ readonly rows: readonly T[]; readonly next?: P }>;
  /** A row as NDJSON has it; without: as it is. */
  readonly row?: (row: T) => unknown;
}

/** As what a list is wanted: by the query, else by `Accept`. */
export function formatOf({ headers }: FastifyRequest, format: Format | undefined): Format {
  if (format !== undefined) return format;
  const accept = headers.accept ?? '';
  if (/^\s*text\/csv\b/i.test(accept)) return 'csv';
  return /^\s*application\/(x-)?ndjson\b/i.test(accept) ? 'ndjson' : 'json';
}

/**
 * Sends a list as a file: each page is asked for when the one before was taken. What goes wrong before the first row is
 * an answer as any other, what goes wrong later cuts the file off.
 */
export async function sendExport<T, P>(
  request: FastifyRequest,
  reply: FastifyReply,
  list: Exported<T, P>,
): Promise<FastifyReply> {
  const first = await list.page(request.method === 'HEAD' ? 1 : PAGE, undefined);
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '');
  reply
    .type(list.format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson')
    .header('content-disposition', `attachment; filename="weir-${list.name}-${time}Z.${list.format}"`)
    .header('cache-control', 'no-store');
  const pieces = request.method === 'HEAD' ? [] : piecesOf(list, first);
  return reply.send(Readable.from(pieces, { objectMode: false, highWaterMark: 1 << 16 }));
}

async function* piecesOf<T, P>(
  list: Exported<T, P>,
  first: Awaited<ReturnType<Exported<T, P>['page']>>,
): AsyncGenerator<string> {
  const { columns, format, row = (value: T): unknown => value } = list;
  if (format === 'csv') yield csvTitles(columns);
  let left = MOST_EXPORTED;
  for (let page = first; ; ) {
    const rows = page.rows.slice(0, left);
    for (let at = 0; at < rows.length; at += PIECE) {
      const lines = rows
        .slice(at, at + PIECE)
        .map((one) => (format === 'csv' ? csvLine(columns, one) : `${JSON.stringify(row(one))}\n`));
      yield lines.join('');
    }
    left -= rows.length;
    const { next } = page;
    if (next === undefined || left === 0) return;
    page = await patiently(() => list.page(Math.min(PAGE, left), next));
  }
}

/** Who exports stands behind those that look at something. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ControlError) || error.code !== 'busy' || tries === MOST_TRIES) throw error;
      await sleep(AGAIN_MS);
    }
  }
}

/** Microseconds since 1970 as ISO 8601, UTC. */
export function isoTime(us: number): string {
  const seconds = Math.floor(us / 1e6);
  const micros = String(us - seconds * 1e6).padStart(6, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${micros}Z`;
}
