import { EmptyState, Page } from '../../design/index.ts';

/** Captures on disk, and questions asked of them. */
export function CapturesPage() {
  return (
    <Page title="Captures">
      <EmptyState icon="captures" title="No captures">
        Captures stand here once the disk ring is on.
      </EmptyState>
    </Page>
  );
}
