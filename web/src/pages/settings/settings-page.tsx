import './settings.css';
import { useMemo } from 'react';
import { usePageSearch } from '../../app/search.ts';
import { useApi } from '../../data/queries.ts';
import { useMay } from '../../data/session.ts';
import { EmptyState, ErrorState, Page, Skeleton, Tabs } from '../../design/index.ts';
import { AboutView } from './about-view.tsx';
import { AccessView } from './access-view.tsx';
import type { ConfigurationText } from './answers.ts';
import { HistoryView } from './history-view.tsx';
import { MirrorView } from './mirror-view.tsx';
import { sectionsOf } from './options.ts';
import { OptionsView } from './options-view.tsx';
import { TextView } from './text-view.tsx';

const VIEWS = ['options', 'text', 'history', 'mirror', 'access', 'about'] as const;
type View = (typeof VIEWS)[number];

/** Every option of the configuration, its text, its history; the mirror, who may enter, and how weir is. */
export function SettingsPage() {
  const [search, setSearch] = usePageSearch();
  const view = VIEWS.find((name) => name === search.view) ?? 'options';
  return (
    <Page title="Settings">
      <Tabs<View>
        label="Settings"
        value={view}
        onChange={(chosen) => setSearch({ view: chosen === 'options' ? undefined : chosen })}
        items={[
          { value: 'options', label: 'Options', content: <Configured view="options" /> },
          { value: 'text', label: 'Text', content: <Configured view="text" /> },
          { value: 'history', label: 'History', content: <Configured view="history" /> },
          { value: 'mirror', label: 'Mirror', content: <MirrorView /> },
          { value: 'access', label: 'Access', content: <AccessView /> },
          { value: 'about', label: 'About', content: <AboutView /> },
        ]}
      />
    </Page>
  );
}

/** What needs the configuration. */
function Configured({ view }: { readonly view: 'options' | 'text' | 'history' }) {
  const mayRead = useMay('operator');
  const configuration = useApi<ConfigurationText>('/configuration', {}, { enabled: mayRead });
  const schema = useApi<unknown>('/configuration/schema', {}, { enabled: view === 'options' });
  const sections = useMemo(() => sectionsOf(schema.data), [schema.data]);
  if (!mayRead) {
    return (
      <EmptyState icon="settings" title="Not for viewers">
        Operators see the configuration, admins change it.
      </EmptyState>
    );
  }
  const failed = configuration.error ?? schema.error;
  if (failed !== null && configuration.data === undefined) {
    return (
      <ErrorState
        title="The configuration could not be read"
        error={failed}
        retry={() => void configuration.refetch()}
      />
    );
  }
  if (configuration.data === undefined || (view === 'options' && schema.data === undefined)) {
    return <Skeleton height={480} />;
  }
  return (
    <div className="stack">
      <Notices configuration={configuration.data} />
      {view === 'options' && <OptionsView sections={sections} configuration={configuration.data} />}
      {view === 'text' && <TextView configuration={configuration.data} />}
      {view === 'history' && <HistoryView configuration={configuration.data} />}
    </div>
  );
}

function Notices({
  configuration: { closed, pending, file },
}: {
  readonly configuration: ConfigurationText;
}) {
  return (
    <>
      {closed !== '' && (
        <p className="notice notice-warning" role="status">
          <strong>Settings can only be read here.</strong> {closed}
        </p>
      )}
      {pending.length > 0 && (
        <p className="notice notice-warning" role="status">
          <strong>Start weir again</strong> for {pending.length === 1 ? 'this setting' : 'these settings'} to
          take effect: <code>{pending.join(', ')}</code>
        </p>
      )}
      {file === '' && closed === '' && (
        <p className="notice" role="status">
          There is no file yet: weir runs by its defaults, and the first change makes one.
        </p>
      )}
    </>
  );
}
