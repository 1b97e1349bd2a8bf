import type { Static } from 'typebox';
import type {
  AddressSchema,
  ExplanationSchema,
  ReputationSchema,
} from '../../../../src/api/schema/addresses.ts';
import type { CorrelationSchema } from '../../../../src/api/schema/correlations.ts';
import type { ChangedSchema, ProposalSchema } from '../../../../src/api/schema/exceptions.ts';
import type { ConversationSchema } from '../../../../src/api/schema/flow.ts';
import type { IncidentSchema } from '../../../../src/api/schema/incidents.ts';
import type { ReplayedSchema } from '../../../../src/api/schema/replay.ts';
import type { RequestSchema } from '../../../../src/api/schema/request.ts';

/** A piece of evidence with what both streams know of it. */
export type Correlation = Static<typeof CorrelationSchema>;
/** Evidence that belongs together. */
export type Incident = Static<typeof IncidentSchema>;
/** A stage of an incident. */
export type IncidentStep = Incident['steps'][number];
/** All that is known of an address. */
export type AddressKnowledge = Static<typeof AddressSchema>;
/** What an address did lately. */
export type AddressActivity = NonNullable<AddressKnowledge['activity']>;
/** One thing of an address's timeline. */
export type ActivityEntry = AddressActivity['timeline'][number];
/** A reputation with its reasons. */
export type Reputation = Static<typeof ReputationSchema>;
/** What a score is made of. */
export type Explanation = Static<typeof ExplanationSchema>;
/** What somebody may take up. */
export type Proposal = Static<typeof ProposalSchema>;
/** What became of a proposal. */
export type Changed = Static<typeof ChangedSchema>;
/** A flow with all that was recorded of it. */
export type Conversation = Static<typeof ConversationSchema>;
/** A web request of buffer B. */
export type WebRequest = Static<typeof RequestSchema>;
/** What a sandbox answered. */
export type Replayed = Static<typeof ReplayedSchema>;
