import { matches } from '../../query/index.ts';
import type { FlowAnswer, Position } from '../../store/index.ts';
import type { Backend } from '../backend.ts';
import { conversationOf } from '../conversation.ts';
import type { CsvColumn } from '../csv.ts';
import { formatOf, isoTime, sendExport } from '../export.ts';
import { checkQuery, pageOf, selectionOf } from '../history-query.ts';
import {
  ConversationParams,
  ConversationSchema,
  FlowsQuery,
  FlowsSchema,
  OpenFlowsQuery,
  OpenFlowsSchema,
} from '../schema/flow.ts';
import type { Api } from '../server.ts';
import { recordOfFlow } from '../shown-record.ts';

const TAGS = ['flows'];
/** Open flows that are looked at for a question: as many as an answer has. */
const MOST_OPEN = 10_000;

const COLUMNS: readonly CsvColumn<FlowAnswer>[] = [
  { title: 'time', value: ({ timeUs }) => isoTime(timeUs) },
  { title: 'flowId', value: ({ flowId }) => flowId },
  { title: 'source', value: ({ source }) => source },
  { title: 'sourcePort', value: ({ sourcePort }) => sourcePort },
  { title: 'destination', value: ({ destination }) => destination },
  { title: 'destinationPort', value: ({ destinationPort }) => destinationPort },
  { title: 'transport', value: ({ transport }) => transport },
  { title: 'communityId', value: ({ communityId }) => communityId },
  { title: 'protocol', value: ({ protocol }) => protocol },
  { title: 'application', value: ({ application }) => application },
  { title: 'category', value: ({ category }) => category },
  { title: 'name', value: ({ name }) => name },
  { title: 'bytesToServer', value: ({ bytesToServer }) => bytesToServer },
  { title: 'bytesToClient', value: ({ bytesToClient }) => bytesToClient },
  { title: 'packetsToServer', value: ({ packetsToServer }) => packetsToServer },
  { title: 'packetsToClient', value: ({ packetsToClient }) => packetsToClient },
  { title: 'durationUs', value: ({ durationUs }) => durationUs },
  { title: 'state', value: ({ state }) => state },
];

/** Flows: those that have ended, those that are open, and the story of each. */
export function flowsRoutes(api: Api, { weir }: Backend): void {
  api.get(
    '/api/v1/flows',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Flows that have ended, the newest first',
        description: 'A page can have fewer items than `limit` and still a `next` one.',
        tags: TAGS,
        querystring: FlowsQuery,
        response: { 200: FlowsSchema },
      },
    },
    async (request, reply) => {
      const { limit, cursor, format: wanted, ...asked } = request.query;
      const selection = selectionOf(asked);
      const format = formatOf(request, wanted);
      if (format !== 'json') {
        const { order } = asked;
        return sendExport<FlowAnswer, Position>(request, reply, {
          name: 'flows',
          format,
          columns: COLUMNS,
          row: (flow) => ({ time: isoTime(flow.timeUs), ...flow }),
          page: (limit, after) =>
            weir.flowPage(selection, after === undefined ? { limit, order } : { limit, order, after }),
        });
      }
      const { wish, next } = pageOf({ limit, cursor, order: asked.order }, { ...asked, list: 'flows' });
      const page = await weir.flowPage(selection, wish);
      return { items: page.rows, ...next(page.next) };
    },
  );
  api.get(
    '/api/v1/flows/open',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Flows that are open, those that carry the most at the moment first',
        tags: TAGS,
        querystring: OpenFlowsQuery,
        response: { 200: OpenFlowsSchema },
      },
    },
    async ({ query: { q, limit, ...asked } }) => {
      const condition = checkQuery(q);
      const { flows, ...counts } = await weir.open(selectionOf(asked), q === undefined ? limit : MOST_OPEN);
      if (q === undefined) return { items: flows, ...counts };
      const found = flows.filter((flow) => matches(condition, recordOfFlow(flow)));
      return { ...counts, items: found.slice(0, limit), matching: found.length };
    },
  );
  api.get(
    '/api/v1/flows/:id',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'A conversation: its flow, and all that was recorded of it',
        tags: TAGS,
        params: ConversationParams,
        response: { 200: ConversationSchema },
      },
    },
    ({ params: { id } }) => conversationOf(weir, id),
  );
}
