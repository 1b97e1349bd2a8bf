import Type from 'typebox';
import { parseDuration } from '../../config/quantity.ts';
import { CODE_MS } from '../auth/codes.ts';
import { loginLink } from '../auth/login-link.ts';
import type { Token } from '../auth/tokens.ts';
import type { Backend } from '../backend.ts';
import { Problem } from '../problem.ts';
import {
  LoginLinkSchema,
  LoginLinkWishSchema,
  NewTokenSchema,
  TokenName,
  TokensSchema,
  TokenWishSchema,
} from '../schema/token.ts';
import type { Api } from '../server.ts';

const SHORTEST_MS = 60_000;
const LONGEST_MS = 10 * 366 * 86_400_000;

/** Tokens of programs, and links that log a browser in. */
export function tokensRoutes(api: Api, { configuration }: Backend): void {
  const { gate } = api;
  const tags = ['tokens'];

  api.get(
    '/api/v1/tokens',
    {
      config: { access: 'admin' },
      schema: { summary: 'All tokens, without their secrets', tags, response: { 200: TokensSchema } },
    },
    async () => ({ items: gate.tokens.list().map(shown) }),
  );

  api.post(
    '/api/v1/tokens',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Make a token; the answer alone has its secret',
        tags,
        body: TokenWishSchema,
        response: { 201: NewTokenSchema },
      },
    },
    async ({ body: { name, role, expires }, principal }, reply) => {
      const spanMs = expires === undefined ? undefined : parseDuration(expires);
      if (spanMs !== undefined && !(spanMs >= SHORTEST_MS && spanMs <= LONGEST_MS))
        throw new Problem(
          400,
          'The request is not understood',
          'expires is a time from 1m to 10y, such as 90d',
        );
      const { secret, token } = await gate.tokens.create({
        name,
        role,
        madeBy: principal?.name ?? '',
        ...(spanMs === undefined ? {} : { expiresUs: Math.round((Date.now() + spanMs) * 1000) }),
      });
      return reply.code(201).send({ token: secret, ...shown(token) });
    },
  );

  api.delete(
    '/api/v1/tokens/:name',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Revoke a token; sessions that were begun with it end',
        tags,
        params: Type.Object({ name: TokenName }),
        response: { 204: { type: 'null', description: 'Revoked.' } },
      },
    },
    async ({ params: { name } }, reply) => {
      await gate.tokens.revoke(name);
      return reply.code(204).send();
    },
  );

  api.post(
    '/api/v1/login-links',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Make a link that logs a browser in, once, within 10 minutes',
        tags,
        body: LoginLinkWishSchema,
        response: { 201: LoginLinkSchema },
      },
    },
    async ({ body: { role = 'admin' }, principal }, reply) => {
      const code = gate.codes.make({ name: principal?.name ?? '', role });
      const expiresUs = (Date.now() + CODE_MS) * 1000;
      return reply.code(201).send({ url: loginLink(configuration(), code), role, expiresUs });
    },
  );
}

function shown({ name, role, madeUs, madeBy, expiresUs, lastUsedUs }: Token) {
  return { name, role, madeUs, madeBy, expiresUs, lastUsedUs };
}
