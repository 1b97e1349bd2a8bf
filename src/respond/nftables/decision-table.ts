import { readFileSync } from 'node:fs';
import { EnforcerError } from '../enforcer.ts';
import { type ElementSet, layoutFor, type SetChange } from './element-set.ts';
import { runNft } from './nft-program.ts';
import { runBatch } from './nft-store.ts';
import { changeLines } from './nft-text.ts';
import type { Settings } from './options.ts';
import {
  droppedPackets,
  fingerprint,
  formerNames,
  growingLines,
  isOurs,
  type Lookup,
  layingLines,
  leavingLines,
  lookupsOf,
  makingLines,
  setsIn,
  tableName,
  tablesIn,
} from './ruleset.ts';

/** What is in the kernel of our table. */
export interface Look {
  /** `whole`: as it was made here; `other`: changed since, or of an earlier run. */
  readonly state: 'absent' | 'whole' | 'other';
  /** Tables of ours that are there, by name: with those of a former layout. */
  readonly tables: readonly string[];
  /** The sets of decisions that the table has. */
  readonly sets: readonly ElementSet[];
  /** Packets dropped so far. */
  readonly dropped: { readonly banned: number; readonly throttled: number };
}

/** The table of decisions: its chains, rules and sets, made and changed by the program `nft`, each time in one step. */
export class DecisionTable {
  private readonly settings: Settings;
  /** What it looked like when it had been made; undefined before. */
  private made: string | undefined;
  private layout: readonly ElementSet[] = [];

  constructor(settings: Settings) {
    this.settings = settings;
  }

  /** Whether it has been made. */
  get isMade(): boolean {
    return this.made !== undefined;
  }

  /** The sets that it has. */
  get sets(): readonly ElementSet[] {
    return this.layout;
  }

  /** Looks at it. Throws an `EnforcerError` where a table of somebody else has its name. */
  async look(): Promise<Look> {
    const own = tableName(this.settings);
    const listings = await this.list();
    const text = listings.get(own);
    if (text !== undefined && !isOurs(text)) {
      throw new EnforcerError(
        `nftables: the table inet ${own} is there and is not weir's; rename it, or set another prefix`,
      );
    }
    const tables = text === undefined ? [] : [own];
    // What was of a former layout has been removed when it was made.
    if (this.made === undefined) tables.push(...this.formerTables(listings));
    const whole = text !== undefined && fingerprint(text) === this.made;
    return {
      state: tables.length === 0 ? 'absent' : whole ? 'whole' : 'other',
      tables,
      sets: setsIn(text ?? ''),
      dropped: droppedPackets(text ?? ''),
    };
  }

  /** Makes it with sets for these, and with elements, in the place of the tables that are named. */
  async make(
    used: Iterable<ElementSet>,
    changes: readonly SetChange[],
    nowMs: number,
    replaced: readonly string[],
  ): Promise<void> {
    const layout = layoutFor(used);
    const lines = [
      ...replaced.map((table) => `delete table inet ${table}`),
      ...makingLines(this.settings, this.devices(), layout),
      ...changeLines(changes, tableName(this.settings), nowMs),
    ];
    await this.run(lines);
    this.layout = layout;
    await this.remember();
  }

  /** Removes the sets that a layout has no more, with the rules that ask them. Throws `StaleSets`, or an `EnforcerError`. */
  async lay(layout: readonly ElementSet[]): Promise<void> {
    const { program } = this.settings;
    await runBatch(program, [
      ...layingLines(this.settings, this.layout, layout),
      ...leavingLines(this.settings, this.layout, layout),
    ]);
    this.layout = layout;
    await this.remember();
  }

  /** The rules that have to ask sets which changes need and it does not have. */
  missing(changes: readonly SetChange[]): Lookup[] {
    const fresh = changes.map(({ set }) => set).filter((set) => !this.layout.includes(set));
    return fresh.flatMap((set) => lookupsOf(this.settings, set));
  }

  /** To be told when it has got sets, with rules that ask them. */
  async grown(lookups: readonly Lookup[]): Promise<void> {
    this.layout = layoutFor([...this.layout, ...lookups.map(({ set }) => set)]);
    await this.remember();
  }

  /** Commands for changes, with those for sets, or for the whole table, where they are not there yet. */
  planLines(changes: readonly SetChange[], nowMs: number): string[] {
    if (changes.length === 0) return [];
    const table = tableName(this.settings);
    const structure =
      this.made !== undefined
        ? growingLines(table, this.missing(changes))
        : makingLines(this.settings, this.settings.ingress, layoutFor(changes.map(({ set }) => set)));
    return [...structure, ...changeLines(changes, table, nowMs, true)];
  }

  /** Removes it, and what is there of a former layout. Harmless where it is not there. */
  async remove(): Promise<void> {
    const own = tableName(this.settings);
    const listings = await this.list();
    const tables = [...(isOurs(listings.get(own)) ? [own] : []), ...this.formerTables(listings)];
    if (tables.length === 0) return;
    await this.run(tables.map((table) => `delete table inet ${table}`));
  }

  private async run(lines: readonly string[]): Promise<void> {
    await runNft(this.settings.program, ['-f', '-'], `${lines.join('\n')}\n`);
  }

  private async remember(): Promise<void> {
    this.made = fingerprint((await this.list()).get(tableName(this.settings)) ?? '');
  }

  private formerTables(listings: ReadonlyMap<string, string>): string[] {
    return formerNames(this.settings).filter((name) => isOurs(listings.get(name)));
  }

  /**
   * Tables as nft lists them, by name, without elements: those of others, too, for asked about a single table it
   * (1.0.6) reads all elements first, which takes half a second where there are 100,000.
   */
  private async list(): Promise<ReadonlyMap<string, string>> {
    return tablesIn(await runNft(this.settings.program, ['-t', 'list', 'ruleset', 'inet']));
  }

  private devices(): string[] {
    const existing = interfaces();
    const missing = this.settings.ingress.filter((name) => !existing.has(name));
    // Later one may go and come back; at first it is a mistake.
    if (this.made === undefined && missing.length > 0) {
      throw new EnforcerError(`nftables: ingress names interfaces that are not there: ${missing.join(', ')}`);
    }
    return this.settings.ingress.filter((name) => existing.has(name));
  }
}

/** Names of this network namespace's interfaces; /sys may be that of another. */
function interfaces(): ReadonlySet<string> {
  const lines = readFileSync('/proc/net/dev', 'utf8').split('\n').slice(2);
  return new Set(lines.map((line) => line.slice(0, line.indexOf(':')).trim()));
}
