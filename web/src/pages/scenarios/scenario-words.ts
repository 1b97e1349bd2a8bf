import { formatDuration } from '../../data/format.ts';
import type { Scenario } from './answers.ts';

/** Whose scenario it is: weir's own, or the author that CrowdSec's names begin with. */
export function originOf({ name }: Pick<Scenario, 'name'>): string {
  const author = name.includes('/') ? (name.split('/', 1)[0] ?? '') : '';
  if (author === 'weir') return 'weir';
  return author === '' ? 'own file' : author;
}

/** What happens to who runs it over. */
export function effectOf({
  remediation,
  banMs,
  simulated,
}: Pick<Scenario, 'remediation' | 'banMs' | 'simulated'>): string {
  if (!remediation) return 'is told of';
  const ban = banMs === undefined ? 'ban' : `ban of ${formatDuration(banMs / 1000)}`;
  return simulated ? `${ban}, only tried` : ban;
}

/** A scalar of the text of a scenario, of the first key of this name; empty where there is none. */
export function scalarOf(text: string, key: string): string {
  for (const line of text.split('\n')) {
    const at = line.indexOf(':');
    if (at < 0 || line.slice(0, at).trim() !== key) continue;
    const value = line.slice(at + 1).trim();
    const quoted = /^(['"])(.*)\1$/.exec(value);
    return quoted?.[2] ?? value;
  }
  return '';
}

/** When a scenario runs over, in a sentence, out of its text. */
export function runsOverOf(text: string): string {
  const type = scalarOf(text, 'type');
  const capacity = Number(scalarOf(text, 'capacity'));
  const leakspeed = scalarOf(text, 'leakspeed');
  const distinct = scalarOf(text, 'distinct');
  const duration = scalarOf(text, 'duration');
  const of = distinct === '' ? (capacity === 1 ? 'event' : 'events') : `different ${distinct}`;
  switch (type) {
    case 'trigger':
      return 'One event is enough.';
    case 'leaky':
      if (capacity < 0) return 'Its condition decides, however many events there are.';
      return `It holds ${capacity} ${of}, of which one leaks out each ${leakspeed}; the next runs it over.`;
    case 'counter':
      return `It counts ${of} for ${duration}, then tells of them.`;
    case 'conditional':
      return `Its condition decides, over events that leak out each ${leakspeed}.`;
    case 'bayesian':
      return 'Its conditions are weighed together; it runs over when they make it likely enough.';
    default:
      return '';
  }
}

/** Where what two runs found differs: in the second alone, in the first alone. */
export function difference(before: readonly string[], after: readonly string[]) {
  return {
    added: [...new Set(after)].filter((value) => !before.includes(value)),
    gone: [...new Set(before)].filter((value) => !after.includes(value)),
  };
}

/** What an empty editor begins with. */
export const FIRST_TEXT = `# Twenty requests to pages that are not there, from one address.
type: leaky
name: my/many-missing-pages
description: "HTTP: 20 pages that are not there"
filter: "evt.Meta.log_type == 'http_access-log' && evt.Meta.http_status == '404'"
groupby: evt.Meta.source_ip
distinct: evt.Meta.http_path
capacity: 19
leakspeed: 10s
blackhole: 5m
labels:
  behavior: "http:scan"
  remediation: true
`;
