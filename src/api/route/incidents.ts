import type { Backend } from '../backend.ts';
import { cursorOf, readCursor } from '../cursor.ts';
import { Problem } from '../problem.ts';
import { IdentifierParams, IncidentSchema, IncidentsQuery, IncidentsSchema } from '../schema/incidents.ts';
import type { Api } from '../server.ts';

/** Incidents. */
export function incidentsRoutes(api: Api, { weir }: Backend): void {
  api.get(
    '/api/v1/incidents',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Incidents, the latest first',
        description: 'One that goes on while pages are read is met again by who begins anew.',
        tags: ['correlation'],
        querystring: IncidentsQuery,
        response: { 200: IncidentsSchema },
      },
    },
    async ({ query: { cursor, ...query } }) => {
      const [lastUs, id] = readCursor(cursor, ['number', 'string']) ?? [];
      const after = lastUs === undefined ? {} : { after: { lastUs: Number(lastUs), id: String(id) } };
      const { address = '', limit, ...filter } = query;
      // One more than is shown tells whether there are more.
      const found = await weir.incidents(address, limit + 1, { ...filter, ...after });
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return found.length > limit && last !== undefined
        ? { items, next: cursorOf([last.lastUs, last.id]) }
        : { items };
    },
  );
  api.get(
    '/api/v1/incidents/:id',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'An incident',
        tags: ['correlation'],
        params: IdentifierParams,
        response: { 200: IncidentSchema },
      },
    },
    async ({ params: { id } }) => {
      const [incident] = await weir.incidents('', 1, { id });
      if (incident !== undefined) return incident;
      throw new Problem(404, 'There is no such thing', `no incident ${id} is known, or it is known no more`);
    },
  );
}
