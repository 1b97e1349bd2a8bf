import { readOperator } from './engine/operator-text.ts';
import type { Control, Disruption, Link, Phase, Rule, RuleSelection } from './engine/rule.ts';
import type { Pattern } from './pattern/pattern.ts';
import { targetText } from './seclang/target.ts';

/** A rule as it was loaded, told link by link. */
export interface RuleExplanation {
  readonly id: number;
  readonly phase: Phase;
  readonly file: string;
  readonly line: number;
  /** The message as written, with its macros. */
  readonly message: string;
  readonly severity: string;
  readonly tags: readonly string[];
  /** Of the Core Rule Set's levels; undefined where the rule has none. */
  readonly paranoia: number | undefined;
  /** What happens to the request when it matches. */
  readonly disruption: string;
  readonly log: boolean;
  readonly links: readonly LinkExplanation[];
}

/** One link of a rule's chain. */
export interface LinkExplanation {
  /** Variables that it looks at; empty for a `SecAction`. */
  readonly targets: readonly string[];
  readonly transformations: readonly { readonly name: string; readonly description: string }[];
  readonly operator: OperatorExplanation | undefined;
  readonly multiMatch: boolean;
  readonly capture: boolean;
  /** What it changes when it matches, in words. */
  readonly changes: readonly string[];
}

/** What a link looks for. */
export interface OperatorExplanation {
  readonly name: string;
  readonly description: string;
  readonly negated: boolean;
  readonly argument: string;
  /** The argument holds variables, and is known only when the rule runs. */
  readonly macro: boolean;
  /** What runs the regular expression; undefined where it is none. */
  readonly engine: Pattern['engine'] | undefined;
  /**
   * Literals of the prefilter: a value is tried only if it holds one of each list. Empty where every value is tried.
   */
  readonly literals: readonly (readonly string[])[];
}

/** Tells of a rule. */
export function explainRule(rule: Rule): RuleExplanation {
  const links: LinkExplanation[] = [];
  for (let link: Link | undefined = rule.link; link !== undefined; link = link.next)
    links.push(explainLink(link));
  return {
    id: rule.id,
    phase: rule.phase,
    file: rule.file,
    line: rule.line,
    message: rule.link.message?.source ?? '',
    severity: rule.severity,
    tags: rule.tags,
    paranoia: paranoiaLevel(rule),
    disruption: disruptionText(rule),
    log: rule.log,
    links,
  };
}

/** The paranoia level that a rule's tags name. */
export function paranoiaLevel({ tags }: Pick<Rule, 'tags'>): number | undefined {
  for (const tag of tags) {
    const level = /^paranoia-level\/([1-4])$/.exec(tag)?.[1];
    if (level !== undefined) return Number(level);
  }
  return undefined;
}

/** The regular expressions of a rule. */
export function patternsOf(rule: Rule): readonly Pattern[] {
  const found: Pattern[] = [];
  for (let link: Link | undefined = rule.link; link !== undefined; link = link.next) {
    const pattern = link.test.kind === 'compiled' ? link.test.operator.pattern : undefined;
    if (pattern !== undefined) found.push(pattern);
  }
  return found;
}

function explainLink(link: Link): LinkExplanation {
  const { subject } = link;
  const targets =
    subject === undefined ? [] : [...subject.targets.included, ...subject.targets.excluded].map(targetText);
  return {
    targets,
    transformations: (subject?.chain.steps ?? []).map(({ transformation: { name, description } }) => ({
      name,
      description,
    })),
    operator: explainOperator(link),
    multiMatch: link.multiMatch,
    capture: link.capture,
    changes: changesOf(link),
  };
}

function explainOperator(link: Link): OperatorExplanation | undefined {
  if (link.subject === undefined || link.test.kind === 'always') return undefined;
  const { operator, argument, negated } = readOperator(link.operatorText);
  const compiled = link.test.kind === 'compiled' ? link.test.operator : undefined;
  return {
    name: operator.name,
    description: operator.description,
    negated,
    argument,
    macro: link.test.kind === 'macro',
    engine: compiled?.pattern?.engine,
    literals: link.bit < 0 ? [] : (compiled?.required ?? []),
  };
}

function disruptionText({ disruption, skipTo, skip }: Rule): string {
  const words = actionText(disruption);
  if (skipTo >= 0) return `${words}, and skips to the marker that it names`;
  return skip > 0 ? `${words}, and skips ${skip === 1 ? 'a rule' : `${skip} rules`}` : words;
}

function actionText(disruption: Disruption): string {
  switch (disruption.kind) {
    case 'pass':
      return 'goes on';
    case 'deny':
      return `denies with status ${disruption.status}`;
    case 'drop':
      return 'drops the connection';
    case 'redirect':
      return `redirects to ${disruption.to.source} with status ${disruption.status}`;
    case 'allow':
      return disruption.scope === 'all'
        ? 'allows all that follows'
        : `allows the rest of the ${disruption.scope}`;
    default:
      return disruption satisfies never;
  }
}

const SIGNS = { set: '=', add: '+=', subtract: '-=' } as const;

function changesOf(link: Link): string[] {
  return [
    ...link.starts.map(({ collection, record }) => `begins ${collection} of ${record.source}`),
    ...link.assignments.map(({ collection, key, change, value }) =>
      change === 'unset'
        ? `removes ${collection}:${key.source}`
        : `${collection}:${key.source} ${SIGNS[change]} ${value.source}`,
    ),
    ...link.expiries.map(
      ({ collection, key, seconds }) => `${collection}:${key.source} ends after ${seconds.source} s`,
    ),
    ...link.controls.map(controlText),
  ];
}

function controlText(control: Control): string {
  switch (control.kind) {
    case 'engine':
      return `sets the engine to ${control.mode}`;
    case 'bodyProcessor':
      return `reads the body as ${control.processor}`;
    case 'forceBodyVariable':
      return `${control.on ? 'shows' : 'does not show'} the body whole`;
    case 'bodyAccess':
      return `${control.on ? 'looks' : 'does not look'} at the body of the ${control.direction}`;
    case 'removeRules':
      return `removes the rules ${selectionText(control.select)}`;
    case 'removeTarget':
      return `takes ${targetText(control.target)} from the rules ${selectionText(control.select)}`;
    default:
      return control satisfies never;
  }
}

function selectionText(selection: RuleSelection): string {
  switch (selection.by) {
    case 'id':
      return selection.first === selection.last
        ? String(selection.first)
        : `${selection.first} to ${selection.last}`;
    case 'tag':
    case 'message':
      return `whose ${selection.by} is ${selection.text}`;
    default:
      return selection satisfies never;
  }
}
