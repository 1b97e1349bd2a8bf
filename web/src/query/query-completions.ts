import {
  type Completion,
  type CompletionContext,
  type CompletionResult,
  startCompletion,
} from '@codemirror/autocomplete';
import type { EditorView } from '@codemirror/view';
import type { Static } from 'typebox';
import type {
  QueryFieldSchema,
  QueryFieldsSchema,
  QueryValuesSchema,
} from '../../../src/api/schema/query.ts';
import { ApiError } from '../data/api-error.ts';
import { api } from '../data/client.ts';
import { formatCount } from '../data/format.ts';
import { apiKey, queryClient } from '../data/queries.ts';
import { cursorPlace } from './cursor-place.ts';
import { quoted } from './terms.ts';

type QueryField = Static<typeof QueryFieldSchema>;

/** The fields stay the same as long as the server runs. */
const FIELDS_FRESH_MS = 600_000;
const VALUES_FRESH_MS = 30_000;
const MOST_VALUES = 20;
/** Values of how far back are offered. */
const VALUES_SINCE = '24h';

/** What can be written at the cursor: fields, operators, words, and the values that records of the last day have. */
export async function completionsAt(context: CompletionContext): Promise<CompletionResult | null> {
  const text = context.state.doc.toString();
  const place = cursorPlace(text, context.pos);
  if (place.kind === 'word' && place.text === '' && !context.explicit) return null;
  const fields = await asked(() =>
    queryClient.fetchQuery({
      queryKey: apiKey('/query/fields'),
      queryFn: () => api<Static<typeof QueryFieldsSchema>>('/query/fields'),
      staleTime: FIELDS_FRESH_MS,
    }),
  );
  if (fields === undefined || context.aborted) return null;
  if (place.kind === 'word') {
    const exact = fieldOf(fields.items, place.text);
    return {
      from: place.from,
      options: [
        ...(exact === undefined ? [] : operatorsOf(exact, place.text)),
        ...fields.items.map((field) => fieldCompletion(field)),
        ...WORDS,
      ],
      validFor: /^[\w.-]*$/,
    };
  }
  const field = fieldOf(fields.items, place.field);
  if (field === undefined) return null;
  const params = {
    field: field.name,
    prefix: place.text.slice(0, 256),
    since: VALUES_SINCE,
    limit: MOST_VALUES,
  };
  const values = await asked(() =>
    queryClient.fetchQuery({
      queryKey: apiKey('/query/values', params),
      queryFn: () => api<Static<typeof QueryValuesSchema>>('/query/values', { params }),
      staleTime: VALUES_FRESH_MS,
    }),
  );
  if (context.aborted) return null;
  const found = (values?.items ?? []).map<Completion>(({ value, count }, at) => ({
    label: value,
    apply: quoted(value),
    detail: formatCount(count),
    boost: -at,
  }));
  const examples =
    found.length > 0
      ? []
      : field.examples.map<Completion>((example) => ({
          label: example,
          detail: 'example',
          apply: (view, _completion, from, to) => putExample(view, from, to, example),
        }));
  const options = [...found, ...examples];
  // The server has looked for what begins so, in its own way.
  return options.length === 0 ? null : { from: place.from, options, filter: false };
}

const WORDS: readonly Completion[] = [
  { label: 'and', detail: 'both sides hold', apply: 'and ', boost: -10 },
  { label: 'or', detail: 'one side holds', apply: 'or ', boost: -10 },
  { label: 'not', detail: 'what follows does not hold', apply: 'not ', boost: -10 },
];

const OPERATOR_WORDS: Readonly<Record<string, string>> = {
  ':': 'is',
  '!=': 'is not',
  '<': 'is less than',
  '<=': 'is at most',
  '>': 'is more than',
  '>=': 'is at least',
};

function fieldCompletion(field: QueryField): Completion {
  return {
    label: field.name,
    detail: field.description,
    apply: (view, _completion, from, to) => {
      const insert = `${field.name}:`;
      view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length } });
      startCompletion(view);
    },
  };
}

function operatorsOf(field: QueryField, written: string): readonly Completion[] {
  return field.operators.flatMap((operator, at) => {
    const words = OPERATOR_WORDS[operator];
    if (words === undefined) return [];
    const label = `${written}${operator}`;
    return {
      label,
      detail: words,
      boost: 50 - at,
      apply: (view: EditorView, _completion: Completion, from: number, to: number) => {
        view.dispatch({ changes: { from, to, insert: label }, selection: { anchor: from + label.length } });
        startCompletion(view);
      },
    };
  });
}

/** An example is a whole term: it takes the place of the field, too. */
function putExample(view: EditorView, from: number, to: number, example: string): void {
  const start = /[^\s(]*$/.exec(view.state.doc.sliceString(0, from))?.index ?? from;
  view.dispatch({
    changes: { from: start, to, insert: example },
    selection: { anchor: start + example.length },
  });
}

function fieldOf(fields: readonly QueryField[], name: string): QueryField | undefined {
  const wanted = name.toLowerCase();
  return fields.find((field) => field.name === wanted || field.aliases.includes(wanted));
}

/** Without an answer nothing is offered; what the question comes to shows when it is asked. */
async function asked<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}
