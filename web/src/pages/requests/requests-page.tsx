import { EmptyState, Page } from '../../design/index.ts';

/** Web requests and their verdicts, live and stored. */
export function RequestsPage() {
  return (
    <Page title="Requests">
      <EmptyState icon="requests" title="No requests">
        Requests stand here once the active stream is on: set web.enabled.
      </EmptyState>
    </Page>
  );
}
