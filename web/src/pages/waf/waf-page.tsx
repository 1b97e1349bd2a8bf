import './waf.css';
import { usePageSearch } from '../../app/search.ts';
import { useMay } from '../../data/session.ts';
import { EmptyState, Page, Tabs } from '../../design/index.ts';
import { InForce } from './in-force.tsx';
import { RejudgeView } from './rejudge-view.tsx';
import { RuleTester } from './rule-tester.tsx';

const VIEWS = ['rules', 'test', 'past'] as const;
type View = (typeof VIEWS)[number];

/** Rules of the WAF: what they matched, what each looks for, and others that are tried on requests. */
export function WafPage() {
  const [search, setSearch] = usePageSearch();
  const mayTry = useMay('operator');
  const view = VIEWS.find((name) => name === search.view) ?? 'rules';
  const forOperators = (
    <EmptyState icon="waf" title="Not for viewers">
      Operators and admins try rules on requests.
    </EmptyState>
  );
  return (
    <Page title="WAF">
      <Tabs<View>
        label="WAF"
        value={view}
        onChange={(chosen) => setSearch({ view: chosen === 'rules' ? undefined : chosen })}
        items={[
          { value: 'rules', label: 'In force', content: <InForce /> },
          { value: 'test', label: 'Rules and test', content: mayTry ? <RuleTester /> : forOperators },
          { value: 'past', label: 'What would have been', content: mayTry ? <RejudgeView /> : forOperators },
        ]}
      />
    </Page>
  );
}
