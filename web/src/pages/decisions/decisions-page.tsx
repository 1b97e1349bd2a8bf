import './decisions.css';
import { useState } from 'react';
import { usePageSearch } from '../../app/search.ts';
import { useLive } from '../../data/live.ts';
import { useMay } from '../../data/session.ts';
import type { Decision } from '../../deciding/answers.ts';
import { DecideDialog, type DecideWish } from '../../deciding/decide-dialog.tsx';
import { Button, Page, Tabs } from '../../design/index.ts';
import { ExceptionList } from './exception-list.tsx';
import { InForce } from './in-force.tsx';
import { PastDecisions } from './past-decisions.tsx';
import { ProtectionPart } from './protection-part.tsx';
import { useRefreshed } from './refreshed.ts';

type View = 'force' | 'past' | 'exceptions' | 'protection';

const VIEWS: readonly View[] = ['force', 'past', 'exceptions', 'protection'];
const LIVE_TYPES = ['decision'];

/** What is in force, why, and what it hit. */
export function DecisionsPage() {
  const [search, setSearch] = usePageSearch();
  const [wish, setWish] = useState<DecideWish>();
  const mayAct = useMay('operator');
  const { records, count } = useLive(LIVE_TYPES, 1);
  useRefreshed(count, records);
  const view = VIEWS.find((one) => one === search.view) ?? 'force';
  const extend = (decision: Decision) =>
    setWish({ type: decision.type, value: decision.value, reason: decision.reason, extends: decision });
  return (
    <Page
      title="Decisions"
      fill
      actions={
        mayAct && (
          <Button kind="primary" icon="plus" onClick={() => setWish({ type: 'ban', value: '' })}>
            Decide …
          </Button>
        )
      }
    >
      <div className="decisions">
        <Tabs<View>
          label="Decisions"
          value={view}
          onChange={(chosen) =>
            setSearch({ view: chosen === 'force' ? undefined : chosen, decision: undefined })
          }
          items={[
            { value: 'force', label: 'In force', content: <InForce onExtend={extend} /> },
            { value: 'past', label: 'Ended and refused', content: <PastDecisions /> },
            { value: 'exceptions', label: 'Exceptions', content: <ExceptionList /> },
            { value: 'protection', label: 'Mode and guards', content: <ProtectionPart /> },
          ]}
        />
      </div>
      <DecideDialog wish={wish} onClose={() => setWish(undefined)} />
    </Page>
  );
}
