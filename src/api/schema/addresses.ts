import Type from 'typebox';
import { IncidentSchema } from './incidents.ts';
import { SubjectKindSchema } from './threats.ts';

/** A name and how often it was there. */
export const CountSchema = Type.Object({ name: Type.String(), count: Type.Integer() });
const counts = Type.Array(CountSchema);

/** What speaks against an address, all taken together. */
export const AssessmentSchema = Type.Object({
  score: Type.Number({ description: '0 to 100.' }),
  decides: SubjectKindSchema,
  own: Type.Number(),
  network: Type.Optional(Type.Number({ description: 'Of its /64.' })),
  ja4: Type.Optional(
    Type.Object({
      score: Type.Number(),
      addresses: Type.Number(),
      good: Type.Number(),
      counts: Type.Boolean({ description: 'It is held against the address.' }),
    }),
  ),
});

/** One thing of a timeline, in words. */
export const TimelineEntrySchema = Type.Object({
  timeUs: Type.Number(),
  kind: Type.Enum(['request', 'waf', 'flow', 'name', 'file', 'alert', 'decision']),
  text: Type.String(),
  id: Type.String({ description: 'Reference, community id or identifier; empty without.' }),
});

/** A connection that web requests came over; empty and -1 where something is not known. */
export const RequestConnectionSchema = Type.Object({
  communityId: Type.String(),
  ja4: Type.String(),
  tlsVersion: Type.String(),
  rttClientUs: Type.Number(),
  bytesToServer: Type.Number(),
  bytesToClient: Type.Number(),
  application: Type.String(),
  tunnel: Type.String(),
  upstream: Type.String({ description: 'Community id of the connection behind the proxy.' }),
  upstreamServer: Type.String(),
  upstreamRttUs: Type.Number(),
});

const name = Type.Object({ timeUs: Type.Number(), name: Type.String() });

/** What an address did lately; lists have the newest first. */
export const AddressActivitySchema = Type.Object({
  firstUs: Type.Number(),
  lastUs: Type.Number(),
  counts: Type.Record(Type.String(), Type.Integer()),
  requests: Type.Array(
    Type.Object({
      timeUs: Type.Number(),
      stream: Type.Enum(['active', 'passive']),
      method: Type.String(),
      host: Type.String(),
      path: Type.String(),
      status: Type.Integer(),
      action: Type.String(),
      reference: Type.String(),
      communityId: Type.String(),
    }),
  ),
  matches: Type.Array(
    Type.Object({
      timeUs: Type.Number(),
      ruleId: Type.Integer(),
      message: Type.String(),
      category: Type.String(),
      severity: Type.String(),
      score: Type.Number(),
      host: Type.String(),
      path: Type.String(),
      method: Type.String(),
      action: Type.String(),
      reference: Type.String(),
    }),
  ),
  flows: Type.Array(
    Type.Object({
      timeUs: Type.Number(),
      untilUs: Type.Number(),
      isOpen: Type.Boolean(),
      isClient: Type.Boolean(),
      peer: Type.String(),
      port: Type.Integer(),
      proto: Type.String(),
      protocol: Type.String(),
      application: Type.String(),
      bytesSent: Type.Number(),
      bytesReceived: Type.Number(),
      communityId: Type.String(),
      ja4: Type.String(),
      tlsVersion: Type.String(),
      rttClientUs: Type.Number(),
    }),
  ),
  ports: counts,
  protocols: counts,
  namesAsked: Type.Array(name),
  namesResolved: Type.Array(name),
  files: Type.Array(
    Type.Object({
      timeUs: Type.Number(),
      name: Type.String(),
      mimeType: Type.String(),
      size: Type.Number(),
      sha256: Type.String(),
      peer: Type.String(),
      isReceived: Type.Boolean(),
    }),
  ),
  alerts: Type.Array(
    Type.Object({
      timeUs: Type.Number(),
      kind: Type.Enum(['evidence', 'overflow', 'alert', 'anomaly']),
      role: Type.Enum(['source', 'target']),
      peer: Type.String(),
      reason: Type.String(),
      source: Type.String(),
      id: Type.String(),
      threat: Type.Number(),
    }),
  ),
  decisions: Type.Array(
    Type.Object({
      timeUs: Type.Number(),
      change: Type.Enum(['taken', 'ended', 'refused']),
      type: Type.String(),
      origin: Type.String(),
      reason: Type.String(),
      untilUs: Type.Number(),
      id: Type.String(),
    }),
  ),
  ja4s: Type.Array(Type.String()),
  timeline: Type.Array(TimelineEntrySchema),
});

/** All that is known of an address. */
export const AddressSchema = Type.Object(
  {
    address: Type.String(),
    assessment: AssessmentSchema,
    banned: Type.Boolean(),
    activity: Type.Optional(AddressActivitySchema),
    connections: Type.Array(RequestConnectionSchema),
    incidents: Type.Array(IncidentSchema),
  },
  { description: 'All that is known of an address; without `activity` nothing of it was seen lately.' },
);

/** What a score is made of. */
export const ExplanationSchema = Type.Object({
  subject: Type.String(),
  kind: SubjectKindSchema,
  nowUs: Type.Number(),
  score: Type.Number(),
  sum: Type.Number(),
  capped: Type.Boolean(),
  earlier: Type.Optional(
    Type.Object({
      count: Type.Integer(),
      firstUs: Type.Number(),
      untilUs: Type.Number(),
      left: Type.Number(),
    }),
  ),
  contributions: Type.Array(
    Type.Object({
      type: Type.String(),
      source: Type.String(),
      address: Type.String(),
      reason: Type.String(),
      evidence: Type.Array(Type.String()),
      count: Type.Integer(),
      firstUs: Type.Number(),
      lastUs: Type.Number(),
      weight: Type.Number(),
      fresh: Type.Number({ description: 'Points when it was fresh.' }),
      left: Type.Number({ description: 'Points that are left.' }),
    }),
  ),
});

/** A reputation with its reasons. */
export const ReputationSchema = Type.Object(
  {
    subject: Type.String(),
    score: Type.Number(),
    explanation: Type.Optional(ExplanationSchema),
  },
  { description: 'Without `explanation` nothing speaks against it.' },
);

/** What an address did to web servers within a time. */
export const BehaviourSchema = Type.Object({
  address: Type.String(),
  fromUs: Type.Number(),
  toUs: Type.Number(),
  requests: Type.Integer(),
  blocked: Type.Integer(),
  highestScore: Type.Number(),
  firstUs: Type.Number(),
  lastUs: Type.Number(),
  hosts: counts,
  paths: counts,
  methods: counts,
  statuses: counts,
  categories: counts,
  userAgents: counts,
  sessions: Type.Array(
    Type.Object({
      firstUs: Type.Number(),
      lastUs: Type.Number(),
      requests: Type.Integer(),
      userAgent: Type.String(),
    }),
  ),
  sessionCount: Type.Integer(),
});

/** An address. */
export const AddressParams = Type.Object({ address: Type.String({ minLength: 2, maxLength: 64 }) });
/** An address, the /64 of an IPv6 address, or a JA4. */
export const SubjectParams = Type.Object({ subject: Type.String({ minLength: 1, maxLength: 64 }) });
export const AddressQuery = Type.Object(
  { limit: Type.Integer({ default: 100, minimum: 1, maximum: 1000, description: 'Of the timeline.' }) },
  { additionalProperties: false },
);
export const BehaviourQuery = Type.Object(
  {
    seconds: Type.Integer({
      default: 3600,
      minimum: 1,
      maximum: 31_622_400,
      description: 'So long back from now.',
    }),
  },
  { additionalProperties: false },
);

/** What became of a change, in a sentence. */
export const DoneSchema = Type.Object({ done: Type.String() });
