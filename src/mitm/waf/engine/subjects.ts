import { DirectiveError } from '../seclang/mistake.ts';
import { nearMiss } from '../seclang/near-miss.ts';
import { type Target, targetText } from '../seclang/target.ts';
import type { Transformation } from '../transformation/transformation.ts';
import { VARIABLES } from '../variable/index.ts';
import type { BoundTarget, Subject, Targets } from './rule.ts';
import { Changes } from './value.ts';

/** Paths into an XML document that can be followed. */
const PATHS: ReadonlySet<string> = new Set(['/*', '//@*']);

/** Makes the subjects of rules; rules that look at the same get the same. */
export class Subjects {
  readonly changes = new Changes();
  private readonly subjects = new Map<string, Subject>();
  private readonly targets = new Map<string, Targets>();

  /** All that were made, by their numbers. */
  get all(): readonly Subject[] {
    return [...this.subjects.values()];
  }

  /** Their targets, by their numbers. */
  get allTargets(): readonly Targets[] {
    return [...this.targets.values()];
  }

  /** Throws {@link DirectiveError} for a variable that is not known. */
  of(targets: readonly Target[], transformations: readonly Transformation[]): Subject {
    const name = [...targets.map(targetText), ...transformations.map((each) => `t:${each.name}`)].join('|');
    const known = this.subjects.get(name);
    if (known !== undefined) return known;
    const steps = transformations.map((transformation) => this.changes.step(transformation));
    const bound = this.bound(targets);
    const subject: Subject = {
      number: this.subjects.size,
      targets: bound,
      chain: { steps, bits: steps.reduce((bits, { bit }) => bits | bit, 0) },
      variable: steps.length === 0 ? plainVariable(bound) : undefined,
    };
    this.subjects.set(name, subject);
    return subject;
  }

  private bound(targets: readonly Target[]): Targets {
    const name = targets.map(targetText).join('|');
    const known = this.targets.get(name);
    if (known !== undefined) return known;
    const all = targets.map(bind);
    const included = all.filter(({ exclude }) => !exclude);
    const bound: Targets = {
      number: this.targets.size,
      included,
      excluded: all.filter(({ exclude }) => exclude),
      variables: new Set(included.map(({ variable }) => variable)),
      stages: new Set(included.map(({ source }) => source.stage)),
      steady: included.every(({ source }) => source.stage !== 'rules'),
    };
    this.targets.set(name, bound);
    return bound;
  }
}

function plainVariable({ included, excluded }: Targets): Subject['variable'] {
  const [target] = included;
  if (target === undefined || included.length > 1 || excluded.length > 0) return undefined;
  if (target.count || target.variable !== 'TX') return undefined;
  if (target.selector?.kind !== 'key') return undefined;
  const { key } = target.selector;
  return { key, name: `TX:${key}` };
}

function bind(target: Target): BoundTarget {
  const source = VARIABLES.get(target.variable);
  if (source === undefined) {
    throw new DirectiveError(
      `${target.variable} is no variable${nearMiss(target.variable, VARIABLES.keys())}`,
    );
  }
  if (target.selector?.kind === 'path' && !PATHS.has(target.selector.path)) {
    throw new DirectiveError(`XML:${target.selector.path}: only XML:/* and XML://@* can be looked at`);
  }
  return { ...target, source };
}
