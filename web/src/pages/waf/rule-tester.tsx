import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { ApiError } from '../../data/api-error.ts';
import { api } from '../../data/client.ts';
import {
  Badge,
  Button,
  Card,
  Checkbox,
  EmptyState,
  ErrorState,
  Select,
  Skeleton,
  TextInput,
  Toolbar,
  ToolbarGroup,
  useNarrow,
} from '../../design/index.ts';
import { CodeEditor } from '../../editor/code-editor.tsx';
import { useKeptText } from '../../editor/kept-text.ts';
import { useRested } from '../../editor/rested.ts';
import { saveText } from '../../editor/save-text.ts';
import type { Checked, Verdict } from './answers.ts';
import { REQUEST_TEXT, RULES_TEXT } from './kept-names.ts';
import { PARANOIA, type Paranoia, paranoiaOf } from './paranoia.ts';
import { RequestDialog } from './request-dialog.tsx';
import { FIRST_REQUEST, requestToSend } from './request-text.ts';
import { VerdictView } from './verdict-view.tsx';

/** What is wrong with a text of rules, once it rests; an empty one has no mistakes. */
export function useRuleCheck(text: string) {
  const rested = useRested(text);
  const checked = useQuery<Checked, ApiError>({
    queryKey: ['api', '/waf/check', rested],
    queryFn: ({ signal }) => api<Checked>('/waf/check', { method: 'POST', body: { text: rested }, signal }),
    enabled: rested.trim() !== '',
  });
  const mistakes = text.trim() === '' ? NO_MISTAKES : (checked.data?.mistakes ?? NO_MISTAKES);
  return { mistakes, error: text.trim() === '' ? null : checked.error, counts: checked.data?.counts };
}

const NO_MISTAKES: Checked['mistakes'] = [];

/** Judges a request by rules that are written here, behind those in force or alone. Nothing is sent anywhere. */
export function RuleTester() {
  const [request, setRequest] = useKeptText(REQUEST_TEXT, FIRST_REQUEST);
  const [rules, setRules] = useKeptText(RULES_TEXT, '');
  const [paranoia, setParanoia] = useState<Paranoia>('');
  const [crs, setCrs] = useState(true);
  const [client, setClient] = useState('192.0.2.1');
  const [picking, setPicking] = useState(false);
  const { mistakes, error, counts } = useRuleCheck(rules);
  const hasRules = rules.trim() !== '';
  const test = useMutation<Verdict, ApiError, string>({
    mutationFn: (text) =>
      api<Verdict>('/waf/test', {
        method: 'POST',
        body: {
          request: requestToSend(request),
          client,
          ...(text.trim() === '' ? {} : { rules: text }),
          ...(crs ? paranoiaOf(paranoia) : { crs: false }),
        },
      }),
  });
  const result = useRef<HTMLDivElement>(null);
  const narrow = useNarrow();
  useEffect(() => {
    if (narrow && test.data !== undefined) result.current?.scrollIntoView({ block: 'start' });
  }, [narrow, test.data]);
  const take = (exclusion: string) => {
    const text = `${rules.trim() === '' ? '' : `${rules.trimEnd()}\n`}${exclusion}\n`;
    setRules(text);
    test.mutate(text);
  };
  return (
    <div className="rule-tester">
      <div className="stack">
        <Toolbar label="The request">
          <ToolbarGroup grow>
            <h2>Request</h2>
          </ToolbarGroup>
          <ToolbarGroup end>
            <span className="muted">from</span>
            <TextInput
              aria-label="Address of the client"
              className="mono rule-client"
              value={client}
              onChange={({ currentTarget }) => setClient(currentTarget.value)}
            />
            <Button onClick={() => setPicking(true)}>Take a stored one</Button>
          </ToolbarGroup>
        </Toolbar>
        <CodeEditor label="The request" language="http" value={request} onChange={setRequest} height={210} />
        <Toolbar label="The rules">
          <ToolbarGroup grow>
            <h2>Rules to try</h2>
            {mistakes.length > 0 ? (
              <Badge tone="danger">
                {mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes`}
              </Badge>
            ) : (
              hasRules &&
              counts !== undefined && (
                <Badge tone="good">{counts.rules === 1 ? '1 rule' : `${counts.rules} rules`}</Badge>
              )
            )}
          </ToolbarGroup>
          <ToolbarGroup end>
            <Button icon="download" disabled={!hasRules} onClick={() => saveText('own-rules.conf', rules)}>
              Save
            </Button>
          </ToolbarGroup>
        </Toolbar>
        <CodeEditor
          label="Rules to try"
          language="seclang"
          value={rules}
          onChange={setRules}
          mistakes={mistakes}
          height={220}
        />
        {error !== null && <p className="rule-mistake">{error.message}</p>}
        {mistakes.map(({ line, message }) => (
          <p key={`${line} ${message}`} className="rule-mistake">
            <code>{line}</code> {message}
          </p>
        ))}
        <Toolbar label="How it is judged">
          <Checkbox checked={crs} onChange={setCrs}>
            behind the rules in force
          </Checkbox>
          <Select
            label="Paranoia"
            value={paranoia}
            options={PARANOIA}
            onChange={setParanoia}
            disabled={!crs}
          />
          <ToolbarGroup end>
            <Button
              kind="primary"
              icon="play"
              busy={test.isPending}
              disabled={request.trim() === '' || mistakes.length > 0 || (!crs && !hasRules)}
              onClick={() => test.mutate(rules)}
            >
              Judge
            </Button>
          </ToolbarGroup>
        </Toolbar>
        {!crs && !hasRules && <p className="muted">Without the rules in force, write some to judge by.</p>}
      </div>
      <div className="stack" aria-live="polite" ref={result}>
        {test.isPending ? (
          <Skeleton height={320} />
        ) : test.isError ? (
          <ErrorState title="It could not be judged" error={test.error} retry={() => test.mutate(rules)} />
        ) : test.data !== undefined ? (
          <VerdictView verdict={test.data} onTake={take} />
        ) : (
          <Card>
            <EmptyState icon="play" title="Not judged yet">
              Paste a request as it is sent, or take a stored one. What the rules find in it stands here: the
              verdict, its points, and each rule with the part that it matched. Rules of your own take effect
              once a file that <code>web.waf.rules</code> names has them.
            </EmptyState>
          </Card>
        )}
      </div>
      {picking && <RequestDialog onClose={() => setPicking(false)} onPick={setRequest} />}
    </div>
  );
}
