import type { ElementSet, Elements, SetChange } from './element-set.ts';
import type { Lookup } from './ruleset.ts';

/** What is in the sets. */
export interface Reading {
  readonly elements: ReadonlyMap<ElementSet, Elements>;
  /** The generation of the rule set that was read, where that can be told. */
  readonly generation: number | undefined;
}

/** Reads and changes elements of sets in the kernel. */
export interface ElementStore {
  /** All elements; a set that is not there has none. Throws an `EnforcerError`. */
  read(sets: readonly ElementSet[], nowMs: number): Promise<Reading>;
  /**
   * Makes the changes together or not at all. With `generation`, only where nobody changed the rule set since; with
   * `lookups`, these rules and the sets that they ask are made first. Throws {@link StaleSets}, or an `EnforcerError`.
   */
  change(
    changes: readonly SetChange[],
    nowMs: number,
    generation?: number,
    lookups?: readonly Lookup[],
  ): Promise<void>;
  /** The generation of the rule set: each change of it, by anybody, adds one. Undefined where that cannot be told. */
  generation(): number | undefined;
  close(): void;
}

/** The sets are not as was thought: an element to be removed has gone, one to be added is there, a set is missing. */
export class StaleSets extends Error {
  constructor(options?: ErrorOptions) {
    super('the sets were changed by somebody else', options);
    this.name = 'StaleSets';
  }
}
