import { join } from 'node:path';
import { CORPUS, corpusCases } from './corpus.ts';
import { applyFilter, type EveFilter } from './eve-filter.ts';
import { type EveRecord, eveRecords } from './eve-records.ts';

/** A case of suricata-verify, as the corpus keeps it. */
export interface SuricataCase {
  readonly pcap: string;
  readonly args?: readonly string[] | null;
  readonly requires?: { readonly 'lt-version'?: string | number } | null;
  readonly exit_code?: number | null;
  readonly checks: readonly ({ readonly filter?: EveFilter } | string)[];
}

/** A filter that our records do not satisfy. */
export interface FailedFilter {
  readonly name: string;
  readonly filter: EveFilter;
  readonly found: number;
  readonly args: readonly string[];
}

/** How our records do on a suite. */
export interface SuricataScore {
  readonly cases: number;
  readonly casesRight: number;
  readonly filters: number;
  readonly failed: readonly FailedFilter[];
}

/** Record types that are ours to write without rules and without settings. */
const TYPES = new Set([
  'flow',
  'http',
  'tls',
  'dns',
  'quic',
  'fileinfo',
  'ssh',
  'anomaly',
  'dhcp',
  'smtp',
  'ftp',
  'ftp_data',
  'netflow',
]);

/** What only a system that can drop packets writes. */
const PREVENTION = ['flow.action', 'flow.exception_policy', 'verdict'];

/** Runs all cases in this process, each capture once, and compares. */
export async function scoreSuricata(only = ''): Promise<SuricataScore> {
  const byCapture = new Map<string, [name: string, content: SuricataCase, filters: EveFilter[]][]>();
  for (const [name, content] of corpusCases<SuricataCase>('suricata')) {
    if (!name.includes(only)) continue;
    const filters = filtersOf(content);
    if (filters.length === 0) continue;
    const held = byCapture.get(content.pcap);
    if (held === undefined) byCapture.set(content.pcap, [[name, content, filters]]);
    else held.push([name, content, filters]);
  }
  let cases = 0;
  let casesRight = 0;
  let filters = 0;
  const failed: FailedFilter[] = [];
  for (const [pcap, held] of byCapture) {
    const records: EveRecord[] = await eveRecords([join(CORPUS, pcap)]);
    for (const [name, content, wanted] of held) {
      let right = true;
      for (const filter of wanted) {
        const result = applyFilter(records, filter);
        if (result.right) continue;
        right = false;
        failed.push({ name, filter, found: result.found, args: content.args ?? [] });
      }
      cases++;
      filters += wanted.length;
      if (right) casesRight++;
    }
  }
  return { cases, casesRight, filters, failed };
}

/** The filters of a case that concern what `weir read` writes without rules and settings. */
function filtersOf(content: SuricataCase): EveFilter[] {
  if ((content.exit_code ?? 0) !== 0) return [];
  if (JSON.stringify(content.args ?? []).includes('simulate-ips')) return [];
  const before = Number.parseInt(String(content.requires?.['lt-version'] ?? ''), 10);
  if (before <= 8) return [];
  return content.checks
    .flatMap((check) => (typeof check === 'string' || check.filter === undefined ? [] : [check.filter]))
    .filter((filter) => TYPES.has(String(filter.match?.event_type)) && !concernsAlerts(filter))
    .filter((filter) => !Object.keys(filter.match ?? {}).some(isPrevention));
}

function isPrevention(path: string): boolean {
  return PREVENTION.some((prefix) => path.startsWith(prefix));
}

function concernsAlerts(filter: EveFilter): boolean {
  return Object.entries(filter.match ?? {}).some(
    ([path, value]) =>
      path.startsWith('alert') ||
      path === 'flow.alerted' ||
      ((path === 'has-key' || path === 'not-has-key') && String(value).startsWith('alert')),
  );
}
