import type { Static } from 'typebox';
import type { LanClientSchema, LanClientsSchema, LanSchema } from '../../../../src/api/schema/lan.ts';
import type { SeriesSchema } from '../../../../src/api/schema/traffic.ts';

/** A device of the local network. */
export type LanClient = Static<typeof LanClientSchema>;
/** `GET /lan/clients`. */
export type LanClients = Static<typeof LanClientsSchema>;
/** `GET /lan`. */
export type Lan = Static<typeof LanSchema>;
/** `GET /series`. */
export type Series = Static<typeof SeriesSchema>;

/** A device counts as new for so long after it was seen first. */
export const NEW_FOR_MS = 86_400_000;
/** Addresses of a device that one question names. */
const MOST_ADDRESSES = 16;

/** What a device is called: the name that was told last, else its address. */
export function nameOf({ names, addresses, id }: LanClient): string {
  const latest = names.reduce<LanClient['names'][number] | undefined>(
    (best, one) => (best === undefined || one.lastUs > best.lastUs ? one : best),
    undefined,
  );
  return latest?.name ?? addressesOf({ addresses })[0] ?? id;
}

/** Its addresses, those in use before those of old. */
export function addressesOf({ addresses }: Pick<LanClient, 'addresses'>): readonly string[] {
  return addresses.toSorted((a, b) => Number(b.current) - Number(a.current)).map(({ address }) => address);
}

/** True for a day after it was seen first. */
export function isNew({ firstUs }: Pick<LanClient, 'firstUs'>, nowMs: number): boolean {
  return nowMs - firstUs / 1000 < NEW_FOR_MS;
}

/** Words that a search finds a device by, in lower case. */
export function searchWords(client: LanClient): string {
  return [
    client.id,
    client.mac,
    client.vendor,
    client.kind,
    client.behind,
    ...client.names.map(({ name }) => name),
    ...client.addresses.map(({ address }) => address),
    ...client.protocols.map(({ name }) => name),
    ...client.destinations.flatMap(({ address, names }) => [address, ...names]),
  ]
    .filter((word) => word !== undefined)
    .join('\n')
    .toLowerCase();
}

/** A question for the traffic of a device, in weir's language; undefined where it has no address. */
export function queryOf(client: Pick<LanClient, 'addresses'>): string | undefined {
  const addresses = addressesOf(client).slice(0, MOST_ADDRESSES);
  return addresses.length === 0 ? undefined : addresses.join(' or ');
}

/** A line of a chart: bytes by the beginning of the interval. */
export interface TrafficLine {
  readonly name: string;
  /** Pairs of milliseconds since 1970 and bits per second. */
  readonly points: readonly (readonly [number, number])[];
}

/**
 * Bits per second by protocol, those with the most bytes first and what is beyond `most` of them as one. Intervals without traffic are zero, so
 * that areas can lie on each other; an interval that is not over at `nowMs` is left out.
 */
export function trafficLines(
  { items, intervalSeconds }: Series,
  nowMs: number,
  most: number,
): readonly TrafficLine[] {
  const totals = new Map<string, number>();
  for (const { key, bytes } of items) totals.set(key, (totals.get(key) ?? 0) + bytes);
  const own = [...totals]
    .sort((a, b) => b[1] - a[1])
    .slice(0, most)
    .map(([name]) => name);
  const names = totals.size > own.length ? [...own, 'others'] : own;
  const stepMs = intervalSeconds * 1000;
  const times = timesOf(items, stepMs).filter((atMs) => atMs + stepMs <= nowMs);
  const bits = new Map(names.map((name) => [name, new Map<number, number>()]));
  for (const { timeUs, key, bytes } of items) {
    const line = bits.get(own.includes(key) ? key : 'others');
    const atMs = timeUs / 1000;
    line?.set(atMs, (line.get(atMs) ?? 0) + (8 * bytes) / intervalSeconds);
  }
  return names.map((name) => ({
    name: name === '' ? 'unknown' : name,
    points: times.map((atMs) => [atMs, bits.get(name)?.get(atMs) ?? 0] as const),
  }));
}

/** The beginnings of intervals that matter: those with traffic, and their neighbours, which have none. */
function timesOf(items: Series['items'], stepMs: number): readonly number[] {
  const times = new Set<number>();
  for (const { timeUs } of items) {
    const atMs = timeUs / 1000;
    for (const one of [atMs - stepMs, atMs, atMs + stepMs]) times.add(one);
  }
  return [...times].sort((a, b) => a - b);
}
