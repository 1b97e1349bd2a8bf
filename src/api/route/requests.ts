import type { BufferEntry, RequestSelection, RunningWeir } from '../../control/index.ts';
import { type Condition, matches } from '../../query/index.ts';
import { mayAct } from '../access.ts';
import type { Backend } from '../backend.ts';
import type { CsvColumn } from '../csv.ts';
import { formatOf, isoTime, sendExport } from '../export.ts';
import { checkQuery } from '../history-query.ts';
import { positionCursor, readPosition } from '../position.ts';
import { Problem } from '../problem.ts';
import {
  ReferenceParams,
  RequestQuery,
  RequestSchema,
  RequestsQuery,
  RequestsSchema,
} from '../schema/request.ts';
import type { Api } from '../server.ts';
import { recordOfRequest } from '../shown-record.ts';
import { timeRangeOf } from '../time-range.ts';

const TAGS = ['web'];
/** Requests that are asked for at once: each can have kilobytes; and that are looked at for one page. */
const ASKED = 250;
const MOST_LOOKED_AT = 20_000;

const COLUMNS: readonly CsvColumn<BufferEntry>[] = [
  { title: 'time', value: ({ timeUs }) => isoTime(timeUs) },
  { title: 'reference', value: ({ reference }) => reference },
  { title: 'client', value: ({ client }) => client.address },
  { title: 'clientPort', value: ({ client }) => client.port },
  { title: 'server', value: ({ server }) => server.address },
  { title: 'serverPort', value: ({ server }) => server.port },
  { title: 'communityId', value: ({ communityId }) => communityId },
  { title: 'method', value: ({ method }) => method },
  { title: 'host', value: ({ host }) => host },
  { title: 'path', value: ({ path }) => path },
  { title: 'userAgent', value: ({ userAgent }) => userAgent },
  { title: 'action', value: ({ action }) => action },
  { title: 'reason', value: ({ reason }) => reason },
  { title: 'score', value: ({ score }) => score },
  { title: 'categories', value: ({ categories }) => categories.join(' ') },
  { title: 'rules', value: ({ ruleIds }) => ruleIds.join(' ') },
  { title: 'status', value: ({ response }) => response?.status },
  { title: 'latencyMs', value: ({ response }) => response?.latencyMs },
];

/** Web requests that buffer B has. */
export function requestsRoutes(api: Api, { weir }: Backend): void {
  api.get(
    '/api/v1/requests',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'The last web requests, the newest first',
        description: 'Passwords, cookies and tokens are taken out.',
        tags: TAGS,
        querystring: RequestsQuery,
        response: { 200: RequestsSchema },
      },
    },
    async (request, reply) => {
      const { limit, cursor, format: wanted, ...asked } = request.query;
      const { q, since, until, ...rest } = asked;
      const condition = checkQuery(q);
      const range = timeRangeOf({ ...(since && { since }), ...(until && { until }) });
      const selection: RequestSelection = {
        ...rest,
        ...(range.sinceUs === undefined ? {} : { fromUs: range.sinceUs }),
        ...(range.untilUs === undefined ? {} : { toUs: range.untilUs }),
      };
      const format = formatOf(request, wanted);
      if (format !== 'json') {
        return sendExport<BufferEntry, Place>(request, reply, {
          name: 'requests',
          format,
          columns: COLUMNS,
          row: (entry) => ({ time: isoTime(entry.timeUs), ...entry }),
          page: (most, after) => pageOf(weir, selection, condition, Math.min(most, 1000), after),
        });
      }
      const list = { ...asked, list: 'requests' };
      const at = readPosition(cursor, list);
      const after = at === undefined ? undefined : { timeUs: at.timeUs, reference: at.tie };
      const page = await pageOf(weir, selection, condition, limit, after);
      if (page.next === undefined) return { items: page.rows };
      const { timeUs, reference } = page.next;
      return { items: page.rows, next: positionCursor({ timeUs, tie: reference, skip: 0 }, list) };
    },
  );
  api.get(
    '/api/v1/requests/:reference',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'One web request, by its reference',
        description: '`raw` is for administrators.',
        tags: TAGS,
        params: ReferenceParams,
        querystring: RequestQuery,
        response: { 200: RequestSchema },
      },
    },
    async ({ params: { reference }, query: { raw }, principal }) => {
      if (raw && (principal === undefined || !mayAct(principal.role, 'admin'))) {
        throw new Problem(
          403,
          'Not allowed',
          'secrets of a request are shown to administrators alone: ask without raw',
        );
      }
      const entry = await weir.request(reference, raw);
      if (entry !== undefined) return entry;
      throw new Problem(
        404,
        'There is no such thing',
        `no request ${reference} is stored: it may be too long ago`,
      );
    },
  );
}

/** Behind which request. */
interface Place {
  readonly timeUs: number;
  readonly reference: string;
}

/** So many requests that are as was asked for, the newest first; the buffer knows nothing of conditions. */
async function pageOf(
  weir: RunningWeir,
  selection: RequestSelection,
  condition: Condition,
  limit: number,
  after: Place | undefined,
): Promise<{ readonly rows: readonly BufferEntry[]; readonly next?: Place }> {
  const rows: BufferEntry[] = [];
  let place = after;
  for (let looked = 0; looked < MOST_LOOKED_AT; ) {
    const { toUs = Number.MAX_SAFE_INTEGER } = selection;
    const found = await weir.requests(
      place === undefined ? selection : { ...selection, toUs: Math.min(toUs, place.timeUs + 1) },
      ASKED,
    );
    const further = behind(found, place);
    for (const entry of further) {
      if (matches(condition, recordOfRequest(entry))) {
        if (rows.length === limit) return { rows, ...(place === undefined ? {} : { next: place }) };
        rows.push(entry);
      }
      place = { timeUs: entry.timeUs, reference: entry.reference };
    }
    // All that there are, or as many of one moment as can be asked for.
    if (found.length < ASKED || further.length === 0) return { rows };
    looked += further.length;
  }
  return { rows, ...(place === undefined ? {} : { next: place }) };
}

/** Those behind a place; where what lies there is gone, those of an earlier time. */
function behind(entries: readonly BufferEntry[], place: Place | undefined): readonly BufferEntry[] {
  if (place === undefined) return entries;
  const at = entries.findIndex(({ reference }) => reference === place.reference);
  return at >= 0 ? entries.slice(at + 1) : entries.filter(({ timeUs }) => timeUs < place.timeUs);
}
