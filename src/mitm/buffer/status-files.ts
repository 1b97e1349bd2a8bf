import { redactText } from '../waf/redact.ts';
import { terminalText } from '../waf/terminal-text.ts';
import type { Summary } from './catalogue.ts';
import { topCounts } from './context.ts';
import { GROUP_READS, PrivateFolder } from './private-folder.ts';

/** Where and how often dpi-dual's files of the active stream are written. */
export interface StatusFileOptions {
  /** Default `/tmp/secubox`. */
  readonly folder?: string | undefined;
  /** Seconds between two versions; 5 without. */
  readonly intervalSeconds?: number | undefined;
}

/** What the files tell besides what is in the ring. */
export interface StatusNumbers {
  readonly maxSize: number;
  readonly requestsTotal: number;
  readonly threatsDetected: number;
  readonly blockedCount: number;
  readonly analysisEnabled: boolean;
  readonly replayEnabled: boolean;
}

/** Scores above this are told of in waf-alerts.json, and counted as threats. */
export const ALERT_SCORE = 30;
/** Scores from this on are high. */
export const HIGH_SCORE = 50;
const MOST_ALERTS = 1000;
const MOST_HOSTS = 20;

interface Alert {
  readonly id: string;
  readonly timestamp: string;
  readonly client_ip: string;
  readonly host: string;
  readonly path: string;
  readonly method: string;
  readonly threat_score: number;
  readonly categories: readonly string[];
  readonly blocked: boolean;
  readonly rule: string;
}

/** dpi-dual's `dpi-buffer.json` and `waf-alerts.json`, with its fields. */
export class BufferStatusFiles {
  private folder: PrivateFolder;
  /** By reference, the oldest first. */
  private readonly alerts = new Map<string, Alert>();

  /** Throws a BufferError where the folder is not to be trusted. */
  constructor(folder: string) {
    this.folder = new PrivateFolder(folder, GROUP_READS);
  }

  /** Takes an entry as it is known now; a later call with the same reference replaces it. */
  take(summary: Summary): void {
    if (!isAlert(summary)) return;
    this.alerts.set(summary.reference, alertOf(summary));
    if (this.alerts.size <= MOST_ALERTS) return;
    const [oldest] = this.alerts.keys();
    if (oldest !== undefined) this.alerts.delete(oldest);
  }

  /** Forgets what was taken. */
  clear(): void {
    this.alerts.clear();
  }

  /** Forgets what some addresses sent. */
  forget(isMeant: (address: string) => boolean): void {
    for (const [reference, { client_ip: address }] of this.alerts)
      if (isMeant(address)) this.alerts.delete(reference);
  }

  /**
   * Writes both files, each whole in the place of the old one. A folder that is gone is made again. Throws a BufferError
   * where it is not to be trusted, or the error of the system.
   */
  write(summaries: readonly Summary[], numbers: StatusNumbers, nowMs: number): void {
    if (!this.folder.isInPlace()) {
      const folder = new PrivateFolder(this.folder.path, GROUP_READS);
      this.folder.close();
      this.folder = folder;
    }
    const put = (name: string, content: object): void => {
      this.folder.put(name, `${JSON.stringify(content, null, 2)}\n`);
    };
    put('dpi-buffer.json', bufferStatus(summaries, numbers, nowMs));
    put('waf-alerts.json', [...this.alerts.values()]);
  }

  close(): void {
    this.folder.close();
  }
}

/** Whether an entry is told of among the alerts. */
export function isAlert({ score, blocked }: Pick<Summary, 'score' | 'blocked'>): boolean {
  return score > ALERT_SCORE || blocked;
}

function bufferStatus(summaries: readonly Summary[], numbers: StatusNumbers, nowMs: number): object {
  return {
    timestamp: isoSeconds(nowMs),
    entries: summaries.length,
    max_size: numbers.maxSize,
    requests_total: numbers.requestsTotal,
    threats_detected: numbers.threatsDetected,
    blocked_count: numbers.blockedCount,
    high_threat_in_buffer: summaries.filter(({ score }) => score >= HIGH_SCORE).length,
    threat_distribution: counted(summaries.flatMap(({ categories }) => categories)),
    top_hosts: counted(summaries.map(({ host }) => host).filter((host) => host !== '')),
    analysis_enabled: numbers.analysisEnabled,
    replay_enabled: numbers.replayEnabled,
  };
}

function counted(values: readonly string[]): Record<string, number> {
  const rows = topCounts(values, MOST_HOSTS);
  return Object.fromEntries(rows.map(({ name, count }) => [terminalText(name), count]));
}

function alertOf(summary: Summary): Alert {
  const [rule] = summary.ruleIds;
  return {
    id: summary.reference,
    timestamp: isoSeconds(summary.timeUs / 1000),
    client_ip: summary.client,
    host: terminalText(summary.host),
    path: terminalText(redactText(summary.path)),
    method: terminalText(summary.method),
    threat_score: summary.score,
    categories: summary.categories,
    blocked: summary.blocked,
    rule: rule === undefined ? (summary.categories[0] ?? '') : String(rule),
  };
}

/** As `date -Iseconds` writes it in UTC. */
function isoSeconds(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}+00:00`;
}
