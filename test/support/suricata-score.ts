import { join } from 'node:path';
import { parseReadOptions } from '../../src/cli/read-options.ts';
import { CORPUS, corpusCases } from './corpus.ts';
import { applyFilter, type EveFilter } from './eve-filter.ts';
import { type EveRecord, eveRecords } from './eve-records.ts';
import { weirArguments } from './suricata-options.ts';

/** A case of suricata-verify, as the corpus keeps it. */
export interface SuricataCase {
  readonly pcap: string;
  readonly config?: string | null;
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
}

/** How our records do on a suite. */
export interface SuricataScore {
  readonly cases: number;
  readonly casesRight: number;
  readonly filters: number;
  readonly failed: readonly FailedFilter[];
}

/** Scores without options, and with those of `weir read` that do what each case sets. */
export interface SuricataScores {
  readonly plain: SuricataScore;
  readonly withOptions: SuricataScore;
  /** Cases that have such options. */
  readonly set: number;
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

/** Flows that a capture of the suite has at most: a small table for each of hundreds of captures costs little. */
const MAX_FLOWS = '65536';

interface Chosen {
  readonly name: string;
  readonly filters: readonly EveFilter[];
  readonly args: readonly string[];
}

/** Runs all cases in this process, each capture once and once more for each choice of options, and compares. */
export async function scoreSuricata(only = ''): Promise<SuricataScores> {
  const byCapture = new Map<string, Chosen[]>();
  for (const [name, content] of corpusCases<SuricataCase>('suricata')) {
    if (!name.includes(only)) continue;
    const filters = filtersOf(content);
    if (filters.length === 0) continue;
    const chosen = { name, filters, args: weirArguments(content, filters) };
    const held = byCapture.get(content.pcap);
    if (held === undefined) byCapture.set(content.pcap, [chosen]);
    else held.push(chosen);
  }
  const plain = new Tally();
  const withOptions = new Tally();
  let set = 0;
  for (const [pcap, held] of byCapture) {
    const path = join(CORPUS, pcap);
    const records = new Map([['', await recordsOf(path, [])]]);
    for (const { name, filters, args } of held) {
      const key = args.join(' ');
      if (args.length > 0) set++;
      if (!records.has(key)) records.set(key, await recordsOf(path, args));
      plain.add(name, filters, records.get('') ?? []);
      withOptions.add(name, filters, records.get(key) ?? []);
    }
  }
  return { plain, withOptions, set };
}

class Tally implements SuricataScore {
  cases = 0;
  casesRight = 0;
  filters = 0;
  readonly failed: FailedFilter[] = [];

  add(name: string, filters: readonly EveFilter[], records: readonly EveRecord[]): void {
    const before = this.failed.length;
    for (const filter of filters) {
      const { right, found } = applyFilter(records, filter);
      if (!right) this.failed.push({ name, filter, found });
    }
    this.cases++;
    this.filters += filters.length;
    if (this.failed.length === before) this.casesRight++;
  }
}

/** The records of `weir read CAPTURE ARGUMENTS --eve FILE`. */
async function recordsOf(path: string, args: readonly string[]): Promise<EveRecord[]> {
  const options = parseReadOptions([path, '--no-ndpi', '--max-flows', MAX_FLOWS, ...args]);
  if (options === undefined) return [];
  const { eveTypes, eveDnsVersion, checksums, tunnelDepth } = options;
  return eveRecords([path], options, {
    eve: { types: eveTypes && new Set(eveTypes), dnsVersion: eveDnsVersion },
    decoder: { checksums, tunnels: tunnelDepth },
  });
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
