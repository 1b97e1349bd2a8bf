import type { WebTransaction } from '../../transaction.ts';
import { CATEGORIES, type Category, categoryOf } from '../../waf/categories.ts';
import { loadRules, type Match, type RuleSource, Waf } from '../../waf/index.ts';
import { redactMatch } from '../../waf/redact.ts';
import { requestSecrets } from '../../waf/secrets.ts';
import type { Finding } from '../analysis.ts';
import { clientKey } from './client-key.ts';
import { RuleFrequencies } from './rule-frequencies.ts';
import { hashOf } from './value-shape.ts';
import { listed } from './words.ts';

/** Rules for the second look, and the time that they may take. */
export interface FullWafOptions {
  readonly sources: readonly RuleSource[];
  /** Milliseconds for a request and its answer. */
  readonly budgetMs?: number | undefined;
}

/** Off the live path there is time; but a worker that looks at one request looks at no other. */
const DEFAULT_BUDGET_MS = 2000;
/** What a rule's severity counts, where it is no rule of a Core Rule Set's levels or of the first. */
const POINTS: Readonly<Record<string, number>> = {
  EMERGENCY: 5,
  ALERT: 5,
  CRITICAL: 5,
  ERROR: 4,
  WARNING: 3,
  NOTICE: 2,
};
/**
 * Points of our score for each of the severity's, by paranoia level: one critical match of the first level is 50. Rules
 * of the higher levels meet what is benign as well: they add to what others found, and say little by themselves.
 */
const LEVEL_POINTS: readonly number[] = [10, 10, 4, 1.5, 0.8];
/** Points that matches of the higher levels reach by themselves. */
const MOST_OF_HIGH_LEVELS = 35;
/** Points that rules reach by themselves that say how HTTP is to be used: 911, methods; 920, protocol. */
const MOST_OF_PROTOCOL = 30;
const MOST_IDS = 20;
const MOST_NAMED = 3;

/** All rules at full paranoia, in detection mode. */
export class FullWaf {
  private readonly options: FullWafOptions;
  private readonly frequencies = new RuleFrequencies();
  private waf: Waf | undefined;
  private rules = 0;
  private judged = 0;
  private limited = 0;

  constructor(options: FullWafOptions) {
    this.options = options;
  }

  /** Loads the rules where that was not done. Throws a `RulesError` for rules that cannot be used. */
  load(): Waf {
    if (this.waf === undefined) {
      const rules = loadRules(this.options.sources, { settings: { mode: 'detection' } });
      this.rules = rules.count;
      this.waf = new Waf(rules, { budgetMs: this.options.budgetMs ?? DEFAULT_BUDGET_MS, onLimit: 'pass' });
    }
    return this.waf;
  }

  /** What the rules say of a request and its answer, by category. */
  judge({ request, response }: WebTransaction): Finding[] {
    const inspection = this.load().begin(request);
    inspection.requestHeaders();
    inspection.requestBody();
    if (response !== undefined) inspection.response(response);
    const { matches, limit } = inspection.end();
    this.judged++;
    if (limit !== '') this.limited++;
    const findings = findingsOf(matches, requestSecrets(inspection.transaction), this.frequencies);
    const client = hashOf(clientKey(request.connection.client.address), 0);
    this.frequencies.count(new Set(matches.map(({ id }) => id)), client);
    return findings;
  }

  statistics(): Readonly<Record<string, number | boolean>> {
    const { rules, judged, limited } = this;
    return { loaded: this.waf !== undefined, rules, judged, limited };
  }
}

/**
 * What matched, one finding for each category.
 *
 * @param frequencies rules above the first level that are common count nothing
 */
export function findingsOf(
  matches: readonly Match[],
  secrets: readonly string[],
  frequencies?: RuleFrequencies,
): Finding[] {
  const byCategory = Map.groupBy(matches, categoryOf);
  const findings: Finding[] = [];
  for (const [category, found] of byCategory) {
    if (category === 'evaluation') continue;
    const score = scoreOf(found, frequencies);
    if (score === 0) continue;
    const ids = [...new Set(found.map(({ id }) => id))];
    findings.push({
      kind: 'waf',
      category,
      score,
      reason: reasonOf(category, found, ids, secrets),
      ruleIds: ids.slice(0, MOST_IDS),
    });
  }
  return findings;
}

/** Each rule counts once, however many of the values it matched. */
function scoreOf(matches: readonly Match[], frequencies: RuleFrequencies | undefined): number {
  let low = 0;
  let high = 0;
  let protocol = 0;
  const counted = new Set<number>();
  for (const match of matches) {
    if (counted.has(match.id)) continue;
    counted.add(match.id);
    const level = levelOf(match);
    if (level > 1 && frequencies?.isCommon(match.id) === true) continue;
    const points = (POINTS[match.severity] ?? 0) * (LEVEL_POINTS[level] ?? 0);
    if (match.id >= 911_000 && match.id < 921_000 && !(match.id >= 913_000 && match.id < 914_000)) {
      protocol += points;
    } else if (level <= 1) low += points;
    else high += points;
  }
  return Math.round(
    Math.min(100, low + Math.min(MOST_OF_HIGH_LEVELS, high) + Math.min(MOST_OF_PROTOCOL, protocol)),
  );
}

/** 1 to 4 by the rule's tag; 0 where it has none. */
function levelOf({ tags }: Match): number {
  const tag = tags.find((one) => one.startsWith('paranoia-level/'));
  const level = Number(tag?.slice('paranoia-level/'.length));
  return level >= 1 && level <= 4 ? level : 0;
}

function reasonOf(
  category: Category,
  matches: readonly Match[],
  ids: readonly number[],
  secrets: readonly string[],
): string {
  const levels = matches.map(levelOf);
  const level = Math.min(...levels);
  const first = matches[levels.indexOf(level)];
  const message = first === undefined ? '' : redactMatch(first, { secrets }).message;
  const named = ids.slice(0, MOST_NAMED).map(String);
  const more = ids.length > MOST_NAMED ? ` and ${ids.length - MOST_NAMED} more` : '';
  const rules = `${ids.length === 1 ? 'rule' : 'rules'} ${more === '' ? listed(named) : `${named.join(', ')}${more}`}`;
  const from =
    level === 0 ? '' : `, paranoia level ${level}${level < Math.max(...levels) ? ' and above' : ''}`;
  const said = message === '' ? '' : `: ${message.replaceAll(/[^\x20-\x7e]/g, '?')}`;
  return `${CATEGORIES[category]} (${rules}${from})${said}`;
}
