import './panel.css';
import { useEffect, useLayoutEffect, useMemo } from 'react';
import { usePageSearch } from '../../app/search.ts';
import { formatBytes, formatCount, formatExact, formatRate } from '../../data/format.ts';
import { type StatusSample, useLiveState, useStatus } from '../../data/live.ts';
import { useApi } from '../../data/queries.ts';
import type { StatusFigures } from '../../data/types.ts';
import { Donut } from '../../design/donut.tsx';
import { Meter } from '../../design/meter.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { Sparkline } from '../../design/sparkline.tsx';
import { Stat } from '../../design/stat.tsx';
import { type PanelPart, partsOf, themeOf } from './panel-parts.ts';

interface PartProps {
  readonly figures: StatusFigures | undefined;
  readonly history: readonly StatusSample[];
}

/** A small panel of live figures for embedding: it stands without the shell, in a frame of 320 by 240 and more. */
export function PanelPage() {
  const [search] = usePageSearch();
  const { latest, history } = useStatus();
  const offline = useLiveState() === 'waiting';
  const theme = themeOf(search.theme);
  // The stream tells its first figures within a second; asked for, they are there sooner.
  const first = useApi<StatusFigures>('/overview', {}, { enabled: latest === undefined });
  const figures = latest?.figures ?? first.data;

  useEffect(() => {
    document.title = 'Panel · weir';
  }, []);
  // For this page alone: what was chosen in the console stays as it is.
  useLayoutEffect(() => {
    if (theme === undefined) return;
    const { dataset } = document.documentElement;
    const before = dataset.theme;
    dataset.theme = theme;
    return () => {
      if (before === undefined) delete dataset.theme;
      else dataset.theme = before;
    };
  }, [theme]);

  return (
    <main className="panel" aria-busy={figures === undefined}>
      <h1 className="visually-hidden">weir</h1>
      {partsOf(search.parts).map((part) => (
        <Part key={part} part={part} figures={figures} history={history} />
      ))}
      {offline && (
        <p className="panel-offline" role="status">
          offline: is `weir up` running?
        </p>
      )}
    </main>
  );
}

function Part({ part, ...props }: PartProps & { readonly part: PanelPart }) {
  switch (part) {
    case 'buffer':
      return <BufferPart {...props} />;
    case 'flows':
      return <FlowsPart {...props} />;
    case 'protocols':
      return <ProtocolsPart {...props} />;
    default:
      return part satisfies never;
  }
}

function BufferPart({ figures }: PartProps) {
  const buffer = figures?.buffer;
  return (
    <section className="panel-part panel-buffer" aria-label="Buffer">
      <Meter
        label="Buffer"
        value={buffer === undefined ? 0 : buffer.utilisation}
        most={1}
        // It is a ring: full is how it should be.
        warnAt={2}
        dangerAt={2}
        detail={
          buffer !== undefined
            ? `${formatExact(buffer.stored)} of ${formatExact(buffer.capacity)} requests`
            : figures === undefined
              ? ''
              : `off: ${figures.active === undefined ? 'web.enabled' : 'web.buffer.enabled'}`
        }
      />
    </section>
  );
}

function FlowsPart({ figures, history }: PartProps) {
  const passive = figures?.passive;
  const trend = useMemo(() => history.map((sample) => sample.figures.passive?.flowsOpen ?? 0), [history]);
  return (
    <section className="panel-part panel-flows" aria-label="Flows">
      <Stat
        label="Open flows"
        value={figures === undefined ? undefined : formatCount(passive?.flowsOpen)}
        detail={
          passive === undefined
            ? figures && 'no sensor runs'
            : `${formatRate(passive.flowsNew)} new, ${formatCount(passive.flowsTotal)} so far`
        }
      />
      <Sparkline values={trend} label="Open flows, last minutes" height={36} />
    </section>
  );
}

function ProtocolsPart({ figures }: PartProps) {
  if (figures === undefined) {
    return (
      <section className="panel-part panel-protocols" aria-label="Protocols">
        <Skeleton height={104} />
      </section>
    );
  }
  const bytes = figures.protocols.reduce((sum, one) => sum + one.bytes, 0);
  return (
    <section className="panel-part panel-protocols" aria-label="Protocols">
      <Donut
        label="Bytes of the last minute by protocol"
        portions={figures.protocols.map(({ name, bytes: value }) => ({ name, value }))}
        size={104}
        most={5}
        total={formatBytes(bytes)}
        format={formatBytes}
      />
    </section>
  );
}
