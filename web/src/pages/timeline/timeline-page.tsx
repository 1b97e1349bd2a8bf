import './timeline.css';
import { Page, SidePanel, Tabs } from '../../design/index.ts';
import { AddressView } from './address-view.tsx';
import { ProposalList, useProposalCount } from './proposals.tsx';
import { TimelineFilters } from './timeline-filters.tsx';
import { TimelineList } from './timeline-list.tsx';
import { isNetwork, useTimelineSearch } from './timeline-search.ts';

/** Incidents and correlations with the context of their addresses. */
export function TimelinePage() {
  const [search, setSearch] = useTimelineSearch();
  const proposals = useProposalCount();
  const { address, view } = search;
  const isOne = address !== undefined && !isNetwork(address);
  return (
    <Page title="Timeline" fill>
      <div className="split">
        <div className="timeline">
          <Tabs
            label="Timeline"
            value={view}
            onChange={(chosen) => setSearch({ view: chosen === 'timeline' ? undefined : chosen })}
            items={[
              {
                value: 'timeline',
                label: 'What happened',
                content: (
                  <div className="stack">
                    <TimelineFilters search={search} setSearch={setSearch} />
                    <TimelineList search={search} setSearch={setSearch} />
                  </div>
                ),
              },
              {
                value: 'proposals',
                label: proposals === 0 ? 'Proposals' : `Proposals (${proposals})`,
                content: <ProposalList />,
              },
            ]}
          />
        </div>
        {isOne && (
          <SidePanel
            title={<span className="mono">{address}</span>}
            onClose={() => setSearch({ address: undefined })}
          >
            <AddressView key={address} address={address} />
          </SidePanel>
        )}
      </div>
    </Page>
  );
}
