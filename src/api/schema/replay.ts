import Type from 'typebox';
import { TimeRangeQuery } from '../time-range.ts';

/** Which stored requests. */
export const RequestSelectionSchema = Type.Object(
  {
    address: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    reference: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    host: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    ...TimeRangeQuery.properties,
    minimalScore: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    blocked: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

/** Stored requests, and the rules that they are judged with. */
export const RejudgeBody = Type.Object(
  {
    selection: Type.Optional(RequestSelectionSchema),
    rules: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 262_144,
        description: 'SecLang, behind the rules in force; files cannot be named in it.',
      }),
    ),
    paranoia: Type.Optional(Type.Integer({ minimum: 1, maximum: 4 })),
  },
  { additionalProperties: false },
);

const change = Type.Object({
  reference: Type.String(),
  timeUs: Type.Number(),
  client: Type.String(),
  method: Type.String(),
  host: Type.String(),
  path: Type.String(),
  before: Type.Array(Type.Integer()),
  after: Type.Array(Type.Integer()),
  ruleId: Type.Integer({ description: 'The rule that decides now; 0 where none does.' }),
});

/** What would change with other rules. */
export const RejudgedSchema = Type.Object({
  judged: Type.Integer(),
  left: Type.Integer({ description: 'Not judged because the time was over.' }),
  partial: Type.Integer(),
  limited: Type.Integer(),
  unjudgedBefore: Type.Integer(),
  deniedBefore: Type.Integer(),
  deniedAfter: Type.Integer(),
  highestScore: Type.Number(),
  newlyDenied: Type.Array(change),
  newlyDeniedCount: Type.Integer(),
  noLongerDenied: Type.Array(change),
  noLongerDeniedCount: Type.Integer(),
  rules: Type.Array(Type.Object({ id: Type.Integer(), before: Type.Integer(), after: Type.Integer() })),
  tookMs: Type.Number(),
});

/** Stored requests, and the sandbox that they are sent to. */
export const ReplayBody = Type.Object(
  {
    selection: Type.Optional(RequestSelectionSchema),
    to: Type.String({
      pattern: '^https?://[^/?#@\\s]{1,255}$',
      description: 'Origin of a sandbox, such as http://127.0.0.1:3001; never where they really went.',
    }),
  },
  { additionalProperties: false },
);

const answered = Type.Object({ status: Type.Integer(), bytes: Type.Number(), latencyMs: Type.Number() });

/** What a sandbox answered. */
export const ReplayedSchema = Type.Object({
  sent: Type.Integer(),
  answered: Type.Integer(),
  failed: Type.Integer(),
  otherStatus: Type.Integer(),
  otherLength: Type.Integer(),
  skipped: Type.Integer(),
  left: Type.Integer(),
  comparisons: Type.Array(
    Type.Object({
      reference: Type.String(),
      method: Type.String(),
      recorded: Type.Optional(answered),
      replayed: Type.Optional(answered),
      error: Type.String(),
      isSameStatus: Type.Boolean(),
    }),
  ),
  tookMs: Type.Number(),
});
