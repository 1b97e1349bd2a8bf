import Type from 'typebox';
import { FlowSelectionQuery, HistoryPageQuery } from '../history-query.ts';
import { pageOf } from './page.ts';
import { RecordSchema } from './record.ts';
import { RequestSchema } from './request.ts';

const optionalNumber = Type.Optional(Type.Number());

/** A flow that has ended. Texts are empty where nothing is known. */
export const FlowSchema = Type.Object(
  {
    timeUs: Type.Number({ description: 'Time of its last packet, microseconds since 1970.' }),
    flowId: optionalNumber,
    source: Type.String(),
    sourcePort: optionalNumber,
    destination: Type.String(),
    destinationPort: optionalNumber,
    transport: Type.String({ description: 'TCP, UDP, ICMP, ...' }),
    communityId: Type.String(),
    protocol: Type.String(),
    application: Type.String(),
    category: Type.String(),
    name: Type.String({ description: "The server's name." }),
    bytesToServer: Type.Number(),
    bytesToClient: Type.Number(),
    packetsToServer: Type.Number(),
    packetsToClient: Type.Number(),
    durationUs: optionalNumber,
    state: Type.String(),
  },
  { description: 'A flow: both directions of a five-tuple.' },
);

/** A page of flows. */
export const FlowsSchema = pageOf(FlowSchema);

/** Which flows. */
export const FlowsQuery = Type.Object(
  { ...FlowSelectionQuery.properties, ...HistoryPageQuery.properties },
  { additionalProperties: false },
);

/** A flow that is open; its counters are those so far. */
export const OpenFlowSchema = Type.Object({
  ...FlowSchema.properties,
  startUs: Type.Number({ description: 'Time of its first packet.' }),
  bitsPerSecond: Type.Number(),
});

/** Flows that are open, those that carry the most at the moment first. */
export const OpenFlowsSchema = Type.Object({
  items: Type.Array(OpenFlowSchema),
  matching: Type.Integer({ description: 'As was asked for, whether listed or not.' }),
  open: Type.Integer(),
  turnedAway: Type.Integer({ description: 'For how many there was no room since the start.' }),
});

/** Which open flows. */
export const OpenFlowsQuery = Type.Object(
  {
    q: FlowSelectionQuery.properties.q,
    address: FlowSelectionQuery.properties.address,
    protocol: FlowSelectionQuery.properties.protocol,
    application: FlowSelectionQuery.properties.application,
    limit: Type.Integer({ default: 100, minimum: 1, maximum: 1000 }),
  },
  { additionalProperties: false },
);

/** Which conversation: the community id of its flow, or the number. */
export const ConversationParams = Type.Object({
  id: Type.String({
    pattern: '^(\\d{1,16}|1:[A-Za-z0-9+/]{27}=)$',
    description: 'Community id (its slashes written as %2F), or number of the flow.',
  }),
});

/** The story of a conversation. */
export const ConversationSchema = Type.Object({
  communityId: Type.String(),
  flows: Type.Array(FlowSchema, { description: 'Those that have ended, the latest first.' }),
  open: Type.Array(OpenFlowSchema, { description: 'That which is open.' }),
  records: Type.Array(RecordSchema, {
    description:
      'Flows, transactions, files, alerts, decisions: all that was recorded of it, the oldest first.',
  }),
  requests: Type.Array(RequestSchema, { description: 'Its web requests that buffer B still has.' }),
  isCutOff: Type.Boolean({ description: 'There are more records or requests than these.' }),
});
