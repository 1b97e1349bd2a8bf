const collator = new Intl.Collator('en', { numeric: true });

interface SortableRow {
  readonly getValue: (id: string) => unknown;
}

/** Numbers by size, all else as text in which numbers count as such (addresses). */
export function compareRows(a: SortableRow, b: SortableRow, id: string): number {
  const first = a.getValue(id);
  const second = b.getValue(id);
  if (typeof first === 'number' && typeof second === 'number') return first - second;
  return collator.compare(String(first), String(second));
}
