import './scenarios.css';
import { usePageSearch } from '../../app/search.ts';
import { useMay } from '../../data/session.ts';
import { EmptyState, Page, Tabs } from '../../design/index.ts';
import { ScenarioEditor } from './scenario-editor.tsx';
import { ScenarioList } from './scenario-list.tsx';

/** The scenarios that run, and an editor that tries others over what is stored. */
export function ScenariosPage() {
  const [search, setSearch] = usePageSearch();
  const mayTry = useMay('operator');
  const view = search.view === 'editor' ? 'editor' : 'list';
  return (
    <Page title="Scenarios" fill={view === 'list'}>
      <Tabs<'list' | 'editor'>
        label="Scenarios"
        value={view}
        onChange={(chosen) => setSearch({ view: chosen === 'list' ? undefined : chosen })}
        items={[
          { value: 'list', label: 'In force', content: <ScenarioList /> },
          {
            value: 'editor',
            label: 'Editor and test',
            content: mayTry ? (
              <ScenarioEditor />
            ) : (
              <EmptyState icon="scenarios" title="Not for viewers">
                Operators and admins try scenarios over what is stored.
              </EmptyState>
            ),
          },
        ]}
      />
    </Page>
  );
}
