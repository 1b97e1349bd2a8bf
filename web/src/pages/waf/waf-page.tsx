import { EmptyState, Page } from '../../design/index.ts';

/** Rules of the WAF and what they matched. */
export function WafPage() {
  return (
    <Page title="WAF">
      <EmptyState icon="waf" title="No rules">
        Rules stand here once the WAF has loaded them.
      </EmptyState>
    </Page>
  );
}
