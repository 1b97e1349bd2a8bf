import type { Selection, Subject } from '../store/index.ts';
import { type CorrelationQuestion, parseCorrelationQuestion } from './question-correlation.ts';
import { type Fields, fieldsOf, oneOf, only, QuestionError, textOf, whole } from './question-fields.ts';
import { type HistoryQuestion, parseHistoryQuestion, selectionOf } from './question-history.ts';
import { parseResponseQuestion, type ResponseQuestion } from './question-response.ts';
import { MOST_CONFIGURATION, parseSystemQuestion, type SystemQuestion } from './question-system.ts';

export { QuestionError } from './question-fields.ts';

/** What the running weir can be asked. */
export type Question =
  /** Processes, packets, records, queues. */
  | { readonly ask: 'status' }
  /** The latest flows of the history. */
  | { readonly ask: 'flows'; readonly selection: Selection; readonly limit: number }
  /** Flows that are open, those that carry the most first; with a limit of 0 only how many. */
  | { readonly ask: 'open'; readonly selection: Selection; readonly limit: number }
  /** The most of the history. */
  | {
      readonly ask: 'top';
      readonly subject: Subject;
      readonly selection: Selection;
      readonly by: 'bytes' | 'flows';
      readonly limit: number;
    }
  /** The traffic of the history over time. */
  | {
      readonly ask: 'series';
      readonly selection: Selection;
      readonly intervalSeconds: number;
      readonly by?: 'protocol' | 'application';
    }
  /** The view of the local network; `top`: the most entries of each client's lists, default all. */
  | { readonly ask: 'lan'; readonly top?: number }
  | HistoryQuestion
  | WebQuestion
  | CorrelationQuestion
  | ResponseQuestion
  | SystemQuestion;

/** What the active stream can be asked: its process answers, from buffer B. */
export type WebQuestion =
  /** Requests, the newest first; `limit` is 1 to 10,000. */
  | { readonly ask: 'requests'; readonly selection: RequestSelection; readonly limit: number }
  /** One request, by its reference; `raw` shows its secrets. */
  | { readonly ask: 'request'; readonly reference: string; readonly raw: boolean }
  /** What an address, or a network, did in the last seconds. */
  | { readonly ask: 'behaviour'; readonly address: string; readonly seconds: number }
  /** How buffer B is. */
  | { readonly ask: 'buffer' }
  /** Which rules are in force. */
  | { readonly ask: 'rules' }
  /** Judges stored requests with other rules: what would change. */
  | { readonly ask: 'rejudge'; readonly selection: RequestSelection; readonly rules: RuleChoice }
  /** Removes all stored requests, or those of an address or a network. */
  | { readonly ask: 'erase'; readonly address?: string }
  /** Sends stored requests to a sandbox that the user names. */
  | { readonly ask: 'resend'; readonly selection: RequestSelection; readonly origin: string };

/** Which stored requests are meant; all that is given must hold. */
export interface RequestSelection {
  /** Of the client: an address or a network. */
  readonly address?: string;
  readonly reference?: string;
  readonly host?: string;
  /** Microseconds since 1970. */
  readonly fromUs?: number;
  readonly toUs?: number;
  /** 0 to 100. */
  readonly minimalScore?: number;
  readonly blocked?: boolean;
}

/** Rules to judge with, as the configuration names them. */
export interface RuleChoice {
  readonly crs?: string;
  readonly rules?: readonly string[];
  readonly paranoia?: number;
  /** Rules behind all others, as SecLang; whoever asks has seen to it that they name no files. */
  readonly text?: string;
}

/** Characters of a question, as a line; and of one that has a whole text in it, each of which JSON may write as six. */
export const MOST_QUESTION = 4096;
export const MOST_LONG_QUESTION = 6 * MOST_CONFIGURATION + MOST_QUESTION;
const MOST_RULES_TEXT = 256 << 10;
const MOST_ROWS = 10_000;
const MOST_TOP = 100_000;
const MOST_INTERVAL = 366 * 86_400;
const SUBJECTS = ['sources', 'destinations', 'applications', 'protocols', 'names'] as const;

/** A question as a line of JSON. */
export function questionLine(question: Question): string {
  return JSON.stringify(question);
}

/** Reads a line from outside; every field is checked, unknown ones are refused. Throws {@link QuestionError}. */
export function parseQuestion(line: string, most = MOST_QUESTION): Question {
  if (line.length > most) throw new QuestionError(`a question has at most ${most} characters`);
  const fields = fieldsOf(parseJson(line), 'a question');
  switch (fields.ask) {
    case 'status':
      only(fields, ['ask']);
      return { ask: 'status' };
    case 'flows':
      only(fields, ['ask', 'selection', 'limit']);
      return { ask: 'flows', selection: selectionOf(fields), limit: whole(fields, 'limit', 1, MOST_ROWS) };
    case 'open':
      only(fields, ['ask', 'selection', 'limit']);
      return { ask: 'open', selection: selectionOf(fields), limit: whole(fields, 'limit', 0, MOST_ROWS) };
    case 'top':
      only(fields, ['ask', 'subject', 'selection', 'by', 'limit']);
      return {
        ask: 'top',
        subject: oneOf(fields, 'subject', SUBJECTS),
        selection: selectionOf(fields),
        by: oneOf(fields, 'by', ['bytes', 'flows'] as const),
        limit: whole(fields, 'limit', 1, MOST_ROWS),
      };
    case 'series':
      only(fields, ['ask', 'selection', 'intervalSeconds', 'by']);
      return {
        ask: 'series',
        selection: selectionOf(fields),
        intervalSeconds: whole(fields, 'intervalSeconds', 1, MOST_INTERVAL),
        ...(fields.by === undefined ? {} : { by: oneOf(fields, 'by', ['protocol', 'application'] as const) }),
      };
    case 'lan':
      only(fields, ['ask', 'top']);
      return fields.top === undefined
        ? { ask: 'lan' }
        : { ask: 'lan', top: whole(fields, 'top', 0, MOST_TOP) };
    case 'requests':
      only(fields, ['ask', 'selection', 'limit']);
      return { ask: 'requests', selection: requestsOf(fields), limit: whole(fields, 'limit', 1, MOST_ROWS) };
    case 'request':
      only(fields, ['ask', 'reference', 'raw']);
      return { ask: 'request', reference: textOf(fields, 'reference'), raw: fields.raw === true };
    case 'behaviour':
      only(fields, ['ask', 'address', 'seconds']);
      return {
        ask: 'behaviour',
        address: textOf(fields, 'address'),
        seconds: whole(fields, 'seconds', 1, MOST_INTERVAL),
      };
    case 'buffer':
    case 'rules':
      only(fields, ['ask']);
      return { ask: fields.ask };
    case 'rejudge':
      only(fields, ['ask', 'selection', 'rules']);
      return { ask: 'rejudge', selection: requestsOf(fields), rules: rulesOf(fields) };
    case 'erase':
      only(fields, ['ask', 'address']);
      return fields.address === undefined
        ? { ask: 'erase' }
        : { ask: 'erase', address: textOf(fields, 'address') };
    case 'resend':
      only(fields, ['ask', 'selection', 'origin']);
      return { ask: 'resend', selection: requestsOf(fields), origin: textOf(fields, 'origin') };
    default: {
      const other =
        parseHistoryQuestion(fields) ??
        parseCorrelationQuestion(fields) ??
        parseResponseQuestion(fields) ??
        parseSystemQuestion(fields);
      if (other !== undefined) return other;
      throw new QuestionError(
        "'ask' is one of status, flows, flow-page, record-page, values, open, top, series, lan, requests, request, behaviour, buffer, erase, rejudge, resend, threats, context, reputation, correlations, incidents, marks, mark, exceptions, except, unexcept, proposals, accept, reset, decisions, ban, unban, undo, plan",
      );
    }
  }
}

const CHANGING: ReadonlySet<Question['ask']> = new Set<Question['ask']>([
  'erase',
  'resend',
  'mark',
  'except',
  'unexcept',
  'accept',
  'reset',
  'correlate',
  'fade',
  'ban',
  'unban',
  'undo',
  'configure',
  'mirror-start',
  'mirror-stop',
]);

/** Whether something is to be changed, or sent: who asked for that stands in the record of changes. */
export function changesSomething(question: Question): boolean {
  if (question.ask === 'accept') return !question.preview;
  if (question.ask === 'configure') return !question.dry;
  return CHANGING.has(question.ask);
}

const WEB_QUESTIONS: ReadonlySet<Question['ask']> = new Set<WebQuestion['ask']>([
  'requests',
  'request',
  'behaviour',
  'buffer',
  'erase',
  'rejudge',
  'resend',
  'rules',
]);

/** Whether the active stream is asked. */
export function isWebQuestion(question: Question): question is WebQuestion {
  return WEB_QUESTIONS.has(question.ask);
}

function requestsOf(question: Fields): RequestSelection {
  const fields = fieldsOf(question.selection ?? {}, 'selection');
  only(fields, ['address', 'reference', 'host', 'fromUs', 'toUs', 'minimalScore', 'blocked']);
  const selection: Record<string, string | number | boolean> = {};
  for (const name of ['address', 'reference', 'host']) {
    if (fields[name] !== undefined) selection[name] = textOf(fields, name);
  }
  for (const name of ['fromUs', 'toUs']) {
    if (fields[name] !== undefined) selection[name] = whole(fields, name, 0, Number.MAX_SAFE_INTEGER);
  }
  if (fields.minimalScore !== undefined) selection.minimalScore = whole(fields, 'minimalScore', 0, 100);
  if (fields.blocked !== undefined) selection.blocked = fields.blocked === true;
  return selection;
}

function rulesOf(question: Fields): RuleChoice {
  const fields = fieldsOf(question.rules ?? {}, 'rules');
  only(fields, ['crs', 'rules', 'paranoia', 'text']);
  const { rules = [] } = fields;
  if (!Array.isArray(rules) || rules.length > 64 || rules.some((one) => typeof one !== 'string')) {
    throw new QuestionError("'rules' is a list of at most 64 paths");
  }
  const { text } = fields;
  if (text !== undefined && (typeof text !== 'string' || text.length > MOST_RULES_TEXT)) {
    throw new QuestionError(`'text' has at most ${MOST_RULES_TEXT} characters`);
  }
  return {
    ...(fields.crs === undefined ? {} : { crs: textOf(fields, 'crs') }),
    ...(rules.length === 0 ? {} : { rules: rules as string[] }),
    ...(fields.paranoia === undefined ? {} : { paranoia: whole(fields, 'paranoia', 1, 4) }),
    ...(text === undefined ? {} : { text }),
  };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) throw new QuestionError('a question is one line of JSON');
    throw error;
  }
}
