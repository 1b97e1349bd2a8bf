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

/** What the correlator can be asked: the hub answers. */
export type CorrelationQuestion =
  /** Addresses by their reputation, the worst first. */
  | { readonly ask: 'threats'; readonly limit: number; readonly minimalScore: number }
  /** All that is known of an address, with a timeline of so many entries. */
  | { readonly ask: 'context'; readonly address: string; readonly limit: number }
  /** The reputation of an address, a network or a JA4, each point explained. */
  | { readonly ask: 'reputation'; readonly subject: string }
  /** Correlations, the newest first. */
  | {
      readonly ask: 'correlations';
      readonly selection: CorrelationSelection;
      readonly limit: number;
      /** Only what was written before this one, which is named by `correlationKey`. */
      readonly after?: string;
    }
  /** How many correlations there are, and of what. */
  | { readonly ask: 'correlation-statistics' }
  /** Incidents, the latest first; of an address where one is given. */
  | {
      readonly ask: 'incidents';
      readonly address: string;
      readonly limit: number;
      readonly filter?: IncidentFilter;
    }
  /** Says that a correlation was false, or true. */
  | {
      readonly ask: 'mark';
      readonly id: string;
      readonly as: 'false' | 'true';
      readonly author: string;
      readonly note: string;
    }
  /** What is left out, and what weir proposes to leave out. */
  | { readonly ask: 'exceptions' }
  | { readonly ask: 'proposals' }
  /** Adds an exception; at least one of its conditions is given. */
  | { readonly ask: 'except'; readonly exception: ExceptionWish }
  | { readonly ask: 'unexcept'; readonly id: string; readonly author: string }
  /** Takes up a proposal; `preview`: only says what would have been different. */
  | { readonly ask: 'accept'; readonly id: string; readonly author: string; readonly preview: boolean }
  /** Forgets what speaks against an address. */
  | { readonly ask: 'reset'; readonly address: string; readonly author: string }
  /** Says something against an address. */
  | { readonly ask: 'correlate'; readonly word: CorrelationWord }
  /** The scenarios that run and how often they ran over; one of them with its text. */
  | { readonly ask: 'scenarios' }
  | { readonly ask: 'scenario'; readonly name: string }
  /** Has all reputations fade, as in an hour with a decay of so many points. */
  | { readonly ask: 'fade'; readonly points: number }
  /** What reputations and bans by them go by at present. */
  | { readonly ask: 'tuning' };

/** What somebody says against an address. */
export interface CorrelationWord {
  readonly address: string;
  /** A type of evidence, `manual`, or another word. */
  readonly type: string;
  readonly reason: string;
  /** 0 to 100. */
  readonly threat: number;
  readonly author: string;
}

/** Which correlations are meant; all that is given must hold. */
export interface CorrelationSelection {
  /** An address or a network. */
  readonly address?: string;
  readonly type?: string;
  /** Identifier of the correlation, or of its incident. */
  readonly id?: string;
  readonly incident?: string;
  /** Microseconds since 1970. */
  readonly sinceUs?: number;
  readonly untilUs?: number;
  /** 0 to 100. */
  readonly minimalScore?: number;
}

/** Which incidents are meant; all that is given must hold. */
export interface IncidentFilter {
  readonly id?: string;
  readonly status?: 'open' | 'closed';
  /** 0 to 100. */
  readonly minimalScore?: number;
  /** Only those that come behind this one. */
  readonly after?: { readonly lastUs: number; readonly id: string };
}

/** An exception that is wanted; what is empty does not matter. */
export interface ExceptionWish {
  readonly conditions: Readonly<Record<string, string>>;
  readonly reason: string;
  readonly author: string;
  /** 0: it does not end. */
  readonly durationMs: number;
}

const MOST_ROWS = 10_000;
const MOST_DURATION_MS = 10 * 366 * 86_400_000;
/** Points. */
const MOST_FADE = 50;
const LONGEST_REASON = 256;
const WORD = /^[a-zA-Z0-9_-]{1,32}$/;
const CONDITIONS = ['address', 'path', 'host', 'rule', 'scenario', 'ja4', 'target'] as const;

const QUESTIONS: ReadonlySet<string> = new Set<CorrelationQuestion['ask']>([
  'threats',
  'context',
  'reputation',
  'correlations',
  'correlation-statistics',
  'incidents',
  'mark',
  'exceptions',
  'proposals',
  'except',
  'unexcept',
  'accept',
  'reset',
  'correlate',
  'fade',
  'scenario',
  'scenarios',
  'tuning',
]);

/** Whether the correlator is asked. */
export function isCorrelationQuestion(question: { readonly ask: string }): question is CorrelationQuestion {
  return QUESTIONS.has(question.ask);
}

/** Reads such a question; undefined where it is none of these. Throws QuestionError. */
export function parseCorrelationQuestion(fields: Fields): CorrelationQuestion | undefined {
  switch (fields.ask) {
    case 'threats':
      only(fields, ['ask', 'limit', 'minimalScore']);
      return {
        ask: 'threats',
        limit: whole(fields, 'limit', 1, MOST_ROWS),
        minimalScore: whole(fields, 'minimalScore', 0, 100),
      };
    case 'context':
      only(fields, ['ask', 'address', 'limit']);
      return {
        ask: 'context',
        address: textOf(fields, 'address'),
        limit: whole(fields, 'limit', 1, MOST_ROWS),
      };
    case 'reputation':
      only(fields, ['ask', 'subject']);
      return { ask: 'reputation', subject: textOf(fields, 'subject') };
    case 'correlations':
      only(fields, ['ask', 'selection', 'limit', 'after']);
      return {
        ask: 'correlations',
        selection: selectionOf(fieldsOf(fields.selection ?? {}, 'selection')),
        limit: whole(fields, 'limit', 1, MOST_ROWS),
        ...(fields.after === undefined ? {} : { after: textOf(fields, 'after') }),
      };
    case 'incidents':
      only(fields, ['ask', 'address', 'limit', 'filter']);
      return {
        ask: 'incidents',
        address: anyTextOf(fields, 'address'),
        limit: whole(fields, 'limit', 1, MOST_ROWS),
        ...(fields.filter === undefined ? {} : { filter: filterOf(fieldsOf(fields.filter, 'filter')) }),
      };
    case 'mark':
      only(fields, ['ask', 'id', 'as', 'author', 'note']);
      return {
        ask: 'mark',
        id: textOf(fields, 'id'),
        as: oneOf(fields, 'as', ['false', 'true'] as const),
        author: anyTextOf(fields, 'author'),
        note: anyTextOf(fields, 'note'),
      };
    case 'except':
      only(fields, ['ask', 'exception']);
      return { ask: 'except', exception: exceptionOf(fieldsOf(fields.exception, 'exception')) };
    case 'unexcept':
      only(fields, ['ask', 'id', 'author']);
      return { ask: 'unexcept', id: textOf(fields, 'id'), author: anyTextOf(fields, 'author') };
    case 'accept':
      only(fields, ['ask', 'id', 'author', 'preview']);
      return {
        ask: 'accept',
        id: textOf(fields, 'id'),
        author: anyTextOf(fields, 'author'),
        preview: fields.preview === true,
      };
    case 'reset':
      only(fields, ['ask', 'address', 'author']);
      return { ask: 'reset', address: textOf(fields, 'address'), author: anyTextOf(fields, 'author') };
    case 'correlate':
      only(fields, ['ask', 'word']);
      return { ask: 'correlate', word: wordOf(fieldsOf(fields.word, 'word')) };
    case 'scenario':
      only(fields, ['ask', 'name']);
      return { ask: 'scenario', name: textOf(fields, 'name') };
    case 'fade':
      only(fields, ['ask', 'points']);
      return { ask: 'fade', points: whole(fields, 'points', 0, MOST_FADE) };
    case 'correlation-statistics':
    case 'exceptions':
    case 'proposals':
    case 'scenarios':
    case 'tuning':
      only(fields, ['ask']);
      return { ask: fields.ask };
    default:
      return undefined;
  }
}

function filterOf(fields: Fields): IncidentFilter {
  only(fields, ['id', 'status', 'minimalScore', 'after']);
  const { after } = fields;
  return {
    ...(fields.id === undefined ? {} : { id: textOf(fields, 'id') }),
    ...(fields.status === undefined ? {} : { status: oneOf(fields, 'status', ['open', 'closed'] as const) }),
    ...(fields.minimalScore === undefined ? {} : { minimalScore: whole(fields, 'minimalScore', 0, 100) }),
    ...(after === undefined ? {} : { after: placeOf(fieldsOf(after, 'after')) }),
  };
}

function placeOf(fields: Fields): { readonly lastUs: number; readonly id: string } {
  only(fields, ['lastUs', 'id']);
  return { lastUs: whole(fields, 'lastUs', 0, Number.MAX_SAFE_INTEGER), id: textOf(fields, 'id') };
}

function selectionOf(fields: Fields): CorrelationSelection {
  only(fields, ['address', 'type', 'id', 'incident', 'sinceUs', 'untilUs', 'minimalScore']);
  const selection: Record<string, string | number> = {};
  for (const name of ['address', 'type', 'id', 'incident'])
    if (fields[name] !== undefined) selection[name] = textOf(fields, name);
  for (const name of ['sinceUs', 'untilUs']) {
    if (fields[name] !== undefined) selection[name] = whole(fields, name, 0, Number.MAX_SAFE_INTEGER);
  }
  if (fields.minimalScore !== undefined) selection.minimalScore = whole(fields, 'minimalScore', 0, 100);
  return selection;
}

function wordOf(fields: Fields): CorrelationWord {
  only(fields, ['address', 'type', 'reason', 'threat', 'author']);
  const type = textOf(fields, 'type');
  if (!WORD.test(type)) throw new QuestionError("'type' is a word of at most 32 letters, digits, _ and -");
  const reason = textOf(fields, 'reason');
  if (reason.length > LONGEST_REASON || /\p{Cc}/u.test(reason)) {
    throw new QuestionError(`'reason' is a line of at most ${LONGEST_REASON} characters`);
  }
  return {
    address: textOf(fields, 'address'),
    type,
    reason,
    threat: whole(fields, 'threat', 0, 100),
    author: anyTextOf(fields, 'author').slice(0, 64),
  };
}

function exceptionOf(fields: Fields): ExceptionWish {
  only(fields, ['conditions', 'reason', 'author', 'durationMs']);
  const given = fieldsOf(fields.conditions, 'conditions');
  only(given, CONDITIONS);
  return {
    conditions: Object.fromEntries(Object.keys(given).map((name) => [name, textOf(given, name)])),
    reason: anyTextOf(fields, 'reason'),
    author: anyTextOf(fields, 'author'),
    durationMs: whole(fields, 'durationMs', 0, MOST_DURATION_MS),
  };
}
