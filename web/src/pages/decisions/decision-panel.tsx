import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Static } from 'typebox';
import type { OpenFlowsSchema } from '../../../../src/api/schema/flow.ts';
import type { RequestsSchema } from '../../../../src/api/schema/request.ts';
import { useApi } from '../../data/queries.ts';
import { useMay } from '../../data/session.ts';
import type { Decision } from '../../deciding/answers.ts';
import { lift } from '../../deciding/deciding.ts';
import { originOf, wordsOf } from '../../deciding/decision-words.ts';
import { Badge, Button, ConfirmDialog, KeyValue, SidePanel, Skeleton, TimeAgo } from '../../design/index.ts';
import { Countdown } from './countdown.tsx';
import { Subject } from './in-force.tsx';

type Requests = Static<typeof RequestsSchema>;
type OpenFlows = Static<typeof OpenFlowsSchema>;

/** Requests that are counted, and of them named. */
const MOST_COUNTED = 200;
const MOST_NAMED = 8;
const EVERY_MS = 10_000;

/** One decision: why, until when, what it hit, and what to do with it. */
export function DecisionPanel({
  decision,
  onExtend,
  onClose,
}: {
  readonly decision: Decision;
  readonly onExtend: () => void;
  readonly onClose: () => void;
}) {
  const { id, type, scope, value, reason, scenario, simulated, evidence, createdMs, untilMs } = decision;
  const mayAct = useMay('operator');
  const [asks, setAsks] = useState(false);
  const [busy, setBusy] = useState(false);
  const words = wordsOf(type);
  const confirm = async () => {
    setBusy(true);
    await lift(decision);
    setBusy(false);
    setAsks(false);
  };
  return (
    <SidePanel title={<span className="mono">{value}</span>} onClose={onClose}>
      <div className="row">
        <Badge tone={words.tone}>{words.label}</Badge>
        <Badge tone={simulated ? 'warning' : 'good'}>{simulated ? 'simulated' : 'enforced'}</Badge>
        {mayAct && (
          <span className="panel-actions">
            <Button small icon="plus" onClick={onExtend}>
              Extend …
            </Button>
            <Button small icon="undo" onClick={() => setAsks(true)}>
              Lift …
            </Button>
          </span>
        )}
      </div>
      <p className="muted">
        {simulated ? 'It is told of and not enforced: the mode is observe, or its scenario is tried. ' : ''}
        {words.effect}
      </p>
      <KeyValue
        items={[
          ['About', <Subject key="about" {...decision} />],
          ['Scope', scope],
          ['Why', reason],
          [
            'Scenario',
            scenario === '' ? undefined : (
              <Link key="scenario" className="entity" to="/scenarios" search={{ scenario }}>
                {scenario}
              </Link>
            ),
          ],
          ['By', originOf(decision)],
          ['Since', <TimeAgo key="since" at={createdMs * 1000} clock />],
          ['Until', <TimeAgo key="until" at={untilMs * 1000} clock />],
          ['Left', <Countdown key="left" decision={decision} />],
          [
            'Evidence',
            evidence.length === 0 ? undefined : (
              <span key="evidence" className="row mono">
                {evidence.slice(0, MOST_NAMED).map((one) => (
                  <Link key={one} className="entity" to="/timeline" search={{ evidence: one }} title={one}>
                    {one.slice(0, 8)}…
                  </Link>
                ))}
              </span>
            ),
          ],
          [
            'Name',
            <span key="id" className="mono">
              {id}
            </span>,
          ],
        ]}
      />
      {scope !== 'session' && <Hits decision={decision} />}
      <ConfirmDialog
        open={asks}
        onClose={() => setAsks(false)}
        title={`Lift: ${words.label.toLowerCase()} of ${value}`}
        confirm="Lift it"
        busy={busy}
        onConfirm={() => void confirm()}
      >
        <p>
          Its traffic passes again at once. What speaks against it stays: its reputation and scenarios may
          lead to the next decision. For longer peace, allow it or make an exception.
        </p>
      </ConfirmDialog>
    </SidePanel>
  );
}

/** What came of it since it was decided. */
function Hits({ decision: { value, createdMs, type } }: { readonly decision: Decision }) {
  const since = new Date(createdMs).toISOString();
  const refused = useApi<Requests>(
    '/requests',
    { address: value, blocked: true, since, limit: MOST_COUNTED },
    { everyMs: EVERY_MS },
  );
  const open = useApi<OpenFlows>('/flows/open', { address: value, limit: 1 }, { everyMs: EVERY_MS });
  const items = refused.data?.items ?? [];
  const more = refused.data?.next !== undefined;
  return (
    <section className="stack hits" aria-label="What it hit">
      <h3>What it hit</h3>
      {refused.isLoading ? (
        <Skeleton height={60} />
      ) : (
        <>
          <p>
            {refused.error !== null ? (
              <span className="muted">Web requests are not known: {refused.error.message}</span>
            ) : (
              <>
                <b>
                  {more ? 'More than ' : ''}
                  {items.length}
                </b>{' '}
                of its web requests were refused since, as far as they are stored.
              </>
            )}
          </p>
          <ul className="hit-list">
            {items.slice(0, MOST_NAMED).map((one) => (
              <li key={one.reference} className="hit">
                <Link className="entity mono" to="/requests" search={{ request: one.reference }}>
                  {one.method} {one.host}
                  {one.path}
                </Link>
                <span className="muted">
                  <TimeAgo at={one.timeUs} />
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      {open.data !== undefined && (
        <p className={type === 'ban' && open.data.matching > 0 ? 'plan-warning' : 'muted'}>
          {open.data.matching === 0
            ? 'No connection of it is open.'
            : `${open.data.matching} of its connections are open${
                type === 'ban' ? ': what the sensor sees before the firewall, or until they time out' : ''
              }.`}
        </p>
      )}
    </section>
  );
}
