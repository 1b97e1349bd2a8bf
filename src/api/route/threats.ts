import type { Backend } from '../backend.ts';
import { ThreatsQuery, ThreatsSchema } from '../schema/threats.ts';
import type { Api } from '../server.ts';

/** Kinds are told apart here: so many more are looked at for one kind. */
const MOST_LOOKED_AT = 10_000;

/** Who has a bad reputation. */
export function threatsRoutes(api: Api, { weir }: Backend): void {
  api.get(
    '/api/v1/threats',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Addresses, networks and JA4s by their reputation, the worst first',
        tags: ['correlation'],
        querystring: ThreatsQuery,
        response: { 200: ThreatsSchema },
      },
    },
    async ({ query: { kind, limit, minimalScore } }) => {
      const { threats, openIncidents } = await weir.threats(
        kind === undefined ? limit : MOST_LOOKED_AT,
        minimalScore,
      );
      const items = threats.filter((one) => kind === undefined || one.kind === kind).slice(0, limit);
      return { items, openIncidents };
    },
  );
}
