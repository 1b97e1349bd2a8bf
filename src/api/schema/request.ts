import Type from 'typebox';
import { FormatText } from '../export.ts';
import { QueryText } from '../history-query.ts';
import { TimeRangeQuery } from '../time-range.ts';
import { PageQuery, pageOf } from './page.ts';

const EndpointSchema = Type.Object({ address: Type.String(), port: Type.Integer() });
const pairs = Type.Array(Type.Array(Type.String(), { minItems: 2, maxItems: 2 }), {
  description: 'Names with their values.',
});

/** What the analysis found in a request. */
export const FindingSchema = Type.Object({
  kind: Type.String(),
  category: Type.String(),
  score: Type.Number(),
  reason: Type.String(),
  ruleIds: Type.Array(Type.Integer()),
});

/** A web request that buffer B has; secrets are taken out. */
export const RequestSchema = Type.Object(
  {
    reference: Type.String({ description: 'As its block page shows it.' }),
    timeUs: Type.Number({ description: 'When its head was there, microseconds since 1970.' }),
    way: Type.String({ description: 'haproxy, proxy or mitmproxy.' }),
    client: EndpointSchema,
    server: EndpointSchema,
    communityId: Type.String(),
    method: Type.String(),
    host: Type.String(),
    port: Type.Integer(),
    path: Type.String({ description: 'Without the query.' }),
    query: pairs,
    headers: pairs,
    userAgent: Type.String(),
    body: Type.Object({
      preview: Type.String({ description: 'Its beginning; one character is one byte.' }),
      hash: Type.String({ description: 'SHA-256 of its first `hashedBytes`.' }),
      hashedBytes: Type.Integer(),
      bytes: Type.Integer({ description: 'As it was sent; -1 where nobody knows.' }),
    }),
    isCut: Type.Boolean(),
    action: Type.String({ description: 'pass, deny, drop, redirect or limit.' }),
    reason: Type.String(),
    blocked: Type.Boolean(),
    ruleIds: Type.Array(Type.Integer()),
    analysed: Type.Boolean(),
    score: Type.Number({ description: '0 to 100.' }),
    categories: Type.Array(Type.String()),
    findings: Type.Array(FindingSchema),
    response: Type.Optional(
      Type.Object({
        status: Type.Integer(),
        bytes: Type.Integer({ description: '-1 where nobody knows.' }),
        type: Type.String(),
        latencyMs: Type.Number({ description: '-1 where nobody knows.' }),
      }),
    ),
  },
  { description: 'A web request that buffer B has.' },
);

/** A page of requests. */
export const RequestsSchema = pageOf(RequestSchema);

/** Which requests: all that is given must hold. */
export const RequestsQuery = Type.Object(
  {
    q: QueryText,
    ...TimeRangeQuery.properties,
    address: Type.Optional(
      Type.String({ maxLength: 64, description: 'Of the client: an address or a network.' }),
    ),
    host: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    blocked: Type.Optional(Type.Boolean({ description: 'Whether it was let through.' })),
    minimalScore: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    ...PageQuery.properties,
    format: FormatText,
  },
  { additionalProperties: false },
);

/** Which request. */
export const ReferenceParams = Type.Object({ reference: Type.String({ pattern: '^[a-z0-9]{20}$' }) });

/** How it is shown. */
export const RequestQuery = Type.Object(
  {
    raw: Type.Boolean({ default: false, description: 'With its secrets: passwords, cookies, tokens.' }),
  },
  { additionalProperties: false },
);
