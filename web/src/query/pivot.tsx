import type { MouseEvent, ReactNode } from 'react';
import { narrowed, type TermOperator, termOf } from './terms.ts';

/** What Pivot takes. */
export interface PivotProps {
  readonly field: string;
  /** Without one there is nothing to press. */
  readonly value: string | number | undefined;
  readonly operator?: TermOperator;
  /** Shown instead of the value. */
  readonly children?: ReactNode;
  /** True: the Tab key stops here. Not in tables: each row would take ten stops. */
  readonly focusable?: boolean;
}

/** A value that narrows the question when it is pressed, and with Alt leaves it out. Needs `pivotClick` around it. */
export function Pivot({ field, value, operator = ':', children, focusable = false }: PivotProps) {
  if (value === undefined || value === '') return null;
  const term = termOf(field, value, operator);
  return (
    <button
      type="button"
      className="pivot"
      data-term={term}
      tabIndex={focusable ? 0 : -1}
      title={`${term}: click to add, Alt-click to leave out`}
    >
      {children ?? value}
    </button>
  );
}

/** For `onClick` of what is around pivots: one listener for a whole table. */
export function pivotClick(
  query: string,
  run: (query: string) => void,
): (event: MouseEvent<HTMLElement>) => void {
  return (event) => {
    const button = (event.target as HTMLElement).closest<HTMLElement>('[data-term]');
    const term = button?.dataset.term;
    if (term === undefined) return;
    event.preventDefault();
    run(narrowed(query, term, event.altKey));
  };
}
