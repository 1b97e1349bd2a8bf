import Type from 'typebox';

/** What somebody wants to read live. */
export const LiveQuery = Type.Object(
  {
    types: Type.Optional(
      Type.String({
        maxLength: 512,
        pattern: '^[a-z0-9_]+(,[a-z0-9_]+)*$',
        description: 'Types of records, such as `alert,waf`; without it all but `flow_progress`.',
      }),
    ),
    address: Type.Optional(
      Type.String({
        maxLength: 512,
        description:
          'Addresses or networks, of which one is the source or the destination: `10.0.0.0/8,::1`.',
      }),
    ),
    q: Type.Optional(
      Type.String({ maxLength: 512, description: 'Which records: words that are all in it.' }),
    ),
    rate: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100_000,
        description: 'Most records in a second; the others are counted in `missed`.',
      }),
    ),
    limit: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 1000,
      description: 'So many of the newest records come first; not where the reader comes back.',
    }),
    after: Type.Optional(
      Type.String({
        maxLength: 64,
        pattern: '^[0-9a-z]{1,16}-[0-9]{1,15}$',
        description: 'Identifier of the last event that was seen; the header `Last-Event-ID` goes before it.',
      }),
    ),
    status: Type.Boolean({ default: true, description: 'Whether the figures of each second are wanted.' }),
  },
  { additionalProperties: false },
);

/** Data of an event `missed`. */
export const MissedSchema = Type.Object(
  {
    count: Type.Integer({ description: 'How many records, as far as that is known.' }),
    why: Type.Enum(['slow', 'sampled', 'gone', 'restarted'], {
      description:
        'slow: they were not taken fast enough; sampled: more than `rate`; gone: no longer kept (counted whether they were wanted or not); restarted: the API was started anew, what came in between is not counted.',
    }),
  },
  { description: 'Records that a live stream did not bring.' },
);
