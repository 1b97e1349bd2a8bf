import { join } from 'node:path';
import type { OptionReport } from './configuration.ts';

/** What the file says, by the setting that an option is; dpi-dual's default where it does not. */
export interface SaidSettings {
  flag(setting: string): boolean;
  text(setting: string): string;
  count(setting: string): number;
  list(setting: string): readonly string[];
}

/** Correlation, bans and notifications as dpi-dual's file has them. */
export interface CorrelationPlan {
  /** The sections correlation, respond and notifications of `weir.yaml`. */
  readonly document: Readonly<Record<string, unknown>>;
  readonly crowdsec: boolean;
  /** What there is to say of single options, by their names. */
  readonly remarks: ReadonlyMap<string, Partial<Pick<OptionReport, 'setting' | 'ignored' | 'note'>>>;
}

const HOUR_SECONDS = 3600;
/** Points in an hour. */
const FASTEST_DECAY = 50;
/** What `respond.longestBan` is where nobody sets it. */
const LONGEST_BAN_SECONDS = 7 * 86_400;
const WEIGHTS = [
  ['waf_block', 'wafBlock'],
  ['waf_alert', 'wafAlert'],
  ['crowdsec_ban', 'crowdsecBan'],
  ['dpi_threat', 'dpiThreat'],
  ['scanner', 'scanner'],
  ['brute_force', 'bruteForce'],
  ['default', 'other'],
] as const;

/** The part of dpi-dual's file that is about correlation. */
export function correlationPlan(said: SaidSettings): CorrelationPlan {
  const remarks = new Map<string, Partial<Pick<OptionReport, 'setting' | 'ignored' | 'note'>>>();
  const enabled = said.flag('files.correlation') && said.flag('correlation.enabled');
  const sensitivity = said.text('correlation.sensitivity');
  if (sensitivity !== 'custom') {
    const ignored = 'weights count only where correlation.sensitivity is custom';
    for (const [option] of WEIGHTS) remarks.set(`scoring.${option}`, { setting: undefined, ignored });
  }
  const asked = (said.count('correlation.decay') * HOUR_SECONDS) / said.count('files.decaySeconds');
  const decay = asked === 0 ? 0 : Math.min(FASTEST_DECAY, Math.max(1, Math.round(asked)));
  if (decay !== asked) {
    const note = `${decay} points in an hour; ${Number(asked.toPrecision(3))} cannot be followed`;
    for (const option of ['reputation_decay', 'decay_interval']) {
      remarks.set(`correlation.${option}`, { note });
    }
  }
  const autoBan = said.flag('respond.autoBan.enabled');
  remarks.set('correlation.auto_ban', {
    note: autoBan
      ? 'and respond.mode is enforce, so that bans of scenarios take effect too'
      : 'and respond.mode is observe: decisions are told of and do not take effect',
  });
  const threshold = Math.max(1, said.count('respond.autoBan.threshold'));
  const seconds = said.count('respond.autoBan.duration');
  const output = said.text('correlation.records.file');
  const isUsual = output === '' || output === join(said.text('status.folder'), 'correlated-threats.json');
  return {
    document: {
      correlation: {
        enabled,
        window: `${said.count('correlation.window')}s`,
        sensitivity,
        weights: Object.fromEntries(
          WEIGHTS.map(([, name]) => [name, said.count(`correlation.weights.${name}`)]),
        ),
        decay,
        records: { file: isUsual ? 'auto' : output },
      },
      respond: {
        mode: autoBan ? 'enforce' : 'observe',
        autoBan: { enabled: autoBan, threshold, duration: `${seconds}s` },
        ...(seconds > LONGEST_BAN_SECONDS ? { longestBan: `${seconds}s` } : {}),
        neverBan: said.list('respond.neverBan'),
      },
      notifications: {
        enabled: said.flag('notifications.enabled'),
        threshold: said.count('notifications.threshold'),
      },
    },
    crowdsec: enabled && said.flag('files.crowdsec'),
    remarks,
  };
}
