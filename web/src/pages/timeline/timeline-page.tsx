import { EmptyState, Page } from '../../design/index.ts';

/** Incidents and correlations with the context of their addresses. */
export function TimelinePage() {
  return (
    <Page title="Timeline">
      <EmptyState icon="timeline" title="No incidents">
        What belongs together, requests and flows, stands here once something was found.
      </EmptyState>
    </Page>
  );
}
