import { DECISION_TYPES, type DecisionScope, type DecisionType } from '../event/index.ts';
import { anyTextOf, type Fields, fieldsOf, oneOf, only, textOf, whole } from './question-fields.ts';

/** A decision that a user wants. */
export interface DecisionWish {
  readonly type: DecisionType;
  readonly scope: DecisionScope;
  readonly value: string;
  readonly reason: string;
  readonly author: string;
  readonly durationMs: number;
}

/** Which decisions are meant; all that is given must hold. */
export interface DecisionFilter {
  readonly id?: string;
  readonly type?: DecisionType;
  readonly origin?: string;
  /** Only those that come behind this one. */
  readonly after?: { readonly createdMs: number; readonly id: string };
}

/** What the responder can be asked. */
export type ResponseQuestion =
  /** Decisions that are in force, the newest first; of an address or a network where one is given. */
  | {
      readonly ask: 'decisions';
      readonly value: string;
      readonly limit: number;
      readonly filter?: DecisionFilter;
    }
  /** Takes a decision. `force`: against guards that only programs must obey. */
  | { readonly ask: 'ban'; readonly wish: DecisionWish; readonly force: boolean }
  /** Lifts decisions: by their identifier, or all about an address or network. */
  | { readonly ask: 'unban'; readonly value: string; readonly author: string }
  /** Takes back what the author did last; without an author what anybody did. */
  | { readonly ask: 'undo'; readonly author: string }
  /** What enforcing a decision would do: nothing is changed. */
  | { readonly ask: 'plan'; readonly wish?: DecisionWish };

const MOST_ROWS = 10_000;
const MOST_DURATION_MS = 10 * 366 * 86_400_000;
const SCOPES = ['address', 'range', 'session'] as const;
const QUESTIONS: ReadonlySet<string> = new Set<ResponseQuestion['ask']>([
  'decisions',
  'ban',
  'unban',
  'undo',
  'plan',
]);

/** Whether the responder is asked. */
export function isResponseQuestion(question: { readonly ask: string }): question is ResponseQuestion {
  return QUESTIONS.has(question.ask);
}

/** Reads such a question; undefined where it is none of these. Throws QuestionError. */
export function parseResponseQuestion(fields: Fields): ResponseQuestion | undefined {
  switch (fields.ask) {
    case 'decisions':
      only(fields, ['ask', 'value', 'limit', 'filter']);
      return {
        ask: 'decisions',
        value: anyTextOf(fields, 'value'),
        limit: whole(fields, 'limit', 1, MOST_ROWS),
        ...(fields.filter === undefined ? {} : { filter: filterOf(fieldsOf(fields.filter, 'filter')) }),
      };
    case 'ban':
      only(fields, ['ask', 'wish', 'force']);
      return { ask: 'ban', wish: wishOf(fields.wish), force: fields.force === true };
    case 'unban':
      only(fields, ['ask', 'value', 'author']);
      return { ask: 'unban', value: textOf(fields, 'value'), author: anyTextOf(fields, 'author') };
    case 'undo':
      only(fields, ['ask', 'author']);
      return { ask: 'undo', author: anyTextOf(fields, 'author') };
    case 'plan':
      only(fields, ['ask', 'wish']);
      return fields.wish === undefined ? { ask: 'plan' } : { ask: 'plan', wish: wishOf(fields.wish) };
    default:
      return undefined;
  }
}

function filterOf(fields: Fields): DecisionFilter {
  only(fields, ['id', 'type', 'origin', 'after']);
  const { after } = fields;
  return {
    ...(fields.id === undefined ? {} : { id: textOf(fields, 'id') }),
    ...(fields.type === undefined ? {} : { type: oneOf(fields, 'type', DECISION_TYPES) }),
    ...(fields.origin === undefined ? {} : { origin: textOf(fields, 'origin') }),
    ...(after === undefined ? {} : { after: placeOf(fieldsOf(after, 'after')) }),
  };
}

function placeOf(fields: Fields): { readonly createdMs: number; readonly id: string } {
  only(fields, ['createdMs', 'id']);
  return { createdMs: whole(fields, 'createdMs', 0, Number.MAX_SAFE_INTEGER), id: textOf(fields, 'id') };
}

function wishOf(value: unknown): DecisionWish {
  const fields = fieldsOf(value, 'wish');
  only(fields, ['type', 'scope', 'value', 'reason', 'author', 'durationMs']);
  return {
    type: oneOf(fields, 'type', DECISION_TYPES),
    scope: oneOf(fields, 'scope', SCOPES),
    value: textOf(fields, 'value'),
    reason: anyTextOf(fields, 'reason'),
    author: anyTextOf(fields, 'author'),
    durationMs: whole(fields, 'durationMs', 1000, MOST_DURATION_MS),
  };
}
