import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyTypeProvider,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from 'fastify';
import type { Static, TSchema } from 'typebox';
import type { Role } from './access.ts';
import { setHeaders } from './auth/headers.ts';
import { installAccess } from './auth/install.ts';
import type { Backend } from './backend.ts';
import { installConsole } from './console.ts';
import { installOpenApi } from './openapi.ts';
import { bodyOf, PROBLEM_TYPE, Problem, problemOf } from './problem.ts';
import { routes } from './route/index.ts';

/** What handlers get is as its schema says; what they give is held to its schema when it is written, and by tests. */
export interface ApiTypes extends FastifyTypeProvider {
  readonly validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
  readonly serializer: unknown;
}

/** The application: every request goes through it, wherever it came in. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  ApiTypes
>;

/** A route, and who may use it. */
export interface RouteAccess {
  readonly method: string;
  readonly url: string;
  /** Undefined where it does not say: administrators. */
  readonly access: Role | 'public' | undefined;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** All routes, those that are made for HEAD too. */
    readonly routeList: readonly RouteAccess[];
  }
}

/** Bytes of a body; a configuration is the longest that has one. */
const MOST_BODY = 1 << 20;
/** Characters of a part of a path. */
const MOST_PARAMETER = 1024;

/** Makes the application; it listens nowhere yet. */
export async function createApi(backend: Backend): Promise<Api> {
  const api = Fastify({
    logger: false,
    bodyLimit: MOST_BODY,
    routerOptions: { maxParamLength: MOST_PARAMETER, ignoreTrailingSlash: false },
    // A value that is none of its type is refused; texts of the query become numbers where the schema wants them.
    ajv: { customOptions: { coerceTypes: 'array', removeAdditional: false, allErrors: false } },
    exposeHeadRoutes: true,
    forceCloseConnections: true,
    // What never comes to a route, such as a path that cannot be decoded.
    frameworkErrors: (error, _request, reply) => {
      setHeaders(reply.raw);
      sendProblem(
        reply,
        problemOf(error) ?? new Problem(400, 'The request is not understood', error.message),
      );
    },
  }).withTypeProvider<ApiTypes>();
  api.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error);
    if (problem === undefined) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      backend.report(`${request.method} ${request.routeOptions.url ?? '(no route)'}: ${reason}`);
    }
    return sendProblem(
      reply,
      problem ?? new Problem(500, 'Failed', 'weir could not answer: its log says why'),
    );
  });
  api.setNotFoundHandler((request, reply) => sendProblem(reply, nothingAt(request)));
  const list: RouteAccess[] = [];
  api.decorate('routeList', list);
  await installAccess(api, backend);
  await installOpenApi(api, ({ method, url, config }) => {
    for (const one of [method].flat()) list.push({ method: one, url, access: config?.access });
  });
  await api.register(async (scope) => routes(scope.withTypeProvider<ApiTypes>(), backend));
  await installConsole(api);
  await api.ready();
  return api;
}

function nothingAt({ method, url }: FastifyRequest): Problem {
  const path = url.split('?', 1)[0]?.slice(0, 200) ?? '';
  return new Problem(
    404,
    'There is no such thing',
    `${method} ${path}: see /api/reference for what there is`,
  );
}

/** Answers with a problem. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(bodyOf(problem)));
}
