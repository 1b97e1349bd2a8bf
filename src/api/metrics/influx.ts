/** The line protocol of InfluxDB (its reference, "Line protocol"): the figures of one moment. */

import type { Family, Labels } from './family.ts';
import { BOUNDS } from './histogram.ts';

/**
 * Writes each value as a point: the measurement is the metric's name, its labels are tags, and the fields are `value`,
 * or `count`, `sum` and what quantiles or buckets there are. Lines have no end; `timeMs` is since 1970.
 */
export function influxLines(families: readonly Family[], timeMs: number): string[] {
  const time = `${Math.floor(timeMs)}`;
  return families.flatMap((family) => {
    const line = (labels: Labels | undefined, fields: readonly (readonly [string, number])[]): string[] => {
      // Neither NaN nor infinity can be written.
      const written = fields.filter(([, value]) => Number.isFinite(value));
      if (written.length === 0) return [];
      const values = written.map(([name, value]) => `${escapeKey(name)}=${value}`).join(',');
      return [`${escapeMeasurement(family.name)}${tags(labels)} ${values} ${time}`];
    };
    switch (family.type) {
      case 'counter':
      case 'gauge':
        return family.values.flatMap(({ labels, value }) => line(labels, [['value', value]]));
      case 'histogram':
        return family.values.flatMap(({ labels, histogram: { counts, sum } }) => {
          let below = 0;
          const buckets = counts.map((count, index) => {
            below += count;
            return [`le_${BOUNDS[index] ?? 'inf'}`, below] as const;
          });
          return line(labels, [['count', below], ['sum', sum], ...buckets]);
        });
      case 'summary':
        return family.values.flatMap(({ labels, count, quantiles }) =>
          line(labels, [
            ['count', count],
            ...quantiles.map(([share, seconds]) => [`quantile_${share}`, seconds] as const),
          ]),
        );
      default:
        return family satisfies never;
    }
  });
}

/** Tags are sorted by name, as the database likes them best; an empty value is none. */
function tags(labels: Labels | undefined): string {
  return Object.entries(labels ?? {})
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `,${escapeKey(name)}=${escapeKey(value)}`)
    .join('');
}

/** Commas and blanks end a measurement. */
function escapeMeasurement(text: string): string {
  return oneLine(text).replace(/[, ]/g, '\\$&');
}

/** Commas, blanks and equals signs end keys and values of tags. */
function escapeKey(text: string): string {
  return oneLine(text).replace(/[, =]/g, '\\$&');
}

/** A backslash would escape what follows it, and has no escape of its own; a line break ends the point. */
function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\r\n\0]/g, ' ')
    .replaceAll('\\', '/');
}
