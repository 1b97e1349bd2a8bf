import { randomBytes } from 'node:crypto';
import { LimitError, TimeLimitError } from '../operator/operator.ts';
import type { Policy } from '../policy.ts';
import type { HttpRequest, HttpResponse } from '../request.ts';
import type { Verdict } from '../verdict.ts';
import { processBody } from './body.ts';
import { Evaluation } from './evaluation.ts';
import { KnownTexts } from './known-texts.ts';
import { PersistentCollections } from './persistent.ts';
import { Rooms } from './rooms.ts';
import type { RuleSelection } from './rule.ts';
import type { RuleSet } from './rule-set.ts';
import { headerOf, Transaction } from './transaction.ts';
import { Texts } from './value.ts';

export interface WafOptions {
  /** What becomes of a request that cannot be judged within the bounds. */
  readonly onLimit?: 'deny' | 'pass';
  /** Time that the rules may take for a request and its answer, in milliseconds. */
  readonly budgetMs?: number;
  /** When that is over, a `TimeLimitError` is thrown in place of a verdict, for whoever can ask elsewhere. */
  readonly throwsOnTime?: boolean;
  /** How requests are judged by host and path; absent: as the rule files say. */
  readonly policy?: Policy | undefined;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

const DEFAULT_BUDGET_MS = 500;

/** Judges requests and their answers by a set of rules. */
export class Waf {
  private readonly rules: RuleSet;
  private readonly options: WafOptions;
  private readonly collections: PersistentCollections;
  private readonly texts: Texts;
  private readonly rooms: Rooms;
  private readonly prefix = randomBytes(6).toString('hex');
  private serial = 0;

  constructor(rules: RuleSet, options: WafOptions = {}) {
    this.rules = rules;
    this.options = options;
    this.texts = new Texts(rules.changes, new KnownTexts(rules.candidateWords));
    this.rooms = new Rooms(rules.candidateWords);
    this.collections = new PersistentCollections(rules.settings.collectionTimeoutSeconds * 1000);
  }

  /** Begins with a request; its phases are run one by one. */
  begin(request: HttpRequest): Inspection {
    const number = ++this.serial;
    const identity = {
      number,
      uniqueId: `${this.prefix}${number.toString(36).padStart(8, '0')}`,
      nowMs: (this.options.clock ?? Date.now)(),
    };
    const { settings } = this.rules;
    const transaction = new Transaction(request, settings, this.texts, this.collections, identity);
    const inspection = new Inspection(this.rules, transaction, this.rooms, this.options);
    this.apply(inspection, request);
    return inspection;
  }

  private apply(inspection: Inspection, request: HttpRequest): void {
    const { policy } = this.options;
    if (policy === undefined) return;
    const settings = policy.settingsFor(request);
    const { transaction } = inspection;
    if (!policy.isJudged(settings, request)) transaction.mode = 'off';
    else if (settings.mode !== undefined) transaction.mode = settings.mode;
    transaction.pin(settings.variables);
    for (const target of settings.excludedTargets) transaction.removeTarget(target);
    for (const selection of settings.excludedRules) inspection.leaveOut(selection);
  }

  /** Judges a request without its answer. */
  inspect(request: HttpRequest): Verdict {
    const inspection = this.begin(request);
    inspection.requestHeaders();
    inspection.requestBody();
    return inspection.end();
  }
}

/** One request and its answer under inspection: the phases in their order, each at most once. */
export class Inspection {
  readonly transaction: Transaction;
  private readonly evaluation: Evaluation;
  private readonly options: WafOptions;
  /** Which bound the request or its answer exceeded; empty for none. */
  private limit = '';
  /** Status of the answer that this demands; 0 for none. */
  private refused = 0;
  /** Nothing is looked at any more. */
  private stopped = false;

  constructor(rules: RuleSet, transaction: Transaction, rooms: Rooms, options: WafOptions) {
    this.transaction = transaction;
    this.options = options;
    this.evaluation = new Evaluation(rules, transaction, rooms, options.budgetMs ?? DEFAULT_BUDGET_MS);
  }

  /** Leaves out rules from here on. */
  leaveOut(selection: RuleSelection): void {
    this.evaluation.leaveOut(selection);
  }

  /** Phase 1. */
  requestHeaders(): Verdict {
    return this.phase(() => this.evaluation.run(1));
  }

  /** Phase 2, with the body where the rules want it looked at. */
  requestBody(): Verdict {
    return this.phase(() => {
      const { transaction } = this;
      const { settings, request } = transaction;
      if (transaction.mode === 'off' || this.evaluation.decision !== undefined) return;
      if (transaction.bodyAccess) {
        const limit = settings.requestBodyLimit;
        transaction.bodyTooLong = request.body.length > limit;
        if (transaction.bodyTooLong && settings.requestBodyLimitAction === 'reject') {
          this.stop(413, `the body is longer than ${limit} bytes`);
          return;
        }
        transaction.body = request.body.slice(0, limit);
        // An empty body is none, but for multipart, which has to have an end.
        if (request.body !== '' || transaction.bodyProcessor === 'MULTIPART') {
          processBody(transaction);
          this.evaluation.changed('body');
        }
      }
      this.evaluation.run(2);
      // What stands beyond the bound was not looked at.
      if (transaction.argumentsTooMany)
        this.exceeded(`there are more than ${settings.argumentsLimit} arguments`);
    });
  }

  /** Phases 3 and 4. */
  response(response: HttpResponse): Verdict {
    return this.phase(() => {
      const { transaction } = this;
      const { settings } = transaction;
      transaction.response = response;
      this.evaluation.changed('answer');
      this.evaluation.run(3);
      if (!transaction.responseBodyAccess || transaction.mode === 'off') return;
      const type = headerOf(response.headers, 'content-type').split(';')[0]?.trim().toLowerCase() ?? '';
      if (settings.responseBodyTypes !== undefined && !settings.responseBodyTypes.has(type)) return;
      const limit = settings.responseBodyLimit;
      transaction.responseBodyTooLong = response.body.length > limit;
      if (transaction.responseBodyTooLong && settings.responseBodyLimitAction === 'reject') {
        this.stop(502, `the answer is longer than ${limit} bytes`);
        return;
      }
      transaction.responseBody = response.body.slice(0, limit);
      this.evaluation.changed('answer');
      this.evaluation.run(4);
    });
  }

  /** Phase 5, and what has come of it all. */
  end(): Verdict {
    const verdict = this.phase(() => this.evaluation.run(5));
    this.stopped = true;
    this.evaluation.end();
    return verdict;
  }

  private phase(run: () => void): Verdict {
    if (!this.stopped) {
      const { texts, number } = this.transaction;
      texts.enter(number);
      try {
        run();
      } catch (error) {
        // A RangeError: a text longer than any may be, or a stack deeper.
        this.stopped = true;
        const isLimit = error instanceof LimitError || error instanceof RangeError;
        if (!isLimit || (error instanceof TimeLimitError && this.options.throwsOnTime === true)) throw error;
        this.exceeded(error.message);
      }
    }
    return this.verdict();
  }

  /** A bound that the rule files set: the request is refused with a status, where the engine may. */
  private stop(status: number, why: string): void {
    this.stopped = true;
    this.limit = why;
    if (this.transaction.mode === 'on') this.refused = status;
  }

  /** A bound of the engine: what becomes of the request is for the policy to say. */
  private exceeded(why: string): void {
    if (this.limit === '') this.limit = why;
    if ((this.options.onLimit ?? 'deny') === 'deny' && this.transaction.mode === 'on') this.refused = 403;
  }

  private verdict(): Verdict {
    const { decision, matches } = this.evaluation;
    const { variables } = this.transaction;
    const judged = {
      matches,
      limit: this.limit,
      score: {
        inbound: Number(
          variables.get('blocking_inbound_anomaly_score') ?? variables.get('anomaly_score') ?? 0,
        ),
        outbound: Number(
          variables.get('blocking_outbound_anomaly_score') ?? variables.get('outbound_anomaly_score') ?? 0,
        ),
      },
    };
    if (decision !== undefined) {
      const { rule, disruption, location } = decision;
      return { action: disruption.kind, status: disruption.status, location, ruleId: rule.id, ...judged };
    }
    if (this.refused !== 0)
      return { action: 'deny', status: this.refused, location: '', ruleId: 0, ...judged };
    return { action: 'pass', status: 0, location: '', ruleId: 0, ...judged };
  }
}
