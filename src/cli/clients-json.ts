import { type LanView, timeText } from '../lan/index.ts';

/** The whole view as JSON: times as text, and fields that are not known left out. */
export function lanJson(view: LanView): Record<string, unknown> {
  const { all, local, forgotten, firstUs, lastUs } = view.totals();
  return timesAsText({
    networks: view.networks.list(),
    ...(firstUs === undefined || lastUs === undefined ? {} : { firstUs, lastUs }),
    total: all,
    local,
    forgotten,
    clients: view.clients(),
    destinations: view.destinations(),
    protocols: view.protocols(),
    applications: view.applications(),
    events: view.events(),
    statistics: view.statistics(),
  }) as Record<string, unknown>;
}

/** Names of times, as JSON has them. */
const TIMES: Readonly<Record<string, string>> = { firstUs: 'firstSeen', lastUs: 'lastSeen', timeUs: 'time' };

function timesAsText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timesAsText);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => {
      const time = Object.hasOwn(TIMES, name) ? TIMES[name] : undefined;
      return time !== undefined && typeof field === 'number'
        ? [time, timeText(field)]
        : [name, timesAsText(field)];
    }),
  );
}
