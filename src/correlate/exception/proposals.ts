import { authorsOf, confidence, named } from './agreement.ts';
import type { Verdict } from './marks.ts';
import {
  checkedMatch,
  ExceptionError,
  type ExceptionMatch,
  matcherOf,
  matchText,
  type Occurrence,
  plainPath,
} from './match.ts';
import { type WeightProposal, weightProposals } from './weight-proposals.ts';

/** An exception that would have kept false positives away, and no evidence that was marked true. */
export interface ExceptionProposal {
  readonly kind: 'exception';
  readonly match: ExceptionMatch;
  /** Evidence marked false that it is for: the number, and ids of at most 100. */
  readonly falsePositives: number;
  readonly evidence: readonly string[];
  /** Evidence of the same rule, marked true or disputed, that it is not for. */
  readonly truePositives: number;
  readonly authors: readonly string[];
  /** 0 to 1. */
  readonly confidence: number;
  readonly why: string;
}

/** False positives of a rule for which no exception is proposed, and why. */
export interface NoProposal {
  readonly kind: 'none';
  /** The rule or scenario; empty where the evidence names none. */
  readonly rule: string;
  readonly falsePositives: number;
  readonly evidence: readonly string[];
  readonly why: string;
}

/** What was learned from marks. Nothing of it applies before somebody accepts it. */
export type Proposal = ExceptionProposal | WeightProposal | NoProposal;

/** How proposals are made. */
export interface ProposalOptions {
  /** False positives that an exception must be for; default 3. */
  readonly least?: number;
  /** What is excepted already is not proposed again. */
  readonly isExcepted?: (occurrence: Occurrence) => boolean;
  /** Present weights of sources, by `Evidence.source`; default those of the types. */
  readonly overrides?: Readonly<Record<string, number>>;
}

const LEAST = 3;
/** Proposals of one call; those of most confidence are given. */
const MOST_PROPOSALS = 200;
/** Places of one rule from which on the wider proposal is made at once. */
const MANY_PLACES = 4;

/**
 * Proposes exceptions and weights out of what was marked. For each rule the narrowest exceptions that are for enough
 * false positives are sought: at a host and path, at a host, for an address, and only then for the rule as a whole;
 * one that would also be for evidence marked true, or disputed, is never proposed. The same verdicts give the same
 * proposals.
 */
export function propose(verdicts: Iterable<Verdict>, options: ProposalOptions = {}): readonly Proposal[] {
  const { least = LEAST, isExcepted = () => false } = options;
  const all = [...verdicts];
  const open = all.filter(({ verdict, facts }) => verdict !== 'false' || !isExcepted(facts));
  const proposals: Proposal[] = [];
  const right = open.filter(({ verdict }) => verdict !== 'false');
  for (const [key, ofRule] of Map.groupBy(open, ruleKey)) {
    const rule = JSON.parse(key) as ExceptionMatch;
    // An exception for a scenario is for its evidence that names a rule, too: that is of another group.
    const rightOfRule = right.filter(({ facts }) => isOfRule(facts, rule));
    proposals.push(...forRule(rule, ofRule, rightOfRule, least));
  }
  proposals.push(...weightProposals(open, options.overrides ?? {}));
  return proposals.toSorted((a, b) => confidenceOf(b) - confidenceOf(a)).slice(0, MOST_PROPOSALS);
}

function confidenceOf(proposal: Proposal): number {
  return proposal.kind === 'none' ? -1 : proposal.confidence;
}

/** The rule, else the scenario, as the match that is for it; the same text for the same rule. */
function ruleKey({ facts }: Verdict): string {
  return JSON.stringify(ruleMatch(facts));
}

function ruleMatch({ ruleId, scenario }: Occurrence): ExceptionMatch {
  return ruleId !== '' ? { ruleId } : scenario !== '' ? { scenario } : {};
}

function isOfRule(facts: Occurrence, { ruleId, scenario }: ExceptionMatch): boolean {
  return ruleId === undefined ? facts.scenario === scenario : facts.ruleId === ruleId;
}

/** `right`: what was marked true, or is disputed, of all that an exception for the rule would be for. */
function forRule(
  rule: ExceptionMatch,
  verdicts: readonly Verdict[],
  right: readonly Verdict[],
  least: number,
): readonly Proposal[] {
  const wrong = verdicts.filter(({ verdict }) => verdict === 'false');
  if (wrong.length === 0) return [];
  const name = rule.ruleId ?? rule.scenario ?? '';
  const none = (left: readonly Verdict[], why: string): NoProposal => ({
    kind: 'none',
    rule: name,
    falsePositives: left.length,
    evidence: named(left),
    why,
  });
  if (name === '') return [none(wrong, 'the evidence names neither a rule nor a scenario')];
  if (wrong.length < least) {
    return [
      none(wrong, `${wrong.length} marked false, and it takes ${least} before an exception is proposed`),
    ];
  }
  const proposals: Proposal[] = [];
  let left = wrong;
  let hidden = 0;
  for (const match of candidates(rule, wrong, right.length === 0, least)) {
    const test = matcherOf(match);
    const covered = left.filter(({ facts }) => test(facts));
    if (covered.length < least) continue;
    const wouldHide = right.filter(({ facts }) => test(facts)).length;
    if (wouldHide > 0) {
      hidden = hidden === 0 ? wouldHide : Math.min(hidden, wouldHide);
      continue;
    }
    proposals.push(proposalFor(match, covered, right.length));
    left = left.filter(({ facts }) => !test(facts));
  }
  if (left.length >= least || (left.length > 0 && proposals.length === 0)) {
    const why =
      hidden > 0
        ? `any exception for ${least} or more of them would also be for ${hidden} or more that were marked true or are disputed`
        : `no host, path or address has ${least} of them, and the rule was right elsewhere`;
    proposals.push(none(left, why));
  }
  return proposals;
}

function proposalFor(match: ExceptionMatch, covered: readonly Verdict[], right: number): ExceptionProposal {
  const authors = authorsOf(covered);
  const people = authors.length === 1 ? '1 person' : `${authors.length} people`;
  const elsewhere =
    right === 0
      ? '0 true'
      : `0 true there; narrowed, since the rule was right or is disputed in ${right} other ${right === 1 ? 'case' : 'cases'}`;
  return {
    kind: 'exception',
    match,
    falsePositives: covered.length,
    evidence: named(covered),
    truePositives: right,
    authors,
    confidence: confidence(covered.length, covered.length, authors.length),
    why: `${matchText(match)}: ${covered.length} marked false by ${people}, ${elsewhere}`,
  };
}

/** Exceptions that could be for the false positives of a rule, in the order in which they are tried. */
function candidates(
  rule: ExceptionMatch,
  wrong: readonly Verdict[],
  isNeverRight: boolean,
  least: number,
): readonly ExceptionMatch[] {
  const found: ExceptionMatch[] = [];
  const add = (match: ExceptionMatch): void => {
    try {
      found.push(checkedMatch(match));
    } catch (error) {
      // A host or a path out of traffic that no exception can be for.
      if (!(error instanceof ExceptionError)) throw error;
    }
  };
  const byHost = [...Map.groupBy(wrong, ({ facts }) => facts.host)].filter(([host]) => host !== '');
  const isEverywhere = isNeverRight && byHost.length >= MANY_PLACES;
  if (isEverywhere) add(rule);
  const byPath: ExceptionMatch[] = [];
  for (const [host, there] of byHost) {
    const paths = there.map(({ facts }) => plainPath(facts.path) ?? '/');
    const common = commonPrefix(paths);
    const frequent = [...Map.groupBy(paths, (path) => path)].filter(([, same]) => same.length >= least);
    if (common !== '/') byPath.push({ ...rule, host, path: common });
    if (common === '/' && isNeverRight && frequent.length >= MANY_PLACES) byPath.push({ ...rule, host });
    for (const [path] of frequent) if (path !== '/') byPath.push({ ...rule, host, path });
  }
  byPath.forEach(add);
  for (const [host] of byHost) add({ ...rule, host });
  for (const [address] of Map.groupBy(wrong, ({ facts }) => facts.address)) add({ ...rule, address });
  add(rule);
  return found;
}

/** The segments that all paths begin with: `/` where they have none in common. */
function commonPrefix(paths: readonly string[]): string {
  const [first = '/', ...others] = paths;
  let common = first.split('/');
  for (const path of others) {
    const segments = path.split('/');
    let same = 0;
    while (same < common.length && common[same] === segments[same]) same++;
    common = common.slice(0, same);
  }
  return common.join('/') || '/';
}
