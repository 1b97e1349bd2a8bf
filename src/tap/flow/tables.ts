import type { ApplicationRecord, TunnelRecord } from '../../event/index.ts';
import type { HistoryTable } from './history.ts';
import type { Interner } from './interner.ts';
import type { FlowTable } from './table.ts';

/** What a view needs to turn the numbers of a record into words. */
export interface FlowTables {
  readonly flows: FlowTable;
  readonly history: HistoryTable;
  readonly services: Interner<readonly string[]>;
  readonly protocols: Interner<string>;
  readonly tunnels: Interner<readonly TunnelRecord[]>;
  readonly communitySeed: number;
  /** Community ids that have been made, by number of the record; the owner clears them when a flow ends. */
  readonly community: (string | undefined)[];
  /** What application the flow at word `w` carries. */
  application(w: number): ApplicationRecord;
}
