import rateLimit from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import { mayAct } from '../access.ts';
import type { Backend } from '../backend.ts';
import { isFromSocket } from '../listen.ts';
import { Problem } from '../problem.ts';
import type { Api } from '../server.ts';
import { addressKey, addressOf, Gate, type Visitor } from './gate.ts';
import { setHeaders } from './headers.ts';
import { OpenAnswers } from './open-answers.ts';
import { checkHost, checkOrigin } from './origin.ts';
import { sentSummary } from './sent-summary.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Who comes in. */
    readonly gate: Gate;
  }
  interface FastifyRequest {
    /** Who asks, as the gate knows them. */
    visitor: Visitor | undefined;
    /** A login, which is put on record whatever the method. */
    login: 'done' | 'failed' | undefined;
    /** It has turned out that nothing is to be changed. */
    isAsking: boolean;
  }
}

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Every route needs a role; one that names none needs an administrator. */
export async function installAccess(api: Api, backend: Backend): Promise<void> {
  const gate = new Gate(backend);
  const open = new OpenAnswers();
  api.decorate('gate', gate);
  api.decorateRequest('principal', undefined);
  api.decorateRequest('visitor', undefined);
  api.decorateRequest('login', undefined);
  api.decorateRequest('isAsking', false);
  await api.register(rateLimit, { global: false });
  const rate = api.createRateLimit({
    max: () => backend.configuration().rate,
    timeWindow: 60_000,
    keyGenerator: ({ raw }) => addressKey(raw),
  });

  api.addHook('onRequest', async (request, reply) => {
    setHeaders(reply.raw);
    if (isFromSocket(request.raw)) return;
    checkHost(request.raw, backend.configuration());
    const limit = await rate(request);
    if (limit.isAllowed || !limit.isExceeded) return;
    const { rate: most } = backend.configuration();
    throw new Problem(429, 'Too many requests', `${most} in a minute are allowed: api.rate`, {
      'retry-after': String(limit.ttlInSeconds),
    });
  });

  api.addHook('onRequest', async (request, reply) => {
    const needed = request.routeOptions.config?.access ?? 'admin';
    const changes = !READING.has(request.method);
    const visitor = visitorOf(gate, request, needed === 'public' || request.is404);
    request.visitor = visitor;
    request.principal = visitor?.principal;
    if (request.is404) return;
    if (changes && visitor?.principal.by !== 'token' && !isFromSocket(request.raw)) checkOrigin(request.raw);
    if (needed === 'public') return;
    if (visitor === undefined) {
      throw new Problem(401, 'Not logged in', "log in, or send a token: 'weir token create' makes one", {
        'www-authenticate': 'Bearer realm="weir"',
      });
    }
    if (!mayAct(visitor.principal.role, needed)) {
      throw new Problem(
        403,
        'Not allowed',
        `this needs the role ${needed}, ${visitor.principal.name} is ${visitor.principal.role}`,
      );
    }
    if (changes) gate.checkCsrf(request.raw, visitor);
    open.watch(reply.raw, () => mayStay(gate, request, needed));
  });

  api.addHook('onResponse', async (request, reply) => {
    const { principal, method, routeOptions } = request;
    const changes = !READING.has(method) && routeOptions.config?.asks !== true && !request.isAsking;
    const isChange = principal !== undefined && changes && !request.is404;
    if (!isChange && request.login === undefined) return;
    const who = request.login === 'failed' ? undefined : principal;
    gate.audit.write({
      name: who?.name ?? '',
      ...(who === undefined ? {} : { role: who.role }),
      by: who?.by ?? 'nobody',
      address: addressOf(request.raw),
      method,
      route: routeOptions.url ?? '',
      params: sentSummary(request.params),
      status: reply.statusCode,
      sent: { ...sentSummary(request.query), ...sentSummary(request.body) },
    });
  });
  api.addHook('onClose', async () => {
    open.end();
    gate.audit.close();
  });
}

/** Who asks; who sends a wrong token to what is public is nobody there, and fails everywhere else. */
function visitorOf(gate: Gate, request: FastifyRequest, isPublic: boolean): Visitor | undefined {
  try {
    return gate.visitor(request.raw);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 401) request.login = 'failed';
    if (isPublic) return undefined;
    throw error;
  }
}

/** Whether who began to read an answer that goes on may read on. */
function mayStay(gate: Gate, { raw }: FastifyRequest, needed: 'viewer' | 'operator' | 'admin'): boolean {
  try {
    const visitor = gate.visitor(raw);
    return visitor !== undefined && mayAct(visitor.principal.role, needed);
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}
