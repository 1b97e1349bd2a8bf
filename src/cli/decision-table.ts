import { formatDuration } from '../config/quantity.ts';
import type { Decision } from '../event/index.ts';
import { recordText } from './record-text.ts';
import { renderTable, type TableColumn, terminalPaint } from './table.ts';

const COLUMNS: readonly TableColumn[] = [
  { title: 'ABOUT', most: 45, style: 'bold' },
  { title: 'WHAT' },
  { title: 'ENDS IN', align: 'right' },
  { title: 'FROM', most: 24 },
  { title: 'WHY', most: 60 },
  { title: 'ID', style: 'dim' },
];

/** Decisions as a table. */
export function decisionTable(decisions: readonly Decision[], nowMs: number): string {
  const rows = decisions.map((one) => [
    recordText(one.value),
    one.simulated ? `${one.type} (not enforced)` : one.type,
    one.untilMs <= nowMs ? 'over' : shortly(one.untilMs - nowMs),
    recordText(one.author === '' ? one.scenario || one.origin : `${one.origin} ${one.author}`),
    recordText(one.reason),
    one.id,
  ]);
  return renderTable(COLUMNS, rows, terminalPaint());
}

/** A span of time in its two largest units: `3h 59m`. */
export function shortly(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  const units: readonly (readonly [string, number])[] = [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ];
  const at = units.findIndex(([, size]) => seconds >= size);
  const [unit, size] = units[at] ?? ['s', 1];
  const next = units[at + 1];
  const rest = next === undefined ? 0 : Math.floor((seconds % size) / next[1]);
  return `${Math.floor(seconds / size)}${unit}${rest === 0 || next === undefined ? '' : ` ${rest}${next[0]}`}`;
}

/** A decision in a sentence. */
export function decisionSentence({ type, value, durationMs, simulated, id }: Decision): string {
  const enforced = simulated ? ' (told of, and not enforced: respond.mode is observe)' : '';
  return `${type} ${recordText(value)} for ${formatDuration(durationMs)}${enforced}; ${id}`;
}
