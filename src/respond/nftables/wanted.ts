import type { Decision } from '../../event/index.ts';
import type { Changes } from '../enforcer.ts';
import {
  changesAnything,
  compare,
  type ElementSet,
  type Elements,
  type RuleType,
  type SetChange,
} from './element-set.ts';
import { targetOf } from './target.ts';

/** Changes of sets by element, to be shown ({@link Wanted.changesOf}) and made ({@link Wanted.edit}); undefined: gone. */
export type Edits = ReadonlyMap<ElementSet, ReadonlyMap<string, number | undefined>>;

const NOTHING: Elements = new Map();

/** What is to be in force: the elements of each set. */
export class Wanted {
  private readonly elements = new Map<ElementSet, Map<string, number>>();

  /** Decisions of a type, both versions. */
  count(type: RuleType): number {
    let count = 0;
    for (const [set, elements] of this.elements) if (set.type === type) count += elements.size;
    return count;
  }

  /** Decisions of all types. */
  get size(): number {
    let size = 0;
    for (const elements of this.elements.values()) size += elements.size;
    return size;
  }

  /** The sets that have elements. */
  get sets(): readonly ElementSet[] {
    return [...this.elements].filter(([, elements]) => elements.size > 0).map(([set]) => set);
  }

  /** Changes by type, scope and value: removals first, then additions, the last of which counts. Others are passed over. */
  read({ add, remove }: Changes, nowMs: number): Edits {
    const edits = new Map<ElementSet, Map<string, number | undefined>>();
    const put = (decision: Decision, untilMs: number | undefined): void => {
      const target = targetOf(decision);
      if (target === undefined) return;
      const edit = edits.get(target.set) ?? new Map<string, number | undefined>();
      edits.set(target.set, edit);
      edit.set(target.element, untilMs);
    };
    for (const decision of remove) put(decision, undefined);
    for (const decision of add) put(decision, decision.untilMs > nowMs ? decision.untilMs : undefined);
    return edits;
  }

  /** What changes in the sets. */
  changesOf(edits: Edits, nowMs: number): SetChange[] {
    return [...edits]
      .map(([set, edit]) => {
        const all = this.elementsOf(set);
        const before = present([...edit.keys()].map((element) => [element, all.get(element)]));
        return compare(set, before, present(edit), nowMs);
      })
      .filter(changesAnything);
  }

  /** Makes changes; returns those that take them back. */
  edit(edits: Edits): Edits {
    const inverse = new Map<ElementSet, Map<string, number | undefined>>();
    for (const [set, edit] of edits) {
      const elements = this.elements.get(set) ?? new Map<string, number>();
      this.elements.set(set, elements);
      inverse.set(set, new Map([...edit.keys()].map((element) => [element, elements.get(element)])));
      for (const [element, untilMs] of edit) {
        if (untilMs === undefined) elements.delete(element);
        else elements.set(element, untilMs);
      }
    }
    return inverse;
  }

  /** Drops what has ended: the kernel has taken it away by itself. */
  forget(nowMs: number): void {
    for (const elements of this.elements.values()) {
      for (const [element, untilMs] of elements) if (untilMs <= nowMs) elements.delete(element);
    }
  }

  /** All that is to be in a set. */
  elementsOf(set: ElementSet): Elements {
    return this.elements.get(set) ?? NOTHING;
  }
}

/** Without what is undefined. */
function present(entries: Iterable<readonly [string, number | undefined]>): Map<string, number> {
  const result = new Map<string, number>();
  for (const [element, untilMs] of entries) if (untilMs !== undefined) result.set(element, untilMs);
  return result;
}
