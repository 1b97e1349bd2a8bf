import Type from 'typebox';
import { FlowSchema } from './flow.ts';

const type = Type.Enum(['ban', 'throttle', 'redirect', 'captcha', 'allow']);
const scope = Type.Enum(['address', 'range', 'session']);
const mode = Type.Enum(['observe', 'enforce'], { description: 'observe: nothing is enforced.' });

/** A decision. */
export const DecisionSchema = Type.Object(
  {
    id: Type.String(),
    type,
    scope,
    value: Type.String({ description: 'An address, a network, or a session that the proxy knows.' }),
    origin: Type.String({ description: 'scenario, reputation, user, crowdsec, list.' }),
    reason: Type.String(),
    scenario: Type.String(),
    durationMs: Type.Number(),
    simulated: Type.Boolean({ description: 'It is told of, and not enforced.' }),
    evidence: Type.Array(Type.String(), { description: 'Identifiers of correlations.' }),
    askedMs: Type.Number(),
    author: Type.String({ description: 'Who asked in person; empty for a program.' }),
    createdMs: Type.Number(),
    untilMs: Type.Number(),
  },
  { description: 'What was decided about an address, a network or a session. Times in milliseconds.' },
);

/** The newest first. */
export const DecisionsSchema = Type.Object({
  mode,
  total: Type.Integer(),
  enforcers: Type.Record(Type.String(), Type.Record(Type.String(), Type.Number()), {
    description: 'What enforces them, by name, with what each counts: packets and connections that it hit.',
  }),
  items: Type.Array(DecisionSchema),
  next: Type.Optional(Type.String()),
});

/** Which of them. */
export const DecisionsQuery = Type.Object(
  {
    value: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        description: 'About this address, network or session; networks around an address too.',
      }),
    ),
    type: Type.Optional(type),
    origin: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    limit: Type.Integer({ default: 100, minimum: 1, maximum: 1000 }),
    cursor: Type.Optional(Type.String({ maxLength: 256 })),
  },
  { additionalProperties: false },
);

/** Which are lifted. */
export const LiftQuery = Type.Object(
  { value: Type.String({ minLength: 1, maxLength: 256, pattern: '[^a-z0-9]' }) },
  { additionalProperties: false },
);

const wish = {
  type: Type.Enum(['ban', 'throttle', 'redirect', 'captcha', 'allow'], { default: 'ban' }),
  scope: Type.Optional(
    Type.Enum(['address', 'range', 'session'], { description: 'Without, what the value looks like.' }),
  ),
  value: Type.String({ minLength: 1, maxLength: 256 }),
  durationMs: Type.Integer({ default: 14_400_000, minimum: 1000, maximum: 316_224_000_000 }),
  reason: Type.String({ default: '', maxLength: 512 }),
};

/** A decision that is thought of. */
export const PlanBody = Type.Object(wish, { additionalProperties: false });

/** A decision that is wanted. */
export const DecisionBody = Type.Object(
  {
    ...wish,
    force: Type.Boolean({
      default: false,
      description: 'Against guards that only programs must obey; administrators alone.',
    }),
  },
  { additionalProperties: false },
);

/** What would happen. */
export const PlanSchema = Type.Object({
  mode,
  isRefused: Type.Boolean(),
  refusals: Type.Array(Type.String(), { description: 'What guards say against it.' }),
  lines: Type.Array(Type.String(), { description: 'What each enforcer would do: commands and sentences.' }),
  connections: Type.Optional(
    Type.Object(
      { count: Type.Integer(), first: Type.Array(FlowSchema) },
      { description: 'Open flows that would be cut; missing where nobody follows open flows.' },
    ),
  ),
});

/** What was decided. */
export const DecidedSchema = Type.Object({ mode, decision: DecisionSchema });

/** What was lifted, or taken back. */
export const LiftedSchema = Type.Object({ lifted: Type.Array(DecisionSchema) });
