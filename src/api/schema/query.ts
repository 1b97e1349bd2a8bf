import Type from 'typebox';
import { MOST_CHARACTERS } from '../../query/index.ts';
import { TimeRangeQuery } from '../time-range.ts';

/** A field that can be asked for. */
export const QueryFieldSchema = Type.Object({
  name: Type.String(),
  aliases: Type.Array(Type.String()),
  type: Type.Enum(['address', 'number', 'bytes', 'duration', 'text']),
  description: Type.String(),
  examples: Type.Array(Type.String()),
  records: Type.Array(Type.String(), { description: 'Types of records that have it; empty: all.' }),
  isSearched: Type.Boolean({ description: 'Found by a word without a field.' }),
  operators: Type.Array(Type.String()),
});

/** All fields. */
export const QueryFieldsSchema = Type.Object({ items: Type.Array(QueryFieldSchema) });

/** A text that may be a question. */
export const QueryCheckQuery = Type.Object(
  { text: Type.String({ maxLength: 4 * MOST_CHARACTERS }) },
  { additionalProperties: false },
);

/** Whether a text is a question. */
export const QueryCheckSchema = Type.Object({
  isValid: Type.Boolean(),
  column: Type.Optional(Type.Integer({ description: 'Where it is not understood, from 1.' })),
  message: Type.Optional(Type.String()),
  suggestions: Type.Array(Type.String(), { description: 'What could be meant there.' }),
});

/** Which values. */
export const QueryValuesQuery = Type.Object(
  {
    field: Type.String({ minLength: 1, maxLength: 64 }),
    prefix: Type.String({ default: '', maxLength: 256 }),
    ...TimeRangeQuery.properties,
    limit: Type.Integer({ default: 20, minimum: 1, maximum: 100 }),
  },
  { additionalProperties: false },
);

/** Values of a field, the most frequent first. */
export const QueryValuesSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      value: Type.String(),
      count: Type.Integer({ description: 'Records that have it, of those that were looked at.' }),
    }),
  ),
});
