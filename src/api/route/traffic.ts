import { parseDuration } from '../../config/quantity.ts';
import type { SystemStatus } from '../../control/index.ts';
import type { Selection } from '../../store/index.ts';
import type { Backend } from '../backend.ts';
import { selectionOf } from '../history-query.ts';
import { Problem } from '../problem.ts';
import {
  SeriesQuery,
  SeriesSchema,
  StatisticsSchema,
  SubjectParams,
  TopQuery,
  TopSchema,
} from '../schema/traffic.ts';
import type { Api } from '../server.ts';

const TAGS = ['traffic'];
/** Intervals that are told apart without an order, in seconds, and about how many of them there are. */
const INTERVALS = [1, 10, 60, 300, 900, 3600, 21_600, 86_400, 604_800] as const;
const ABOUT = 300;

/** The traffic of the history in figures. */
export function trafficRoutes(api: Api, { weir }: Backend): void {
  api.get(
    '/api/v1/top/:subject',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'The most by bytes or by flows: sources, destinations, applications, protocols, names',
        tags: TAGS,
        params: SubjectParams,
        querystring: TopQuery,
        response: { 200: TopSchema },
      },
    },
    async ({ params: { subject }, query: { by, limit, ...asked } }) => {
      const { rows, ...totals } = await weir.top(subject, selectionOf(asked), { by, limit });
      return { items: rows, ...totals };
    },
  );
  api.get(
    '/api/v1/series',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Bytes, packets and flows over time; in all, or by protocol or application',
        tags: TAGS,
        querystring: SeriesQuery,
        response: { 200: SeriesSchema },
      },
    },
    async ({ query: { interval, by, ...asked } }) => {
      const selection = selectionOf(asked);
      const intervalSeconds = interval === undefined ? fitting(selection) : secondsOf(interval);
      return { intervalSeconds, items: await weir.series(intervalSeconds, selection, by) };
    },
  );
  api.get(
    '/api/v1/statistics',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Figures of the history, and of what the sensors read',
        tags: TAGS,
        response: { 200: StatisticsSchema },
      },
    },
    async () => statisticsOf(await weir.status()),
  );
}

/** The interval that gives about {@link ABOUT} of them until now; of an hour where there is no beginning. */
function fitting({ sinceUs, untilUs = Date.now() * 1000 }: Selection): number {
  if (sinceUs === undefined) return 3600;
  const seconds = (untilUs - sinceUs) / 1e6 / ABOUT;
  return INTERVALS.find((one) => one >= seconds) ?? INTERVALS[INTERVALS.length - 1] ?? 86_400;
}

function secondsOf(interval: string): number {
  const seconds = /^\d+$/.test(interval) ? Number(interval) : parseDuration(interval) / 1000;
  if (Number.isSafeInteger(seconds) && seconds >= 1) return seconds;
  throw new Problem(400, 'The request is not understood', 'interval is whole seconds, or such as 5m, 1h, 1d');
}

function statisticsOf({ statistics }: SystemStatus) {
  const hub = fieldsOf(statistics.hub);
  const sensors = Object.entries(statistics).filter(([name]) => /^sensor/.test(name));
  return {
    ...(typeof hub.store === 'object' && hub.store !== null ? { store: hub.store } : {}),
    records: Number(hub.records ?? 0),
    recordsPerSecond: Number(hub.recordsPerSecond ?? 0),
    sensors: Object.fromEntries(sensors.map(([name, figures]) => [name, fieldsOf(figures)])),
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
