import Type from 'typebox';
import { pageOf } from './page.ts';

/** A stage of an incident. */
export const IncidentStepSchema = Type.Object({
  stage: Type.String(),
  tactic: Type.String({ description: 'Of MITRE ATT&CK; empty where none is known.' }),
  tacticName: Type.String(),
  techniques: Type.Array(Type.Object({ id: Type.String(), name: Type.String() })),
  firstUs: Type.Number(),
  lastUs: Type.Number(),
  count: Type.Integer({ description: 'Pieces of evidence.' }),
  evidence: Type.Array(Type.String(), { description: 'Identifiers of the first and the last of them.' }),
  reason: Type.String(),
  link: Type.String({ description: 'Why it belongs here, for what another address did; empty otherwise.' }),
  threat: Type.Number({ description: '0 to 100.' }),
});

/** Evidence that belongs together. */
export const IncidentSchema = Type.Object(
  {
    id: Type.String(),
    title: Type.String(),
    status: Type.Enum(['open', 'closed']),
    severity: Type.Enum(['low', 'medium', 'high', 'critical']),
    score: Type.Number({ description: '0 to 100.' }),
    firstUs: Type.Number(),
    lastUs: Type.Number(),
    steps: Type.Array(IncidentStepSchema),
    tactics: Type.Array(Type.String()),
    attackers: Type.Array(Type.String()),
    victims: Type.Array(Type.String()),
    infrastructure: Type.Array(Type.String()),
    count: Type.Integer({ description: 'Pieces of evidence in all.' }),
    ja4s: Type.Array(Type.String()),
    related: Type.Array(Type.String()),
  },
  { description: 'Evidence that belongs together.' },
);

/** The latest first. */
export const IncidentsSchema = pageOf(IncidentSchema);

/** Which of them. */
export const IncidentsQuery = Type.Object(
  {
    address: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    status: Type.Optional(Type.Enum(['open', 'closed'])),
    minimalScore: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    limit: Type.Integer({ default: 100, minimum: 1, maximum: 1000 }),
    cursor: Type.Optional(Type.String({ maxLength: 256 })),
  },
  { additionalProperties: false },
);

/** An identifier of an incident, a correlation, a decision or an exception. */
export const IdentifierParams = Type.Object({ id: Type.String({ pattern: '^[a-z0-9]{1,64}$' }) });
