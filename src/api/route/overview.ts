import Type from 'typebox';
import type { Figures } from '../metrics/figures.ts';
import { OverviewSchema } from '../schema/overview.ts';
import type { Api } from '../server.ts';

/** Both streams at a glance. */
export function overviewRoutes(api: Api, { overview, past }: Figures): void {
  api.get(
    '/api/v1/overview',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Both streams at a glance',
        description: 'The same comes each second as the event `status` of /api/v1/live.',
        tags: ['system'],
        response: { 200: OverviewSchema },
      },
    },
    () => overview.get(),
  );
  api.get(
    '/api/v1/overview/past',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'The same of the last five minutes, each five seconds, the oldest first',
        tags: ['system'],
        response: { 200: Type.Object({ items: Type.Array(OverviewSchema) }) },
      },
    },
    () => ({ items: past.all() }),
  );
}
