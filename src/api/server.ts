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
import { installAccess } from './auth/install.ts';
import type { Backend } from './backend.ts';
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
  await installAccess(api, backend);
  await api.register(async (scope) => routes(scope.withTypeProvider<ApiTypes>(), backend));
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
