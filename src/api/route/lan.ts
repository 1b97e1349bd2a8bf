import type { Backend } from '../backend.ts';
import { Problem } from '../problem.ts';
import {
  FirstSeenQuery,
  LanClientParams,
  LanClientSchema,
  LanClientsQuery,
  LanClientsSchema,
  LanDestinationsSchema,
  LanEventsSchema,
  LanProtocolsSchema,
  LanQuery,
  LanSchema,
} from '../schema/lan.ts';
import type { Api } from '../server.ts';

const TAGS = ['lan'];

/** The local network: who is there, and what they do. */
export function lanRoutes(api: Api, { weir }: Backend): void {
  api.get(
    '/api/v1/lan',
    {
      config: { access: 'viewer' },
      schema: { summary: 'The local network at a glance', tags: TAGS, response: { 200: LanSchema } },
    },
    async () => {
      const { networks, totals, statistics, clients, destinations, protocols, applications } =
        await weir.lan(0);
      return {
        networks,
        totals,
        statistics,
        clients: clients.length,
        destinations: destinations.length,
        protocols: protocols.length,
        applications: applications.length,
      };
    },
  );
  api.get(
    '/api/v1/lan/clients',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Its devices, with names, addresses, destinations and protocols',
        tags: TAGS,
        querystring: LanClientsQuery,
        response: { 200: LanClientsSchema },
      },
    },
    async ({ query: { limit, top } }) => {
      const { clients } = await weir.lan(top);
      return { items: clients.slice(0, limit), total: clients.length };
    },
  );
  api.get(
    '/api/v1/lan/clients/:client',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'One of its devices, with all that is known of it',
        tags: TAGS,
        params: LanClientParams,
        response: { 200: LanClientSchema },
      },
    },
    async ({ params }) => {
      const wanted = params.client.toLowerCase();
      const { clients } = await weir.lan();
      const found = clients.find(
        ({ id, mac, addresses }) =>
          id === wanted ||
          mac === wanted ||
          addresses.some(({ address, current }) => current && address === wanted),
      );
      if (found !== undefined) return found;
      throw new Problem(404, 'There is no such thing', `no device ${wanted}: /api/v1/lan/clients lists them`);
    },
  );
  api.get(
    '/api/v1/lan/destinations',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Where its devices go to, those with the most traffic first',
        tags: TAGS,
        querystring: LanQuery,
        response: { 200: LanDestinationsSchema },
      },
    },
    async ({ query: { limit } }) => {
      const { destinations } = await weir.lan(0);
      return { items: destinations.slice(0, limit), total: destinations.length };
    },
  );
  api.get(
    '/api/v1/lan/protocols',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'What its devices speak, and which applications they use',
        tags: TAGS,
        querystring: LanQuery,
        response: { 200: LanProtocolsSchema },
      },
    },
    async ({ query: { limit } }) => {
      const { protocols, applications } = await weir.lan(0);
      return { protocols: protocols.slice(0, limit), applications: applications.slice(0, limit) };
    },
  );
  api.get(
    '/api/v1/lan/events',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'What was seen for the first time, the latest first: new devices, destinations, protocols',
        tags: TAGS,
        querystring: FirstSeenQuery,
        response: { 200: LanEventsSchema },
      },
    },
    async ({ query: { limit, kind, after = -1 } }) => {
      const { events } = await weir.lan(0);
      const found = events.filter((one) => one.number > after && (kind === undefined || one.kind === kind));
      return { items: found.toSorted((a, b) => b.number - a.number).slice(0, limit) };
    },
  );
}
