import { EnforcerError } from '../enforcer.ts';
import type { ElementSet, SetChange } from './element-set.ts';
import { type ElementStore, type Reading, StaleSets } from './element-store.ts';
import { NftError, runNft } from './nft-program.ts';
import { changeLines, readListing } from './nft-text.ts';
import { growingLines, type Lookup } from './ruleset.ts';

/** Elements of a table by the program `nft`, where the addon is not there: some milliseconds for each change. */
export class NftStore implements ElementStore {
  private readonly program: string;
  private readonly table: string;

  constructor(program: string, table: string) {
    this.program = program;
    this.table = table;
  }

  async read(sets: readonly ElementSet[], nowMs: number): Promise<Reading> {
    const listing = await this.list();
    const elements = new Map(sets.map((set) => [set, readListing(set, listing, nowMs)]));
    return { elements, generation: undefined };
  }

  async change(
    changes: readonly SetChange[],
    nowMs: number,
    _generation?: number,
    lookups: readonly Lookup[] = [],
  ): Promise<void> {
    const lines = [...growingLines(this.table, lookups), ...changeLines(changes, this.table, nowMs)];
    await runBatch(this.program, lines);
  }

  generation(): undefined {
    return undefined;
  }

  close(): void {}

  private async list(): Promise<unknown> {
    const { table } = this;
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

/** Lets `nft` run commands, together or not at all. Throws {@link StaleSets}, or an `EnforcerError`. */
export async function runBatch(program: string, lines: readonly string[]): Promise<void> {
  try {
    await runNft(program, ['-f', '-'], `${lines.join('\n')}\n`);
  } catch (error) {
    throw error instanceof NftError && error.stale ? new StaleSets({ cause: error }) : error;
  }
}
