import { FLOW_DURATION, type SqlTable } from '../query/index.ts';
import { type Column, EVENT_COLUMNS, FLOW_COLUMNS } from './columns.ts';

/** Objects of a flow record; of its other fields each has a column, or is on this list too. */
const FLOW_OBJECTS: ReadonlySet<string> = new Set(['app', 'flow', 'tcp', 'ether', 'tunnel', 'vlan[]']);

/** Objects that no other record has. */
const ONLY_FLOWS: ReadonlySet<string> = new Set(['app', 'flow', 'flow_progress']);

/** The table of flows, as questions see it. */
export const FLOW_TABLE: SqlTable = tableOf(FLOW_COLUMNS, 'more', (root) => FLOW_OBJECTS.has(root), {
  event_type: "'flow'",
  [FLOW_DURATION]: 'duration',
});

/** The table of all other records. */
export const EVENT_TABLE: SqlTable = tableOf(EVENT_COLUMNS, 'record', (root) => !ONLY_FLOWS.has(root), {
  event_type: 'event_type',
});

function tableOf(
  columns: readonly Column[],
  json: string,
  isThere: (root: string) => boolean,
  others: Readonly<Record<string, string>>,
): SqlTable {
  const byPath = new Map([
    ...columns.map(({ name, path }) => [path?.join('.') ?? name, name] as const),
    ...Object.entries(others),
  ]);
  return {
    json,
    column: (path) => byPath.get(path) ?? (isThere(path.split('.')[0] ?? '') ? undefined : 'none'),
  };
}
