import { EmptyState, Page } from '../../design/index.ts';

/** Flows, live and stored. */
export function FlowsPage() {
  return (
    <Page title="Flows">
      <EmptyState icon="flows" title="No flows">
        Flows stand here once the sensor sees packets: set capture.interface.
      </EmptyState>
    </Page>
  );
}
