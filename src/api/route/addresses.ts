import type { ContextAnswer } from '../../control/index.ts';
import type { Backend } from '../backend.ts';
import {
  AddressParams,
  AddressQuery,
  AddressSchema,
  BehaviourQuery,
  BehaviourSchema,
  DoneSchema,
  ReputationSchema,
  SubjectParams,
} from '../schema/addresses.ts';
import type { Api } from '../server.ts';

const TAGS = ['correlation'];

/** What is known of addresses, and what speaks against them. */
export function addressesRoutes(api: Api, { weir }: Backend): void {
  api.get(
    '/api/v1/addresses/:address',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'All that is known of an address: timeline, connections, incidents, reputation',
        tags: TAGS,
        params: AddressParams,
        querystring: AddressQuery,
        response: { 200: AddressSchema },
      },
    },
    async ({ params, query }) => shown(await weir.context(params.address, query.limit)),
  );
  api.get(
    '/api/v1/addresses/:address/reputation',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'The reputation of an address, each point explained',
        tags: TAGS,
        params: AddressParams,
        response: { 200: ReputationSchema },
      },
    },
    ({ params }) => weir.reputation(params.address),
  );
  api.delete(
    '/api/v1/addresses/:address/reputation',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Forget what speaks against an address',
        tags: TAGS,
        params: AddressParams,
        response: { 200: DoneSchema },
      },
    },
    ({ params, principal }) => weir.reset(params.address, principal?.name ?? ''),
  );
  api.get(
    '/api/v1/addresses/:address/behaviour',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'What an address, or a network, did to web servers lately',
        tags: ['web'],
        params: AddressParams,
        querystring: BehaviourQuery,
        response: { 200: BehaviourSchema },
      },
    },
    ({ params, query }) => weir.behaviour(params.address, query.seconds),
  );
  api.get(
    '/api/v1/reputations/:subject',
    {
      config: { access: 'viewer' },
      schema: {
        summary:
          'The reputation of an address, a /64 (its slash written as %2F) or a JA4, each point explained',
        tags: TAGS,
        params: SubjectParams,
        response: { 200: ReputationSchema },
      },
    },
    ({ params }) => weir.reputation(params.subject),
  );
}

function shown({ context, ...answer }: ContextAnswer) {
  if (context === undefined) return answer;
  const { address: _, ports, protocols, ...activity } = context;
  const counts = (pairs: readonly (readonly [string, number])[]) =>
    pairs.map(([name, count]) => ({ name, count }));
  return { ...answer, activity: { ...activity, ports: counts(ports), protocols: counts(protocols) } };
}
