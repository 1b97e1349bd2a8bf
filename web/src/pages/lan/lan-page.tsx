import { EmptyState, Page } from '../../design/index.ts';

/** The clients of the LAN. */
export function LanPage() {
  return (
    <Page title="LAN">
      <EmptyState icon="lan" title="No clients">
        Clients of the LAN stand here once the sensor sees their packets.
      </EmptyState>
    </Page>
  );
}
