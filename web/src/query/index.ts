export { type LiveQuery, useLiveQuery } from './live-query.ts';
export { useLiveRows } from './live-rows.ts';
export { usePageQuery } from './page-query.ts';
export { Pivot, type PivotProps, pivotClick } from './pivot.tsx';
export { QueryLine, type QueryLineProps } from './query-line.tsx';
export { Segments, type SegmentsProps } from './segments.tsx';
export { narrowed, quoted, type TermOperator, termOf } from './terms.ts';
export { spanWords, type TimeWindow, TimeWindowControl, useTimeWindow } from './time-window.tsx';
