import { Link } from '@tanstack/react-router';
import { type ReactNode, useDeferredValue, useMemo, useRef } from 'react';
import { usePageSearch } from '../../app/search.ts';
import { useShortcut } from '../../app/shortcuts.ts';
import { formatExact } from '../../data/format.ts';
import { useApi } from '../../data/queries.ts';
import {
  Badge,
  Card,
  type Column,
  Count,
  DataTable,
  EmptyState,
  ErrorState,
  RuleLink,
  Skeleton,
  Stat,
  TextInput,
  TimeAgo,
  TimeRangeSelect,
  Toolbar,
  ToolbarGroup,
  timeRangeOf,
  useNarrow,
} from '../../design/index.ts';
import type { MatchedRule, Waf } from './answers.ts';
import { CountBars } from './count-bars.tsx';
import { MatchChart } from './match-chart.tsx';
import { NO_ATTACK } from './matches-over-time.ts';
import { RulePanel } from './rule-panel.tsx';
import { severityTone } from './severity.ts';
import { WorkerStats } from './worker-stats.tsx';

const COLUMNS: readonly Column<MatchedRule>[] = [
  {
    id: 'id',
    header: 'Rule',
    width: 84,
    mono: true,
    cell: ({ id }) => <RuleLink value={String(id)} />,
    sortBy: ({ id }) => id,
  },
  {
    id: 'message',
    header: 'Looks for',
    width: 200,
    grow: true,
    cell: ({ message }) => <span title={message}>{message}</span>,
    sortBy: ({ message }) => message,
  },
  {
    id: 'category',
    header: 'Category',
    width: 130,
    cell: ({ category }) => category,
    sortBy: ({ category }) => category,
  },
  {
    id: 'severity',
    header: 'Severity',
    width: 100,
    cell: ({ severity }) =>
      severity === '' ? null : <Badge tone={severityTone(severity)}>{severity.toLowerCase()}</Badge>,
    sortBy: ({ severity }) => severity,
  },
  {
    id: 'count',
    header: 'Matches',
    width: 90,
    number: true,
    cell: ({ count }) => <Count value={count} />,
    sortBy: ({ count }) => count,
  },
  {
    id: 'last',
    header: 'Last',
    width: 90,
    cell: ({ lastUs }) => <TimeAgo at={lastUs} />,
    sortBy: ({ lastUs }) => lastUs,
  },
];
const ON_PHONES = ['category', 'severity', 'last'];
const BESIDE_PANEL = ['category', 'last'];
const NONE: readonly string[] = [];

/** How the WAF judges, what it found lately, and the rules that found it. */
export function InForce() {
  const [search, setSearch] = usePageSearch();
  const narrow = useNarrow();
  const range = timeRangeOf(search.range, '1h');
  const answer = useApi<Waf>('/waf', {}, { everyMs: 5_000 });
  const input = useRef<HTMLInputElement>(null);
  useShortcut('/', 'Filter rules', () => input.current?.focus());
  const words = useDeferredValue((search.q ?? '').trim().toLowerCase());
  const rules = answer.data?.rules;
  const rows = useMemo(
    () =>
      (rules ?? []).filter(
        ({ id, message, category }) =>
          (search.category === undefined || category === search.category) &&
          `${id} ${message} ${category}`.toLowerCase().includes(words),
      ),
    [rules, words, search.category],
  );
  if (answer.isPending) return <Skeleton height={480} />;
  const waf = answer.data;
  if (waf === undefined) {
    return answer.error?.status === 409 || answer.error?.status === 503 ? (
      <Off>{answer.error.message}</Off>
    ) : (
      <ErrorState title="The WAF does not answer" error={answer.error} retry={() => void answer.refetch()} />
    );
  }
  if (!waf.enabled)
    return (
      <Off>
        No request is judged by rules: <code>web.waf.enabled</code> is off.
      </Off>
    );
  const asked = /^\d{1,10}$/.test(words) ? words : undefined;
  return (
    <div className="split waf-split">
      <div className="stack waf-main">
        {waf.problem !== '' && (
          <p className="waf-problem" role="status">
            {waf.problem}
          </p>
        )}
        <div className="grid waf-stats">
          <Stat
            label="Mode"
            value={waf.mode === 'on' ? 'Blocks' : 'Detects'}
            tone={waf.mode === 'on' ? 'good' : 'warning'}
            detail={waf.mode === 'on' ? 'web.waf.mode: on' : 'nothing is blocked: web.waf.mode'}
          />
          <Stat label="Paranoia" value={waf.paranoia} detail="of 4: web.waf.paranoia" />
          <Stat
            label="Rules in force"
            value={waf.counts === undefined ? '–' : formatExact(waf.counts.rules)}
            detail={<span title={waf.origin}>{waf.origin.replace(/^.*\//, '')}</span>}
            title={phasesOf(waf)}
          />
          <Stat
            label="Matches"
            value={<Count value={waf.matches} />}
            detail={
              <>
                since <TimeAgo at={waf.sinceUs} clock />
              </>
            }
          />
          <Stat
            label="In blocked requests"
            value={<Count value={waf.blocked} />}
            tone={waf.blocked > 0 ? 'danger' : 'neutral'}
            detail={waf.responses ? 'answers are judged, too' : 'answers are not judged'}
          />
          <WorkerStats />
        </div>
        <div className="grid waf-cards">
          <Card
            className="waf-wide"
            title="Matches over time"
            actions={<TimeRangeSelect value={range} onChange={(chosen) => setSearch({ range: chosen })} />}
          >
            <MatchChart range={range} />
          </Card>
          <Card title="Categories">
            <CountBars
              items={waf.categories.filter(({ name }) => name !== NO_ATTACK)}
              chosen={search.category}
              onChoose={(category) => setSearch({ category })}
              empty="Nothing has matched yet."
            />
          </Card>
          <Card title="Hosts">
            <CountBars items={waf.hosts} empty="Nothing has matched yet." />
          </Card>
        </div>
        <Toolbar label="Rules">
          <ToolbarGroup grow>
            <TextInput
              ref={input}
              type="search"
              aria-label="Filter rules, or open one by its number"
              placeholder="Words, or the number of a rule and Enter"
              value={search.q ?? ''}
              onChange={({ currentTarget }) => setSearch({ q: currentTarget.value }, { replace: true })}
              onKeyDown={({ key }) =>
                key === 'Enter' && asked !== undefined && setSearch({ rule: asked, q: undefined })
              }
            />
          </ToolbarGroup>
          {search.category !== undefined && (
            <Link to="." search={(before) => ({ ...before, category: undefined })}>
              all categories
            </Link>
          )}
          {(waf.counts?.leftOut.length ?? 0) > 0 && (
            <details className="waf-left-out">
              <summary>{waf.counts?.leftOut.length} rules cannot run here</summary>
              <ul>
                {waf.counts?.leftOut.map((reason) => (
                  <li key={reason}>{reason}</li>
                ))}
              </ul>
            </details>
          )}
        </Toolbar>
        <div className="table-frame waf-rules">
          <DataTable
            label="Rules that matched"
            columns={COLUMNS}
            rows={rows}
            rowId={({ id }) => String(id)}
            selectedId={search.rule}
            onSelect={({ id }) => setSearch({ rule: String(id) })}
            hidden={narrow ? ON_PHONES : search.rule !== undefined ? BESIDE_PANEL : NONE}
            empty={
              <EmptyState
                icon="waf"
                title={waf.rules.length === 0 ? 'No rule has matched yet' : 'No such rule matched'}
              >
                {asked === undefined ? (
                  'Any rule that is in force can be opened by its number.'
                ) : (
                  <>
                    Enter opens rule <code>{asked}</code>.
                  </>
                )}
              </EmptyState>
            }
          />
        </div>
      </div>
      {search.rule !== undefined && (
        <RulePanel key={search.rule} id={search.rule} onClose={() => setSearch({ rule: undefined })} />
      )}
    </div>
  );
}

/** `children`: which setting would help. */
function Off({ children }: { readonly children: ReactNode }) {
  return (
    <Card>
      <EmptyState
        icon="waf"
        title="The WAF is off"
        action={
          <Link to="/settings" search={{ section: 'web' }}>
            To the settings
          </Link>
        }
      >
        {children}
      </EmptyState>
    </Card>
  );
}

function phasesOf({ counts }: Waf): string {
  if (counts === undefined) return '';
  return Object.entries(counts.phases)
    .map(([phase, count]) => `phase ${phase}: ${count}`)
    .join(', ');
}
