import { Badge, type Column, TimeAgo, type Tone } from '../../design/index.ts';
import { Pivot } from '../../query/index.ts';
import type { RequestRow } from './request-row.ts';

/** Rules that a row names. */
const SHOWN_RULES = 3;

const REQUEST_COLUMNS: readonly Column<RequestRow>[] = [
  {
    id: 'time',
    header: 'Time',
    width: 88,
    title: 'In your zone',
    cell: ({ timeUs }) => <TimeAgo at={timeUs} clock />,
  },
  {
    id: 'client',
    header: 'Client',
    width: 132,
    mono: true,
    cell: ({ client }) => <Pivot field="source" value={client} />,
  },
  {
    id: 'method',
    header: 'Method',
    width: 80,
    cell: ({ method }) => <Pivot field="method" value={method} />,
  },
  {
    id: 'host',
    header: 'Host',
    width: 140,
    grow: true,
    cell: ({ host }) => <Pivot field="name" value={host} />,
  },
  {
    id: 'path',
    header: 'Path',
    width: 180,
    grow: true,
    mono: true,
    cell: ({ path }) => <Pivot field="path" value={path.slice(0, 500)} />,
  },
  {
    id: 'status',
    header: 'Status',
    width: 68,
    number: true,
    cell: ({ status }) =>
      status === undefined ? null : (
        <span className={status >= 500 ? 'status-bad' : undefined}>
          <Pivot field="status" value={status} />
        </span>
      ),
  },
  {
    id: 'verdict',
    header: 'Verdict',
    width: 88,
    title: 'What weir did with it; empty for requests that were only seen going by',
    cell: ({ action }) =>
      action === '' ? null : (
        <Pivot field="action" value={action}>
          <Badge tone={actionTone(action)}>{action}</Badge>
        </Pivot>
      ),
  },
  {
    id: 'score',
    header: 'Score',
    width: 68,
    number: true,
    title: '0 to 100; above 30 it counts as a threat',
    cell: ({ score }) =>
      score === undefined ? null : (
        <Pivot field="score" operator=">=" value={score}>
          <span className={score > 30 ? 'score-threat' : undefined}>{Math.round(score)}</span>
        </Pivot>
      ),
  },
  {
    id: 'categories',
    header: 'Categories',
    width: 120,
    cell: ({ categories }) => (
      <span className="ellipsis">
        {categories.map((category, at) => (
          <span key={category}>
            {at > 0 && ', '}
            <Pivot field="category" value={category} />
          </span>
        ))}
      </span>
    ),
  },
  {
    id: 'rules',
    header: 'Rules',
    width: 140,
    mono: true,
    cell: ({ ruleIds }) => (
      <span className="ellipsis">
        {ruleIds.slice(0, SHOWN_RULES).map((rule, at) => (
          <span key={rule}>
            {at > 0 && ' '}
            <Pivot field="rule" value={rule} />
          </span>
        ))}
        {ruleIds.length > SHOWN_RULES && <span className="muted"> +{ruleIds.length - SHOWN_RULES}</span>}
      </span>
    ),
  },
];

/** Times of other days have the day in front. */
const DAY_WIDTH = 150;

/** The columns of the table of requests; `withDay`: some are of another day. Each value narrows the question. */
export function requestColumns(withDay: boolean): readonly Column<RequestRow>[] {
  if (!withDay) return REQUEST_COLUMNS;
  return REQUEST_COLUMNS.map((column) => (column.id === 'time' ? { ...column, width: DAY_WIDTH } : column));
}

/** What comes first on a phone, where the rest is scrolled to. */
const NARROW: Readonly<Record<string, number>> = {
  time: 80,
  path: 150,
  client: 128,
  verdict: 88,
  status: 68,
};
/** Those of a phone: when, what, who. */
export const NARROW_COLUMNS: readonly Column<RequestRow>[] = Object.entries(NARROW).flatMap(([id, width]) =>
  REQUEST_COLUMNS.filter((column) => column.id === id).map((column) => ({ ...column, width })),
);
/** What makes room for the details. */
export const PANEL_HIDDEN: readonly string[] = ['host', 'categories', 'rules'];

/** The colour of what was done with a request. */
export function actionTone(action: string): Tone {
  switch (action) {
    case 'deny':
    case 'drop':
      return 'danger';
    case 'limit':
    case 'redirect':
      return 'warning';
    case 'pass':
      return 'good';
    default:
      return 'neutral';
  }
}
