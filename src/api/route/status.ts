import type { Backend } from '../backend.ts';
import { StatusSchema } from '../schema/status.ts';
import type { Api } from '../server.ts';

/** How weir is. */
export function statusRoutes(api: Api, { weir }: Backend): void {
  api.get(
    '/api/v1/status',
    {
      config: { access: 'viewer' },
      schema: { summary: 'How weir is', tags: ['system'], response: { 200: StatusSchema } },
    },
    () => weir.status(),
  );
}
