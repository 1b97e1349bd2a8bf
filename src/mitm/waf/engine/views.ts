import type { CompiledOperator } from '../operator/operator.ts';
import type { Among } from '../pattern/pattern.ts';
import type { Stage } from '../variable/variable.ts';
import { addMembers, takesOut } from './look-up.ts';
import type { Subject, Targets } from './rule.ts';
import type { RuleSet } from './rule-set.ts';
import type { Transaction } from './transaction.ts';
import type { Text, Value } from './value.ts';

/** Values from which on a pattern without literals is asked about all of them at once. */
const WORTH_JOINING = 4;

/** What a subject gives for a request: its values, and what its transformations made of them. */
export class View {
  readonly values: readonly Value[];
  /** By value. */
  readonly texts: readonly Text[];
  /** Where the bits of the patterns that could match any of the texts begin; -1 while nobody has asked. */
  candidates = -1;
  private readonly joined: { -readonly [separator in Among['separator']]?: string } = {};

  constructor(values: readonly Value[], texts: readonly Text[]) {
    this.values = values;
    this.texts = texts;
  }

  /** False when an operator says of all texts together that none of them matches. */
  couldMatch({ among }: CompiledOperator): boolean {
    if (among === undefined || this.texts.length < WORTH_JOINING) return true;
    const { separator } = among;
    this.joined[separator] ??= this.texts.map(({ text }) => text).join(separator);
    return among.matches(this.joined[separator]);
  }
}

/** Room for the bits of so many texts at the beginning. */
const FIRST_ROOM = 128;

/** What the subjects of a rule set give for one request; what rules cannot change is looked up once. */
export class Views {
  private readonly rules: RuleSet;
  private readonly transaction: Transaction;
  private readonly bySubject: (View | undefined)[] = [];
  private readonly byTargets: (View | undefined)[] = [];
  /** Bits of patterns that could match, for one text or view after the other. */
  private bits: Uint32Array;
  private used = 0;

  constructor(rules: RuleSet, transaction: Transaction) {
    this.rules = rules;
    this.transaction = transaction;
    this.bits = new Uint32Array(FIRST_ROOM * rules.candidateWords);
  }

  /** There is more of a stage than before: what was looked up of it is forgotten. */
  forget(stage: Stage): void {
    forget(this.bySubject, this.rules.subjects, stage, ({ targets }) => targets.stages);
    forget(this.byTargets, this.rules.targets, stage, ({ stages }) => stages);
  }

  of(subject: Subject): View {
    const { targets, number } = subject;
    if (!targets.steady) return this.transformed(this.look(targets), subject);
    let view = this.bySubject[number];
    if (view === undefined) {
      this.byTargets[targets.number] ??= this.look(targets);
      view = this.transformed(this.byTargets[targets.number]!, subject);
      this.bySubject[number] = view;
    }
    return view;
  }

  /** Whether the pattern of a bit could match a text. */
  mayMatchText(text: Text, bit: number): boolean {
    if (text.candidates < 0) this.scan(text);
    return (this.bits[text.candidates + (bit >> 5)]! & (1 << (bit & 31))) !== 0;
  }

  /** Whether the pattern of a bit could match any text of a view. */
  mayMatch(view: View, bit: number): boolean {
    if (view.candidates < 0) this.unite(view);
    return (this.bits[view.candidates + (bit >> 5)]! & (1 << (bit & 31))) !== 0;
  }

  private scan(text: Text): void {
    text.candidates = this.room();
    this.rules.prefilter.scan(text.text, this.bits, text.candidates);
  }

  private unite(view: View): void {
    for (const text of view.texts) if (text.candidates < 0) this.scan(text);
    const [only] = view.texts;
    if (only !== undefined && view.texts.length === 1) {
      view.candidates = only.candidates;
      return;
    }
    const at = this.room();
    view.candidates = at;
    const { bits } = this;
    const words = this.rules.candidateWords;
    for (const { candidates } of view.texts) {
      for (let i = 0; i < words; i++) bits[at + i]! |= bits[candidates + i]!;
    }
  }

  /** Where the bits of a text or a view find room. */
  private room(): number {
    const at = this.used;
    this.used += this.rules.candidateWords;
    if (this.used > this.bits.length) {
      const larger = new Uint32Array(2 * this.used);
      larger.set(this.bits);
      this.bits = larger;
    }
    return at;
  }

  private look({ included, excluded }: Targets): View {
    let values: Value[] = [];
    for (const target of included) addMembers(target, this.transaction, values);
    if (excluded.length > 0) {
      values = values.filter((value) => !excluded.some((target) => takesOut(target, value)));
    }
    const texts: Text[] = [];
    for (const { text } of values) texts.push(text);
    return new View(values, texts);
  }

  /** The view itself where the transformations change nothing. */
  private transformed(view: View, { chain }: Subject): View {
    if (chain.bits === 0) return view;
    const { texts } = this.transaction;
    let changed: Text[] | undefined;
    for (let i = 0; i < view.texts.length; i++) {
      const text = view.texts[i]!;
      const next = texts.transformed(text, chain);
      if (next !== text) changed ??= view.texts.slice(0, i);
      changed?.push(next);
    }
    return changed === undefined ? view : new View(view.values, changed);
  }
}

function forget<T>(
  views: (View | undefined)[],
  all: readonly T[],
  stage: Stage,
  stages: (one: T) => ReadonlySet<Stage>,
): void {
  for (let i = 0; i < views.length; i++) {
    const one = all[i];
    if (views[i] !== undefined && one !== undefined && stages(one).has(stage)) views[i] = undefined;
  }
}
