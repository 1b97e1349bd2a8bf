import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { usePageSearch } from '../../app/search.ts';
import type { ApiError } from '../../data/api-error.ts';
import { api } from '../../data/client.ts';
import { useApi } from '../../data/queries.ts';
import {
  Badge,
  Button,
  Card,
  EmptyState,
  ErrorState,
  Skeleton,
  TimeRangeSelect,
  Toolbar,
  ToolbarGroup,
  timeRangeOf,
  useNarrow,
} from '../../design/index.ts';
import { CodeEditor } from '../../editor/code-editor.tsx';
import { useKeptText } from '../../editor/kept-text.ts';
import { useRested } from '../../editor/rested.ts';
import { saveText } from '../../editor/save-text.ts';
import type { Checked, Scenarios, Tested } from './answers.ts';
import { EDITOR_TEXT } from './scenario-panel.tsx';
import { FIRST_TEXT } from './scenario-words.ts';
import { TrialResult } from './trial-result.tsx';

/** Of what runs under the same names, this many are run for comparison: each takes as long as the text itself. */
const MOST_COMPARED = 3;

interface Trial {
  readonly tested: Tested;
  /** What those in force of the same names found; undefined where there is none. */
  readonly inForce: readonly Tested[] | undefined;
}

/** Writes scenarios, finds their mistakes, and runs them over what is stored. */
export function ScenarioEditor() {
  const [search, setSearch] = usePageSearch();
  const range = timeRangeOf(search.range, '24h');
  const [text, setText] = useKeptText(EDITOR_TEXT, FIRST_TEXT);
  const [shown, setShown] = useState(false);
  const rested = useRested(text);
  const checked = useQuery<Checked, ApiError>({
    queryKey: ['api', '/scenarios/check', rested],
    queryFn: ({ signal }) =>
      api<Checked>('/scenarios/check', { method: 'POST', body: { text: rested }, signal }),
    enabled: rested.trim() !== '',
  });
  const running = useApi<Scenarios>('/scenarios');
  const names = checked.data?.scenarios.map(({ name }) => name) ?? [];
  const known = names.filter((name) => running.data?.items.some((one) => one.name === name));
  const trial = useMutation<Trial, ApiError, void>({
    mutationFn: async () => {
      const run = (what: { readonly text: string } | { readonly name: string }) =>
        api<Tested>('/scenarios/test', { method: 'POST', body: { ...what, since: range } });
      const tested = await run({ text });
      const inForce: Tested[] = [];
      for (const name of known.slice(0, MOST_COMPARED)) inForce.push(await run({ name }));
      return { tested, inForce: inForce.length === 0 ? undefined : inForce };
    },
  });
  const result = useRef<HTMLDivElement>(null);
  const narrow = useNarrow();
  useEffect(() => {
    if (narrow && trial.data !== undefined) result.current?.scrollIntoView({ block: 'start' });
  }, [narrow, trial.data]);
  const mistakes = text.trim() === '' ? [] : (checked.data?.mistakes ?? []);
  const fileName = `${(names[0] ?? 'scenario').replace(/^.*\//, '')}.yaml`;
  return (
    <div className="scenario-editor">
      <div className="stack">
        <Toolbar label="The text">
          <ToolbarGroup grow>
            {checked.isFetching || text !== rested ? (
              <span className="muted">Checking …</span>
            ) : mistakes.length > 0 ? (
              <Badge tone="danger">
                {mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes`}
              </Badge>
            ) : (
              names.length > 0 && (
                <Badge tone="good">{names.length === 1 ? 'a scenario' : `${names.length} scenarios`}</Badge>
              )
            )}
            {known.length > 0 && <Badge title={known.join(', ')}>one of this name is in force</Badge>}
          </ToolbarGroup>
          <ToolbarGroup end>
            <Button onClick={() => setShown(!shown)} aria-expanded={shown}>
              Put in force
            </Button>
            <TimeRangeSelect value={range} onChange={(chosen) => setSearch({ range: chosen })} />
            <Button
              kind="primary"
              icon="play"
              busy={trial.isPending}
              disabled={mistakes.length > 0 || text.trim() === ''}
              onClick={() => trial.mutate()}
            >
              Test
            </Button>
          </ToolbarGroup>
        </Toolbar>
        {shown && <PutInForce fileName={fileName} text={text} />}
        <CodeEditor
          label="Text of the scenario"
          language="yaml"
          value={text}
          onChange={setText}
          mistakes={mistakes}
          height="max(300px, calc(100dvh - 260px))"
        />
        {checked.isError && <p className="scenario-mistake">{checked.error.message}</p>}
        {mistakes.length > 0 && (
          <ul aria-label="Mistakes">
            {mistakes.map(({ line, column, message }) => (
              <li key={`${line}:${column}:${message}`} className="scenario-mistake">
                {line > 0 && (
                  <code>
                    {line}
                    {column > 0 && `:${column}`}
                  </code>
                )}{' '}
                {message}
              </li>
            ))}
          </ul>
        )}
      </div>
      <div className="stack" ref={result}>
        {trial.isPending ? (
          <Skeleton height={320} />
        ) : trial.isError ? (
          <ErrorState title="It could not be tested" error={trial.error} retry={() => trial.mutate()} />
        ) : trial.data !== undefined ? (
          <TrialResult {...trial.data} />
        ) : (
          <Card>
            <EmptyState icon="play" title="Not tested yet">
              Test runs the text over the records that are stored: what it would have found, and who would
              have been banned. Nothing is decided. Where one of the same name is in force, the two are
              compared.
            </EmptyState>
          </Card>
        )}
      </div>
    </div>
  );
}

function PutInForce({ fileName, text }: { readonly fileName: string; readonly text: string }) {
  return (
    <Card title="Put it in force">
      <ol className="scenario-steps">
        <li>
          <Button small icon="download" onClick={() => saveText(fileName, text)}>
            {fileName}
          </Button>{' '}
          and copy it to the machine, such as into <code>/etc/weir/scenarios</code>.
        </li>
        <li>
          Name the file, or its folder, in the setting{' '}
          <Link to="/settings" search={{ q: 'correlation.scenarios.files' }}>
            correlation.scenarios.files
          </Link>
          .
        </li>
        <li>
          A name counts once: give it another than one in force, or switch weir's own off with{' '}
          <Link to="/settings" search={{ q: 'correlation.scenarios.builtin' }}>
            correlation.scenarios.builtin
          </Link>
          .
        </li>
      </ol>
    </Card>
  );
}
