import { EnforcerError, type Reconciled } from '../enforcer.ts';
import { DecisionTable } from './decision-table.ts';
import {
  changesAnything,
  compare,
  type ElementSet,
  type Elements,
  layoutFor,
  type SetChange,
} from './element-set.ts';
import { type ElementStore, StaleSets } from './element-store.ts';
import type { NetlinkSocket } from './netlink-socket.ts';
import { NetlinkStore } from './netlink-store.ts';
import { NftStore } from './nft-store.ts';
import type { Settings } from './options.ts';
import { tableName } from './ruleset.ts';
import type { Wanted } from './wanted.ts';

/** Differences of an element's end that are left as they are: `nft` tells it in whole seconds. */
const TOLERANCE_MS = 2000;
/** Times that a change is tried when others change the rule set at the same time. */
const ATTEMPTS = 6;
const NOTHING: Elements = new Map();

/** Numbers for the status, as `NftablesEnforcer.statistics` tells them. */
export interface KernelCounts {
  changes: number;
  repairs: number;
  rebuilt: number;
  bannedPackets: number;
  throttledPackets: number;
}

/** Counts of one who has done nothing yet. */
export function newCounts(): KernelCounts {
  return { changes: 0, repairs: 0, rebuilt: 0, bannedPackets: 0, throttledPackets: 0 };
}

/**
 * The decisions that are in the kernel: the table and the elements of its sets. Elements go by netlink where that can be,
 * else by `nft`; likewise sets and rules for a prefix length that is used for the first time.
 */
export class KernelDecisions {
  private readonly settings: Settings;
  private readonly counts: KernelCounts;
  private readonly table: DecisionTable;
  private store: ElementStore | undefined;
  /** The rule set's generation when table and elements were as we want them; undefined where that is not known. */
  private generation: number | undefined;

  constructor(settings: Settings, counts: KernelCounts) {
    this.settings = settings;
    this.counts = counts;
    this.table = new DecisionTable(settings);
  }

  /** Whether the table has been made. */
  get isMade(): boolean {
    return this.table.isMade;
  }

  /** Whether elements go by netlink. */
  get byNetlink(): boolean {
    return this.store instanceof NetlinkStore;
  }

  /** Commands for changes. */
  planLines(changes: readonly SetChange[], nowMs: number): string[] {
    return this.table.planLines(changes, nowMs);
  }

  /** Opens what elements go by; to be called before all that changes or reads something. */
  open(socket: NetlinkSocket | undefined): void {
    const { program } = this.settings;
    const table = tableName(this.settings);
    this.store ??= socket === undefined ? new NftStore(program, table) : new NetlinkStore(socket, table);
  }

  /** Closes it; what is in the kernel stays. */
  close(): void {
    this.store?.close();
  }

  /** Removes the table; tables of a former layout, too. */
  remove(): Promise<void> {
    return this.table.remove();
  }

  /** Makes changes; where the sets are not as we left them, brings them to what is wanted now. */
  async change(changes: readonly SetChange[], wanted: Wanted, nowMs: number): Promise<void> {
    try {
      await this.put(changes, nowMs);
      this.counts.changes++;
    } catch (error) {
      if (!(error instanceof StaleSets)) throw error;
      this.counts.repairs++;
      await this.bring(wanted);
    }
  }

  /**
   * Brings the kernel to what is wanted, given what was wanted before. Where nobody has changed the rule set since, nothing
   * needs to be read: with many elements that takes long.
   */
  async reconcile(before: Wanted, wanted: Wanted): Promise<Reconciled> {
    return (await this.bringUntouched(before, wanted)) ?? this.bring(wanted);
  }

  private async bringUntouched(before: Wanted, wanted: Wanted): Promise<Reconciled | undefined> {
    if (this.generation === undefined || this.elements().generation() !== this.generation) return undefined;
    const now = this.settings.now();
    before.forget(now);
    const layout = layoutFor(wanted.sets);
    const present = new Map(this.table.sets.map((set) => [set, before.elementsOf(set)]));
    const changes = differences(present, wanted, now, 0);
    try {
      await this.settle(layout, changes, now, this.generation);
    } catch (error) {
      if (!(error instanceof StaleSets)) throw error;
      return undefined;
    }
    return tally(changes, present);
  }

  /** Brings the table, whatever has become of it, and its elements to what is wanted. */
  private async bring(wanted: Wanted): Promise<Reconciled> {
    this.generation = undefined;
    let seen = this.elements().generation();
    const { state, tables, sets, dropped } = await this.table.look();
    this.counts.bannedPackets = dropped.banned;
    this.counts.throttledPackets = dropped.throttled;
    if (state === 'other') return this.replace(wanted, tables, sets);
    if (state === 'absent') {
      await this.make(() => this.table.make(wanted.sets, [], this.settings.now(), []));
      seen = this.generation;
    }
    const layout = layoutFor(wanted.sets);
    for (let attempt = 1; ; attempt++) {
      const now = this.settings.now();
      const { elements, generation } = await this.elements().read(this.table.sets, now);
      const changes = differences(elements, wanted, now, TOLERANCE_MS);
      this.generation = generation === seen ? generation : undefined;
      try {
        // Where others change their own tables all the time, ours is not waited for any longer.
        await this.settle(layout, changes, now, attempt < ATTEMPTS - 1 ? generation : undefined);
        return tally(changes, elements);
      } catch (error) {
        if (!(error instanceof StaleSets)) throw error;
        if (attempt === ATTEMPTS) {
          throw new EnforcerError('nftables: somebody else keeps changing our table', { cause: error });
        }
      }
    }
  }

  /** Changes what needs to be changed, and removes sets that are not used. Throws {@link StaleSets}. */
  private async settle(
    layout: readonly ElementSet[],
    changes: readonly SetChange[],
    nowMs: number,
    generation: number | undefined,
  ): Promise<void> {
    try {
      await this.put(changes.filter(changesAnything), nowMs, generation);
    } catch (error) {
      this.generation = undefined;
      throw error;
    }
    if (this.table.sets.every((set) => layout.includes(set))) return;
    await this.restructure(() => this.table.lay(layout));
  }

  /** Changes elements, with the sets that they need. Throws {@link StaleSets}. */
  private async put(changes: readonly SetChange[], nowMs: number, generation?: number): Promise<void> {
    const lookups = this.table.missing(changes);
    if (lookups.length > 0) {
      await this.restructure(async () => {
        await this.elements().change(changes, nowMs, generation, lookups);
        await this.table.grown(lookups);
      });
    } else if (changes.length > 0) {
      await this.elements().change(changes, nowMs, generation);
      this.follow();
    }
  }

  /** A table with all elements in the place of those that are there, in one step. */
  private async replace(
    wanted: Wanted,
    tables: readonly string[],
    sets: readonly ElementSet[],
  ): Promise<Reconciled> {
    const now = this.settings.now();
    const { elements } = await this.elements().read(sets, now);
    const all = differences(new Map(), wanted, now, 0);
    await this.make(() => this.table.make(wanted.sets, all, now, tables));
    this.counts.rebuilt++;
    return tally(differences(elements, wanted, now, TOLERANCE_MS), elements);
  }

  /** Lets the structure be changed, which must be as it was made. Throws {@link StaleSets}. */
  private async restructure(change: () => Promise<void>): Promise<void> {
    const known = this.generation !== undefined && this.elements().generation() === this.generation;
    if (!known && (await this.table.look()).state !== 'whole') throw new StaleSets();
    await this.make(change, known);
  }

  /** Lets the table be made or changed. The rule set is known afterwards where `known` and nobody else changed it meanwhile. */
  private async make(change: () => Promise<void>, known = true): Promise<void> {
    this.generation = undefined;
    const before = this.elements().generation();
    await change();
    const after = this.elements().generation();
    this.generation = known && before !== undefined && after === before + 1 ? after : undefined;
  }

  /** After a change of ours: where it was the only one, the rule set is still as we know it. */
  private follow(): void {
    const generation = this.elements().generation();
    const only = this.generation !== undefined && generation === this.generation + 1;
    this.generation = only ? generation : undefined;
  }

  private elements(): ElementStore {
    if (this.store === undefined) throw new TypeError('not opened');
    return this.store;
  }
}

/** What leads from elements that are there to what is wanted, set by set. */
function differences(
  present: ReadonlyMap<ElementSet, Elements>,
  wanted: Wanted,
  nowMs: number,
  toleranceMs: number,
): SetChange[] {
  return [...new Set([...present.keys(), ...wanted.sets])].map((set) =>
    compare(set, present.get(set) ?? NOTHING, wanted.elementsOf(set), nowMs, toleranceMs),
  );
}

/** Elements that were not there, and those that should not have been. */
function tally(changes: readonly SetChange[], before: ReadonlyMap<ElementSet, Elements>): Reconciled {
  let [added, removed] = [0, 0];
  for (const { set, add, remove } of changes) {
    const had = before.get(set) ?? NOTHING;
    const adding = new Set(add.map(([element]) => element));
    for (const element of adding) if (!had.has(element)) added++;
    for (const element of remove) if (!adding.has(element)) removed++;
  }
  return { added, removed };
}
