import './data-table.css';
import {
  columnVisibilityFeature,
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { classNames } from './class-names.ts';
import { EmptyState } from './empty-state.tsx';
import { ErrorState } from './error-state.tsx';
import { Cells, type Column, HeaderCell, SkeletonRows } from './table-cells.tsx';
import { useRowHeight, useSteadyScroll } from './table-scroll.ts';
import { compareRows } from './table-sorting.ts';

/** What DataTable takes. */
export interface DataTableProps<Row> {
  /** What it lists, for who cannot see it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** The same for the same row at any time. */
  readonly rowId: (row: Row) => string;
  /** Called by a click, Enter or Space. */
  readonly onSelect?: (row: Row) => void;
  /** The row whose details are open. */
  readonly selectedId?: string | undefined;
  /** Ids of columns that are not shown. */
  readonly hidden?: readonly string[];
  /** How it is sorted at first; without it the rows stay in their order. */
  readonly sort?: { readonly id: string; readonly descending: boolean };
  readonly loading?: boolean;
  readonly error?: unknown;
  readonly retry?: () => void;
  /** What stands there when there are no rows: an EmptyState that says what to do. */
  readonly empty?: ReactNode;
  /** Fetches more when the end is near; undefined where there is no more. */
  readonly onEnd?: (() => void) | undefined;
  /** True while more is fetched. */
  readonly loadingMore?: boolean;
  /** CSS height; without it the table fills its place. */
  readonly height?: string | number;
  /** A word that colours the row: `warning`, `danger`. */
  readonly tone?: (row: Row) => 'warning' | 'danger' | 'muted' | undefined;
}

const features = tableFeatures({
  columnVisibilityFeature,
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
});

/** Rows drawn beyond what is seen. */
const OVERSCAN = 8;
/** Rows before the end at which more is fetched. */
const NEAR_END = 40;

/**
 * A table that stays fast with any number of rows: only those in sight exist. The header stays; click on it to sort. Arrow
 * keys, Page Up and Down, Home and End move through the rows, Enter chooses one. Rows that come in above leave what is
 * read where it is.
 */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { columns, rows: data, rowId, onSelect, onEnd } = props;
  const place = useRef<HTMLDivElement>(null);
  const [sorting, setSorting] = useState<SortingState>(
    props.sort === undefined ? [] : [{ id: props.sort.id, desc: props.sort.descending }],
  );
  const [activeId, setActiveId] = useState<string>();
  const rowHeight = useRowHeight(place);

  const definitions = useMemo(
    () =>
      columns.map((column) => ({
        id: column.id,
        accessorFn: (row: Row) => column.sortBy?.(row),
        enableSorting: column.sortBy !== undefined,
        sortDescFirst: column.number === true,
        sortUndefined: 'last' as const,
        sortFn: compareRows,
      })),
    [columns],
  );
  const visible = useMemo(
    () => columns.filter((column) => props.hidden?.includes(column.id) !== true),
    [columns, props.hidden],
  );
  const table = useTable({
    features,
    columns: definitions as never,
    data: data as Row[] as never,
    getRowId: rowId as never,
    state: { sorting },
    onSortingChange: setSorting as never,
  });
  const rows = table.getRowModel().rows as unknown as readonly {
    readonly id: string;
    readonly original: Row;
  }[];

  const activeIndex = useMemo(
    () => (activeId === undefined ? -1 : rows.findIndex((row) => row.id === activeId)),
    [rows, activeId],
  );
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => place.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    getItemKey: (index) => rows[index]?.id ?? index,
    // The focused row stays, wherever one scrolls: with it the focus would be lost.
    rangeExtractor: ({ startIndex, endIndex, overscan, count }) => {
      const first = Math.max(0, startIndex - overscan);
      const last = Math.min(count - 1, endIndex + overscan);
      const indexes = Array.from({ length: Math.max(0, last - first + 1) }, (_, step) => first + step);
      if (activeIndex >= 0 && activeIndex < count) {
        if (activeIndex < first) indexes.unshift(activeIndex);
        else if (activeIndex > last) indexes.push(activeIndex);
      }
      return indexes;
    },
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured anew when the height of rows changes
  useEffect(() => virtualizer.measure(), [rowHeight]);

  useSteadyScroll(place, rows, rowHeight);

  const items = virtualizer.getVirtualItems();
  const lastSeen = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (onEnd !== undefined && rows.length > 0 && lastSeen >= rows.length - NEAR_END) onEnd();
  }, [lastSeen, rows.length, onEnd]);

  const moved = useRef(false);
  useEffect(() => {
    if (!moved.current || activeIndex < 0) return;
    moved.current = false;
    virtualizer.scrollToIndex(activeIndex, { align: 'auto' });
    place.current
      ?.querySelector<HTMLElement>(`[data-index="${activeIndex}"]`)
      ?.focus({ preventScroll: true });
  }, [activeIndex, virtualizer]);

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const target = event.target as HTMLElement;
    if (target.closest('a, button, input, select, textarea') !== null) return;
    if (event.ctrlKey || event.metaKey || event.altKey || rows.length === 0) return;
    const step = stepOf(
      event.key,
      Math.max(1, Math.floor((place.current?.clientHeight ?? 0) / rowHeight) - 2),
    );
    if (step !== undefined) {
      event.preventDefault();
      const from = activeIndex < 0 ? (step > 0 ? -1 : rows.length) : activeIndex;
      moved.current = true;
      setActiveId(rows[Math.min(rows.length - 1, Math.max(0, from + step))]?.id);
    } else if ((event.key === 'Enter' || event.key === ' ') && activeIndex >= 0) {
      event.preventDefault();
      onSelect?.(rows[activeIndex]!.original);
    }
  };

  const template = visible
    .map((column) => (column.grow === true ? `minmax(${column.width}px, 1fr)` : `${column.width}px`))
    .join(' ');
  const leastWidth = visible.reduce((sum, column) => sum + column.width, 0);
  const shown = rows.length > 0;

  return (
    <section
      ref={place}
      className="table-place"
      aria-label={props.label}
      style={{ height: props.height ?? '100%' }}
      tabIndex={activeIndex < 0 ? 0 : -1}
      onKeyDown={onKeyDown}
    >
      {/* biome-ignore-start lint/a11y/useSemanticElements: rows lie where the virtual list puts them, so the roles are said */}
      {/* biome-ignore-start lint/a11y/useFocusableInteractive: rows are focused, not their cells */}
      {/* biome-ignore-start lint/a11y/useKeyWithClickEvents: the place above has the keys of all rows */}
      <div
        role="grid"
        className="table"
        aria-label={props.label}
        aria-rowcount={rows.length + 1}
        aria-colcount={visible.length}
        aria-busy={props.loading === true}
        style={{ minWidth: leastWidth }}
      >
        <div role="rowgroup" className="table-head">
          <div role="row" className="table-row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
            {visible.map((column) => (
              <HeaderCell
                key={column.id}
                column={column}
                sorted={
                  sorting[0]?.id === column.id ? (sorting[0].desc ? 'descending' : 'ascending') : undefined
                }
                onSort={() => table.getColumn(column.id)?.toggleSorting()}
              />
            ))}
          </div>
        </div>
        <div
          role="rowgroup"
          className="table-body"
          style={{ height: shown ? virtualizer.getTotalSize() : undefined }}
        >
          {items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            const tone = props.tone?.(row.original);
            return (
              <div
                key={item.key}
                role="row"
                data-index={item.index}
                aria-rowindex={item.index + 2}
                aria-selected={props.selectedId === undefined ? undefined : props.selectedId === row.id}
                tabIndex={item.index === activeIndex ? 0 : -1}
                className={classNames(
                  'table-row table-data',
                  onSelect !== undefined && 'table-choosable',
                  tone !== undefined && `table-${tone}`,
                )}
                style={{
                  gridTemplateColumns: template,
                  height: rowHeight,
                  transform: `translateY(${item.start}px)`,
                }}
                onFocus={(event) => event.target === event.currentTarget && setActiveId(row.id)}
                onClick={(event) => {
                  if ((event.target as HTMLElement).closest('a, button, input') !== null) return;
                  setActiveId(row.id);
                  // Who marks text to copy it does not mean the row.
                  if (getSelection()?.isCollapsed !== false) onSelect?.(row.original);
                }}
              >
                <Cells row={row.original} columns={visible} />
              </div>
            );
          })}
          {!shown && props.loading === true && <SkeletonRows columns={visible} template={template} />}
        </div>
      </div>
      {/* biome-ignore-end lint/a11y/useKeyWithClickEvents: see above */}
      {/* biome-ignore-end lint/a11y/useFocusableInteractive: see above */}
      {/* biome-ignore-end lint/a11y/useSemanticElements: see above */}
      {!shown && props.loading !== true && props.error !== undefined && props.error !== null && (
        <ErrorState title={`${props.label}: nothing could be read`} error={props.error} retry={props.retry} />
      )}
      {!shown &&
        props.loading !== true &&
        (props.error === undefined || props.error === null) &&
        (props.empty ?? <EmptyState title="Nothing here" />)}
      {props.loadingMore === true && (
        <div className="table-more muted" role="status">
          Loading more …
        </div>
      )}
    </section>
  );
}

function stepOf(key: string, page: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return 1;
    case 'ArrowUp':
      return -1;
    case 'PageDown':
      return page;
    case 'PageUp':
      return -page;
    case 'Home':
      return Number.NEGATIVE_INFINITY;
    case 'End':
      return Number.POSITIVE_INFINITY;
    default:
      return undefined;
  }
}
