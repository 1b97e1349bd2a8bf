import './overview.css';
import { useStatus } from '../../data/live.ts';
import { useApi } from '../../data/queries.ts';
import type { StatusFigures } from '../../data/types.ts';
import { Badge } from '../../design/badge.tsx';
import { Page } from '../../design/page.tsx';
import { TimeAgo } from '../../design/time-ago.tsx';
import { ActiveCard } from './active-card.tsx';
import { Glance } from './glance.tsx';
import { PassiveCard } from './passive-card.tsx';
import { SystemCard } from './system-card.tsx';
import { ThreatsCard } from './threats-card.tsx';
import { TrafficCards } from './traffic-cards.tsx';

/** Both streams side by side: what goes through, what was found, how weir is. */
export function OverviewPage() {
  const { latest, history } = useStatus();
  // The stream tells its first figures within a second; asked for, they are there sooner.
  const first = useApi<StatusFigures>('/overview', {}, { enabled: latest === undefined });
  const figures = latest?.figures ?? first.data;
  return (
    <Page title="Overview" detail={figures !== undefined && <RunningSince figures={figures} />}>
      <div className="overview">
        <Glance figures={figures} />
        <PassiveCard figures={figures} history={history} />
        <ActiveCard figures={figures} history={history} />
        <ThreatsCard figures={figures} />
        <SystemCard figures={figures} />
        <TrafficCards figures={figures} />
      </div>
    </Page>
  );
}

function RunningSince({ figures: { state, since } }: { readonly figures: StatusFigures }) {
  return state === 'running' ? (
    <>
      running, began <TimeAgo at={since} />
    </>
  ) : (
    <Badge tone="notice" dot>
      {state}
    </Badge>
  );
}
