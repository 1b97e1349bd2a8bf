import Type, { type Static } from 'typebox';
import { MOST_CHARACTERS, parseQuery, QueryError } from '../query/index.ts';
import type { PageWish, Selection } from '../store/index.ts';
import { FormatText } from './export.ts';
import { type Asked, positionCursor, readPosition } from './position.ts';
import { Problem } from './problem.ts';
import { PageQuery } from './schema/page.ts';
import { TimeRangeQuery, timeRangeOf } from './time-range.ts';

/** A question in weir's language. */
export const QueryText = Type.Optional(
  Type.String({
    maxLength: MOST_CHARACTERS,
    description:
      'A question such as `10.1.2.3 and port:443`, `app:YouTube bytes>1MB` or `not name:*.example.org`; see /api/v1/query/fields.',
  }),
);

/** Which records are meant: all that is given must hold. */
export const SelectionQuery = Type.Object(
  {
    q: QueryText,
    ...TimeRangeQuery.properties,
    address: Type.Optional(
      Type.String({ maxLength: 64, description: 'An address or a network, of either end.' }),
    ),
  },
  { additionalProperties: false },
);

/** The same of flows. */
export const FlowSelectionQuery = Type.Object(
  {
    ...SelectionQuery.properties,
    protocol: Type.Optional(Type.String({ maxLength: 64 })),
    application: Type.Optional(Type.String({ maxLength: 64 })),
  },
  { additionalProperties: false },
);

/** Which part of a list, in which order, and as what. */
export const HistoryPageQuery = Type.Object({
  ...PageQuery.properties,
  order: Type.Enum(['newest', 'oldest'], { default: 'newest' }),
  format: FormatText,
});

type Selected = Partial<Static<typeof FlowSelectionQuery>>;

/** What the store is asked for. Throws a {@link Problem} for a question that is none. */
export function selectionOf({ q, since, until, address, protocol, application }: Selected): Selection {
  checkQuery(q);
  return {
    ...timeRangeOf({ ...(since && { since }), ...(until && { until }) }),
    ...(q === undefined || q.trim() === '' ? {} : { query: q }),
    ...(address === undefined ? {} : { address }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(application === undefined ? {} : { application }),
  };
}

/** Reads a question. Throws a {@link Problem}. */
export function checkQuery(q: string | undefined): ReturnType<typeof parseQuery> {
  try {
    return parseQuery(q ?? '');
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    throw new Problem(400, 'The question is not understood', `q, ${error.message}`);
  }
}

/** The page that is wanted, and how the cursor of the next one is made. */
export function pageOf(
  { limit, order, cursor }: Pick<Static<typeof HistoryPageQuery>, 'limit' | 'order' | 'cursor'>,
  asked: Asked,
): {
  readonly wish: PageWish;
  readonly next: (position: PageWish['after']) => { readonly next?: string };
} {
  const after = readPosition(cursor, asked);
  return {
    wish: after === undefined ? { limit, order } : { limit, order, after },
    next: (position) => (position === undefined ? {} : { next: positionCursor(position, asked) }),
  };
}
