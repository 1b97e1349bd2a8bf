import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { formatCount, formatExact, formatRate } from '../../data/format.ts';
import type { StatusFigures } from '../../data/types.ts';
import { classNames, type Tone } from '../../design/class-names.ts';
import { Skeleton } from '../../design/skeleton.tsx';

/** What matters first, in one line: each figure leads to its page. */
export function Glance({ figures }: { readonly figures: StatusFigures | undefined }) {
  const correlation = figures?.correlation;
  const buffer = figures?.buffer;
  const known = figures !== undefined;
  const off = (setting: string) => (known ? <span className="glance-off">off: {setting}</span> : undefined);
  return (
    <nav className="card glance" aria-label="At a glance">
      <Item
        to="/timeline"
        label="Open incidents"
        tone={(correlation?.incidentsOpen ?? 0) > 0 ? 'warning' : 'neutral'}
        value={
          correlation === undefined ? off('correlation.enabled') : formatCount(correlation.incidentsOpen)
        }
      />
      <Item
        to="/timeline"
        label={correlation === undefined ? 'Threats' : `Threats, score ${correlation.threshold} and more`}
        tone={(correlation?.threats ?? 0) > 0 ? 'danger' : 'neutral'}
        value={correlation === undefined ? off('correlation.enabled') : formatCount(correlation.threats)}
      />
      <DecisionsItem figures={figures} />
      <Item
        to="/timeline"
        label="Correlations"
        value={correlation === undefined ? off('correlation.enabled') : formatRate(correlation.events)}
        detail={correlation && `${formatCount(correlation.eventsTotal)} so far`}
      />
      <Item
        to="/requests"
        label="Buffer of requests"
        value={
          buffer === undefined
            ? off(figures?.active === undefined ? 'web.enabled' : 'web.buffer.enabled')
            : `${Math.round(100 * buffer.utilisation)} %`
        }
        detail={
          buffer && (
            <>
              {formatExact(buffer.stored)} of {formatExact(buffer.capacity)}
              {buffer.droppedTotal > 0 && `, ${formatCount(buffer.droppedTotal)} lost`}
            </>
          )
        }
        tone={(buffer?.droppedTotal ?? 0) > 0 ? 'warning' : 'neutral'}
        share={buffer?.utilisation}
      />
      <Item
        to="/flows"
        label="Records"
        value={figures === undefined ? undefined : formatRate(figures.records)}
        detail="of all kinds"
      />
    </nav>
  );
}

function DecisionsItem({ figures }: { readonly figures: StatusFigures | undefined }) {
  const decisions = figures?.decisions;
  const active = decisions?.active ?? [];
  const count = active.reduce((sum, one) => sum + one.enforced + one.simulated, 0);
  const words = active
    .map(({ type, enforced, simulated }) => ({ type, number: enforced + simulated }))
    .filter(({ number }) => number > 0)
    .map(({ type, number }) => `${formatCount(number)} ${type}`);
  return (
    <Item
      to="/decisions"
      label={decisions?.mode === 'observe' ? 'Decisions, only observed' : 'Decisions in force'}
      value={
        decisions === undefined
          ? figures && <span className="glance-off">off: respond.mode</span>
          : formatCount(count)
      }
      detail={
        decisions &&
        (decisions.failedTotal > 0 ? `${formatCount(decisions.failedTotal)} failed` : words.join(', '))
      }
      tone={(decisions?.failedTotal ?? 0) > 0 ? 'danger' : 'neutral'}
    />
  );
}

function Item({
  to,
  label,
  value,
  detail,
  tone = 'neutral',
  share,
}: {
  readonly to: string;
  readonly label: string;
  /** Undefined while it is not known. */
  readonly value: ReactNode;
  readonly detail?: ReactNode;
  readonly tone?: Tone;
  /** 0 to 1: drawn as a bar at the foot. */
  readonly share?: number | undefined;
}) {
  return (
    <Link to={to} className="glance-item">
      <span className="glance-label ellipsis">{label}</span>
      <span className="glance-line">
        <span className={classNames('glance-value', `stat-${tone}`)}>
          {value === undefined ? <Skeleton width={48} height={18} /> : value}
        </span>
        {detail !== undefined && <span className="glance-detail ellipsis">{detail}</span>}
      </span>
      {share !== undefined && <span className="glance-bar" style={{ width: `${100 * share}%` }} />}
    </Link>
  );
}
