import type { Backend } from '../backend.ts';
import { cursorOf, readCursor } from '../cursor.ts';
import { AuditSchema } from '../schema/audit.ts';
import { PageQuery } from '../schema/page.ts';
import type { Api } from '../server.ts';

/** The record of changes. */
export function auditRoutes(api: Api, _backend: Backend): void {
  api.get(
    '/api/v1/audit',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Changes and failed logins, the newest first',
        tags: ['audit'],
        querystring: PageQuery,
        response: { 200: AuditSchema },
      },
    },
    async ({ query: { limit, cursor } }) => {
      const before = readCursor(cursor, ['number'])?.[0];
      const items = await api.gate.audit.newest(limit, typeof before === 'number' ? before : undefined);
      const last = items.at(-1);
      return { items, ...(items.length < limit || last === undefined ? {} : { next: cursorOf([last.id]) }) };
    },
  );
}
