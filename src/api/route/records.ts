import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import type { RunningWeir } from '../../control/index.ts';
import type { EveRecord, Position } from '../../store/index.ts';
import type { Backend } from '../backend.ts';
import type { CsvColumn } from '../csv.ts';
import { formatOf, sendExport } from '../export.ts';
import { pageOf, selectionOf } from '../history-query.ts';
import { AlertsQuery, RecordsQuery, RecordsSchema } from '../schema/record.ts';
import type { Api } from '../server.ts';

const TAGS = ['records'];
/** What should be looked at. */
const ALERTS = ['alert', 'anomaly', 'waf'] as const;

const ENVELOPE = [
  'event_type',
  'src_ip',
  'src_port',
  'dest_ip',
  'dest_port',
  'proto',
  'app_proto',
  'community_id',
  'flow_id',
] as const;

const COLUMNS: readonly CsvColumn<EveRecord>[] = [
  { title: 'time', value: ({ timestamp }) => timestamp.replace(/\+0000$/, 'Z') },
  ...ENVELOPE.map((name) => ({ title: name, value: (record: EveRecord) => plain(record[name]) })),
  { title: 'record', value: (record) => JSON.stringify(record) },
];

/** Records of all types, whole. */
export function recordsRoutes(api: Api, { weir }: Backend): void {
  api.get(
    '/api/v1/records',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Records, the newest first',
        description: 'A page can have fewer items than `limit` and still a `next` one.',
        tags: TAGS,
        querystring: RecordsQuery,
        response: { 200: RecordsSchema },
      },
    },
    (request, reply) => {
      const { type, ...query } = request.query;
      return answer(weir, request, reply, type?.split(','), query, type ?? 'records');
    },
  );
  api.get(
    '/api/v1/alerts',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Alerts, anomalies and matches of the web application firewall, the newest first',
        tags: TAGS,
        querystring: AlertsQuery,
        response: { 200: RecordsSchema },
      },
    },
    (request, reply) => answer(weir, request, reply, ALERTS, request.query, 'alerts'),
  );
}

async function answer(
  weir: RunningWeir,
  request: FastifyRequest,
  reply: FastifyReply,
  types: readonly string[] | undefined,
  { limit, cursor, format: wanted, ...asked }: Static<typeof AlertsQuery>,
  list: string,
): Promise<unknown> {
  const selection = selectionOf(asked);
  const { order } = asked;
  const format = formatOf(request, wanted);
  if (format !== 'json') {
    return sendExport<EveRecord, Position>(request, reply, {
      name: list.replaceAll(',', '-'),
      format,
      columns: COLUMNS,
      page: (limit, after) =>
        weir.recordPage(types, selection, after === undefined ? { limit, order } : { limit, order, after }),
    });
  }
  const { wish, next } = pageOf({ limit, cursor, order }, { ...asked, list });
  const page = await weir.recordPage(types, selection, wish);
  return { items: page.rows, ...next(page.next) };
}

function plain(value: unknown): string | number | undefined {
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}
