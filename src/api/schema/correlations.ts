import Type from 'typebox';
import { TimeRangeQuery } from '../time-range.ts';

const score = Type.Number({ description: '0 to 100.' });

/** What the address did around it, as the file of correlations has it. */
export const CorrelationContextSchema = Type.Object({
  requests: Type.Array(
    Type.Object({
      method: Type.String(),
      host: Type.String(),
      path: Type.String(),
      status: Type.String(),
    }),
  ),
  flows: Type.Array(
    Type.Object({
      timestamp: Type.String(),
      address: Type.String(),
      peer: Type.String(),
      port: Type.Integer(),
      protocol: Type.String(),
      application: Type.String(),
      bytes: Type.Number(),
    }),
  ),
  matches: Type.Array(
    Type.Object({
      timestamp: Type.String(),
      host: Type.String(),
      path: Type.String(),
      method: Type.String(),
      threat: score,
      categories: Type.Array(Type.String()),
      blocked: Type.Boolean(),
      rule: Type.String(),
    }),
  ),
});

/** Both streams' view of one piece of evidence. Texts are empty and numbers -1 where something is not known. */
export const CorrelationSchema = Type.Object(
  {
    id: Type.String({ description: 'Empty where another program wrote it.' }),
    timeUs: Type.Number(),
    address: Type.String(),
    target: Type.String(),
    type: Type.String({ description: 'waf_block, waf_alert, crowdsec_ban, dpi_threat, scanner, ...' }),
    reason: Type.String(),
    threat: score,
    reputation: score,
    banned: Type.Boolean(),
    incident: Type.String(),
    source: Type.String({ description: 'Scenario or rule.' }),
    host: Type.String(),
    path: Type.String(),
    techniques: Type.Array(Type.String(), { description: 'Of MITRE ATT&CK.' }),
    reference: Type.String({ description: 'Of the web request.' }),
    communityId: Type.String(),
    ja4: Type.String(),
    tlsVersion: Type.String(),
    application: Type.String(),
    rttUs: Type.Number(),
    bytesToServer: Type.Number(),
    bytesToClient: Type.Number(),
    joined: Type.String({
      description: 'How the streams were joined: connection, address, or empty: not at all.',
    }),
    joinedRequests: Type.Array(Type.String()),
    joinedFlows: Type.Array(Type.String()),
    sameAs: Type.String({ description: 'Evidence of the same behaviour, which weighs for both.' }),
    context: CorrelationContextSchema,
  },
  { description: 'A piece of evidence with what both streams know of it.' },
);

/** The newest first. */
export const CorrelationsSchema = Type.Object({
  items: Type.Array(CorrelationSchema),
  next: Type.Optional(Type.String()),
  isCutOff: Type.Boolean({
    description: 'The search ended before all was looked at: narrow it by time.',
  }),
});

/** Which of them. */
export const CorrelationsQuery = Type.Object(
  {
    address: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Or a network.' })),
    type: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
    incident: Type.Optional(Type.String({ pattern: '^[a-z0-9]{1,64}$' })),
    minimalScore: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    ...TimeRangeQuery.properties,
    limit: Type.Integer({ default: 100, minimum: 1, maximum: 1000 }),
    cursor: Type.Optional(Type.String({ maxLength: 256 })),
  },
  { additionalProperties: false },
);

/** How many there are. */
export const CorrelationStatisticsSchema = Type.Object({
  total: Type.Integer(),
  high: Type.Integer({ description: 'With a threat of 70 and more.' }),
  banned: Type.Integer(),
  uniqueAddresses: Type.Integer(),
  dropped: Type.Integer({ description: 'Could not be written since the start.' }),
  problem: Type.String({ description: 'Why the last one could not; empty where it could.' }),
});

/** What somebody says against an address. */
export const CorrelationBody = Type.Object(
  {
    address: Type.String({ minLength: 2, maxLength: 64 }),
    type: Type.String({ default: 'manual', pattern: '^[a-zA-Z0-9_-]{1,32}$' }),
    reason: Type.String({ minLength: 1, maxLength: 256 }),
    threat: Type.Integer({ default: 50, minimum: 0, maximum: 100 }),
  },
  { additionalProperties: false },
);

/** What became of it: nothing where an exception is for it. */
export const CorrelatedSchema = Type.Object({ correlation: Type.Optional(CorrelationSchema) });

/** Whether a correlation was right. */
export const MarkBody = Type.Object(
  {
    as: Type.Enum(['true', 'false']),
    note: Type.String({ default: '', maxLength: 256 }),
  },
  { additionalProperties: false },
);
