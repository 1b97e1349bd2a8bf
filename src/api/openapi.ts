import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { RouteOptions } from 'fastify';
import Type from 'typebox';
import { CONTENT_SECURITY_POLICY } from './auth/headers.ts';
import { PROBLEM_TYPE } from './problem.ts';
import { ProblemSchema } from './schema/problem.ts';
import type { Api } from './server.ts';

/** Where the page is that shows the document. */
const REFERENCE = '/api/reference';

const DESCRIPTION = `What the console and the command line can do.

Programs send \`Authorization: Bearer TOKEN\` with a token of \`weir token create\`; \`x-role\` of each operation says
which role it takes. Errors are problems (RFC 9457). Times are microseconds since 1970 in fields that end in \`Us\`.
Lists that have \`next\` go on with \`?cursor=\` and its value.`;

/** What the plugin takes as a schema; our own says more than its types know. */
type Described = Parameters<NonNullable<swagger.FastifyDynamicSwaggerOptions['transform']>>[0];

/** Describes all routes that are added behind it (OpenAPI 3.1), and shows that on a page. `onRoute` is told of each. */
export async function installOpenApi(api: Api, onRoute: (route: RouteOptions) => void): Promise<void> {
  await api.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      // Of the API, not of weir: who is not logged in need not know that.
      info: { title: 'weir', version: 'v1', description: DESCRIPTION },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'A token of `weir token create`.' },
          cookie: {
            type: 'apiKey',
            in: 'cookie',
            name: 'weir_session',
            description:
              'A login of the console; with TLS its name is __Host-weir_session. Changes need x-csrf-token.',
          },
        },
      },
    },
    transform: describe,
  });
  api.addHook('onRoute', openReference);
  api.addHook('onRoute', onRoute);
  await api.register(swaggerUi, {
    routePrefix: REFERENCE,
    // Its pages are strict enough for the policy of the console: no scripts and styles but from files.
    staticCSP: CONTENT_SECURITY_POLICY,
    // Without the bar that loads other documents.
    uiConfig: { layout: 'BaseLayout', deepLinking: true, validatorUrl: null, displayRequestDuration: true },
    theme: { title: 'weir: API', favicon: [] },
    logLevel: 'silent',
  });
  api.get(
    '/api/v1/openapi.json',
    {
      config: { access: 'public' },
      schema: {
        summary: 'This document',
        tags: ['system'],
        response: { 200: Type.Object({}, { additionalProperties: true, description: 'OpenAPI 3.1.' }) },
      },
    },
    async () => api.swagger(),
  );
}

/** The reference says no more than weir's source does. */
function openReference(route: RouteOptions): void {
  if (route.url !== REFERENCE && !route.url.startsWith(`${REFERENCE}/`)) return;
  route.config = { ...route.config, access: 'public' };
}

/** Adds to a route's schema what follows from who may use it. */
function describe({ schema, url, route }: Described): { schema: Described['schema']; url: string } {
  const { access = 'admin' } = route.config ?? {};
  const problem = { ...ProblemSchema };
  const answers: Record<string, unknown> = {
    ...(access === 'public' ? {} : { 401: problem, 403: problem }),
    default: problem,
  };
  const response: Record<string, unknown> = {};
  const own = (schema?.response ?? textAnswer(schema)) as object;
  for (const [status, answer] of Object.entries({ ...answers, ...own })) {
    response[status] = Number(status) >= 400 || status === 'default' ? asProblem(answer as object) : answer;
  }
  return {
    url,
    schema: {
      ...schema,
      security: access === 'public' ? [] : [{ bearer: [] }, { cookie: [] }],
      'x-role': access,
      response,
    } as Described['schema'],
  };
}

/** What is no JSON has no schema in its route, which would be applied to it, but says its media types. */
function textAnswer(schema: Described['schema']): object {
  const types = schema !== undefined && 'produces' in schema ? (schema.produces ?? []) : [];
  const content = Object.fromEntries(types.map((type) => [type, { schema: { type: 'string' } }]));
  return types.length === 0 ? {} : { 200: { description: 'Text.', content } };
}

function asProblem(schema: object): object {
  const description = 'description' in schema ? schema.description : 'What went wrong (RFC 9457).';
  return { description, content: { [PROBLEM_TYPE]: { schema } } };
}
