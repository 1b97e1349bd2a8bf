import {
  type CompiledOperator,
  type Operator,
  type OperatorEnvironment,
  OperatorError,
} from '../operator/operator.ts';
import type { Pattern } from '../pattern/pattern.ts';
import type { Action } from '../seclang/action.ts';
import { DirectiveError } from '../seclang/mistake.ts';
import { VARIABLES } from '../variable/index.ts';
import {
  assignmentsOf,
  checkActions,
  controlsOf,
  disruptionOf,
  expiriesOf,
  logOf,
  startsOf,
  statusOf,
  transformationsOf,
} from './actions.ts';
import { type Draft, type DraftLink, has, lastValue } from './draft.ts';
import { constantOf, type Macro, parseMacro } from './macro.ts';
import { readOperator } from './operator-text.ts';
import type { Disruption, Link, Rule, Test } from './rule.ts';
import { SEVERITIES } from './severity.ts';
import type { Subjects } from './subjects.ts';

/** Operators whose argument was a macro and that were compiled for a value of it, per rule. */
const MOST_COMPILED = 64;

/** Makes rules of drafts. */
export class Builder {
  /** What patterns require of a text, by the bit of their links. */
  readonly required: Pattern['required'][] = [];
  /** How many links there are without a bit of which can be noted that they do not match a text. */
  private notes = 0;
  private readonly subjects: Subjects;
  private readonly compiled = new Map<
    string,
    { readonly operator: CompiledOperator; readonly bit: number; readonly note: number }
  >();

  constructor(subjects: Subjects) {
    this.subjects = subjects;
  }

  /** Throws {@link DirectiveError}, or an `OperatorError`. `defaults` are the default actions of the rule's phase. */
  rule(draft: Draft, defaults: readonly Action[], environment: OperatorEnvironment): Rule {
    const [first] = draft.links;
    if (first === undefined) throw new DirectiveError('the rule is empty');
    let link: Link | undefined;
    for (const each of draft.links.toReversed()) {
      const own = each === first ? defaults : defaults.filter(({ name }) => name === 't');
      link = this.link(each, own, environment, link);
    }
    if (link === undefined) throw new DirectiveError('the rule is empty');
    const { actions } = first;
    const skip = lastValue(actions, 'skip') ?? '0';
    if (!/^\d{1,6}$/.test(skip)) throw new DirectiveError(`skip:${skip} is no number of rules`);
    return {
      id: draft.id,
      phase: draft.phase,
      link,
      severity: severityOf(actions),
      tags: draft.tags,
      version: lastValue(actions, 'ver') ?? '',
      disruption: disruption(actions, defaults),
      log: logOf(actions) ?? logOf(defaults) ?? true,
      skipTo: -1,
      skip: Number(skip),
      file: draft.file,
      line: draft.line,
    };
  }

  private link(
    draft: DraftLink,
    defaults: readonly Action[],
    environment: OperatorEnvironment,
    next: Link | undefined,
  ): Link {
    const { actions } = draft;
    checkActions(actions);
    const { test, negated, bit, note } = this.test(draft, environment);
    const multiMatch = has(actions, 'multimatch');
    const message = lastValue(actions, 'msg');
    const logData = lastValue(actions, 'logdata');
    return {
      subject:
        draft.targets === undefined
          ? undefined
          : this.subjects.of(draft.targets, transformationsOf(defaults, actions)),
      test,
      negated,
      operatorText: draft.operator,
      bit,
      note,
      capture: has(actions, 'capture'),
      multiMatch,
      assignments: assignmentsOf(actions),
      expiries: expiriesOf(actions),
      starts: startsOf(actions),
      controls: controlsOf(actions),
      message: message === undefined ? undefined : parseMacro(message),
      logData: logData === undefined ? undefined : parseMacro(logData),
      next,
    };
  }

  private test(
    draft: DraftLink,
    environment: OperatorEnvironment,
  ): { readonly test: Test; readonly negated: boolean; readonly bit: number; readonly note: number } {
    if (draft.targets === undefined) return { test: { kind: 'always' }, negated: false, bit: -1, note: -1 };
    const { operator, argument, negated } = readOperator(draft.operator);
    const macro = macroOf(operator, argument);
    if (macro !== undefined && constantOf(macro) === undefined) {
      return {
        test: { kind: 'macro', argument: macro, compile: remembered(operator, environment) },
        negated,
        bit: -1,
        note: -1,
      };
    }
    const key = `${draft.file}\0${negated}\0${operator.name}\0${argument}`;
    let known = this.compiled.get(key);
    if (known === undefined) {
      const compiled = operator.compile(argument, environment);
      const { required = [] } = compiled;
      known =
        negated || required.length === 0
          ? { operator: compiled, bit: -1, note: this.notes++ }
          : { operator: compiled, bit: this.required.push(required) - 1, note: -1 };
      this.compiled.set(key, known);
    }
    return {
      test: { kind: 'compiled', operator: known.operator },
      negated,
      bit: known.bit,
      note: known.note,
    };
  }
}

/** Phrases are taken as they stand; in a pattern only the name of a variable makes a macro. */
function macroOf({ name }: Operator, argument: string): Macro | undefined {
  switch (name) {
    case 'pm':
    case 'pmFromFile':
    case 'pmf':
      return undefined;
    case 'rx':
    case 'rxGlobal':
      return parseMacro(argument, (variable) => VARIABLES.has(variable));
    default:
      return parseMacro(argument);
  }
}

/**
 * Compiles an operator for arguments that are known only when the rule runs. One that makes no sense matches nothing:
 * then there is nobody left to tell.
 */
function remembered(
  operator: Operator,
  environment: OperatorEnvironment,
): (argument: string) => CompiledOperator {
  const known = new Map<string, CompiledOperator>();
  return (argument) => {
    let compiled = known.get(argument);
    if (compiled === undefined) {
      compiled = compiledOrNothing(operator, argument, environment);
      if (known.size >= MOST_COMPILED) known.clear();
      known.set(argument, compiled);
    }
    return compiled;
  };
}

function compiledOrNothing(
  operator: Operator,
  argument: string,
  environment: OperatorEnvironment,
): CompiledOperator {
  try {
    return operator.compile(argument, environment);
  } catch (error) {
    if (error instanceof OperatorError) return { matches: () => false };
    throw error;
  }
}

function disruption(actions: readonly Action[], defaults: readonly Action[]): Disruption {
  const own = disruptionOf(actions);
  // What the default action does to a request is done by `block` alone.
  if (own === undefined) return { kind: 'pass' };
  const inherited = statusOf(defaults);
  if (own !== 'block') {
    const isPlain = (own.kind === 'deny' || own.kind === 'drop') && statusOf(actions) === undefined;
    return isPlain && inherited !== undefined ? { kind: own.kind, status: inherited } : own;
  }
  const fallback = disruptionOf(defaults);
  const status = lastValue(actions, 'status');
  if (fallback === undefined || fallback === 'block') return { kind: 'pass' };
  if (status !== undefined && (fallback.kind === 'deny' || fallback.kind === 'drop')) {
    return { kind: fallback.kind, status: Number(status) };
  }
  return fallback;
}

function severityOf(actions: readonly Action[]): string {
  const text = lastValue(actions, 'severity')?.toUpperCase();
  if (text === undefined) return '';
  const name = /^[0-7]$/.test(text) ? SEVERITIES[Number(text)] : text;
  if (name === undefined || !(SEVERITIES as readonly string[]).includes(name)) {
    throw new DirectiveError(`${text} is no severity: ${SEVERITIES.join(', ')}`);
  }
  return name;
}
