import { PrefixSet } from '../../net/index.ts';
import {
  type ClientGate,
  type Deciders,
  DecisionList,
  DenyList,
  LiveJudge,
  RateLimit,
} from '../live/index.ts';
import type { TransactionSink } from '../transaction.ts';
import {
  type ChosenRules,
  chooseRules,
  DEBIAN_CRS,
  type EngineSettings,
  mistakeText,
  NoRulesError,
  RulesError,
  WafPool,
} from '../waf/index.ts';
import { withExclusions } from './exclusions.ts';
import { GatewayError, type GatewayOptions } from './options.ts';
import { policyOf } from './policies.ts';

/** Mistakes in rules that are written out. */
const MOST_MISTAKES = 5;
/** Other answers than these hold nothing that the rules would find. */
const JUDGED_TYPES = ['text/plain', 'text/html', 'text/xml', 'application/json', 'application/xml'];

/** The judge of the live path, with what it was made of. */
export interface Judging {
  readonly judge: LiveJudge;
  readonly pool: WafPool | undefined;
  /** Decisions that are in force on the live path. */
  readonly decisions: DecisionList;
  /** Rules and where they are from, in words; empty without rules. */
  readonly origin: string;
}

/** The rules that are wanted. Throws a {@link GatewayError}. */
export function rulesOf({ waf }: GatewayOptions): ChosenRules {
  try {
    const chosen = chooseRules({
      crs: waf.crs === '' ? undefined : waf.crs,
      rules: waf.rules,
      // Own rules alone know no paranoia level.
      paranoia: waf.crs === '' && waf.rules.length > 0 ? undefined : waf.paranoia,
    });
    return withExclusions(chosen, waf.exclusions);
  } catch (error) {
    if (error instanceof NoRulesError)
      throw new GatewayError(`there are no rules to judge by: ${error.message}`);
    throw error;
  }
}

/** Loads the rules and makes the judge. Throws a {@link GatewayError} where something of it cannot be used. */
export async function startJudging(
  options: GatewayOptions,
  sinks: readonly TransactionSink[],
): Promise<Judging> {
  const { waf } = options;
  const decisions = new DecisionList(options.decisions ?? { ban: 'deny', location: '' });
  const { deciders, origin } = await startDeciders(options, decisions);
  const judge = new LiveJudge({
    ...deciders,
    sinks,
    requestBodyLimit: waf.requestBodyBytes,
    responseBodyLimit: waf.responseBodyBytes,
    refusesLongBodies: waf.enabled && waf.mode === 'on' && waf.longBodies === 'deny',
    judgesResponses: deciders.waf !== undefined && waf.responses,
  });
  return { judge, pool: deciders.waf, decisions, origin };
}

/**
 * Loads the rules again, and reads lists and limits anew: requests from now on are judged by those; the pool from before
 * is the caller's, to retire. Throws a {@link GatewayError}; then all stays as it was.
 */
export async function renewJudging(options: GatewayOptions, before: Judging): Promise<Judging> {
  const { judge, decisions } = before;
  const { deciders, origin } = await startDeciders(options, decisions);
  judge.decideBy(deciders);
  return { judge, pool: deciders.waf, decisions, origin };
}

async function startDeciders(
  options: GatewayOptions,
  decisions: DecisionList,
): Promise<{ readonly deciders: Deciders; readonly origin: string }> {
  // Before there are threads, which a mistake in the options would leave behind.
  const gates = [decisions, ...gatesOf(options)];
  const rules = options.waf.enabled ? rulesOf(options) : undefined;
  if (rules === undefined) return { deciders: { waf: undefined, gates }, origin: '' };
  const pool = await startPool(options, rules);
  if ((pool.loaded[0]?.rules ?? 0) <= rules.builtIn) {
    await pool.close();
    throw new GatewayError(
      `there are no rules in ${rules.origin} that requests could be judged by: exclusions need the Core Rule Set that ` +
        `they are about, named as well (--crs ${DEBIAN_CRS}, web.waf.crs)`,
    );
  }
  return { deciders: { waf: pool, gates }, origin: originOf(rules) };
}

/** Own rules alone are what few want: it is said. */
function originOf({ origin, crs }: ChosenRules): string {
  return crs === undefined ? `${origin}, without the Core Rule Set` : origin;
}

async function startPool({ waf }: GatewayOptions, rules: ChosenRules): Promise<WafPool> {
  const settings: Partial<EngineSettings> = {
    ...rules.options.settings,
    mode: waf.mode,
    responseBodyTypes: new Set(JUDGED_TYPES),
  };
  try {
    return await WafPool.start({
      sources: rules.sources,
      settings,
      policy: policyOf(waf.policies),
      workers: waf.workers,
      local: true,
      onLimit: waf.failure,
      budgetMs: waf.budgetMs,
    });
  } catch (error) {
    if (!(error instanceof RulesError)) throw error;
    const { mistakes } = error;
    const shown = mistakes.slice(0, MOST_MISTAKES).map(mistakeText);
    const more = mistakes.length - shown.length;
    throw new GatewayError(
      `the rules have mistakes ('weir waf check' shows them all):\n${shown.join('\n')}${more > 0 ? `\n... and ${more} more` : ''}`,
    );
  }
}

function gatesOf({ deny, rate }: GatewayOptions): readonly ClientGate[] {
  const gates: ClientGate[] = [];
  if (deny.length > 0) {
    const { set, mistake } = PrefixSet.parse(deny);
    if (set === undefined) throw new GatewayError(`web.deny: '${mistake}' is no network`);
    gates.push(new DenyList(set));
  }
  if (rate.requests > 0) {
    gates.push(
      new RateLimit({ requests: rate.requests, perMs: rate.perMs, burst: rate.burst || rate.requests }),
    );
  }
  return gates;
}
