import { EmptyState, Page } from '../../design/index.ts';

/** A small panel of figures for embedding: it stands without the shell. */
export function PanelPage() {
  return (
    <Page title="Panel">
      <EmptyState icon="panel" title="Nothing is measured yet">
        Figures stand here once weir sees traffic.
      </EmptyState>
    </Page>
  );
}
