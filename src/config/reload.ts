import type { Configuration } from './configuration.ts';

/** A setting that a reload changes. */
export interface Change {
  /** Its name, as `outputs.eve.file`. */
  readonly name: string;
  /** False: it takes effect when weir is started again. */
  readonly live: boolean;
}

/** Settings, or sections of them, that a running system takes over; all others need a start. */
const LIVE = [
  'outputs.eve',
  'outputs.zeek',
  'status',
  'processes.restart',
  'processes.drainMs',
  'capture.critical',
  'web.waf.crs',
  'web.waf.policies',
  'web.waf.exclusions',
  'web.waf.rules',
  'web.waf.paranoia',
  'web.waf.mode',
  'web.waf.workers',
  'web.waf.failure',
  'web.waf.budgetMs',
  'web.deny',
  'web.rate',
  'correlation.sensitivity',
  'correlation.weights',
  'correlation.decay',
  'api.hosts',
  'api.anonymous',
  'api.sessionMs',
  'api.rate',
  'api.configure',
  'api.tls.certificate',
  'api.tls.key',
  'respond.autoBan',
  'respond.neverBan',
];

/** What differs between two configurations. */
export function changes(before: Configuration, after: Configuration): Change[] {
  const names: string[] = [];
  compare(before, after, '', names);
  return names.map((name) => ({
    name: name.replace(/(?:Ms|Bytes)\b/, ''),
    live: LIVE.some((live) => name === live || name.startsWith(`${live}.`)),
  }));
}

function compare(before: unknown, after: unknown, path: string, names: string[]): void {
  if (isSection(before) && isSection(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(before[name], after[name], path === '' ? name : `${path}.${name}`, names);
    }
  } else if (JSON.stringify(before) !== JSON.stringify(after)) names.push(path);
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
