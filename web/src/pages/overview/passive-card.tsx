import { useMemo } from 'react';
import { formatBitRate, formatBytes, formatCount, formatRate } from '../../data/format.ts';
import type { StatusSample } from '../../data/live.ts';
import type { StatusFigures } from '../../data/types.ts';
import { Badge } from '../../design/badge.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Stat } from '../../design/stat.tsx';
import type { TimeSeries } from '../../design/time-chart.tsx';
import { pointsOf } from './figures.ts';
import { StreamCard } from './stream-card.tsx';

/** The passive stream: packets and flows. */
export function PassiveCard({
  figures,
  history,
}: {
  readonly figures: StatusFigures | undefined;
  readonly history: readonly StatusSample[];
}) {
  const passive = figures?.passive;
  const series = useMemo<readonly TimeSeries[]>(
    () => [
      {
        name: 'packets',
        points: pointsOf(history, (of) => of.passive?.packets),
        colour: 'var(--series-1)',
        format: formatRate,
        filled: true,
      },
      {
        name: 'bits',
        points: pointsOf(history, (of) => of.passive?.bits),
        colour: 'var(--series-3)',
        format: formatBitRate,
        right: true,
      },
    ],
    [history],
  );
  const drops = passive?.dropped.filter(({ count }) => count > 0) ?? [];
  const dropped = drops.reduce((sum, { count }) => sum + count, 0);
  return (
    <StreamCard
      title="Passive stream"
      detail={passive && <Source passive={passive} />}
      to="/flows"
      link="Flows"
      off={figures?.state === 'running' && passive === undefined ? <NoSensor figures={figures} /> : undefined}
      chart={`Packets and bits per second over the last five minutes; now ${formatRate(passive?.packets)} and ${formatBitRate(passive?.bits)}`}
      series={series}
      stats={
        <>
          <Stat
            label="Packets"
            value={passive && formatRate(passive.packets)}
            detail={passive ? `${formatCount(passive.packetsTotal)} so far` : ''}
          />
          <Stat
            label="Bits"
            value={passive && formatBitRate(passive.bits)}
            detail={passive ? `${formatBytes(passive.bytesTotal)} so far` : ''}
          />
          <Stat
            label="Open flows"
            value={passive && formatCount(passive.flowsOpen)}
            detail={passive ? `${formatCount(passive.flowsTotal)} so far` : ''}
          />
          <Stat label="New flows" value={passive && formatRate(passive.flowsNew)} detail="" />
          <Stat
            label="Dropped"
            tone={dropped > 0 ? 'danger' : 'neutral'}
            value={passive && formatCount(dropped)}
            detail={
              passive === undefined
                ? ''
                : drops.length === 0
                  ? 'nothing'
                  : drops.map(({ name, count }) => `${name} ${formatCount(count)}`).join(', ')
            }
            title="Lost since the sensor began. kernel: packets that came faster than they were taken; records: found no room on their way; ring: not kept on disk"
          />
        </>
      }
    />
  );
}

function Source({ passive }: { readonly passive: NonNullable<StatusFigures['passive']> }) {
  const name = passive.interface.split('/').at(-1) || passive.interface;
  return (
    <>
      {passive.loadLevel > 0 && (
        <Badge
          tone="warning"
          title={`Too much to look into all: one new flow in ${2 ** passive.loadLevel} is inspected`}
        >
          load level {passive.loadLevel}
        </Badge>
      )}{' '}
      <span title={passive.interface}>{name}</span>
      {passive.mirror && ', mirrored'}
      {!passive.live && (passive.working ? ', from files' : ', files read to their end')}
    </>
  );
}

function NoSensor({ figures }: { readonly figures: StatusFigures }) {
  const sensor = figures.processes.find(({ name }) => name.startsWith('sensor'));
  return (
    <EmptyState
      icon="flows"
      title={sensor === undefined ? 'No sensor runs' : `The sensor is ${sensor.state} and tells nothing yet`}
    >
      It takes packets of the interface that <code>capture.interface</code> names, and needs root or{' '}
      <code>CAP_NET_RAW</code> for it. <code>weir doctor</code> says what is missing.
    </EmptyState>
  );
}
