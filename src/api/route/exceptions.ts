import type { Backend } from '../backend.ts';
import { Problem } from '../problem.ts';
import { DoneSchema } from '../schema/addresses.ts';
import { ChangedSchema, ExceptionBody, ExceptionsSchema, ProposalsSchema } from '../schema/exceptions.ts';
import { IdentifierParams } from '../schema/incidents.ts';
import type { Api } from '../server.ts';

const TAGS = ['correlation'];

/** What does not count, and what weir proposes of that. */
export function exceptionsRoutes(api: Api, { weir }: Backend): void {
  api.get(
    '/api/v1/exceptions',
    {
      config: { access: 'viewer' },
      schema: { summary: 'What does not count as evidence', tags: TAGS, response: { 200: ExceptionsSchema } },
    },
    async () => ({ items: await weir.exceptions() }),
  );
  api.post(
    '/api/v1/exceptions',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Say what does not count as evidence',
        tags: TAGS,
        body: ExceptionBody,
        response: { 200: DoneSchema },
      },
    },
    ({ body: { match, reason, durationMs }, principal }) => {
      const { network, ruleId, ...rest } = match;
      if (network !== undefined && rest.address !== undefined) {
        throw new Problem(
          400,
          'The request is not understood',
          'match has an address or a network, not both',
        );
      }
      const conditions = {
        ...rest,
        ...(network === undefined ? {} : { address: network }),
        ...(ruleId === undefined ? {} : { rule: ruleId }),
      };
      return weir.except({ conditions, reason, durationMs, author: principal?.name ?? '' });
    },
  );
  api.delete(
    '/api/v1/exceptions/:id',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Remove an exception',
        tags: TAGS,
        params: IdentifierParams,
        response: { 200: DoneSchema },
      },
    },
    ({ params, principal }) => weir.unexcept(params.id, principal?.name ?? ''),
  );
  api.get(
    '/api/v1/proposals',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'What weir proposes to change, out of what was marked',
        tags: TAGS,
        response: { 200: ProposalsSchema },
      },
    },
    async () => ({ items: await weir.proposals() }),
  );
  api.post(
    '/api/v1/proposals/:id/preview',
    {
      config: { access: 'viewer', asks: true },
      schema: {
        summary: 'What would have been different with a proposal; nothing is changed',
        tags: TAGS,
        params: IdentifierParams,
        response: { 200: ChangedSchema },
      },
    },
    ({ params, principal }) => weir.accept(params.id, principal?.name ?? '', true),
  );
  api.post(
    '/api/v1/proposals/:id/accept',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Take up a proposal',
        tags: TAGS,
        params: IdentifierParams,
        response: { 200: ChangedSchema },
      },
    },
    ({ params, principal }) => weir.accept(params.id, principal?.name ?? '', false),
  );
}
