import type { Prefilter } from '../pattern/prefilter.ts';
import { Opening } from './opening.ts';
import type { EngineSettings, Phase, Rule, RuleSelection, Subject, Targets } from './rule.ts';
import { selects } from './select.ts';
import type { Subjects } from './subjects.ts';
import type { Changes } from './value.ts';

/** Rules that were loaded, ready for any number of requests. */
export class RuleSet {
  readonly settings: EngineSettings;
  /** Says which patterns could match a text. */
  readonly prefilter: Prefilter;
  /** Words that a text's candidates take. */
  readonly candidateWords: number;
  /** Says which transformations could change a text. */
  readonly changes: Changes;
  /** What the rules look at, and the targets of it, by their numbers. */
  readonly subjects: readonly Subject[];
  readonly targets: readonly Targets[];
  /** What could not be loaded as it was written, and what was done instead. */
  readonly warnings: readonly string[];
  private readonly phases: ReadonlyMap<Phase, readonly Rule[]>;
  /** The rules with which the first phase begins. */
  readonly opening: Opening;
  private readonly gatesOf: ReadonlyMap<Phase, Int32Array>;
  private readonly selected = new Map<RuleSelection, ReadonlySet<number>>();

  constructor(
    rules: readonly Rule[],
    settings: EngineSettings,
    prefilter: Prefilter,
    bits: number,
    subjects: Pick<Subjects, 'changes' | 'all' | 'allTargets'>,
    warnings: readonly string[],
  ) {
    this.settings = settings;
    this.prefilter = prefilter;
    this.candidateWords = Math.ceil(bits / 32);
    this.changes = subjects.changes;
    this.subjects = subjects.all;
    this.targets = subjects.allTargets;
    this.warnings = warnings;
    const phases: readonly Phase[] = [1, 2, 3, 4, 5];
    this.phases = new Map(phases.map((phase) => [phase, rules.filter((rule) => rule.phase === phase)]));
    this.opening = new Opening(this.rules(1));
    this.gatesOf = new Map(phases.map((phase) => [phase, gatesOf(this.rules(phase))]));
  }

  /**
   * What most rules can be passed over by without a look at them: for each rule of a phase the number of its subject and
   * the bit of its pattern; -1 where it has to be run.
   */
  gates(phase: Phase): Int32Array {
    return this.gatesOf.get(phase) ?? NO_GATES;
  }

  /** The rules of a phase, in the order in which they run. */
  rules(phase: Phase): readonly Rule[] {
    return this.phases.get(phase) ?? [];
  }

  get count(): number {
    let count = 0;
    for (const rules of this.phases.values()) count += rules.length;
    return count;
  }

  /** Identifiers of the rules that a selection means; a selection is resolved once. */
  idsOf(selection: RuleSelection): ReadonlySet<number> {
    let found = this.selected.get(selection);
    if (found === undefined) {
      const ids = [...this.phases.values()].flat().filter((rule) => selects(selection, rule));
      found = new Set(ids.map(({ id }) => id));
      this.selected.set(selection, found);
    }
    return found;
  }
}

const NO_GATES = new Int32Array(0);

function gatesOf(rules: readonly Rule[]): Int32Array {
  const gates = new Int32Array(2 * rules.length).fill(-1);
  for (const [i, { link }] of rules.entries()) {
    const { subject, bit, multiMatch } = link;
    // What transformations give on their way is not in the view of a subject.
    if (subject === undefined || !subject.targets.steady || multiMatch || bit < 0) continue;
    gates[2 * i] = subject.number;
    gates[2 * i + 1] = bit;
  }
  return gates;
}
