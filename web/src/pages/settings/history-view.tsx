import { useMemo } from 'react';
import { usePageSearch } from '../../app/search.ts';
import { formatBytes, formatMoment, timeMs } from '../../data/format.ts';
import { useApi } from '../../data/queries.ts';
import { useMay } from '../../data/session.ts';
import {
  Button,
  type Column,
  CopyButton,
  DataTable,
  EmptyState,
  ErrorState,
  SidePanel,
  Skeleton,
  TimeAgo,
} from '../../design/index.ts';
import type { ConfigurationText, Version, VersionText } from './answers.ts';
import { useRollback } from './changing.ts';
import { DiffView } from './diff-view.tsx';
import { diffLines } from './line-diff.ts';

const COLUMNS: readonly Column<Version>[] = [
  { id: 'version', header: 'Version', width: 84, number: true, cell: ({ version }) => version },
  { id: 'until', header: 'Until', width: 110, cell: ({ replacedUs }) => <TimeAgo at={replacedUs} /> },
  { id: 'author', header: 'Changed by', width: 130, cell: ({ author }) => author || 'the system' },
  {
    id: 'note',
    header: 'Why',
    width: 180,
    grow: true,
    cell: ({ note }) => note || <span className="muted">–</span>,
  },
  { id: 'bytes', header: 'Size', width: 80, number: true, cell: ({ bytes }) => formatBytes(bytes) },
];

/** The configurations before this one: who replaced them and why, what changed then, and a way back. */
export function HistoryView({ configuration }: { readonly configuration: ConfigurationText }) {
  const [search, setSearch] = usePageSearch();
  const versions = useApi<{ readonly items: readonly Version[] }>('/configuration/versions');
  const items = versions.data?.items ?? [];
  const chosen = items.find(({ version }) => String(version) === search.version);
  const newer = items[chosen === undefined ? -1 : items.indexOf(chosen) - 1];
  return (
    <div className="split settings-history">
      <div className="table-frame">
        <DataTable
          label="Versions of the configuration"
          columns={COLUMNS}
          rows={items}
          rowId={({ version }) => String(version)}
          selectedId={search.version}
          onSelect={({ version }) => setSearch({ version: String(version) })}
          loading={versions.isPending}
          error={versions.error}
          retry={() => void versions.refetch()}
          empty={
            <EmptyState icon="settings" title="Nothing was changed yet">
              Each change that is applied here, or over the API, keeps the text before it.
            </EmptyState>
          }
        />
      </div>
      {chosen !== undefined && (
        <VersionPanel
          key={chosen.version}
          version={chosen}
          newer={newer}
          configuration={configuration}
          onClose={() => setSearch({ version: undefined })}
        />
      )}
    </div>
  );
}

interface VersionPanelProps {
  readonly version: Version;
  /** Undefined: what replaced it is in force. */
  readonly newer: Version | undefined;
  readonly configuration: ConfigurationText;
  readonly onClose: () => void;
}

function VersionPanel({ version, newer, configuration, onClose }: VersionPanelProps) {
  const rollback = useRollback();
  const mayRoll = useMay('admin') && configuration.closed === '';
  const text = useApi<VersionText>(`/configuration/versions/${version.version}`);
  const next = useApi<VersionText>(
    `/configuration/versions/${newer?.version ?? 0}`,
    {},
    { enabled: newer !== undefined },
  );
  const after = newer === undefined ? configuration.text : next.data?.text;
  const change = useMemo(
    () => (text.data === undefined || after === undefined ? undefined : linesOf(text.data.text, after)),
    [text.data, after],
  );
  const back = useMemo(
    () => (text.data === undefined ? undefined : linesOf(configuration.text, text.data.text)),
    [text.data, configuration.text],
  );
  return (
    <SidePanel
      title={`Version ${version.version}`}
      onClose={onClose}
      actions={text.data !== undefined && <CopyButton text={text.data.text} label="Copy its text" />}
    >
      {text.isError && <ErrorState title="Its text could not be read" error={text.error} />}
      <section className="plan-part">
        <h3>
          What {version.author || 'the system'} changed on{' '}
          {formatMoment(timeMs(version.replacedUs)).slice(0, 16)}
        </h3>
        {version.note !== '' && <p>{version.note}</p>}
        {change === undefined ? <Skeleton height={80} /> : <DiffView lines={change} label="The change" />}
      </section>
      {newer !== undefined && (
        <section className="plan-part">
          <h3>What going back to it would change now</h3>
          {back === undefined ? <Skeleton height={80} /> : <DiffView lines={back} label="The way back" />}
        </section>
      )}
      {mayRoll ? (
        <Button icon="undo" busy={rollback.busy} onClick={() => void rollback.back(version.version)}>
          Go back to version {version.version}
        </Button>
      ) : (
        <p className="muted">{configuration.closed || 'An admin can go back to it.'}</p>
      )}
    </SidePanel>
  );
}

function linesOf(before: string, after: string) {
  return diffLines(before.split('\n'), after.split('\n'));
}
