import Type from 'typebox';
import { FlowSchema } from './flow.ts';
import { RecordSchema } from './record.ts';

const text = Type.String({
  description: 'As UTF-8; what cannot be printed is a point.',
});
const base64 = Type.String({ description: 'The bytes themselves.' });

/** What one side said before the other did. */
export const SegmentSchema = Type.Object({
  kind: Type.Enum(['data', 'gap'], { description: 'Payload, or bytes that are not in the captures.' }),
  side: Type.Enum(['client', 'server']),
  timeUs: Type.Number({ description: 'When its first byte could be read.' }),
  offset: Type.Integer({ description: 'Position in the sides that were asked for, without the gaps.' }),
  streamOffset: Type.Integer({ description: 'Position in what this side said, with the gaps.' }),
  length: Type.Integer(),
  text: Type.Optional(text),
  base64: Type.Optional(base64),
});

/** One side of an exchange. */
export const DecodedMessageSchema = Type.Object({
  headers: Type.Array(Type.Object({ name: Type.String(), value: Type.String() })),
  bodies: Type.Array(
    Type.Object({
      name: Type.String({ description: 'Of the file; empty where it has none.' }),
      type: Type.String({ description: 'Media type by its first bytes; empty where they tell nothing.' }),
      length: Type.Integer({ description: 'Bytes that it has; where it is long only the first are here.' }),
      text,
      base64,
    }),
    { description: 'Decoded (chunks, gzip, deflate, br, zstd); the parts of a form are one each.' },
  ),
});

/** A request with its answer. */
export const DecodedExchangeSchema = Type.Object({
  index: Type.Integer(),
  timeUs: Type.Number(),
  method: Type.String(),
  url: Type.String(),
  host: Type.String(),
  version: Type.String(),
  status: Type.Integer({ description: '0 without an answer.' }),
  request: DecodedMessageSchema,
  response: DecodedMessageSchema,
});

/** A part of the payload of a flow, in the order in which it went. */
export const ConversationPayloadSchema = Type.Object({
  flow: FlowSchema,
  isOpen: Type.Boolean({ description: 'The flow goes on.' }),
  protocol: Type.String({ description: 'As in records: http, tls, ...; empty where it is not known.' }),
  clientBytes: Type.Integer({ description: 'Payload that the captures have, of this side.' }),
  serverBytes: Type.Integer(),
  missingBytes: Type.Integer({ description: 'Payload of both sides that they do not have.' }),
  packets: Type.Integer({ description: 'Packets of the flow in the captures.' }),
  total: Type.Integer({ description: 'Bytes of the sides that were asked for.' }),
  segments: Type.Array(SegmentSchema),
  next: Type.Optional(Type.Integer({ description: '`offset` of the part that follows.' })),
  exchanges: Type.Array(DecodedExchangeSchema, { description: 'HTTP/1, decoded.' }),
  nextExchange: Type.Optional(Type.Integer({ description: '`exchange` of those that follow.' })),
  records: Type.Array(RecordSchema, { description: 'What was recorded of the flow, the oldest first.' }),
});

/** Which part. */
export const ConversationPayloadQuery = Type.Object(
  {
    side: Type.Enum(['both', 'client', 'server'], { default: 'both' }),
    offset: Type.Integer({ default: 0, minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    limit: Type.Integer({ default: 64 << 10, minimum: 1, maximum: 1 << 20, description: 'Most bytes.' }),
    exchange: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 1_000_000_000,
      description: 'The first exchange of HTTP/1.',
    }),
  },
  { additionalProperties: false },
);
