import Type from 'typebox';

/** What has a reputation. */
export const SubjectKindSchema = Type.Enum(['address', 'network', 'ja4']);

/** An address, a network or a JA4 that something speaks against. */
export const ThreatSchema = Type.Object(
  {
    subject: Type.String(),
    kind: SubjectKindSchema,
    score: Type.Number({ description: '0 to 100.' }),
    events: Type.Integer({ description: 'Pieces of evidence.' }),
    lastType: Type.Optional(Type.String({ description: 'Type of the latest evidence.' })),
    lastUs: Type.Number(),
    reason: Type.String({ description: 'What was found last, in words.' }),
    banned: Type.Boolean(),
    incident: Type.String({ description: 'Identifier of its open incident; empty without.' }),
  },
  { description: 'What something speaks against.' },
);

/** The worst first. */
export const ThreatsSchema = Type.Object({
  items: Type.Array(ThreatSchema),
  openIncidents: Type.Integer(),
});

/** Which of them. */
export const ThreatsQuery = Type.Object(
  {
    limit: Type.Integer({ default: 100, minimum: 1, maximum: 1000 }),
    minimalScore: Type.Integer({ default: 1, minimum: 0, maximum: 100 }),
    kind: Type.Optional(SubjectKindSchema),
  },
  { additionalProperties: false },
);
