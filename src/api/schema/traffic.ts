import Type from 'typebox';
import { FlowSelectionQuery } from '../history-query.ts';

/** What a list of the most is of. */
export const SubjectParams = Type.Object({
  subject: Type.Enum(['sources', 'destinations', 'applications', 'protocols', 'names']),
});

/** Which traffic, and by what it is measured. */
export const TopQuery = Type.Object(
  {
    ...FlowSelectionQuery.properties,
    by: Type.Enum(['bytes', 'flows'], { default: 'bytes' }),
    limit: Type.Integer({ default: 10, minimum: 1, maximum: 1000 }),
  },
  { additionalProperties: false },
);

/** A list of the most. */
export const TopSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      key: Type.String(),
      name: Type.String({ description: 'Of destinations: the name that most flows gave it.' }),
      bytesToServer: Type.Number(),
      bytesToClient: Type.Number(),
      packets: Type.Number(),
      flows: Type.Number(),
      clients: Type.Number({ description: 'Addresses that opened these flows, about.' }),
      firstUs: Type.Number(),
      lastUs: Type.Number(),
    }),
  ),
  totalBytes: Type.Number({ description: 'Of all, whether listed or not.' }),
  totalFlows: Type.Number(),
});

/** Which traffic, and how it is laid out. */
export const SeriesQuery = Type.Object(
  {
    ...FlowSelectionQuery.properties,
    interval: Type.Optional(
      Type.String({
        pattern: '^\\d{1,7}(s|m|min|h|d|w)?$',
        maxLength: 12,
        description: '60, 60s, 5m, 1h, 1d; without: such that there are some hundred.',
      }),
    ),
    by: Type.Optional(Type.Enum(['protocol', 'application'])),
  },
  { additionalProperties: false },
);

/** Traffic over time; intervals without a flow are left out. */
export const SeriesSchema = Type.Object({
  intervalSeconds: Type.Integer(),
  items: Type.Array(
    Type.Object({
      timeUs: Type.Number({ description: 'Beginning of the interval.' }),
      key: Type.String({ description: 'Protocol or application, where the question was by one.' }),
      bytes: Type.Number(),
      packets: Type.Number(),
      flows: Type.Number(),
    }),
  ),
});

/** What the store holds and did. */
export const StoreFiguresSchema = Type.Object({
  folder: Type.String(),
  quotaBytes: Type.Number(),
  bytes: Type.Number(),
  databaseBytes: Type.Number(),
  partBytes: Type.Number(),
  parts: Type.Integer(),
  appended: Type.Number({ description: 'Records since the start.' }),
  compactions: Type.Integer(),
  removed: Type.Object({ retention: Type.Number(), quota: Type.Number() }),
  damaged: Type.Integer(),
});

/** Figures of the history and of what was read. */
export const StatisticsSchema = Type.Object({
  store: Type.Optional(StoreFiguresSchema),
  records: Type.Number({ description: 'That the hub took since the start.' }),
  recordsPerSecond: Type.Number(),
  sensors: Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()), {
    description: 'What each sensor read and found.',
  }),
});
