import {
  answerLine,
  isCorrelationQuestion,
  isResponseQuestion,
  isSystemQuestion,
  isWebQuestion,
  parseQuestion,
  pictureOf,
  type Question,
  QuestionError,
  refusalLine,
} from '../../control/index.ts';
import type { LanView } from '../../lan/index.ts';
import type { Correlation } from './correlation.ts';
import type { History } from './history.ts';
import { reasonOf } from './member.ts';
import type { OpenFlowTable } from './open-flows.ts';

/** Questions that are worked on or wait for the store, as a page of the console asks several; more are turned away. */
const MOST_AT_ONCE = 16;

/** Answers questions about the history, the open flows and the local network beside the records that come in. */
export class Desk {
  private readonly history: History | undefined;
  private readonly lan: LanView | undefined;
  private readonly open: OpenFlowTable | undefined;
  private readonly correlation: Correlation | undefined;
  private inWork = 0;
  private readonly counters = { answered: 0, refused: 0 };

  /** What is undefined is switched off. */
  constructor(
    history: History | undefined,
    lan: LanView | undefined,
    open: OpenFlowTable | undefined,
    correlation?: Correlation,
  ) {
    this.correlation = correlation;
    this.history = history;
    this.lan = lan;
    this.open = open;
  }

  /** Questions that got a value, and those that did not. */
  statistics(): { readonly answered: number; readonly refused: number } {
    return { ...this.counters };
  }

  /** The line of the answer to the line of a question; never rejects. */
  async answer(line: string): Promise<string> {
    if (this.inWork >= MOST_AT_ONCE) {
      this.counters.refused++;
      return refusalLine(
        'busy',
        `weir is at work on ${MOST_AT_ONCE} questions already: ask again in a moment`,
      );
    }
    this.inWork++;
    try {
      const text = await this.answerTo(parseQuestion(line));
      this.counters.answered++;
      return text;
    } catch (error) {
      this.counters.refused++;
      return this.refusal(error);
    } finally {
      this.inWork--;
    }
  }

  private async answerTo(question: Question): Promise<string> {
    if (isWebQuestion(question)) throw new QuestionError('web requests are not for the hub to tell');
    if (isResponseQuestion(question)) throw new QuestionError('decisions are not for the hub to tell');
    if (isSystemQuestion(question)) throw new QuestionError('weir itself is not for the hub to tell');
    if (isCorrelationQuestion(question)) {
      if (this.correlation === undefined) {
        throw new OffError(
          'weir does not join its streams: set correlation.enabled to true in weir.yaml and start weir again',
        );
      }
      return answerLine(await this.correlation.answer(question));
    }
    switch (question.ask) {
      case 'flows':
        return answerLine(await this.kept().flows(question.selection, question.limit));
      case 'flow-page':
        return answerLine(await this.kept().flowPage(question.selection, question.page));
      case 'record-page': {
        const { types, selection, page } = question;
        return answerLine(await this.kept().recordPage(types, selection, page));
      }
      case 'values': {
        const { field, prefix, selection, limit } = question;
        return answerLine(await this.kept().values(field, prefix, selection, limit));
      }
      case 'open':
        if (this.open === undefined) {
          throw new OffError(
            'weir does not tell of flows before their end: set capture.progress to a time such as 10s in weir.yaml and start weir again',
          );
        }
        return answerLine(this.open.list(question.selection, question.limit));
      case 'top': {
        const { subject, selection, by, limit } = question;
        return answerLine(await this.kept().top(subject, selection, { by, limit }));
      }
      case 'series': {
        const { intervalSeconds, selection, by } = question;
        return answerLine(await this.kept().series(intervalSeconds, selection, by));
      }
      case 'lan':
        if (this.lan === undefined) {
          throw new OffError(
            'weir does not follow the clients of the local network: set lan.enabled to true in weir.yaml and start weir again',
          );
        }
        return answerLine(pictureOf(this.lan, question.top));
      case 'status':
        throw new QuestionError('the state of weir is not for the hub to tell');
      default:
        return question satisfies never;
    }
  }

  private kept(): History {
    if (this.history !== undefined) return this.history;
    throw new OffError(
      'weir keeps no history: set store.enabled to true in weir.yaml and start weir again, or name a store with --store DIR',
    );
  }

  private refusal(error: unknown): string {
    if (error instanceof OffError) return refusalLine('off', error.message);
    if (error instanceof QuestionError) return refusalLine('question', error.message);
    return refusalLine(this.history?.refusalCode(error) ?? 'failed', reasonOf(error));
  }
}

/** What is asked for is switched off. */
class OffError extends Error {}
