import { EmptyState, Page } from '../../design/index.ts';

/** What is in force, why, and what it hit. */
export function DecisionsPage() {
  return (
    <Page title="Decisions">
      <EmptyState icon="decisions" title="No decisions">
        Nothing is banned or throttled.
      </EmptyState>
    </Page>
  );
}
