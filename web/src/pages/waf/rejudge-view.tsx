import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { usePageSearch } from '../../app/search.ts';
import type { ApiError } from '../../data/api-error.ts';
import { api } from '../../data/client.ts';
import { formatDuration, formatExact } from '../../data/format.ts';
import {
  AddressLink,
  Button,
  Card,
  type Column,
  Count,
  DataTable,
  EmptyState,
  ErrorState,
  RuleLink,
  Select,
  Skeleton,
  Stat,
  TextInput,
  TimeAgo,
  TimeRangeSelect,
  Toolbar,
  ToolbarGroup,
  timeRangeOf,
} from '../../design/index.ts';
import { CodeEditor } from '../../editor/code-editor.tsx';
import { useKeptText } from '../../editor/kept-text.ts';
import type { Rejudged } from './answers.ts';
import { RULES_TEXT } from './kept-names.ts';
import { PARANOIA, type Paranoia, paranoiaOf } from './paranoia.ts';
import { useRuleCheck } from './rule-tester.tsx';

type Change = Rejudged['newlyDenied'][number];
type RuleChange = Rejudged['rules'][number];

const CHANGES: readonly Column<Change>[] = [
  { id: 'time', header: 'Time', width: 90, cell: ({ timeUs }) => <TimeAgo at={timeUs} /> },
  {
    id: 'client',
    header: 'Client',
    width: 130,
    mono: true,
    cell: ({ client }) => <AddressLink value={client} />,
  },
  {
    id: 'request',
    header: 'Request',
    width: 220,
    grow: true,
    mono: true,
    cell: ({ reference, method, host, path }) => (
      <Link to="/requests" search={{ request: reference }} className="entity ellipsis">
        {method} {host}
        {path}
      </Link>
    ),
  },
  {
    id: 'rules',
    header: 'Rules that change it',
    width: 180,
    grow: true,
    mono: true,
    cell: ({ before, after }) => {
      const changed = [
        ...after.filter((id) => !before.includes(id)),
        ...before.filter((id) => !after.includes(id)),
      ];
      return changed.slice(0, 4).map((id) => (
        <span key={id}>
          <RuleLink value={String(id)} />{' '}
        </span>
      ));
    },
  },
];

const RULES: readonly Column<RuleChange>[] = [
  {
    id: 'id',
    header: 'Rule',
    width: 90,
    grow: true,
    mono: true,
    cell: ({ id }) => <RuleLink value={String(id)} />,
    sortBy: ({ id }) => id,
  },
  {
    id: 'before',
    header: 'Before',
    width: 80,
    number: true,
    cell: ({ before }) => <Count value={before} />,
    sortBy: ({ before }) => before,
  },
  {
    id: 'after',
    header: 'After',
    width: 80,
    number: true,
    cell: ({ after }) => <Count value={after} />,
    sortBy: ({ after }) => after,
  },
  {
    id: 'change',
    header: 'Change',
    width: 80,
    number: true,
    cell: ({ before, after }) => `${after > before ? '+' : ''}${after - before}`,
    sortBy: ({ before, after }) => after - before,
  },
];

/** Judges the requests that are stored by other rules: who would be blocked newly, who no longer. */
export function RejudgeView() {
  const [search, setSearch] = usePageSearch();
  const range = timeRangeOf(search.range, '1h');
  const [rules, setRules] = useKeptText(RULES_TEXT, '');
  const [paranoia, setParanoia] = useState<Paranoia>('');
  const [host, setHost] = useState('');
  const { mistakes, error } = useRuleCheck(rules);
  const run = useMutation<Rejudged, ApiError>({
    mutationFn: () =>
      api<Rejudged>('/waf/rejudge', {
        method: 'POST',
        body: {
          selection: { since: range, ...(host.trim() === '' ? {} : { host: host.trim() }) },
          ...(rules.trim() === '' ? {} : { rules }),
          ...paranoiaOf(paranoia),
        },
      }),
  });
  return (
    <div className="stack">
      <Toolbar label="What is judged again">
        <TimeRangeSelect value={range} onChange={(chosen) => setSearch({ range: chosen })} />
        <ToolbarGroup grow>
          <TextInput
            aria-label="Host"
            placeholder="Every host"
            value={host}
            onChange={({ currentTarget }) => setHost(currentTarget.value)}
          />
        </ToolbarGroup>
        <Select label="Paranoia" value={paranoia} options={PARANOIA} onChange={setParanoia} />
        <Button
          kind="primary"
          icon="play"
          busy={run.isPending}
          disabled={mistakes.length > 0}
          onClick={() => run.mutate()}
        >
          Judge again
        </Button>
      </Toolbar>
      <details className="waf-extra" open={rules.trim() !== ''}>
        <summary>Rules behind those in force: the same as of “Rules and test”</summary>
        <CodeEditor
          label="Rules to try"
          language="seclang"
          value={rules}
          onChange={setRules}
          mistakes={mistakes}
          height={140}
        />
      </details>
      {error !== null && <p className="rule-mistake">{error.message}</p>}
      {mistakes.map(({ line, message }) => (
        <p key={`${line} ${message}`} className="rule-mistake">
          <code>{line}</code> {message}
        </p>
      ))}
      {run.isPending ? (
        <Skeleton height={360} />
      ) : run.isError ? (
        <ErrorState title="They could not be judged" error={run.error} retry={() => run.mutate()} />
      ) : run.data === undefined ? (
        <Card>
          <EmptyState icon="play" title="Not judged yet">
            The requests that <code>web.buffer</code> keeps are judged again, by another paranoia level or
            with more rules: who would have been blocked, and who no longer. Nothing is changed.
          </EmptyState>
        </Card>
      ) : (
        <Outcome outcome={run.data} />
      )}
    </div>
  );
}

function Outcome({ outcome }: { readonly outcome: Rejudged }) {
  const notes = [
    outcome.left > 0
      ? `${formatExact(outcome.left)} were not judged: the time was over. Choose a shorter one.`
      : '',
    outcome.partial > 0 ? `${formatExact(outcome.partial)} were kept only in part, and judged by that.` : '',
    outcome.limited > 0 ? `${formatExact(outcome.limited)} went beyond a limit.` : '',
    outcome.unjudgedBefore > 0
      ? `${formatExact(outcome.unjudgedBefore)} had not come to the rules before: a ban or a limit was first.`
      : '',
  ].filter((note) => note !== '');
  return (
    <>
      <div className="grid waf-stats">
        <Stat
          label="Judged"
          value={<Count value={outcome.judged} />}
          detail={`in ${formatDuration(outcome.tookMs / 1000)}`}
        />
        <Stat
          label="Blocked before"
          value={<Count value={outcome.deniedBefore} />}
          detail="by the rules in force"
        />
        <Stat label="Blocked after" value={<Count value={outcome.deniedAfter} />} detail="by those to try" />
        <Stat
          label="Newly"
          value={<Count value={outcome.newlyDeniedCount} />}
          tone={outcome.newlyDeniedCount > 0 ? 'danger' : 'neutral'}
        />
        <Stat
          label="No longer"
          value={<Count value={outcome.noLongerDeniedCount} />}
          tone={outcome.noLongerDeniedCount > 0 ? 'warning' : 'neutral'}
        />
        <Stat label="Most points" value={formatExact(outcome.highestScore)} />
      </div>
      {notes.length > 0 && <p className="waf-problem">{notes.join(' ')}</p>}
      <Card title={`Newly blocked (${formatExact(outcome.newlyDeniedCount)})`} flush>
        <Changes label="Newly blocked requests" rows={outcome.newlyDenied} />
      </Card>
      <Card title={`No longer blocked (${formatExact(outcome.noLongerDeniedCount)})`} flush>
        <Changes label="Requests no longer blocked" rows={outcome.noLongerDenied} />
      </Card>
      <Card title="Rules" flush>
        <DataTable
          label="Matches of each rule"
          height={tableHeight(outcome.rules.length)}
          columns={RULES}
          rows={outcome.rules}
          rowId={({ id }) => String(id)}
          sort={{ id: 'change', descending: true }}
          empty={<EmptyState icon="waf" title="No rule matched" />}
        />
      </Card>
    </>
  );
}

function Changes({ label, rows }: { readonly label: string; readonly rows: readonly Change[] }) {
  if (rows.length === 0) return <p className="verdict-none muted">None.</p>;
  return (
    <DataTable
      label={label}
      height={tableHeight(rows.length)}
      columns={CHANGES}
      rows={rows}
      rowId={({ reference }) => reference}
    />
  );
}

/** As high as its rows, at most so many. */
function tableHeight(rows: number): number | string {
  return rows === 0 ? 180 : `calc(var(--row) * ${Math.min(9, rows) + 1} + 8px)`;
}
