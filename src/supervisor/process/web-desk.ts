import {
  answerLine,
  isWebQuestion,
  MOST_LONG_QUESTION,
  parseQuestion,
  QuestionError,
  type RulesInForce,
  refusalLine,
  type WebQuestion,
} from '../../control/index.ts';
import type { BufferCopy } from '../../mitm/buffer/index.ts';
import { BufferError } from '../../mitm/buffer/index.ts';
import { type GatewayOptions, policyOf, withExclusions } from '../../mitm/gateway/index.ts';
import { chooseRules, NoRulesError, type RuleSource } from '../../mitm/waf/index.ts';
import { reasonOf } from './member.ts';

/** Questions that are worked on at the same time; more are turned away. */
const MOST_AT_ONCE = 4;
/** Whoever asks waits half a minute. */
const REPLAY_MS = 15_000;

/** Answers questions about web requests from buffer B. */
export class WebDesk {
  private readonly buffer: BufferCopy | undefined;
  private readonly options: () => GatewayOptions;
  private inWork = 0;

  /** Without a buffer no requests are kept; `options` are those that the gateway goes by at present. */
  constructor(buffer: BufferCopy | undefined, options: () => GatewayOptions) {
    this.options = options;
    this.buffer = buffer;
  }

  /** The line of the answer to the line of a question; never rejects. */
  async answer(line: string): Promise<string> {
    if (this.inWork >= MOST_AT_ONCE) {
      return refusalLine(
        'busy',
        `weir is at work on ${MOST_AT_ONCE} questions already: ask again in a moment`,
      );
    }
    this.inWork++;
    try {
      const question = parseQuestion(line, MOST_LONG_QUESTION);
      if (!isWebQuestion(question)) throw new QuestionError('this weir has only web requests to tell of');
      if (question.ask === 'rules') return answerLine(rulesInForce(this.options()));
      if (this.buffer === undefined) {
        return refusalLine(
          'off',
          'weir keeps no requests: set web.buffer.enabled to true and start it again',
        );
      }
      return answerLine(await answerTo(question, this.buffer, this.options()));
    } catch (error) {
      if (error instanceof QuestionError || error instanceof BufferError || error instanceof NoRulesError) {
        return refusalLine('question', error.message);
      }
      return refusalLine('failed', reasonOf(error));
    } finally {
      this.inWork--;
    }
  }
}

/** Rules that were given as a text, as bytes are in files. */
function textSource(text: string | undefined): RuleSource[] {
  if (text === undefined) return [];
  return [{ kind: 'text', name: 'rules', text: Buffer.from(text, 'utf8').toString('latin1') }];
}

/** The rules that a gateway judges by, as the API is told of them. */
function rulesInForce({ waf }: GatewayOptions): RulesInForce {
  const { enabled, mode, paranoia, responses, crs, rules } = waf;
  return { enabled, mode, paranoia, responses, crs, files: rules };
}

function answerTo(
  question: Exclude<WebQuestion, { ask: 'rules' }>,
  buffer: BufferCopy,
  { waf }: GatewayOptions,
): Promise<unknown> {
  switch (question.ask) {
    case 'requests':
      return buffer.list({ ...question.selection, most: question.limit });
    case 'request':
      return buffer.entry(question.reference, question.raw);
    case 'behaviour':
      return buffer.context(question.address, question.seconds);
    case 'buffer':
      return buffer.statistics();
    case 'erase': {
      const { address } = question;
      return address === undefined
        ? buffer.wipe()
        : buffer.forget(address).then((entries) => ({ entries, isKeyReplaced: false }));
    }
    case 'rejudge': {
      const { crs, rules, paranoia, text } = question.rules;
      const plain = chooseRules({ crs, rules: rules ?? [], paranoia });
      // Other rules at the same places: what is excluded in force is no difference.
      const chosen = plain.crs === undefined ? plain : withExclusions(plain, waf.exclusions);
      return buffer.rejudge(
        question.selection,
        {
          sources: [...chosen.sources, ...textSource(text)],
          settings: { ...chosen.options.settings, mode: 'on' },
          policy: policyOf(waf.policies),
        },
        REPLAY_MS,
      );
    }
    case 'resend':
      return buffer.resend(question.selection, question.origin, { budgetMs: REPLAY_MS });
    default:
      return question satisfies never;
  }
}
