import { usePageSearch } from '../../app/search.ts';
import { formatDuration } from '../../data/format.ts';
import { useApi } from '../../data/queries.ts';
import { useMay } from '../../data/session.ts';
import {
  AddressLink,
  Badge,
  Button,
  ErrorState,
  KeyValue,
  SidePanel,
  Skeleton,
  TimeAgo,
} from '../../design/index.ts';
import { CodeEditor } from '../../editor/code-editor.tsx';
import { keepText } from '../../editor/kept-text.ts';
import type { ScenarioText } from './answers.ts';
import { effectOf, originOf, runsOverOf, scalarOf } from './scenario-words.ts';

/** Under this name the editor keeps its text. */
export const EDITOR_TEXT = 'scenarios';

/** A scenario: when it runs over, what that means, whom it met, its text. */
export function ScenarioPanel({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const [, setSearch] = usePageSearch();
  const mayTry = useMay('operator');
  const answer = useApi<ScenarioText>(`/scenarios/${encodeURIComponent(name)}`, {}, { everyMs: 10_000 });
  const one = answer.data;
  const edit = () => {
    keepText(EDITOR_TEXT, one?.text ?? '');
    setSearch({ view: 'editor', scenario: undefined });
  };
  return (
    <SidePanel
      title={<span className="mono">{name}</span>}
      onClose={onClose}
      actions={
        mayTry && (
          <Button small icon="edit" disabled={one === undefined} onClick={edit}>
            Copy and edit
          </Button>
        )
      }
    >
      {answer.isError && (
        <ErrorState title="It could not be read" error={answer.error} retry={() => void answer.refetch()} />
      )}
      {answer.isPending && <Skeleton height={320} />}
      {one !== undefined && (
        <>
          <p>{one.description}</p>
          <p className="muted">{runsOverOf(one.text)}</p>
          <KeyValue
            items={[
              ['Origin', `${originOf(one)} · ${one.type} · of each ${one.scope}`],
              [
                'Who runs it over',
                <Badge key="effect" tone={one.remediation && !one.simulated ? 'danger' : 'neutral'}>
                  {effectOf(one)}
                </Badge>,
              ],
              ['Evidence', `${one.evidence}, threat ${one.threat} of 100`],
              ['Behaviour', scalarOf(one.text, 'behavior')],
              ['MITRE ATT&CK', one.techniques.length === 0 ? undefined : one.techniques.join(', ')],
              ['Silent afterwards', scalarOf(one.text, 'blackhole')],
              ['Ban', one.banMs === undefined ? undefined : formatDuration(one.banMs / 1000)],
              [
                'File',
                <code key="file">
                  {one.file}:{one.line}
                </code>,
              ],
            ]}
          />
          <section className="scenario-part">
            <h3>Whom it met</h3>
            {one.met.length === 0 ? (
              <p className="muted">Nobody since weir was started.</p>
            ) : (
              <ul className="scenario-met">
                {one.met.map(({ value, overflows, lastUs }) => (
                  <li key={value}>
                    <span className="mono">
                      <AddressLink value={value} />
                    </span>
                    <span className="muted">
                      {overflows === 1 ? 'once' : `${overflows} times`}, last <TimeAgo at={lastUs} />
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </section>
          <CodeEditor label={`Text of ${name}`} language="yaml" value={one.text} />
        </>
      )}
    </SidePanel>
  );
}
