import type Type from 'typebox';
import { parseDuration, parseSize } from './quantity.ts';
import { choice, duration, flag, integer, section, size, text, texts } from './setting.ts';

const DAY_SECONDS = 86_400;

/** A weight, in points of reputation. */
function weight(description: string, points: number) {
  return integer(description, { default: points, minimum: 0, maximum: 100 });
}

/** What is known of an address, joined and weighed. */
export const CORRELATION = section(
  'Both streams joined: context, reputation and incidents of each address.',
  {
    enabled: flag('Correlate.', true),
    folder: text("Folder of its state and its records; 'auto': below that of the store.", 'path', 'auto'),
    window: duration(
      'How far apart in time what has only the address in common may lie.',
      '60s',
      1,
      DAY_SECONDS,
    ),
    sensitivity: choice(
      'Factor of the weights: low 0.7, medium 1, high 1.3; custom: as `weights` says.',
      ['low', 'medium', 'high', 'custom'],
      'medium',
    ),
    weights: section('Points of reputation (0 to 100, higher is worse) that evidence gives; for custom.', {
      wafBlock: weight('A request that the rules denied.', 25),
      wafAlert: weight('A request that rules found something in.', 15),
      crowdsecBan: weight('A ban of CrowdSec.', 30),
      dpiThreat: weight('What packets showed.', 20),
      scanner: weight('A scanner.', 35),
      bruteForce: weight('Guessing at passwords.', 40),
      other: weight('Anything else.', 10),
    }),
    decay: integer('Points that reputation loses in an hour.', { default: 5, minimum: 0, maximum: 50 }),
    records: section('The file of correlations, one JSON object per line, and those that were rotated.', {
      file: text(
        "Its path; 'auto': correlated-threats.json in the folder of status files, without those in `folder`.",
        'path',
        'auto',
      ),
      size: size('Size of a file.', '16MiB', 1 << 16, 2 ** 31),
      files: integer('Files that are kept.', { default: 8, minimum: 1, maximum: 1000 }),
    }),
    scenarios: section('Leaky buckets over all records.', {
      builtin: flag("weir's own scenarios.", true),
      files: texts("Others, in CrowdSec's format: files, and folders of them.", 'path', []),
      data: text('Folder of the data files that they name.', 'path', '/etc/weir/data'),
    }),
    sshLogs: texts("Logs of SSH servers, where the hub's user may read them.", 'path', []),
  },
);

type CorrelationSettings = Type.Static<typeof CORRELATION>;

/** The same, ready for use: sizes in bytes, times in milliseconds. */
export interface CorrelationConfiguration extends Omit<CorrelationSettings, 'window' | 'records'> {
  readonly windowMs: number;
  readonly records: { readonly file: string; readonly sizeBytes: number; readonly files: number };
}

/** Makes sizes and times numbers. */
export function correlationOf(settings: CorrelationSettings): CorrelationConfiguration {
  const { window, records, ...rest } = settings;
  return {
    ...rest,
    windowMs: parseDuration(window),
    records: { file: records.file, sizeBytes: parseSize(records.size), files: records.files },
  };
}

/** How evidence is weighed, under the names that it has; without weights where the sensitivity takes weir's own. */
export function weighingOf({
  sensitivity,
  decay,
  weights,
}: Pick<CorrelationSettings, 'sensitivity' | 'decay' | 'weights'>) {
  const own = {
    waf_block: weights.wafBlock,
    waf_alert: weights.wafAlert,
    crowdsec_ban: weights.crowdsecBan,
    dpi_threat: weights.dpiThreat,
    scanner: weights.scanner,
    brute_force: weights.bruteForce,
    other: weights.other,
  };
  return { sensitivity, decayPerHour: decay, ...(sensitivity === 'custom' ? { weights: own } : {}) };
}
