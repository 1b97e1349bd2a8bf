import { parseQuery, QUERY_FIELDS, QueryError } from '../../query/index.ts';
import type { Backend } from '../backend.ts';
import { selectionOf } from '../history-query.ts';
import {
  QueryCheckQuery,
  QueryCheckSchema,
  QueryFieldsSchema,
  QueryValuesQuery,
  QueryValuesSchema,
} from '../schema/query.ts';
import type { Api } from '../server.ts';

const TAGS = ['query'];
const EQUAL = [':', '=', '!='];
const ORDERED = [...EQUAL, '<', '<=', '>', '>='];

const FIELDS = QUERY_FIELDS.map(({ name, aliases, type, description, examples, records, isSearched }) => ({
  name,
  aliases,
  type,
  description,
  examples,
  records,
  isSearched,
  operators: type === 'text' || type === 'address' ? EQUAL : ORDERED,
}));

/** The language of questions. */
export function queryRoutes(api: Api, { weir }: Backend): void {
  api.get(
    '/api/v1/query',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Whether a text is a question, and if not, where and why',
        tags: TAGS,
        querystring: QueryCheckQuery,
        response: { 200: QueryCheckSchema },
      },
    },
    async ({ query: { text } }) => {
      try {
        parseQuery(text);
        return { isValid: true, suggestions: [] };
      } catch (error) {
        if (!(error instanceof QueryError)) throw error;
        const { column, message, suggestions } = error;
        return { isValid: false, column, message, suggestions };
      }
    },
  );
  api.get(
    '/api/v1/query/fields',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Fields that can be asked for',
        description:
          'A question is `field:value` (also `=`, `!=`, and `<`, `<=`, `>`, `>=` of numbers), joined by `and` (or a space), `or`, `not` and parentheses. `*` stands for anything, `field:*` for a field that is there, `80,443` for one of both, `1-1024` for a range; 1k, 2M, 3GB and 500ms, 5m, 1h are numbers and times; texts with spaces are in quotation marks. An address or a network alone is that of either end, another word is looked for in names, paths, user agents and the like.',
        tags: TAGS,
        response: { 200: QueryFieldsSchema },
      },
    },
    async () => ({ items: FIELDS }),
  );
  api.get(
    '/api/v1/query/values',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Values of a field that begin so, the most frequent first',
        tags: TAGS,
        querystring: QueryValuesQuery,
        response: { 200: QueryValuesSchema },
      },
    },
    async ({ query: { field, prefix, limit, ...range } }) => ({
      items: await weir.values(field, prefix, selectionOf(range), limit),
    }),
  );
}
