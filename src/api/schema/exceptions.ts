import Type from 'typebox';

const text = (maxLength: number) => Type.Optional(Type.String({ minLength: 1, maxLength }));

/** What an exception is for: all that is given must hold. */
export const ExceptionMatchSchema = Type.Object({
  address: Type.Optional(Type.String()),
  network: Type.Optional(Type.String()),
  target: Type.Optional(Type.String()),
  host: Type.Optional(Type.String()),
  path: Type.Optional(Type.String({ description: 'Whole segments that the path begins with.' })),
  ruleId: Type.Optional(Type.String()),
  scenario: Type.Optional(Type.String()),
  ja4: Type.Optional(Type.String()),
});

/** Something that does not count as evidence. */
export const ExceptionSchema = Type.Object({
  id: Type.String(),
  match: ExceptionMatchSchema,
  untilMs: Type.Optional(Type.Number({ description: 'Without, it does not end.' })),
  author: Type.String(),
  reason: Type.String(),
  createdMs: Type.Number(),
  used: Type.Integer({ description: 'How often it was.' }),
  lastUsedUs: Type.Number(),
});

/** All of them. */
export const ExceptionsSchema = Type.Object({ items: Type.Array(ExceptionSchema) });

/** An exception that is wanted. */
export const ExceptionBody = Type.Object(
  {
    match: Type.Object(
      {
        address: text(64),
        network: text(64),
        target: text(64),
        host: text(256),
        path: text(1024),
        ruleId: text(16),
        scenario: text(256),
        ja4: text(64),
      },
      { additionalProperties: false, minProperties: 1 },
    ),
    reason: Type.String({ minLength: 1, maxLength: 512 }),
    durationMs: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 316_224_000_000,
      description: '0: it does not end.',
    }),
  },
  { additionalProperties: false },
);

/** What weir learned from marks and proposes to change; nothing of it applies before somebody accepts it. */
export const ProposalSchema = Type.Object({
  id: Type.String(),
  kind: Type.Enum(['exception', 'weight', 'none']),
  why: Type.String(),
  match: Type.Optional(ExceptionMatchSchema),
  source: Type.Optional(Type.String({ description: 'Whose weight it is about: a rule or scenario.' })),
  rule: Type.Optional(Type.String({ description: 'For which nothing is proposed.' })),
  weight: Type.Optional(Type.Number()),
  proposed: Type.Optional(Type.Number()),
  falsePositives: Type.Integer(),
  truePositives: Type.Optional(Type.Integer()),
  evidence: Type.Array(Type.String()),
  authors: Type.Optional(Type.Array(Type.String())),
  confidence: Type.Optional(Type.Number({ description: '0 to 1.' })),
});

/** All of them. */
export const ProposalsSchema = Type.Object({ items: Type.Array(ProposalSchema) });

const listed = <T extends Type.TSchema>(item: T) =>
  Type.Object({ count: Type.Integer(), first: Type.Array(item) });
const score = { address: Type.String(), before: Type.Number(), after: Type.Number() };
const ban = Type.Object({ ...score, timeUs: Type.Number() });

/** What would have been different over what is stored. */
export const DifferenceSchema = Type.Object({
  evidence: Type.Integer(),
  isCut: Type.Boolean(),
  leftOut: listed(Type.String()),
  scores: listed(Type.Object(score)),
  bansGone: listed(ban),
  bansNew: listed(ban),
  missed: listed(
    Type.Object({
      evidenceId: Type.String(),
      address: Type.String(),
      how: Type.Enum(['excepted', 'not banned']),
    }),
  ),
});

/** What became of a change. */
export const ChangedSchema = Type.Object({
  done: Type.String(),
  difference: Type.Optional(DifferenceSchema),
});
