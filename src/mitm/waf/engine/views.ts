import type { Among } from '../pattern/pattern.ts';
import type { Target } from '../seclang/target.ts';
import type { Stage } from '../variable/variable.ts';
import { addMembers, takesOut } from './look-up.ts';
import type { Rooms } from './rooms.ts';
import type { Subject, Targets } from './rule.ts';
import type { RuleSet } from './rule-set.ts';
import type { Transaction } from './transaction.ts';
import type { Text, Value } from './value.ts';

/** Values from which on a pattern without literals is asked about all of them at once. */
const WORTH_JOINING = 4;

/** What a subject gives for a request: its values, and what its transformations made of them. */
export class View {
  readonly values: readonly Value[];
  /** What transformations made of the values; undefined where they changed none. */
  private readonly changed: readonly Text[] | undefined;
  /** The patterns that could match any of the texts: a bit for each from `at` on, which is -1 while nobody has asked. */
  bits: Uint32Array = NONE;
  at = -1;
  /** Bit `n`: the bits of word `n` are there. Few patterns are asked about each view, so that few words are needed. */
  united = 0;
  /** Texts that are not known from other requests. */
  private fresh: readonly Text[] | undefined;
  private joined: { [separator in Among['separator']]?: string } | undefined;

  constructor(values: readonly Value[], changed?: readonly Text[]) {
    this.values = values;
    this.changed = changed;
  }

  /** What became of the value with this number. */
  text(number: number): Text {
    return this.changed === undefined ? this.values[number]!.text : this.changed[number]!;
  }

  /** Whether an operator, asked about all fresh texts together, matches none of them; false where it was not asked. */
  noneOfFresh(among: Among): boolean {
    this.fresh ??= this.values.map((_, i) => this.text(i)).filter(({ isKnown }) => !isKnown);
    const { fresh } = this;
    if (fresh.length < WORTH_JOINING) return false;
    const { separator } = among;
    this.joined ??= {};
    const { joined } = this;
    joined[separator] ??= fresh.map(({ text }) => text).join(separator);
    return !among.matches(joined[separator]);
  }
}

const NONE = new Uint32Array(0);

/** Words of a view of which is noted whether they are there; others are united whenever they are asked for. */
const NOTED_WORDS = 31;

/** What the subjects of a rule set give for one request; what rules cannot change is looked up once. */
export class Views {
  /** By the numbers of subjects; undefined where nobody has asked. */
  readonly bySubject: (View | undefined)[];
  private readonly rules: RuleSet;
  private readonly transaction: Transaction;
  private readonly byTargets: (View | undefined)[];
  private readonly rooms: Rooms;
  /** Bits for one text or view after the other; the last one is being filled. */
  private readonly taken: Uint32Array[] = [];
  private room: Uint32Array = NONE;
  private used = 0;

  constructor(rules: RuleSet, transaction: Transaction, rooms: Rooms) {
    this.rules = rules;
    this.transaction = transaction;
    this.rooms = rooms;
    this.bySubject = new Array(rules.subjects.length);
    this.byTargets = new Array(rules.targets.length);
  }

  /** The request is over: what its bits took is for others. */
  release(): void {
    for (const room of this.taken) this.rooms.giveBack(room);
    this.taken.length = 0;
    this.room = NONE;
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

  /** Finds out which patterns could match a text, as far as the prefilter tells. */
  scan(text: Text): void {
    if (text.isKnown) this.transaction.texts.known.allot(text);
    else this.allot(text);
    this.rules.prefilter.scan(text.text, text.bits, text.at);
  }

  /** Whether the pattern of a bit could match any text of a view. */
  mayMatch(view: View, bit: number): boolean {
    const word = bit >> 5;
    const noted = word < NOTED_WORDS ? 1 << word : 0;
    if ((view.united & noted) === 0) this.unite(view, word, noted);
    return (view.bits[view.at + word]! & (1 << (bit & 31))) !== 0;
  }

  private unite(view: View, word: number, noted: number): void {
    const { length } = view.values;
    if (view.at < 0) {
      for (let i = 0; i < length; i++) {
        const text = view.text(i);
        if (text.at < 0) this.scan(text);
      }
      if (length === 1) {
        const only = view.text(0);
        view.bits = only.bits;
        view.at = only.at;
        view.united = -1;
        return;
      }
      this.allot(view);
    }
    let bits = 0;
    for (let i = 0; i < length; i++) {
      const text = view.text(i);
      bits |= text.bits[text.at + word]!;
    }
    view.bits[view.at + word] = bits;
    view.united |= noted;
  }

  /** Gives a text or a view room for its bits; what got room before keeps it. */
  private allot(one: Text | View): void {
    const words = this.rules.candidateWords;
    if (this.used + words > this.room.length) {
      this.room = this.rooms.take();
      this.taken.push(this.room);
      this.used = 0;
    }
    one.bits = this.room;
    one.at = this.used;
    this.used += words;
  }

  private look({ included, excluded }: Targets): View {
    const [only] = included;
    const isWhole = only !== undefined && included.length === 1 && only.selector === undefined && !only.count;
    // One whole variable is looked at as it is.
    if (isWhole && excluded.length === 0) return new View(this.transaction.members(only.source));
    gathered.begin();
    for (let i = 0; i < included.length; i++) addMembers(included[i]!, this.transaction, gathered);
    for (let i = 0; i < excluded.length; i++) gathered.takeOut(excluded[i]!);
    return new View(gathered.take());
  }

  /** The view itself where the transformations change nothing. */
  private transformed(view: View, { chain }: Subject): View {
    if (chain.bits === 0) return view;
    const { texts } = this.transaction;
    const { length } = view.values;
    let changed: Text[] | undefined;
    for (let i = 0; i < length; i++) {
      const text = view.text(i);
      const next = texts.transformed(text, chain);
      if (next === text) continue;
      changed ??= view.values.map(({ text: unchanged }) => unchanged);
      changed[i] = next;
    }
    return changed === undefined ? view : new View(view.values, changed);
  }
}

/** Values that are gathered before it is known how many they are. */
class Gathered {
  private readonly values: Value[] = [];
  private length = 0;

  /** Nothing is gathered: what was looked up before may have ended in an error, and is of another request. */
  begin(): void {
    this.length = 0;
  }

  push(value: Value): void {
    this.values[this.length++] = value;
  }

  takeOut(target: Target): void {
    let kept = 0;
    for (let i = 0; i < this.length; i++) {
      const value = this.values[i]!;
      if (!takesOut(target, value)) this.values[kept++] = value;
    }
    this.length = kept;
  }

  /** The values. */
  take(): readonly Value[] {
    const { length, values } = this;
    const taken = values.slice(0, length);
    // Those of a large request are not kept in memory.
    if (length > MOST_GATHERED) values.length = 0;
    return taken;
  }
}

const MOST_GATHERED = 256;
const gathered = new Gathered();

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
