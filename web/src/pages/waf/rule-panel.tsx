import { Link } from '@tanstack/react-router';
import { usePageSearch } from '../../app/search.ts';
import { useApi } from '../../data/queries.ts';
import { useMay } from '../../data/session.ts';
import {
  AddressLink,
  Badge,
  Button,
  CopyButton,
  ErrorState,
  KeyValue,
  SidePanel,
  Skeleton,
  TimeAgo,
} from '../../design/index.ts';
import { CodeEditor } from '../../editor/code-editor.tsx';
import { keepText } from '../../editor/kept-text.ts';
import type { WafRule } from './answers.ts';
import { Exclusions } from './exclusions.tsx';
import { RULES_TEXT } from './kept-names.ts';
import { severityTone } from './severity.ts';

/** A rule that is in force: what it looks for and does, its text, what it matched lately, how to keep it from that. */
export function RulePanel({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const [, setSearch] = usePageSearch();
  const mayTry = useMay('operator');
  const isNumber = /^\d{1,10}$/.test(id);
  const answer = useApi<WafRule>(
    `/waf/rules/${encodeURIComponent(id)}`,
    {},
    { everyMs: 5_000, enabled: isNumber },
  );
  const rule = answer.data;
  const [hit] = rule?.hits ?? [];
  const edit = () => {
    keepText(RULES_TEXT, `${rule?.text ?? ''}\n`);
    setSearch({ view: 'test', rule: undefined });
  };
  return (
    <SidePanel
      title={`Rule ${id}`}
      onClose={onClose}
      actions={
        rule !== undefined && (
          <>
            <CopyButton text={rule.text} label="Copy the rule" />
            {mayTry && (
              <Button small icon="edit" onClick={edit}>
                Copy and edit
              </Button>
            )}
          </>
        )
      }
    >
      {!isNumber && <ErrorState title="No rule" error="Rules have numbers, such as 942100." />}
      {answer.isError && (
        <ErrorState title="It cannot be shown" error={answer.error} retry={() => void answer.refetch()} />
      )}
      {isNumber && answer.isPending && <Skeleton height={320} />}
      {rule !== undefined && (
        <>
          <p>{rule.message || 'It has no message.'}</p>
          <KeyValue
            items={[
              [
                'Severity',
                rule.severity === '' ? undefined : (
                  <Badge key="severity" tone={severityTone(rule.severity)}>
                    {rule.severity.toLowerCase()}
                  </Badge>
                ),
              ],
              ['Category', rule.category],
              ['Phase', PHASES[rule.phase - 1] ?? String(rule.phase)],
              ['Paranoia', rule.paranoia === undefined ? 'every level' : `from level ${rule.paranoia}`],
              ['Then', rule.disruption],
              [
                'Matched',
                <span key="matched">
                  {rule.count === 1 ? 'once' : `${rule.count} times`} since{' '}
                  <TimeAgo at={rule.sinceUs} clock />
                </span>,
              ],
              ['Tags', rule.tags.length === 0 ? undefined : rule.tags.join(', ')],
              [
                'File',
                <code key="file">
                  {rule.file}:{rule.line}
                </code>,
              ],
            ]}
          />
          {rule.links.map((link, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: links of a chain have no other
            <section key={index} className="rule-part">
              <h3>{index === 0 ? 'Looks for' : 'And'}</h3>
              <p>
                {link.operator === undefined ? (
                  'Nothing: it does what it does for each request.'
                ) : (
                  <span title={link.operator.description}>
                    <code>
                      {link.operator.negated && '!'}@{link.operator.name}
                    </code>{' '}
                    {link.operator.description}
                  </span>
                )}
              </p>
              {link.targets.length > 0 && <p className="rule-targets mono">{link.targets.join(' · ')}</p>}
              {link.transformations.length > 0 && (
                <p className="muted">
                  after{' '}
                  {link.transformations.map(({ name, description }) => (
                    <code key={name} title={description}>
                      {name}{' '}
                    </code>
                  ))}
                </p>
              )}
            </section>
          ))}
          <CodeEditor label={`Text of rule ${id}`} language="seclang" value={rule.text} />
          <section className="rule-part">
            <h3>Matched lately</h3>
            {rule.hits.length === 0 && <p className="muted">Nothing since weir was started.</p>}
            <ul className="rule-hits">
              {rule.hits.map((one) => (
                <li key={`${one.reference} ${one.variable} ${one.timeUs}`}>
                  <div className="rule-hit-head">
                    <TimeAgo at={one.timeUs} />
                    <span className="mono">
                      <AddressLink value={one.address} />
                    </span>
                    <Badge tone={one.action === 'pass' ? 'neutral' : 'danger'}>{one.action}</Badge>
                  </div>
                  <Link to="/requests" search={{ request: one.reference }} className="entity mono">
                    {one.method} {one.host}
                    {one.path}
                  </Link>
                  <div className="rule-value mono">
                    {one.variable} = <mark>{one.value}</mark>
                  </div>
                </li>
              ))}
            </ul>
          </section>
          <Exclusions
            matched={{
              id: rule.id,
              phase: rule.phase,
              variable: hit?.variable ?? '',
              path: hit?.path ?? '',
            }}
          />
        </>
      )}
    </SidePanel>
  );
}

const PHASES = [
  '1, head of the request',
  '2, body of the request',
  '3, head of the answer',
  '4, body of the answer',
  '5, afterwards',
];
