import type { PageWish, Position, Selection } from '../store/index.ts';
import {
  anyTextOf,
  type Fields,
  fieldsOf,
  oneOf,
  only,
  QuestionError,
  textOf,
  whole,
} from './question-fields.ts';

/** What the history can be asked, page by page. */
export type HistoryQuestion =
  /** Flows. */
  | { readonly ask: 'flow-page'; readonly selection: Selection; readonly page: PageWish }
  /** Whole records of some types; without types all but flows. */
  | {
      readonly ask: 'record-page';
      readonly types?: readonly string[];
      readonly selection: Selection;
      readonly page: PageWish;
    }
  /** Values of a field of the language of questions that begin so. */
  | {
      readonly ask: 'values';
      readonly field: string;
      readonly prefix: string;
      readonly selection: Selection;
      readonly limit: number;
    };

const MOST_ROWS = 10_000;
const MOST_VALUES = 100;
const MOST_TYPES = 16;

/** Reads such a question; undefined where it is none of these. Throws {@link QuestionError}. */
export function parseHistoryQuestion(fields: Fields): HistoryQuestion | undefined {
  switch (fields.ask) {
    case 'flow-page':
      only(fields, ['ask', 'selection', 'page']);
      return { ask: 'flow-page', selection: selectionOf(fields), page: pageOf(fields) };
    case 'record-page':
      only(fields, ['ask', 'types', 'selection', 'page']);
      return {
        ask: 'record-page',
        ...(fields.types === undefined ? {} : { types: typesOf(fields.types) }),
        selection: selectionOf(fields),
        page: pageOf(fields),
      };
    case 'values':
      only(fields, ['ask', 'field', 'prefix', 'selection', 'limit']);
      return {
        ask: 'values',
        field: textOf(fields, 'field'),
        prefix: anyTextOf(fields, 'prefix'),
        selection: selectionOf(fields),
        limit: whole(fields, 'limit', 1, MOST_VALUES),
      };
    default:
      return undefined;
  }
}

/** Which records are meant. What the values mean (an address that is none) is for the store to say. */
export function selectionOf(question: Fields): Selection {
  const fields = fieldsOf(question.selection ?? {}, 'selection');
  const texts = ['address', 'communityId', 'protocol', 'application', 'query'] as const;
  const numbers = ['sinceUs', 'untilUs', 'flowId'] as const;
  only(fields, [...texts, ...numbers]);
  const selection: Record<string, string | number> = {};
  for (const name of texts) {
    const value = fields[name];
    if (value === undefined) continue;
    if (typeof value !== 'string') throw new QuestionError(`'${name}' is a text`);
    selection[name] = value;
  }
  for (const name of numbers) {
    if (fields[name] === undefined) continue;
    selection[name] = whole(fields, name, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  }
  return selection;
}

function typesOf(types: unknown): readonly string[] {
  if (Array.isArray(types) && types.length > 0 && types.length <= MOST_TYPES) {
    if (types.every((type) => typeof type === 'string')) return types;
  }
  throw new QuestionError(`'types' is a list of 1 to ${MOST_TYPES} types of records`);
}

function pageOf(question: Fields): PageWish {
  const fields = fieldsOf(question.page, 'page');
  only(fields, ['limit', 'order', 'after']);
  const wish = {
    limit: whole(fields, 'limit', 1, MOST_ROWS),
    order: oneOf(fields, 'order', ['newest', 'oldest'] as const),
  };
  return fields.after === undefined ? wish : { ...wish, after: positionOf(fieldsOf(fields.after, 'after')) };
}

function positionOf(fields: Fields): Position {
  only(fields, ['timeUs', 'tie', 'skip']);
  const tie = textOf(fields, 'tie');
  // As many as an unsigned number of 64 bits has.
  if (!/^\d{1,20}$/.test(tie) || BigInt(tie) >= 1n << 64n)
    throw new QuestionError("'tie' is a number as a text");
  return {
    timeUs: whole(fields, 'timeUs', 0, Number.MAX_SAFE_INTEGER),
    tie,
    skip: whole(fields, 'skip', 0, Number.MAX_SAFE_INTEGER),
  };
}
