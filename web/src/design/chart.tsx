import './chart.css';
import type { EChartsCoreOption } from 'echarts/core';
import { useEffect, useRef, useState } from 'react';
import { useColourScheme } from '../app/theme.ts';
import type { ChartHandle } from './chart-engine.ts';
import { Skeleton } from './skeleton.tsx';

/** What ECharts draws; colours, fonts, axes and the tooltip come from the tokens unless it says otherwise. */
export type ChartOption = EChartsCoreOption;

/** What Chart takes. */
export interface ChartProps {
  /** Keep it the same between renders (`useMemo`) where nothing changed. */
  readonly option: ChartOption;
  /** Pixels. Its place is kept free from the beginning. */
  readonly height: number;
  /** What it shows, with the figures that matter, for who cannot see it. */
  readonly label: string;
  /** Called with what was clicked. */
  readonly onSelect?: (chosen: {
    readonly name: string;
    readonly seriesName: string;
    readonly value: unknown;
  }) => void;
}

/** A drawing of figures. The engine is fetched when the first one is shown. */
export function Chart({ option, height, label, onSelect }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const [handle, setHandle] = useState<ChartHandle>();
  const [failure, setFailure] = useState<string>();
  const scheme = useColourScheme();
  const select = useRef(onSelect);
  select.current = onSelect;

  useEffect(() => {
    let made: ChartHandle | undefined;
    let gone = false;
    import('./chart-engine.ts').then(
      ({ makeChart }) => {
        if (gone || place.current === null) return;
        made = makeChart(place.current, (chosen) => select.current?.(chosen));
        setHandle(made);
      },
      (error: unknown) => !gone && setFailure(String(error)),
    );
    return () => {
      gone = true;
      made?.dispose();
      setHandle(undefined);
    };
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours change with the theme
  useEffect(() => handle?.draw(option), [handle, option, scheme]);

  return (
    <div className="chart" style={{ height }} role="img" aria-label={label}>
      <div ref={place} className="chart-place" />
      {handle === undefined && failure === undefined && <Skeleton height={height} />}
      {failure !== undefined && <p className="muted">The drawing could not be loaded: {failure}</p>}
    </div>
  );
}

/** The eight colours of series, as CSS; the first is the accent. For swatches beside words. */
export function useChartColours(): readonly string[] {
  return SERIES;
}

const SERIES = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `var(--series-${number})`);
