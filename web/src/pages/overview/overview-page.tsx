import { EmptyState, Page } from '../../design/index.ts';

/** Both streams side by side: what goes through, what was found, how weir is. */
export function OverviewPage() {
  return (
    <Page title="Overview">
      <EmptyState icon="overview" title="Nothing is measured yet">
        Figures of both streams stand here once weir sees traffic.
      </EmptyState>
    </Page>
  );
}
