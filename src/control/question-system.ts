import { anyTextOf, type Fields, only, QuestionError, textOf, whole } from './question-fields.ts';

/** What the supervisor itself can be asked. */
export type SystemQuestion =
  /** The text of the configuration, and what of it takes effect only with a new start. */
  | { readonly ask: 'configuration' }
  /** Takes another text for the configuration, or with `dry` says what that would change. */
  | {
      readonly ask: 'configure';
      readonly text: string;
      readonly author: string;
      readonly note: string;
      /** Digest of the text that the change was made from; empty: whichever it is. */
      readonly basis: string;
      readonly dry: boolean;
    }
  /** Earlier texts, the newest first. */
  | { readonly ask: 'versions' }
  /** One of them. */
  | { readonly ask: 'version'; readonly version: number }
  /** What is mirrored. */
  | { readonly ask: 'mirror' }
  /** Mirrors an interface; empty: that of the default route. */
  | { readonly ask: 'mirror-start'; readonly source: string }
  /** Ends a mirror; empty: all. */
  | { readonly ask: 'mirror-stop'; readonly source: string };

/** Characters of a configuration. */
export const MOST_CONFIGURATION = 512 << 10;

const QUESTIONS: ReadonlySet<string> = new Set<SystemQuestion['ask']>([
  'configuration',
  'configure',
  'versions',
  'version',
  'mirror',
  'mirror-start',
  'mirror-stop',
]);

/** Whether the supervisor is asked. */
export function isSystemQuestion(question: { readonly ask: string }): question is SystemQuestion {
  return QUESTIONS.has(question.ask);
}

/** Reads such a question; undefined where it is none of these. Throws QuestionError. */
export function parseSystemQuestion(fields: Fields): SystemQuestion | undefined {
  switch (fields.ask) {
    case 'configuration':
    case 'versions':
    case 'mirror':
      only(fields, ['ask']);
      return { ask: fields.ask };
    case 'configure': {
      only(fields, ['ask', 'text', 'author', 'note', 'basis', 'dry']);
      const { text } = fields;
      if (typeof text !== 'string' || text.length > MOST_CONFIGURATION) {
        throw new QuestionError(`'text' is a text of at most ${MOST_CONFIGURATION} characters`);
      }
      return {
        ask: 'configure',
        text,
        author: anyTextOf(fields, 'author'),
        note: anyTextOf(fields, 'note'),
        basis: anyTextOf(fields, 'basis'),
        dry: fields.dry === true,
      };
    }
    case 'version':
      only(fields, ['ask', 'version']);
      return { ask: 'version', version: whole(fields, 'version', 1, Number.MAX_SAFE_INTEGER) };
    case 'mirror-start':
    case 'mirror-stop':
      only(fields, ['ask', 'source']);
      return { ask: fields.ask, source: fields.source === '' ? '' : textOf(fields, 'source') };
    default:
      return undefined;
  }
}
