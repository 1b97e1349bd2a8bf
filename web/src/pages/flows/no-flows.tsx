import { useMemo } from 'react';
import { useApi } from '../../data/queries.ts';
import type { ListPage } from '../../data/types.ts';
import { Button, EmptyState } from '../../design/index.ts';
import type { TimeWindow } from '../../query/index.ts';

/** Which flows the page shows. */
export type View = 'stored' | 'live' | 'open';

/** A question takes so many values. */
const MOST_FLOWS = 60;

/** What NoFlows takes. */
export interface NoFlowsProps {
  readonly view: View;
  readonly query: string;
  readonly window: TimeWindow;
  readonly ask: (query: string) => void;
}

/** Stands where flows would be, and says how one comes to some. */
export function NoFlows({ view, query, window, ask }: NoFlowsProps) {
  if (query !== '') {
    return view === 'stored' ? (
      <NoneStored query={query} window={window} ask={ask} />
    ) : (
      <EmptyState icon="filter" title="No flow is so">
        Ask for less: <code>{query}</code> finds none.
      </EmptyState>
    );
  }
  switch (view) {
    case 'stored':
      return (
        <EmptyState icon="flows" title="No flow ended in this time">
          A flow stands here when it has ended. Look further back, or at those that are open; where none ever
          comes, <code>capture.interface</code> in weir.yaml names what is listened to, and{' '}
          <code>store.enabled</code> keeps what was heard.
        </EmptyState>
      );
    case 'open':
      return (
        <EmptyState icon="flows" title="No flow is open">
          A live capture tells its open flows: <code>capture.interface</code> in weir.yaml names the
          interface.
        </EmptyState>
      );
    case 'live':
      return (
        <EmptyState icon="play" title="Waiting for flows">
          They stand here as they begin, go on and end.
        </EmptyState>
      );
    default:
      return view satisfies never;
  }
}

/** A fingerprint or a name that DNS told is in other records than those of flows: these lead to the flows. */
function NoneStored({ query, window, ask }: Omit<NoFlowsProps, 'view'>) {
  const { since, until } = window;
  const others = useApi<ListPage<Readonly<Record<string, unknown>>>>('/records', {
    q: query,
    since,
    until,
    limit: 500,
  });
  const { flows, types } = useMemo(() => {
    const items = others.data?.items ?? [];
    const ids = items.flatMap(({ flow_id }) => (typeof flow_id === 'number' ? [flow_id] : []));
    return {
      flows: [...new Set(ids)],
      types: [...new Set(items.map(({ event_type }) => String(event_type)))],
    };
  }, [others.data]);
  if (flows.length === 0) {
    return (
      <EmptyState icon="filter" title="No flow is so">
        Look further back, or ask for less: <code>{query}</code> finds neither a flow nor another record.
      </EmptyState>
    );
  }
  const shown = flows.slice(0, MOST_FLOWS);
  return (
    <EmptyState
      icon="filter"
      title="No flow says this, but its records do"
      action={
        <Button kind="primary" onClick={() => ask(`flow:${shown.join(',')}`)}>
          Show {shown.length === flows.length ? 'their' : 'the latest'} {shown.length} flows
        </Button>
      }
    >
      <code>{query}</code> is in records of the type {types.join(', ')}.
    </EmptyState>
  );
}
