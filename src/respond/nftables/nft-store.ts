import { EnforcerError } from '../enforcer.ts';
import type { ElementSet, Elements, SetChange } from './element-set.ts';
import { type ElementStore, type Reading, StaleSets } from './element-store.ts';
import type { TableName } from './netlink-elements.ts';
import { NftError, runNft } from './nft-program.ts';
import { changeLines, readListing } from './nft-text.ts';

/** Elements by the program `nft`, where the addon is not there: some milliseconds for each change. */
export class NftStore implements ElementStore {
  private readonly program: string;
  private readonly tableOf: TableName;

  constructor(program: string, tableOf: TableName) {
    this.program = program;
    this.tableOf = tableOf;
  }

  async read(sets: readonly ElementSet[], nowMs: number): Promise<Reading> {
    const listings = new Map<string, unknown>();
    const elements = new Map<ElementSet, Elements>();
    for (const set of sets) {
      const table = this.tableOf(set);
      if (!listings.has(table)) listings.set(table, await this.list(table));
      elements.set(set, readListing(set, listings.get(table), nowMs));
    }
    return { elements, generation: undefined };
  }

  async change(changes: readonly SetChange[], nowMs: number): Promise<void> {
    try {
      await runNft(this.program, ['-f', '-'], `${changeLines(changes, this.tableOf, nowMs).join('\n')}\n`);
    } catch (error) {
      throw error instanceof NftError && error.stale ? new StaleSets({ cause: error }) : error;
    }
  }

  generation(): undefined {
    return undefined;
  }

  close(): void {}

  private async list(table: string): Promise<unknown> {
    try {
      return JSON.parse(await runNft(this.program, ['-j', 'list', 'table', 'inet', table]));
    } catch (error) {
      if (error instanceof NftError && error.missing) return undefined;
      if (error instanceof SyntaxError) {
        throw new EnforcerError(`nftables: what nft wrote about ${table} is not JSON: ${error.message}`);
      }
      throw error;
    }
  }
}
