import type { FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { PrefixSet } from '../../net/index.ts';
import type { Backend } from '../backend.ts';
import { checkQuery } from '../history-query.ts';
import { isFromSocket } from '../listen.ts';
import { type FilterWish, filterOf } from '../live/filter.ts';
import { type Position, parsePosition } from '../live/frame.ts';
import { Streams } from '../live/streams.ts';
import type { Figures } from '../metrics/figures.ts';
import { Problem } from '../problem.ts';
import { LiveQuery } from '../schema/live.ts';
import type { Api } from '../server.ts';

/** Records as they come. */
export function liveRoutes(api: Api, { feed, report }: Backend, { overview }: Figures): Streams {
  const streams = new Streams(feed, () => overview.json(), report);
  api.addHook('onClose', () => streams.close());
  api.get(
    '/api/v1/live',
    {
      config: { access: 'viewer' },
      // The answer to HEAD would have no end.
      exposeHeadRoute: false,
      schema: {
        summary: 'Records as they come',
        description:
          'Server-sent events: `record` (a record as in the EVE log), `status` (each second; as /api/v1/overview) and `missed`. Their identifiers let a reader go on where it was.',
        tags: ['live'],
        querystring: LiveQuery,
        produces: ['text/event-stream'],
      },
    },
    (request, reply) => {
      const { rate, limit, status } = request.query;
      const wish = filterWishOf(request.query);
      const after = positionOf(request, request.query.after);
      const address = isFromSocket(request.raw) ? 'socket' : request.ip;
      const key = keyOf(request.query);
      streams.admit(address, key);
      reply.hijack();
      const { raw } = reply;
      // Neither a length nor chunks: the stream ends with its connection, and each event is one write.
      raw.removeHeader('transfer-encoding');
      raw.writeHead(200, {
        ...onlyText(reply.getHeaders()),
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        connection: 'close',
        // Proxies hand the events on at once.
        'x-accel-buffering': 'no',
      });
      streams.add(raw, {
        key,
        filter: filterOf(wish),
        rate: rate ?? Number.POSITIVE_INFINITY,
        last: limit,
        after,
        status,
        address,
      });
    },
  );
  return streams;
}

type Query = Static<typeof LiveQuery>;

function keyOf({ types, address, q, rate }: Query): string {
  return JSON.stringify([types, address, q, rate]);
}

function filterWishOf({ types, address, q }: Query): FilterWish {
  const { set: addresses, mistake } =
    address === undefined ? { set: undefined } : PrefixSet.parse(address.split(','));
  if (mistake !== undefined) {
    throw new Problem(400, 'The request is not understood', `address: ${mistake} is no address or network`);
  }
  return {
    types: types === undefined ? undefined : new Set(types.split(',')),
    addresses,
    condition: q === undefined ? undefined : checkQuery(q),
  };
}

/** What a browser sends when it comes back goes before what the address says. */
function positionOf({ headers }: FastifyRequest, after: string | undefined): Position | undefined {
  const header = headers['last-event-id'];
  const text = typeof header === 'string' && header !== '' ? header : after;
  if (text === undefined) return undefined;
  const position = parsePosition(text);
  if (position === undefined) {
    throw new Problem(
      400,
      'The request is not understood',
      `Last-Event-ID: ${text.slice(0, 40)} is no identifier of an event of this stream`,
    );
  }
  return position;
}

function onlyText(headers: Readonly<Record<string, unknown>>): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' || Array.isArray(value) ? [[name, value as string | string[]]] : [],
    ),
  );
}
