import type { CompiledOperator } from '../operator/operator.ts';
import { TimeLimitError } from '../operator/operator.ts';
import type { Target } from '../seclang/target.ts';
import type { Stage } from '../variable/variable.ts';
import type { Match } from '../verdict.ts';
import { assign, expire, start } from './change.ts';
import { expanded, takesOut } from './look-up.ts';
import type { Rooms } from './rooms.ts';
import type { Control, Disruption, Link, Phase, Rule, RuleSelection, Subject } from './rule.ts';
import type { RuleSet } from './rule-set.ts';
import { selects } from './select.ts';
import { severityNumber } from './severity.ts';
import { NOTHING_MATCHED, type Transaction } from './transaction.ts';
import type { Text, Value } from './value.ts';
import { Views } from './views.ts';

/** A rule that matched and what becomes of the request. */
export interface Decision {
  readonly rule: Rule;
  readonly disruption: Exclude<Disruption, { readonly kind: 'pass' | 'allow' }>;
  readonly location: string;
}

/** What the first link of a chain matched. */
interface Found {
  variable: string;
  value: string;
}

/** Values that one request may have looked at by operators before the clock is asked whether it takes too long. */
const CLOCK_EVERY = 64;
/** A value counts once more for each 4 KiB of it. */
const LONG_VALUE_BITS = 12;
/** Matches that `MATCHED_VARS` holds: each link of a chain that looks at it may double them. */
const MOST_MATCHED = 10_000;

/** `TX:0` to `TX:9`. */
const MOST_CAPTURES = 10;

/** Runs rules over one request and its answer. */
export class Evaluation {
  readonly matches: Match[] = [];
  decision: Decision | undefined;
  private readonly rules: RuleSet;
  private readonly transaction: Transaction;
  private readonly views: Views;
  private readonly captures: string[] = [];
  /** Rules that are left out from here on. */
  private readonly removed = new Set<number>();
  private allowed: 'none' | 'request' | 'all' = 'none';
  private readonly found: Found = { variable: '', value: '' };
  private operations = 0;
  private readonly budgetMs: number;
  private spentMs = 0;
  private begunMs = 0;

  /** `budgetMs`: time after which a {@link TimeLimitError} ends the evaluation. */
  constructor(rules: RuleSet, transaction: Transaction, rooms: Rooms, budgetMs: number) {
    this.rules = rules;
    this.transaction = transaction;
    this.views = new Views(rules, transaction, rooms);
    this.budgetMs = budgetMs;
  }

  /** No more rules are run. */
  end(): void {
    this.views.release();
  }

  /** Leaves out rules from here on. */
  leaveOut(selection: RuleSelection): void {
    for (const id of this.rules.idsOf(selection)) this.removed.add(id);
  }

  /** There is more of a stage than before: what was looked up of it is forgotten. */
  changed(stage: Stage): void {
    this.transaction.changed(stage);
    this.views.forget(stage);
  }

  /** Runs the rules of a phase. Throws a {@link TimeLimitError} when the request takes too long. */
  run(phase: Phase): void {
    if (this.transaction.mode === 'off') return;
    // Nothing but logging follows a decision, or an `allow` of everything.
    const stopped =
      this.decision !== undefined || this.allowed === 'all' || (this.allowed === 'request' && phase < 3);
    if (stopped && phase !== 5) return;
    this.begunMs = performance.now();
    try {
      const first = phase === 1 ? this.open() : 0;
      if (first >= 0) this.pass(phase, first, this.rules.rules(phase).length);
    } finally {
      this.spentMs += performance.now() - this.begunMs;
    }
  }

  /** Runs the rules with which the first phase begins; the number of the rule to go on with, -1 for none. */
  private open(): number {
    const { transaction, removed } = this;
    const { opening } = this.rules;
    // What is taken out of rules may be taken out of these.
    if (removed.size > 0 || transaction.removedTargets.length > 0) return 0;
    if (opening.copy(transaction)) {
      const { matched } = transaction;
      for (const rule of opening.choosing) this.chain(rule);
      transaction.matched = matched;
      return opening.length;
    }
    const next = this.pass(1, 0, opening.length);
    const didMore = this.matches.length > 0 || transaction.highestSeverity < 255 || next !== opening.length;
    opening.keep(transaction, didMore);
    return next;
  }

  /** Runs rules of a phase; gives the number of the rule to go on with, -1 for none. */
  private pass(phase: Phase, first: number, end: number): number {
    const rules = this.rules.rules(phase);
    const gates = this.rules.gates(phase);
    const { bySubject } = this.views;
    let i = first;
    for (; i < end; i++) {
      const bit = gates[2 * i + 1]!;
      const view = bit < 0 ? undefined : bySubject[gates[2 * i]!];
      if (view !== undefined && this.removed.size === 0 && !this.views.mayMatch(view, bit)) {
        this.transaction.matched = NOTHING_MATCHED;
        continue;
      }
      const rule = rules[i];
      if (rule === undefined) break;
      if (this.removed.size > 0 && this.removed.has(rule.id)) continue;
      if (!this.chain(rule)) {
        // What a rule matched is known until the next one does not match.
        this.transaction.matched = NOTHING_MATCHED;
        continue;
      }
      if (rule.log) this.tell(rule);
      const { disruption } = rule;
      // Where the engine only detects, or a rule has just switched it off, nothing ends the evaluation of the phase.
      const isOn = this.transaction.mode === 'on';
      if (disruption.kind === 'allow' && isOn) {
        if (disruption.scope !== 'phase') this.allowed = disruption.scope;
        return -1;
      }
      if (disruption.kind !== 'pass' && disruption.kind !== 'allow' && isOn && phase !== 5) {
        const location = disruption.kind === 'redirect' ? expanded(disruption.to, this.transaction) : '';
        this.decision = { rule, disruption, location };
        return -1;
      }
      if (rule.skipTo >= 0) i = rule.skipTo - 1;
      else i += rule.skip;
    }
    return i;
  }

  /** Whether every link of the rule matches. */
  private chain(rule: Rule): boolean {
    let link: Link | undefined = rule.link;
    let first = true;
    this.transaction.rule = rule;
    // MATCHED_VARS holds what all links so far matched, and nothing of the rules before.
    if (this.transaction.matchedAll.length > 0) this.transaction.matchedAll = [];
    while (link !== undefined) {
      if (!this.linkMatches(rule, link, first)) return false;
      first = false;
      link = link.next;
    }
    for (link = rule.link; link !== undefined; link = link.next) {
      for (const control of link.controls) this.control(control);
    }
    return true;
  }

  /** Whether one link matches; what it sets is set for each value that does. */
  private linkMatches(rule: Rule, link: Link, first: boolean): boolean {
    const { subject, test } = link;
    if (subject === undefined || test.kind === 'always') {
      this.hit(rule, link, '', '', first);
      return true;
    }
    const { variable } = subject;
    if (variable !== undefined && test.kind === 'compiled' && !this.transaction.removesVariables) {
      const text = this.transaction.variables.get(variable.key);
      return text !== undefined && this.operate(rule, link, test.operator, variable, text, first);
    }
    const { views } = this;
    const view = views.of(subject);
    const { values } = view;
    if (values.length === 0) return false;
    const { bit } = link;
    // What transformations give on their way is not in the view.
    if (bit >= 0 && !link.multiMatch && !views.mayMatch(view, bit)) return false;
    const operator =
      test.kind === 'compiled' ? test.operator : test.compile(expanded(test.argument, this.transaction));
    // Few texts hold the literals of a pattern that has some; one without is asked about many texts at once.
    const asksTogether = bit < 0 && !link.negated && !link.multiMatch && operator.among !== undefined;
    const noneOfFresh = asksTogether && view.noneOfFresh(operator.among);
    // What is taken out of a rule is taken out of its first link.
    const removing = first ? this.removedFrom(rule, subject) : undefined;
    let matched = false;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (removing?.some((target) => takesOut(target, value))) continue;
      if (link.multiMatch) {
        if (this.eachStep(rule, link, subject, operator, value, first)) matched = true;
        continue;
      }
      const text = view.text(i);
      if (text.isRuledOut(link) || (noneOfFresh && !text.isKnown)) continue;
      if (this.operate(rule, link, operator, value, text.text, first)) matched = true;
      else text.ruleOut(link);
    }
    return matched;
  }

  /** Looks at a value before and after each transformation that changes it. */
  private eachStep(
    rule: Rule,
    link: Link,
    { chain }: Subject,
    operator: CompiledOperator,
    value: Value,
    first: boolean,
  ): boolean {
    const { bit } = link;
    let text: Text | undefined;
    let matched = false;
    for (let i = -1; i < chain.steps.length; i++) {
      if (text !== undefined && (text.changeable & chain.bits) === 0) break;
      const next: Text = text === undefined ? value.text : this.transaction.texts.step(text, chain.steps[i]!);
      if (next === text) continue;
      text = next;
      if (bit >= 0 && text.at < 0) this.views.scan(text);
      if (text.isRuledOut(link)) continue;
      if (this.operate(rule, link, operator, value, text.text, first)) matched = true;
      else text.ruleOut(link);
    }
    return matched;
  }

  private operate(
    rule: Rule,
    link: Link,
    operator: CompiledOperator,
    value: { readonly name: string },
    text: string,
    first: boolean,
  ): boolean {
    this.operations += 1 + (text.length >>> LONG_VALUE_BITS);
    if (this.operations >= CLOCK_EVERY) this.checkTime();
    const captures = link.capture ? this.captures : undefined;
    if (operator.matches(text, captures) === link.negated) return false;
    if (captures !== undefined && !link.negated) this.keepCaptures(captures);
    const { transaction } = this;
    const { name } = value;
    transaction.matched = { name, text };
    if (transaction.matchedAll.length < MOST_MATCHED) transaction.matchedAll.push(transaction.matched);
    this.hit(rule, link, name, text, first);
    return true;
  }

  private hit(rule: Rule, link: Link, variable: string, text: string, first: boolean): void {
    const { transaction, found } = this;
    for (const each of link.starts) start(each, transaction);
    for (const each of link.assignments) assign(each, transaction);
    for (const each of link.expiries) expire(each, transaction);
    if (first) {
      found.variable = variable;
      found.value = text;
      const severity = severityNumber(rule.severity);
      if (severity < transaction.highestSeverity) transaction.highestSeverity = severity;
    }
  }

  /** Macros of message and data stand for what the last link of the chain found. */
  private tell(rule: Rule): void {
    const { found, transaction } = this;
    const { message } = rule.link;
    let { logData } = rule.link;
    for (let link = rule.link.next; link !== undefined; link = link.next) logData = link.logData ?? logData;
    this.matches.push({
      id: rule.id,
      phase: rule.phase,
      message: message === undefined ? '' : expanded(message, transaction),
      data: logData === undefined ? '' : expanded(logData, transaction),
      severity: rule.severity,
      tags: rule.tags,
      version: rule.version,
      file: rule.file,
      line: rule.line,
      variable: found.variable,
      value: found.value,
      operator: rule.link.operatorText,
    });
  }

  private keepCaptures(captures: readonly string[]): void {
    const { variables } = this.transaction;
    // Those of other rules stay where this one has fewer.
    for (let i = 0; i < captures.length && i < MOST_CAPTURES; i++)
      variables.set(String(i), captures[i] ?? '');
  }

  private control(control: Control): void {
    const { transaction } = this;
    switch (control.kind) {
      case 'engine':
        transaction.mode = control.mode;
        break;
      case 'bodyProcessor':
        transaction.bodyProcessor = control.processor;
        this.changed('body');
        break;
      case 'bodyAccess':
        if (control.direction === 'request') transaction.bodyAccess = control.on;
        else transaction.responseBodyAccess = control.on;
        break;
      case 'forceBodyVariable':
        transaction.forceBodyVariable = control.on;
        this.changed('body');
        break;
      case 'removeRules':
        this.leaveOut(control.select);
        break;
      case 'removeTarget':
        transaction.removeTarget(control);
        break;
      default:
        control satisfies never;
    }
  }

  /** What is taken out of a rule of the targets that its first link names. */
  private removedFrom(rule: Rule, { targets }: Subject): readonly Target[] | undefined {
    let found: Target[] | undefined;
    for (const { select, target } of this.transaction.removedTargets) {
      if (!targets.variables.has(target.variable)) continue;
      const isMeant = select.by === 'id' ? selects(select, rule) : this.rules.idsOf(select).has(rule.id);
      if (!isMeant) continue;
      found ??= [];
      found.push(target);
    }
    return found;
  }

  private checkTime(): void {
    this.operations = 0;
    const spent = this.spentMs + performance.now() - this.begunMs;
    if (spent > this.budgetMs) {
      throw new TimeLimitError(`the rules took ${Math.round(spent)} ms, and may take ${this.budgetMs} ms`);
    }
  }
}
