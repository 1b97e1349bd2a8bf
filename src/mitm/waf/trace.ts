import { addMembers, expanded, takesOut } from './engine/look-up.ts';
import type { BoundTarget, Link, Phase, Rule, Subject, Test } from './engine/rule.ts';
import { RuleSet } from './engine/rule-set.ts';
import { selects } from './engine/select.ts';
import type { Transaction } from './engine/transaction.ts';
import type { Value } from './engine/value.ts';
import { Waf, type WafOptions } from './engine/waf.ts';
import type { CompiledOperator } from './operator/operator.ts';
import type { HttpRequest, HttpResponse } from './request.ts';
import type { Verdict } from './verdict.ts';

/** What a rule did with one request. */
export interface RuleTrace {
  /** Whether every link matched. */
  readonly matched: boolean;
  /** Why it never ran; undefined where it did. */
  readonly notRun: NotRun | undefined;
  /** The links of its chain that ran, in order. */
  readonly links: readonly LinkTrace[];
  /** What became of the request; matches that only the trace told of are left out. */
  readonly verdict: Verdict;
  readonly transaction: Transaction;
}

/** Why a rule never ran. */
export type NotRun =
  /** Another rule jumped over it. */
  | { readonly why: 'skipped'; readonly by: Rule }
  /** Another rule took it out for this request. */
  | { readonly why: 'removed'; readonly by: Rule }
  /** The request was decided before. */
  | { readonly why: 'decided'; readonly by: number }
  /** Its phase is one of the answer, and there is none. */
  | { readonly why: 'noAnswer' }
  /** The engine is off, it was allowed, the body is not looked at, or a bound ended the evaluation. */
  | { readonly why: 'other'; readonly text: string };

/** What one link did. */
export interface LinkTrace {
  /** The operator's argument, with its macros replaced. */
  readonly argument: string | undefined;
  readonly values: readonly ValueTrace[];
}

/** What became of one value that a link looked at. */
export interface ValueTrace {
  /** `ARGS:id` */
  readonly variable: string;
  readonly value: string;
  /** What each transformation made of it. */
  readonly steps: readonly { readonly name: string; readonly text: string; readonly changed: boolean }[];
  readonly outcome: Outcome;
}

/** `excluded`: by the rule itself; `removed`: for this request, by another rule; `unasked`: a bound came before. */
export type Outcome = 'matched' | 'operator' | 'prefilter' | 'excluded' | 'removed' | 'unasked';

/** Answers of an operator that are kept. */
const MOST_ANSWERS = 20_000;

interface Look {
  readonly argument: string | undefined;
  readonly values: readonly PendingValue[];
}

interface PendingValue extends Omit<ValueTrace, 'outcome'> {
  /** Known before the operator is asked. */
  readonly fixed: 'excluded' | 'removed' | 'prefilter' | undefined;
  /** Texts that the operator may be asked about: after the last step, or after each with multiMatch. */
  readonly texts: readonly string[];
}

/** What the operator of a link said, by text. */
type Answers = Map<string, boolean>;

/** Runs one request through the rules, and watches what one of them does with it. */
export function traceRule(
  rules: RuleSet,
  rule: Rule,
  request: HttpRequest,
  response: HttpResponse | undefined,
  options: WafOptions = {},
): RuleTrace {
  const watch = new Watch(rules, rule);
  const inspection = new Waf(watch.rules, options).begin(request);
  inspection.requestHeaders();
  inspection.requestBody();
  if (response !== undefined) inspection.response(response);
  const told = inspection.end();
  const { transaction } = inspection;
  const seen = new Set(told.matches.map(({ id }) => id));
  const verdict = { ...told, matches: told.matches.filter(({ id }) => !watch.silent.has(id)) };
  const links = watch.links();
  const ran = links.length > 0 || seen.has(rule.id);
  const notRun = ran ? undefined : reason(watch, rule, seen, told, response, transaction);
  return { matched: seen.has(rule.id), notRun, links, verdict, transaction };
}

function reason(
  watch: Watch,
  rule: Rule,
  seen: ReadonlySet<number>,
  verdict: Verdict,
  response: HttpResponse | undefined,
  transaction: Transaction,
): NotRun {
  const remover = watch.removers.find(({ id }) => seen.has(id));
  if (remover !== undefined) return { why: 'removed', by: remover };
  const skipper = watch.skippers.find(({ id }) => seen.has(id));
  if (skipper !== undefined) return { why: 'skipped', by: skipper };
  if (verdict.ruleId !== 0) return { why: 'decided', by: verdict.ruleId };
  if ((rule.phase === 3 || rule.phase === 4) && response === undefined) return { why: 'noAnswer' };
  if (verdict.limit !== '') return { why: 'other', text: verdict.limit };
  if (transaction.mode === 'off') return { why: 'other', text: 'the engine is off' };
  if (rule.phase === 4) return { why: 'other', text: 'the rules do not look at the body of this answer' };
  return { why: 'other', text: 'what came before it allowed the request' };
}

/** Rules of which one is watched: it behaves as it did, and tells. */
class Watch {
  readonly rules: RuleSet;
  /** Rules that could jump over the watched one, or take it out. */
  readonly skippers: readonly Rule[];
  readonly removers: readonly Rule[];
  /** Rules that are told of only because of the watch. */
  readonly silent: ReadonlySet<number>;
  private readonly original: RuleSet;
  private readonly watched: Rule;
  private readonly looks = new Map<number, Look>();
  private readonly answers = new Map<number, Answers>();

  constructor(rules: RuleSet, watched: Rule) {
    this.original = rules;
    this.watched = watched;
    const phases: readonly Phase[] = [1, 2, 3, 4, 5];
    const all = phases.flatMap((phase) => [...rules.rules(phase)]);
    const own = rules.rules(watched.phase);
    const place = own.indexOf(watched);
    this.skippers = own.filter(
      ({ skipTo, skip }, i) => i < place && (skipTo >= 0 ? skipTo > place : i + skip >= place && skip > 0),
    );
    this.removers = all.filter((rule) => removes(rule, watched, rules));
    const told = new Set<Rule>([...this.skippers, ...this.removers, watched]);
    this.silent = new Set([...told].filter(({ log }) => !log).map(({ id }) => id));
    const replaced = all.map((rule) => {
      if (rule === watched) return { ...rule, log: true, link: this.link(rule.link, 0) };
      return told.has(rule) ? { ...rule, log: true } : rule;
    });
    this.rules = new RuleSet(
      replaced,
      rules.settings,
      rules.prefilter,
      rules.candidateWords * 32,
      { changes: rules.changes, all: rules.subjects, allTargets: rules.targets },
      rules.warnings,
    );
  }

  /** What the links of the watched rule did. */
  links(): LinkTrace[] {
    const traces: LinkTrace[] = [];
    for (let link: Link | undefined = this.watched.link, i = 0; link !== undefined; link = link.next, i++) {
      const look = this.looks.get(i);
      if (look === undefined) {
        // A `SecAction` looks at nothing.
        if (link.subject !== undefined) break;
        continue;
      }
      const answers = this.answersOf(i);
      const values = look.values.map(({ fixed, texts, ...value }): ValueTrace => {
        return { ...value, outcome: fixed ?? outcomeOf(texts, answers) };
      });
      traces.push({ argument: look.argument, values });
    }
    return traces;
  }

  private link(link: Link, number: number): Link {
    const next = link.next === undefined ? undefined : this.link(link.next, number + 1);
    const { subject, test } = link;
    if (subject === undefined || test.kind === 'always') return { ...link, next };
    return {
      ...link,
      next,
      // Asked about every text, whatever is known of it.
      bit: -1,
      note: -1,
      subject: this.subject(subject, link, number),
      test: this.test(test, link, number),
    };
  }

  /** A subject that is looked up whenever its link runs, and tells when it is: by a target that has no members. */
  private subject(subject: Subject, link: Link, number: number): Subject {
    const members = (transaction: Transaction): readonly Value[] => {
      if (!this.looks.has(number)) this.looks.set(number, this.look(subject, link, transaction));
      return [];
    };
    const source = { name: '', number: -1, stage: 'rules', members } as const;
    const probe: BoundTarget = { variable: '', selector: undefined, count: false, exclude: false, source };
    const targets = { ...subject.targets, steady: false, included: [probe, ...subject.targets.included] };
    return { ...subject, variable: undefined, targets };
  }

  private test(test: Test, link: Link, number: number): Test {
    if (test.kind === 'compiled') return { ...test, operator: this.operator(test.operator, link, number) };
    if (test.kind === 'macro') {
      return { ...test, compile: (argument) => this.operator(test.compile(argument), link, number) };
    }
    return test;
  }

  private operator(operator: CompiledOperator, { negated }: Link, number: number): CompiledOperator {
    const answers = this.answersOf(number);
    return {
      ...operator,
      matches: (value, captures) => {
        const matched = operator.matches(value, captures);
        if (answers.size < MOST_ANSWERS) answers.set(value, matched !== negated);
        return matched;
      },
    };
  }

  private answersOf(number: number): Answers {
    let answers = this.answers.get(number);
    if (answers === undefined) {
      answers = new Map();
      this.answers.set(number, answers);
    }
    return answers;
  }

  /** What a link looks at, worked out as the engine does it a moment later. */
  private look(subject: Subject, link: Link, transaction: Transaction): Look {
    const values: Value[] = [];
    for (const target of subject.targets.included) addMembers(target, transaction, values);
    const removed = transaction.removedTargets
      .filter(({ select }) =>
        select.by === 'id' ? selects(select, this.watched) : this.original.idsOf(select).has(this.watched.id),
      )
      .map(({ target }) => target);
    const argument = link.test.kind === 'macro' ? expanded(link.test.argument, transaction) : undefined;
    return {
      argument,
      values: values.map((value) => this.pending(value, subject, link, transaction, removed)),
    };
  }

  private pending(
    value: Value,
    subject: Subject,
    link: Link,
    transaction: Transaction,
    removed: readonly Parameters<typeof takesOut>[0][],
  ): PendingValue {
    let text = value.text;
    const each = [text.text];
    const steps = subject.chain.steps.map((step) => {
      const next = transaction.texts.step(text, step);
      const changed = next !== text;
      text = next;
      if (changed) each.push(text.text);
      return { name: step.transformation.name, text: text.text, changed };
    });
    const texts = link.multiMatch ? each : [text.text];
    let fixed: PendingValue['fixed'];
    if (subject.targets.excluded.some((target) => takesOut(target, value))) fixed = 'excluded';
    else if (removed.some((target) => takesOut(target, value))) fixed = 'removed';
    else if (link.bit >= 0 && !texts.some((one) => this.couldMatch(one, link.bit))) fixed = 'prefilter';
    return { variable: value.name, value: value.text.text, steps, fixed, texts };
  }

  private couldMatch(text: string, bit: number): boolean {
    const candidates = new Uint32Array(this.original.candidateWords);
    this.original.prefilter.scan(text, candidates);
    return ((candidates[bit >> 5] ?? 0) & (1 << (bit & 31))) !== 0;
  }
}

/** What the operator said of a value, by the texts that came of it. */
function outcomeOf(texts: readonly string[], answers: Answers): Outcome {
  const known = texts.map((text) => answers.get(text)).filter((answer) => answer !== undefined);
  if (known.includes(true)) return 'matched';
  return known.length > 0 ? 'operator' : 'unasked';
}

/** Whether a rule takes another one out when it matches. */
function removes(rule: Rule, other: Rule, rules: RuleSet): boolean {
  for (let link: Link | undefined = rule.link; link !== undefined; link = link.next) {
    for (const control of link.controls) {
      if (control.kind === 'removeRules' && rules.idsOf(control.select).has(other.id)) return true;
    }
  }
  return false;
}
