import { ControlError, type DecisionWish } from '../../control/index.ts';
import { parseAddress, parsePrefix } from '../../net/index.ts';
import type { Backend } from '../backend.ts';
import { cursorOf, readCursor } from '../cursor.ts';
import { Problem } from '../problem.ts';
import {
  DecidedSchema,
  DecisionBody,
  DecisionSchema,
  DecisionsQuery,
  DecisionsSchema,
  LiftedSchema,
  LiftQuery,
  PlanBody,
  PlanSchema,
} from '../schema/decisions.ts';
import { IdentifierParams } from '../schema/incidents.ts';
import type { Api } from '../server.ts';

const TAGS = ['decisions'];
/** Of the flows that a plan would cut, so many are named. */
const MOST_FLOWS = 50;
const REFUSED = 'refused: ';

/** What is decided, and deciding. */
export function decisionsRoutes(api: Api, { weir }: Backend): void {
  api.get(
    '/api/v1/decisions',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Decisions that are in force, the newest first',
        tags: TAGS,
        querystring: DecisionsQuery,
        response: { 200: DecisionsSchema },
      },
    },
    async ({ query: { value = '', limit, cursor, ...filter } }) => {
      const [createdMs, id] = readCursor(cursor, ['number', 'string']) ?? [];
      const after = id === undefined ? {} : { after: { createdMs: Number(createdMs), id: String(id) } };
      const { decisions, ...rest } = await weir.decisions(value, limit + 1, { ...filter, ...after });
      const items = decisions.slice(0, limit);
      const last = items.at(-1);
      return decisions.length > limit && last !== undefined
        ? { ...rest, items, next: cursorOf([last.createdMs, last.id]) }
        : { ...rest, items };
    },
  );
  api.get(
    '/api/v1/decisions/:id',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'A decision that is in force',
        tags: TAGS,
        params: IdentifierParams,
        response: { 200: DecisionSchema },
      },
    },
    async ({ params: { id } }) => {
      const [found] = (await weir.decisions('', 1, { id })).decisions;
      if (found !== undefined) return found;
      throw nothing(`no decision ${id} is in force`);
    },
  );
  api.post(
    '/api/v1/decisions/plan',
    {
      config: { access: 'viewer', asks: true },
      schema: {
        summary: 'What a decision would do; nothing is changed',
        tags: TAGS,
        body: PlanBody,
        response: { 200: PlanSchema },
      },
    },
    async ({ body, principal }) => {
      const wish = wishOf(body, principal?.name ?? '');
      const { mode, lines } = await weir.plan(wish);
      const refusals = lines.filter((line) => line.startsWith(REFUSED));
      const isRefused = refusals.length > 0;
      const cut = wish.type === 'ban' && !isRefused ? await openFlows(weir, wish) : undefined;
      return {
        mode,
        isRefused,
        refusals: refusals.map((line) => line.slice(REFUSED.length)),
        lines: lines.filter((line) => !line.startsWith(REFUSED)),
        ...(cut === undefined ? {} : { connections: cut }),
      };
    },
  );
  api.post(
    '/api/v1/decisions',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Decide: ban, throttle, redirect, challenge or allow',
        tags: TAGS,
        body: DecisionBody,
        response: { 200: DecidedSchema },
      },
    },
    async ({ body: { force, ...body }, principal }) => {
      if (force && principal?.role !== 'admin') {
        throw new Problem(403, 'Not allowed', 'to decide against guards needs the role admin');
      }
      const outcome = await weir.ban(wishOf(body, principal?.name ?? ''), force);
      if ('refused' in outcome) {
        throw new Problem(409, 'Refused', `${outcome.refused} (${outcome.guard})`);
      }
      const { decided } = outcome;
      return { mode: decided.simulated ? 'observe' : 'enforce', decision: decided };
    },
  );
  api.delete(
    '/api/v1/decisions/:id',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Lift a decision',
        tags: TAGS,
        params: IdentifierParams,
        response: { 200: LiftedSchema },
      },
    },
    async ({ params: { id }, principal }) => lifted(await weir.unban(id, principal?.name ?? ''), id),
  );
  api.delete(
    '/api/v1/decisions',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Lift all decisions about an address, a network or a session',
        tags: TAGS,
        querystring: LiftQuery,
        response: { 200: LiftedSchema },
      },
    },
    async ({ query: { value }, principal }) => lifted(await weir.unban(value, principal?.name ?? ''), value),
  );
  api.post(
    '/api/v1/decisions/undo',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Take back what you decided or lifted last, in one step',
        tags: TAGS,
        response: { 200: LiftedSchema },
      },
    },
    async ({ principal }) => {
      const undone = await weir.undo(principal?.name ?? '');
      if (undone.lifted.length > 0) return undone;
      throw new Problem(409, 'Nothing to take back', 'you have decided and lifted nothing lately');
    },
  );
}

/** A wish as the responder takes it. Throws a {@link Problem}. */
function wishOf(
  { scope, ...wish }: Omit<DecisionWish, 'scope' | 'author'> & { readonly scope?: DecisionWish['scope'] },
  author: string,
): DecisionWish {
  const known = scope ?? scopeOf(wish.value);
  if (known !== undefined) return { ...wish, scope: known, author };
  throw new Problem(
    400,
    'The request is not understood',
    `'${wish.value.slice(0, 60)}' is no address, no network and no session (cookie:NAME:DIGITS, ja4:FINGERPRINT)`,
  );
}

function scopeOf(value: string): DecisionWish['scope'] | undefined {
  if (parseAddress(value) !== undefined) return 'address';
  if (parsePrefix(value) !== undefined) return 'range';
  return /^(?:cookie|ja4):/.test(value) ? 'session' : undefined;
}

/** Flows that are open with whom a ban is about; undefined where nobody knows. */
async function openFlows(weir: Backend['weir'], { scope, value }: DecisionWish) {
  if (scope === 'session') return undefined;
  try {
    const { flows, matching } = await weir.open({ address: value }, MOST_FLOWS);
    return { count: matching, first: flows };
  } catch (error) {
    if (error instanceof ControlError && error.code === 'off') return undefined;
    throw error;
  }
}

function lifted<T extends { readonly lifted: readonly unknown[] }>(answer: T, what: string): T {
  if (answer.lifted.length > 0) return answer;
  throw nothing(`nothing is decided about ${what.slice(0, 100)}`);
}

function nothing(detail: string): Problem {
  return new Problem(404, 'There is no such thing', detail);
}
