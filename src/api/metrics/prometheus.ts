/** The text formats of Prometheus: 0.0.4 (its documentation, "Exposition formats") and OpenMetrics 1.0. */

import type { Family, Labels } from './family.ts';
import { BOUNDS } from './histogram.ts';

/** Media types of both formats. */
export const TEXT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
/** See {@link TEXT_TYPE}. */
export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Which of both a reader asked for by its header `Accept`. */
export function formatOf(accept: string | undefined): 'text' | 'openmetrics' {
  return /application\/openmetrics-text\s*(;|,|$)/.test((accept ?? '').slice(0, 1024))
    ? 'openmetrics'
    : 'text';
}

/** Writes metrics; those without any value are left out. */
export function renderMetrics(families: readonly Family[], format: 'text' | 'openmetrics'): string {
  const lines: string[] = [];
  for (const family of families) {
    if (family.values.length === 0) continue;
    const { name, help, type } = family;
    // OpenMetrics names a counter without the end that its samples have.
    const called = format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
    lines.push(
      `# HELP ${called} ${format === 'openmetrics' ? escapeLabel(help) : escapeHelp(help)}`,
      `# TYPE ${called} ${type}`,
    );
    pushValues(lines, family);
  }
  if (format === 'openmetrics') lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

function pushValues(lines: string[], family: Family): void {
  const { name } = family;
  switch (family.type) {
    case 'counter':
    case 'gauge':
      for (const { labels, value } of family.values)
        lines.push(`${name}${labelled(labels)} ${number(value)}`);
      break;
    case 'histogram':
      for (const { labels, histogram } of family.values) {
        let sum = 0;
        for (const [index, count] of histogram.counts.entries()) {
          sum += count;
          const le = index < BOUNDS.length ? String(BOUNDS[index]) : '+Inf';
          lines.push(`${name}_bucket${labelled({ ...labels, le })} ${number(sum)}`);
        }
        lines.push(`${name}_sum${labelled(labels)} ${number(histogram.sum)}`);
        lines.push(`${name}_count${labelled(labels)} ${number(sum)}`);
      }
      break;
    case 'summary':
      for (const { labels, quantiles, count } of family.values) {
        for (const [share, seconds] of quantiles) {
          lines.push(`${name}${labelled({ ...labels, quantile: String(share) })} ${number(seconds)}`);
        }
        lines.push(`${name}_count${labelled(labels)} ${number(count)}`);
      }
      break;
    default:
      family satisfies never;
  }
}

function labelled(labels: Labels | undefined): string {
  const entries = Object.entries(labels ?? {});
  if (entries.length === 0) return '';
  return `{${entries.map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(',')}}`;
}

/** Lone surrogates are no UTF-8, which the formats are in. */
function escapeLabel(text: string): string {
  return text.toWellFormed().replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
