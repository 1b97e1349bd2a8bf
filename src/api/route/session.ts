import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { VERSION } from '../../config/index.ts';
import type { Principal } from '../access.ts';
import { cookieOf, cookieText } from '../auth/cookie.ts';
import { failurePage } from '../auth/failure-page.ts';
import { type Gate, SESSION_COOKIE } from '../auth/gate.ts';
import { OPENID_LOGIN_SECONDS } from '../auth/openid.ts';
import { checkOrigin } from '../auth/origin.ts';
import { csrfOf } from '../auth/secret.ts';
import type { Session } from '../auth/sessions.ts';
import type { Backend } from '../backend.ts';
import { bodyOf, PROBLEM_TYPE, Problem, problemOf } from '../problem.ts';
import {
  LoginSchema,
  type LoginWaysSchema,
  NoSessionSchema,
  OpenIdAnswerQuery,
  SessionSchema,
} from '../schema/session.ts';
import type { Api } from '../server.ts';

/** The cookie of a login that is under way at a provider. */
const PENDING_COOKIE = 'weir_login';

type Whom = Pick<Session, 'name' | 'role' | 'tokenId'>;

/** Login and logout of browsers. */
export function sessionRoutes(api: Api, { configuration }: Backend): void {
  const { gate } = api;
  const tags = ['session'];

  /** Begins a session and sets its cookie; one that the browser had ends. */
  const begin = async (request: FastifyRequest, reply: FastifyReply, whom: Whom) => {
    const { sessionMs } = configuration();
    const before = cookieOf(request.raw, SESSION_COOKIE);
    if (before !== undefined) await gate.sessions.end(before);
    const cookie = await gate.sessions.begin(whom, sessionMs);
    gate.succeeded(request.raw);
    reply.header('set-cookie', cookieText(request.raw, SESSION_COOKIE, cookie, Math.floor(sessionMs / 1000)));
    const principal: Principal = { name: whom.name, role: whom.role, by: 'session' };
    request.principal = principal;
    request.login = 'done';
    return { principal, csrf: csrfOf(cookie), loginWays: loginWays(gate), version: VERSION };
  };

  const sayInBrowser = (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const problem = problemOf(error);
    if (problem === undefined || !/\btext\/html\b/.test(request.headers.accept ?? '')) {
      api.errorHandler(error, request, reply);
      return;
    }
    reply
      .code(problem.status)
      .headers(problem.headers)
      .type('text/html; charset=utf-8')
      .send(failurePage(problem));
  };

  api.get(
    '/api/v1/session',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Who is logged in, or how to log in',
        tags,
        response: { 200: SessionSchema, 401: NoSessionSchema },
      },
    },
    async ({ visitor }, reply) => {
      const ways = loginWays(gate);
      if (visitor !== undefined)
        return { principal: visitor.principal, csrf: visitor.csrf ?? '', loginWays: ways, version: VERSION };
      const problem = bodyOf(
        new Problem(401, 'Not logged in', "log in with a token: 'weir token login' prints a link"),
      );
      return reply
        .code(401)
        .type(PROBLEM_TYPE)
        .send({ ...problem, loginWays: ways });
    },
  );

  api.post(
    '/api/v1/session',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Log in with a token or with the code of a link',
        description: 'Sets the cookie of the session.',
        tags,
        body: LoginSchema,
        response: { 200: SessionSchema },
      },
    },
    async (request, reply) => {
      // The hook lets pass who has a token of their own; a cookie is for browsers.
      checkOrigin(request.raw);
      const { token, code } = request.body;
      const found = token === undefined ? undefined : gate.tokens.find(token);
      if (found !== undefined) gate.tokens.used(found);
      const whom: Whom | undefined =
        found === undefined
          ? code === undefined
            ? undefined
            : gate.codes.take(code)
          : { name: found.name, role: found.role, tokenId: found.id };
      if (whom !== undefined) return begin(request, reply, { ...whom });
      gate.failed(request.raw);
      request.login = 'failed';
      throw new Problem(
        401,
        'Not logged in',
        code === undefined
          ? "the token is unknown, revoked or expired: 'weir token create' makes one"
          : "the link was used already, or is older than 10 minutes: 'weir token login' makes another",
      );
    },
  );

  api.delete(
    '/api/v1/session',
    {
      config: { access: 'viewer' },
      schema: { summary: 'Log out', tags, response: { 204: { type: 'null', description: 'Logged out.' } } },
    },
    async (request, reply) => {
      const cookie = cookieOf(request.raw, SESSION_COOKIE);
      if (cookie !== undefined) await gate.sessions.end(cookie);
      return reply
        .header('set-cookie', cookieText(request.raw, SESSION_COOKIE, '', 0))
        .code(204)
        .send();
    },
  );

  api.get(
    '/api/v1/session/oidc',
    {
      exposeHeadRoute: false,
      errorHandler: sayInBrowser,
      config: { access: 'public' },
      schema: {
        summary: 'Log in at the provider',
        description: 'For browsers: leads to the provider.',
        tags,
        response: { 303: { type: 'null', description: 'To the provider.' } },
      },
    },
    async (request, reply) => {
      const { url, pending } = await gate.openId.begin();
      // Lax: the browser comes back from another site.
      reply.header(
        'set-cookie',
        cookieText(request.raw, PENDING_COOKIE, pending, OPENID_LOGIN_SECONDS, 'Lax'),
      );
      return reply.redirect(url, 303);
    },
  );

  api.get(
    '/api/v1/session/oidc/callback',
    {
      exposeHeadRoute: false,
      errorHandler: sayInBrowser,
      config: { access: 'public' },
      schema: {
        summary: 'Where the provider sends browsers back to',
        tags,
        querystring: OpenIdAnswerQuery,
        response: { 303: { type: 'null', description: 'To the console.' } },
      },
    },
    async (request, reply) => {
      try {
        const search = request.raw.url?.split('?', 2)[1] ?? '';
        const whom = await gate.openId.end(search, cookieOf(request.raw, PENDING_COOKIE));
        await begin(request, reply, whom);
      } catch (error) {
        if (error instanceof Problem && error.status !== 503) {
          gate.failed(request.raw);
          request.login = 'failed';
        }
        throw error;
      }
      const gone = cookieText(request.raw, PENDING_COOKIE, '', 0, 'Lax');
      reply.header('set-cookie', gone);
      return reply.redirect('/', 303);
    },
  );
}

function loginWays({ openId }: Gate): Static<typeof LoginWaysSchema> {
  return { token: true, ...(openId.name === undefined ? {} : { oidc: { name: openId.name } }) };
}
