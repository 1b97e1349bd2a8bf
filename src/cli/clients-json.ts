import type { LanPicture } from '../control/index.ts';
import { timeText } from '../lan/index.ts';

/** A picture of the LAN as JSON: times as text, and fields that are not known left out. */
export function lanJson(picture: LanPicture): Record<string, unknown> {
  const { all, local, forgotten, firstUs, lastUs } = picture.totals;
  return timesAsText({
    networks: picture.networks,
    ...(firstUs === undefined || lastUs === undefined ? {} : { firstUs, lastUs }),
    total: all,
    local,
    forgotten,
    clients: picture.clients,
    destinations: picture.destinations,
    protocols: picture.protocols,
    applications: picture.applications,
    events: picture.events,
    statistics: picture.statistics,
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
