import { BarChart, LineChart, PieChart } from 'echarts/charts';
import { GridComponent, LegendPlainComponent, TooltipComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

// No more than the pages draw: each part costs five to ten kilobytes of the first view.
use([LineChart, BarChart, PieChart, GridComponent, TooltipComponent, LegendPlainComponent, CanvasRenderer]);

/** One drawing. */
export interface ChartHandle {
  readonly draw: (option: EChartsCoreOption) => void;
  readonly dispose: () => void;
}

/** What was clicked. */
export interface Chosen {
  readonly name: string;
  readonly seriesName: string;
  readonly value: unknown;
}

/** Makes a drawing that is as large as its place, also when that changes. */
export function makeChart(place: HTMLElement, onSelect: (chosen: Chosen) => void): ChartHandle {
  const chart = init(place, undefined, { renderer: 'canvas' });
  chart.on('click', (event) => {
    onSelect({ name: event.name, seriesName: event.seriesName ?? '', value: event.value });
  });
  const observer = new ResizeObserver(() => chart.resize());
  observer.observe(place);
  return {
    draw: (option) => chart.setOption(themed(option, place), { notMerge: true, lazyUpdate: true }),
    dispose: () => {
      observer.disconnect();
      chart.dispose();
    },
  };
}

type Part = Readonly<Record<string, unknown>>;

/** Puts the tokens under what the option says. */
function themed(option: EChartsCoreOption, place: HTMLElement): EChartsCoreOption {
  const colour = colourReader(place);
  const line = colour('--line');
  const muted = colour('--text-muted');
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const axis: Part = {
    axisLine: { lineStyle: { color: line } },
    axisTick: { lineStyle: { color: line } },
    axisLabel: { color: muted, fontSize: 11, hideOverlap: true },
    splitLine: { lineStyle: { color: line } },
  };
  const axes = (own: unknown): unknown => {
    if (own === undefined) return undefined;
    return Array.isArray(own) ? own.map((one: Part) => layered(axis, one)) : layered(axis, own as Part);
  };
  const { xAxis, yAxis, tooltip, legend, textStyle, grid, ...rest } = option;
  return {
    color: [1, 2, 3, 4, 5, 6, 7, 8].map((number) => colour(`--series-${number}`)),
    animation: !still,
    animationDuration: 120,
    animationDurationUpdate: 0,
    ...rest,
    textStyle: layered(
      { fontFamily: getComputedStyle(place).fontFamily, fontSize: 12, color: colour('--text') },
      textStyle,
    ),
    ...(xAxis === undefined ? {} : { xAxis: axes(xAxis) }),
    ...(yAxis === undefined ? {} : { yAxis: axes(yAxis) }),
    ...(xAxis === undefined && grid === undefined
      ? {}
      : {
          grid: layered(
            { left: 8, right: 12, top: legend === undefined ? 16 : 36, bottom: 4, outerBoundsMode: 'same' },
            grid,
          ),
        }),
    ...(legend === undefined
      ? {}
      : {
          legend: layered(
            {
              textStyle: { color: muted, fontSize: 12 },
              ...(xAxis === undefined ? {} : { top: 0, left: 0 }),
              itemWidth: 10,
              itemHeight: 10,
              icon: 'roundRect',
            },
            legend,
          ),
        }),
    tooltip: layered(
      {
        trigger: xAxis === undefined ? 'item' : 'axis',
        // As text on the canvas: tooltips of HTML need style attributes, which the security policy forbids.
        renderMode: 'richText',
        confine: true,
        transitionDuration: 0,
        backgroundColor: colour('--overlay'),
        borderColor: line,
        borderWidth: 1,
        padding: [6, 8],
        textStyle: { color: colour('--text'), fontSize: 12 },
      },
      tooltip,
    ),
  };
}

/** `own` over `base`, object by object. */
function layered(base: Part, own: unknown): Part {
  if (typeof own !== 'object' || own === null) return base;
  const result: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(own)) {
    const below = base[name];
    result[name] = isPart(below) && isPart(value) ? layered(below, value) : value;
  }
  return result;
}

function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a token is in the theme of now: a canvas knows no custom properties. */
function colourReader(place: HTMLElement): (token: string) => string {
  const probe = document.createElement('span');
  place.append(probe);
  const style = getComputedStyle(probe);
  queueMicrotask(() => probe.remove());
  return (token) => {
    probe.style.color = `var(${token})`;
    return style.color;
  };
}
