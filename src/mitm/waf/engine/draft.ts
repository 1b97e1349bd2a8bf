import { type Action, parseActions } from '../seclang/action.ts';
import type { Directive } from '../seclang/directive.ts';
import { DirectiveError } from '../seclang/mistake.ts';
import { parseTargets, type Target } from '../seclang/target.ts';
import type { Phase } from './rule.ts';

/** A rule as it was read; later directives may still change it. */
export interface Draft {
  readonly id: number;
  readonly phase: Phase;
  readonly links: DraftLink[];
  tags: readonly string[];
  /** The message as written; empty without. */
  readonly message: string;
  readonly file: string;
  readonly line: number;
}

/** One link of a chain as it was read. */
export interface DraftLink {
  /** Undefined for a `SecAction`. */
  targets: readonly Target[] | undefined;
  readonly operator: string;
  actions: readonly Action[];
  readonly file: string;
  readonly line: number;
}

const PHASES: Readonly<Record<string, Phase>> = {
  '1': 1,
  '2': 2,
  '3': 3,
  '4': 4,
  '5': 5,
  request: 2,
  response: 4,
  logging: 5,
};

/** Reads one `SecRule` or `SecAction`. Throws {@link DirectiveError}. */
export function parseLink(directive: Directive): DraftLink {
  const { file, line } = directive;
  if (directive.name.toLowerCase() === 'secaction') {
    const [actions, more] = directive.arguments;
    if (actions === undefined || more !== undefined) {
      throw new DirectiveError('SecAction wants one argument: its actions');
    }
    return { targets: undefined, operator: '', actions: parseActions(actions), file, line };
  }
  const [targets, operator, actions = '', more] = directive.arguments;
  if (targets === undefined || operator === undefined || more !== undefined) {
    throw new DirectiveError('SecRule wants variables, an operator and actions, each in quotes');
  }
  return { targets: parseTargets(targets), operator, actions: parseActions(actions), file, line };
}

/** Begins a rule with its first link. Throws {@link DirectiveError}. */
export function draftOf(link: DraftLink): Draft {
  const id = lastValue(link.actions, 'id');
  if (id === undefined) throw new DirectiveError('the rule has no id');
  if (!/^\d{1,15}$/.test(id)) throw new DirectiveError(`${id} is no rule id`);
  const phase = phaseOf(link.actions) ?? 2;
  const tags = link.actions.filter(({ name }) => name === 'tag').map(({ value }) => value);
  const message = lastValue(link.actions, 'msg') ?? '';
  return { id: Number(id), phase, links: [link], tags, message, file: link.file, line: link.line };
}

/** The phase that actions name; undefined where they name none. Throws {@link DirectiveError}. */
export function phaseOf(actions: readonly Action[]): Phase | undefined {
  const value = lastValue(actions, 'phase');
  if (value === undefined) return undefined;
  const name = value.toLowerCase();
  const phase = Object.hasOwn(PHASES, name) ? PHASES[name] : undefined;
  if (phase === undefined)
    throw new DirectiveError(`${value} is no phase: 1 to 5, request, response, logging`);
  return phase;
}

/** The last action of a name. */
export function lastValue(actions: readonly Action[], name: string): string | undefined {
  return actions.findLast((action) => action.name === name)?.value;
}

/** Whether an action of this name is among them. */
export function has(actions: readonly Action[], name: string): boolean {
  return actions.some((action) => action.name === name);
}
