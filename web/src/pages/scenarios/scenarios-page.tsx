import { EmptyState, Page } from '../../design/index.ts';

/** Scenarios: what overflows, and their test against the history. */
export function ScenariosPage() {
  return (
    <Page title="Scenarios">
      <EmptyState icon="scenarios" title="No scenarios">
        Scenarios are files in the folder that correlate.scenarios names.
      </EmptyState>
    </Page>
  );
}
