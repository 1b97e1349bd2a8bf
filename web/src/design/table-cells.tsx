import { memo, type ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { Icon } from './icon.tsx';
import { Skeleton } from './skeleton.tsx';

/** One column of a table. Keep the list of columns outside of the component, or in `useMemo`. */
export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  /** What the cell shows. */
  readonly cell: (row: Row) => ReactNode;
  /** What it is sorted by; a column without it cannot be sorted. */
  readonly sortBy?: (row: Row) => string | number | undefined;
  /** Pixels; with `grow` the least. */
  readonly width: number;
  /** Takes a share of the room that is left. */
  readonly grow?: boolean;
  /** Numbers: right-aligned. */
  readonly number?: boolean;
  /** Addresses, fingerprints, identifiers. */
  readonly mono?: boolean;
  /** Explains the header. */
  readonly title?: string;
}

const SKELETON_ROWS = 12;

/** The cells of a row: drawn anew only when the row is another, not when it moves. */
export const Cells = memo(function Cells<Row>({
  row,
  columns,
}: {
  readonly row: Row;
  readonly columns: readonly Column<Row>[];
}) {
  return columns.map((column) => (
    // biome-ignore lint/a11y/useFocusableInteractive: the row is focused
    // biome-ignore lint/a11y/useSemanticElements: as the rows
    <div
      key={column.id}
      role="gridcell"
      className={classNames('table-cell', column.number && 'number', column.mono && 'mono')}
    >
      {column.cell(row)}
    </div>
  ));
}) as <Row>(props: { readonly row: Row; readonly columns: readonly Column<Row>[] }) => ReactNode;

/** The header of a column; a button where one can sort by it. */
export function HeaderCell<Row>({
  column,
  sorted,
  onSort,
}: {
  readonly column: Column<Row>;
  readonly sorted: 'ascending' | 'descending' | undefined;
  readonly onSort: () => void;
}) {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the button in it is what is focused
    // biome-ignore lint/a11y/useSemanticElements: as the rows
    <div
      role="columnheader"
      className={classNames('table-cell', column.number && 'number')}
      aria-sort={sorted}
      title={column.title}
    >
      {column.sortBy === undefined ? (
        column.header
      ) : (
        <button type="button" className="table-sort" onClick={onSort}>
          {column.header}
          {sorted !== undefined && <Icon name={sorted === 'ascending' ? 'up' : 'down'} size={12} />}
        </button>
      )}
    </div>
  );
}

/** Hold the place of rows that are being fetched. */
export function SkeletonRows<Row>({
  columns,
  template,
}: {
  readonly columns: readonly Column<Row>[];
  readonly template: string;
}) {
  return Array.from({ length: SKELETON_ROWS }, (_, index) => (
    <div
      // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
      key={index}
      className="table-row table-skeleton"
      aria-hidden="true"
      style={{ gridTemplateColumns: template }}
    >
      {columns.map((column) => (
        <div key={column.id} className="table-cell">
          <Skeleton width="70%" height={12} />
        </div>
      ))}
    </div>
  ));
}
