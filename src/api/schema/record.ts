import Type from 'typebox';
import { HistoryPageQuery, SelectionQuery } from '../history-query.ts';
import { pageOf } from './page.ts';

/** A record as EVE has it; docs/records.md names the fields of each type. */
export const RecordSchema = Type.Record(Type.String(), Type.Unknown(), {
  description: 'A record as EVE has it: timestamp, event_type, and what docs/records.md says of the type.',
});

/** A page of records. */
export const RecordsSchema = pageOf(RecordSchema);

/** Which alerts. */
export const AlertsQuery = Type.Object(
  { ...SelectionQuery.properties, ...HistoryPageQuery.properties },
  { additionalProperties: false },
);

/** Which records. */
export const RecordsQuery = Type.Object(
  {
    type: Type.Optional(
      Type.String({
        pattern: '^[a-z][a-z0-9_]{0,31}(,[a-z][a-z0-9_]{0,31}){0,15}$',
        maxLength: 528,
        description: 'Types of records, with commas: alert, dns, tls, http, waf ...; without: all but flows.',
      }),
    ),
    ...AlertsQuery.properties,
  },
  { additionalProperties: false },
);
