import { createHash } from 'node:crypto';
import {
  type Changed,
  type ContextAnswer,
  type CorrelationAnswer,
  type CorrelationQuestion,
  type CorrelationWord,
  type ExceptionWish,
  type NamedProposal,
  QuestionError,
  type ReputationAnswer,
  type Threat,
  type ThreatList,
  type Tuning,
} from '../../control/index.ts';
import {
  type Change,
  type Difference,
  ExceptionError,
  type ExceptionMatch,
  type Exceptions,
  type Marks,
  markedFacts,
  matchText,
  type Proposal,
  propose,
  type StoredEvidence,
  whatIf,
} from '../../correlate/exception/index.ts';
import type { Incident } from '../../correlate/incident/index.ts';
import type { Correlator } from '../../correlate/index.ts';
import { type CorrelationLog, CorrelationQuestionError, evidenceOf } from '../../correlate/record/index.ts';
import { type ReputationOptions, subjectOf } from '../../correlate/reputation/index.ts';
import { formatAddress, parseAddress, parsePrefix } from '../../net/index.ts';
import { requestConnections } from './request-connections.ts';
import type { ScenarioFigures } from './scenario-figures.ts';
import type { WeightFile } from './weight-file.ts';

/** Correlations of the past that a change is tried on. */
const MOST_HISTORY = 10_000;
/** Incidents that a page is looked for among. */
const MOST_INCIDENTS = 10_000;

/** Records older or newer than that are of captures: their time has nothing to do with the clock. */
export const LIVE_US = 600e6;

/** What the desk answers from. */
export interface DeskParts {
  readonly correlator: Correlator;
  readonly exceptions: Exceptions;
  readonly marks: Marks;
  readonly log: CorrelationLog;
  readonly weights: WeightFile;
  readonly reputationOptions: (overrides: Readonly<Record<string, number>>) => ReputationOptions;
  readonly tuning: () => Tuning;
  readonly scenarios: ScenarioFigures;
}

/** Answers questions about correlations, and changes what counts. */
export class CorrelationDesk {
  private readonly parts: DeskParts;

  constructor(parts: DeskParts) {
    this.parts = parts;
  }

  /** Throws QuestionError. */
  async answer(question: CorrelationQuestion): Promise<unknown> {
    try {
      return await this.answerTo(question);
    } catch (error) {
      if (error instanceof ExceptionError || error instanceof CorrelationQuestionError) {
        throw new QuestionError(error.message);
      }
      throw error;
    }
  }

  private async answerTo(question: CorrelationQuestion): Promise<unknown> {
    const { correlator, exceptions, log } = this.parts;
    switch (question.ask) {
      case 'threats':
        return this.threats(question.limit, question.minimalScore);
      case 'context':
        return this.context(question.address, question.limit);
      case 'reputation':
        return this.reputation(question.subject);
      case 'correlations': {
        const { sinceUs, untilUs, minimalScore, ...selection } = question.selection;
        return log.search({
          ...selection,
          after: question.after,
          fromUs: sinceUs,
          untilUs,
          leastScore: minimalScore,
          limit: question.limit,
        });
      }
      case 'correlation-statistics':
        return log.statistics();
      case 'incidents':
        return this.incidents(question);
      case 'mark':
        return this.mark(question.id, question.as, question.author, question.note);
      case 'exceptions':
        return exceptions.list();
      case 'proposals':
        return this.proposals();
      case 'except':
        return this.except(question.exception);
      case 'unexcept': {
        const removed = await exceptions.remove(question.id);
        if (removed === undefined) throw new QuestionError(`there is no exception ${question.id}`);
        return { done: `what is excepted no more: ${matchText(removed.match)}` } satisfies Changed;
      }
      case 'accept':
        return this.accept(question.id, question.author, question.preview);
      case 'reset': {
        const address = addressOf(question.address);
        const known = correlator.reset(address);
        return { done: known ? `${address} has no reputation any more` : `nothing spoke against ${address}` };
      }
      case 'correlate':
        return this.correlate(question.word);
      case 'fade':
        correlator.reputation.fade(question.points);
        return { done: `all reputations have faded by ${question.points} points of 25` } satisfies Changed;
      case 'scenarios':
        return this.parts.scenarios.list();
      case 'scenario': {
        const found = this.parts.scenarios.text(question.name);
        if (found === undefined)
          throw new QuestionError(`there is no scenario ${question.name.slice(0, 100)}`);
        return found;
      }
      case 'tuning':
        return this.parts.tuning();
      default:
        return question satisfies never;
    }
  }

  private correlate(word: CorrelationWord): CorrelationAnswer {
    const { correlator } = this.parts;
    const wallUs = 1000 * Date.now();
    // Of captures the records say what time it is.
    const isLive = correlator.nowUs === 0 || Math.abs(wallUs - correlator.nowUs) < LIVE_US;
    const found = correlator.correlate(
      { ...word, address: addressOf(word.address) },
      isLive ? Math.max(wallUs, correlator.nowUs) : correlator.nowUs,
    );
    return { correlations: found === undefined ? [] : [found], isCutOff: false };
  }

  private threats(limit: number, minimalScore: number): ThreatList {
    const { correlator } = this.parts;
    const { nowUs } = correlator;
    const standings = correlator.reputation.standings(nowUs, { least: Math.max(1, minimalScore), limit });
    const open = correlator.incidents.list({ status: 'open', limit: 1000 });
    const threats = standings.map((standing): Threat => {
      const { subject } = standing;
      const last = correlator.reputation.explain(subject, nowUs)?.contributions.at(-1);
      const incident = open.find(
        ({ attackers, victims }) => attackers.includes(subject) || victims.includes(subject),
      );
      return {
        ...standing,
        reason: last?.reason ?? '',
        banned: correlator.isBanned(subject),
        incident: incident?.id ?? '',
      };
    });
    return { threats, openIncidents: open.length };
  }

  private incidents({ address, limit, filter = {} }: CorrelationQuestion & { ask: 'incidents' }) {
    const { incidents } = this.parts.correlator;
    const { id, status, minimalScore, after } = filter;
    if (id !== undefined) {
      const found = incidents.incident(id);
      return found === undefined ? [] : [found];
    }
    const found = incidents.list({
      ...(address === '' ? {} : { address: addressOf(address) }),
      ...(status === undefined ? {} : { status }),
      ...(minimalScore === undefined ? {} : { leastScore: minimalScore }),
      limit: after === undefined ? limit : MOST_INCIDENTS,
    });
    if (after === undefined) return found;
    const isBehind = (one: Incident): boolean =>
      one.lastUs < after.lastUs || (one.lastUs === after.lastUs && one.id > after.id);
    return found.filter(isBehind).slice(0, limit);
  }

  private context(text: string, limit: number): ContextAnswer {
    const { correlator } = this.parts;
    const address = addressOf(text);
    const context = correlator.contexts.context(address, { limit });
    return {
      address,
      assessment: correlator.reputation.assess(address, context?.ja4s.at(-1) ?? '', correlator.nowUs),
      banned: correlator.isBanned(address),
      context,
      connections: context === undefined ? [] : requestConnections(correlator.joiner, context),
      incidents: correlator.incidents.list({ address, limit: 100 }),
    };
  }

  private reputation(text: string): ReputationAnswer {
    const { correlator } = this.parts;
    const name = subjectOf(text);
    if (name === undefined) {
      throw new QuestionError(`'${text.slice(0, 60)}' is no address, no /64 of IPv6 and no JA4`);
    }
    const { nowUs, reputation } = correlator;
    return {
      subject: name.key,
      score: reputation.score(name.key, nowUs),
      explanation: reputation.explain(name.key, nowUs),
    };
  }

  private async mark(id: string, as: 'false' | 'true', author: string, note: string): Promise<Changed> {
    const { correlator, log, marks } = this.parts;
    const [found] = (await log.search({ id, limit: 1 })).correlations;
    const stored = found && evidenceOf(found);
    if (stored === undefined)
      throw new QuestionError(`there is no correlation ${id.slice(0, 64)}, or it is kept no more`);
    const { evidence, facts } = stored;
    await marks.add({
      evidenceId: id,
      verdict: as,
      author: author || 'unknown',
      timeMs: Date.now(),
      facts: markedFacts(evidence, facts),
    });
    const about = `${evidence.reason} by ${evidence.address}${note === '' ? '' : ` (${note})`}`;
    if (as === 'true') return { done: `marked as true: ${about}` };
    const score = (): number => correlator.reputation.score(evidence.address, correlator.nowUs);
    const before = Math.round(score());
    correlator.reputation.retract(id);
    const proposed = this.proposals().filter(({ evidence: named }) => named.includes(id)).length;
    const hint = proposed === 0 ? '' : `; 'weir mark proposals' shows what weir would change`;
    return {
      done: `marked as false: ${about}; its reputation is ${Math.round(score())}, it was ${before}${hint}`,
    };
  }

  private proposals(): readonly NamedProposal[] {
    const { exceptions, marks, weights } = this.parts;
    const proposals = propose(marks.verdicts(), {
      isExcepted: (occurrence) => exceptions.find(occurrence, 1000 * Date.now()) !== undefined,
      overrides: weights.overrides,
    });
    return proposals.map((proposal) => ({ ...proposal, id: nameOf(proposal) }));
  }

  private async except({ conditions, reason, author, durationMs }: ExceptionWish): Promise<Changed> {
    const nowMs = Date.now();
    const exception = await this.parts.exceptions.add(
      {
        match: matchOf(conditions),
        author: author || 'unknown',
        reason,
        ...(durationMs === 0 ? {} : { untilMs: nowMs + durationMs }),
      },
      nowMs,
    );
    return { done: `does not count from now on: ${matchText(exception.match)} (${exception.id})` };
  }

  private async accept(id: string, author: string, preview: boolean): Promise<Changed> {
    const { correlator, exceptions, weights } = this.parts;
    const proposal = this.proposals().find((one) => one.id === id);
    if (proposal === undefined)
      throw new QuestionError(`there is no proposal ${id.slice(0, 64)}: 'weir mark proposals' lists them`);
    if (proposal.kind === 'none') throw new QuestionError(`nothing can be accepted of this: ${proposal.why}`);
    const change: Change =
      proposal.kind === 'exception'
        ? { exceptions: [proposal.match] }
        : { overrides: { [proposal.source]: proposal.proposed } };
    const difference = await this.difference(change);
    if (preview)
      return { done: `would have been different over what is stored: ${proposal.why}`, difference };
    if (proposal.kind === 'exception') {
      const draft = {
        match: proposal.match,
        author: author || 'unknown',
        reason: proposal.why.slice(0, 512),
      };
      await exceptions.add(draft, Date.now());
      for (const one of proposal.evidence) correlator.reputation.retract(one);
      return { done: `does not count from now on: ${matchText(proposal.match)}`, difference };
    }
    await weights.set(proposal.source, proposal.proposed);
    correlator.reputation.reweigh(this.parts.reputationOptions(weights.overrides));
    return {
      done: `${proposal.source} weighs ${proposal.proposed} from now on, not ${proposal.weight}`,
      difference,
    };
  }

  private async difference(change: Change): Promise<Difference> {
    const { exceptions, log, marks, weights } = this.parts;
    const { threshold } = this.parts.tuning();
    const { correlations } = await log.search({ limit: MOST_HISTORY });
    const history: StoredEvidence[] = correlations.toReversed().flatMap((one) => evidenceOf(one) ?? []);
    return whatIf(history, change, {
      reputation: this.parts.reputationOptions(weights.overrides),
      threshold,
      isExcepted: (occurrence, timeUs) => exceptions.find(occurrence, timeUs) !== undefined,
      verdicts: marks.verdicts(),
    });
  }
}

/** The same proposal has the same name in each list. */
function nameOf(proposal: Proposal): string {
  const about =
    proposal.kind === 'exception'
      ? proposal.match
      : proposal.kind === 'weight'
        ? proposal.source
        : proposal.rule;
  return createHash('sha256')
    .update(JSON.stringify([proposal.kind, about]))
    .digest('hex')
    .slice(0, 8);
}

function addressOf(text: string): string {
  const address = parseAddress(text);
  if (address === undefined) throw new QuestionError(`'${text.slice(0, 60)}' is no address`);
  return formatAddress(address.version, ...address.words);
}

/** Conditions as a user names them: an address may be a network, a rule is a number. */
function matchOf(conditions: Readonly<Record<string, string>>): ExceptionMatch {
  const { address, rule, ...rest } = conditions;
  const isNetwork = address?.includes('/') === true && parsePrefix(address) !== undefined;
  return {
    ...rest,
    ...(address === undefined ? {} : isNetwork ? { network: address } : { address }),
    ...(rule === undefined ? {} : { ruleId: rule }),
  };
}
