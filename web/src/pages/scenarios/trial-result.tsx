import { formatDuration, formatExact, formatMoment, timeMs } from '../../data/format.ts';
import {
  AddressLink,
  Badge,
  Card,
  type Column,
  Count,
  DataTable,
  EmptyState,
  Stat,
  TimeAgo,
} from '../../design/index.ts';
import type { Tested, WishedDecision } from './answers.ts';
import { difference } from './scenario-words.ts';

const DECISIONS: readonly Column<WishedDecision>[] = [
  {
    id: 'value',
    header: 'Whom',
    width: 140,
    grow: true,
    mono: true,
    cell: ({ value }) => <AddressLink value={value} />,
    sortBy: ({ value }) => value,
  },
  {
    id: 'type',
    header: 'What',
    width: 130,
    cell: ({ type, durationMs, simulated }) => (
      <Badge tone={simulated ? 'neutral' : 'danger'}>
        {type} {formatDuration(durationMs / 1000)}
      </Badge>
    ),
  },
  {
    id: 'at',
    header: 'When',
    width: 90,
    cell: ({ atUs }) => <TimeAgo at={atUs} />,
    sortBy: ({ atUs }) => atUs,
  },
  {
    id: 'after',
    header: 'After',
    title: 'After the first packet of the address',
    width: 90,
    number: true,
    cell: ({ afterMs }) => (afterMs === undefined ? '–' : formatDuration(afterMs / 1000)),
    sortBy: ({ afterMs }) => afterMs,
  },
  {
    id: 'spared',
    header: 'Spared',
    title: 'Connections that would not have come to be',
    width: 80,
    number: true,
    cell: ({ connectionsAfter }) => <Count value={connectionsAfter} />,
    sortBy: ({ connectionsAfter }) => connectionsAfter,
  },
];

/** What a run over what is stored found, and how that differs from what is in force. */
export function TrialResult({
  tested,
  inForce,
}: {
  readonly tested: Tested;
  readonly inForce: readonly Tested[] | undefined;
}) {
  const { decisions, refusals, scenarios } = tested;
  const spared = decisions.items.reduce((sum, { connectionsAfter }) => sum + connectionsAfter, 0);
  return (
    <>
      <div className="grid scenario-stats">
        <Stat label="Ran over" value={<Count value={tested.overflows} />} detail={spanOf(tested)} />
        <Stat
          label="Would be banned"
          value={<Count value={decisions.count} />}
          tone={decisions.count > 0 ? 'danger' : 'neutral'}
          detail={`${formatExact(spared)} connections spared`}
        />
        <Stat label="Would be refused" value={<Count value={refusals.count} />} detail="by never-ban" />
        <Stat
          label="Records"
          value={<Count value={tested.records} />}
          detail={`in ${formatDuration(tested.tookMs / 1000)}`}
        />
      </div>
      {(tested.isCutOff || tested.losses.length > 0) && (
        <ul className="scenario-mistakes" role="status">
          {tested.isCutOff && (
            <li>There are more records in this time than were looked at: choose a shorter one.</li>
          )}
          {tested.losses.map((loss) => (
            <li key={loss}>{loss}</li>
          ))}
        </ul>
      )}
      {inForce !== undefined && <Comparison tested={tested} inForce={inForce} />}
      <Card title="Who would have been banned" flush>
        <DataTable
          label="Decisions that would have been taken"
          height={
            decisions.items.length === 0
              ? 200
              : `calc(var(--row) * ${Math.min(9, decisions.items.length) + 1} + 8px)`
          }
          columns={DECISIONS}
          rows={decisions.items}
          rowId={({ value, atUs, scenario }) => `${value} ${atUs} ${scenario}`}
          empty={
            <EmptyState icon="decisions" title="Nobody">
              {tested.overflows === 0
                ? 'It did not run over in this time: choose a longer one, or lower its capacity.'
                : 'It ran over, but has no remediation: it would only be told of.'}
            </EmptyState>
          }
        />
      </Card>
      {refusals.items.length > 0 && (
        <Card title="Who would have been spared">
          <ul className="scenario-met">
            {refusals.items.map(({ value, guard, refused, count }) => (
              <li key={`${value} ${guard}`}>
                <span className="mono">
                  <AddressLink value={value} />
                </span>
                <span className="muted">
                  {refused || guard} ({count})
                </span>
              </li>
            ))}
          </ul>
        </Card>
      )}
      {scenarios.map(({ scenario, description, overflows, about }) => (
        <Card key={scenario} title={<code>{scenario}</code>}>
          <p className="muted">
            {description}: {overflows === 1 ? 'once' : `${formatExact(overflows)} times`}
          </p>
          <p className="scenario-values mono">
            {about.slice(0, 40).map((value) => (
              <AddressLink key={value} value={value} />
            ))}
            {about.length > 40 && <span className="muted">and {about.length - 40} more</span>}
          </p>
        </Card>
      ))}
    </>
  );
}

function Comparison({ tested, inForce }: { readonly tested: Tested; readonly inForce: readonly Tested[] }) {
  const before = inForce.flatMap(({ decisions }) => decisions.items.map(({ value }) => value));
  const { added, gone } = difference(
    before,
    tested.decisions.items.map(({ value }) => value),
  );
  const overflows = inForce.reduce((sum, one) => sum + one.overflows, 0);
  return (
    <Card title="Compared with the one in force">
      <p>
        It ran over {formatExact(overflows)} times in this time, the text {formatExact(tested.overflows)}{' '}
        times.
      </p>
      <dl className="key-value">
        <dt>Newly banned</dt>
        <dd className="scenario-values mono">{added.length === 0 ? 'nobody' : added.map(addressLink)}</dd>
        <dt>No longer</dt>
        <dd className="scenario-values mono">{gone.length === 0 ? 'nobody' : gone.map(addressLink)}</dd>
      </dl>
    </Card>
  );
}

function addressLink(value: string) {
  return <AddressLink key={value} value={value} />;
}

function spanOf({ firstUs, lastUs }: Tested): string {
  if (firstUs === undefined || lastUs === undefined) return 'no records in this time';
  return `since ${formatMoment(timeMs(firstUs)).slice(0, 16)}`;
}
