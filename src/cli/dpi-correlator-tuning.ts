import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_PATH, formatDuration, weighingOf } from '../config/index.ts';
import { ControlError, controlFolder, RunningWeir, type Tuning } from '../control/index.ts';
import { DEFAULT_WEIGHTS } from '../correlate/reputation/index.ts';
import { formatPrefix, parsePrefix } from '../net/index.ts';
import { printable } from '../output/summary/format.ts';
import { changeDpiDual, optionMistake, type UciChange } from '../secubox/index.ts';
import { type ChosenConfiguration, chooseConfiguration, StartError } from '../supervisor/index.ts';
import { UsageError } from './usage.ts';

/** What the weir that runs takes to read its configuration again. */
const PATIENCE_MS = 5000;
const STEP_MS = 50;

/** What `tune` changes: the option of dpi-dual's section correlation, the setting of weir.yaml, and the words for it. */
const PARAMETERS = {
  sensitivity: {
    option: 'sensitivity',
    setting: 'correlation.sensitivity',
    done: (value: string) => `Sensitivity set to: ${value}`,
  },
  threshold: {
    option: 'auto_ban_threshold',
    setting: 'respond.autoBan.threshold',
    done: (value: string) => `Auto-ban threshold set to: ${value}`,
  },
  duration: {
    option: 'auto_ban_duration',
    setting: 'respond.autoBan.duration',
    done: (value: string) => `Auto-ban duration set to: ${value}`,
  },
  decay: {
    option: 'reputation_decay',
    setting: 'correlation.decay',
    done: (value: string) => `Reputation decay set to: ${value} points`,
  },
} as const;

/** What the configuration says, in dpi-dual's words. */
export async function showTuning(config: string | undefined): Promise<number> {
  const { configuration } = chooseConfiguration(config);
  const { correlation, respond, notifications } = configuration;
  const { sensitivity } = correlation;
  const factor = { low: 70, medium: 100, high: 130, custom: 100 }[sensitivity];
  const used = sensitivity === 'custom' ? '' : ' (those of weir; others with sensitivity custom)';
  const shown = weighingOf(correlation).weights ?? DEFAULT_WEIGHTS;
  process.stdout.write(`=== DPI Correlator Tuning ===

Sensitivity: ${sensitivity} (multiplier: ${factor}%)

Scoring Weights:${used}
  waf_block:     ${shown.waf_block}
  waf_alert:     ${shown.waf_alert}
  crowdsec_ban:  ${shown.crowdsec_ban}
  dpi_threat:    ${shown.dpi_threat}
  scanner:       ${shown.scanner}
  brute_force:   ${shown.brute_force}
  default:       ${shown.other}

Auto-Ban:
  Enabled:    ${respond.autoBan.enabled ? 1 : 0}
  Threshold:  ${respond.autoBan.threshold}
  Duration:   ${formatDuration(respond.autoBan.durationMs)}

Notifications:
  Enabled:    ${notifications.enabled ? 1 : 0}
  Threshold:  ${notifications.threshold}

Reputation Decay:
  Amount:     ${correlation.decay} points
  Interval:   3600s

Whitelist:${respond.neverBan.map((one) => ` ${one}`).join('')}
`);
  return 0;
}

/** Changes one parameter where the configuration is dpi-dual's. */
export async function setTuning(name: string, value: string, config: string | undefined): Promise<number> {
  const parameter = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name as keyof typeof PARAMETERS] : undefined;
  if (parameter === undefined) {
    throw new UsageError(
      `tune has no parameter '${printable(name.slice(0, 40))}'`,
      `Parameters: ${Object.keys(PARAMETERS).join(', ')}`,
    );
  }
  const { option, setting, done } = parameter;
  const mistake = optionMistake('correlation', option, value);
  if (mistake !== undefined) throw new UsageError(`${name} ${mistake}`);
  const chosen = chooseConfiguration(config);
  if (chosen.dpiDual === undefined) throw elsewhere(chosen, setting, `set it to ${value}`);
  return change(chosen, config, done(value), {
    type: 'correlation',
    section: 'correlation',
    option,
    change: 'set',
    value,
  });
}

/** Who is never banned. */
export async function showWhitelist(config: string | undefined): Promise<number> {
  const { neverBan } = chooseConfiguration(config).configuration.respond;
  process.stdout.write(`Whitelisted IPs:${neverBan.map((one) => ` ${one}`).join('')}\n`);
  return 0;
}

/** Adds to who is never banned, or takes away. */
export async function changeWhitelist(
  verb: 'add' | 'remove',
  text: string,
  config: string | undefined,
): Promise<number> {
  const mistake = optionMistake('whitelist', 'ip', text);
  if (mistake !== undefined) throw new UsageError(`whitelist ${mistake}`);
  const chosen = chooseConfiguration(config);
  const name = prefixName(text);
  const isSame = (value: string): boolean => prefixName(value) === name;
  const isThere = chosen.configuration.respond.neverBan.some(isSame);
  const place = { type: 'whitelist', section: 'whitelist', option: 'ip' } as const;
  if (verb === 'add' && isThere) {
    process.stdout.write(`${text} is whitelisted already\n`);
    return 0;
  }
  if (verb === 'remove' && !isThere) throw new StartError(`${text} is not in the whitelist`);
  if (chosen.dpiDual === undefined) {
    const todo = verb === 'add' ? `add ${text} to it` : `take ${text} out of it`;
    throw elsewhere(chosen, 'respond.neverBan', todo);
  }
  return verb === 'add'
    ? change(chosen, config, `Added ${text} to whitelist`, { ...place, change: 'add', value: text })
    : change(chosen, config, `Removed ${text} from whitelist`, {
        ...place,
        change: 'remove',
        isGone: isSame,
      });
}

function prefixName(text: string): string {
  const prefix = parsePrefix(text);
  return prefix === undefined ? text : formatPrefix(prefix);
}

function elsewhere({ file }: ChosenConfiguration, setting: string, todo: string): StartError {
  return new StartError(
    `weir runs by ${file ?? 'its defaults'}: this is ${setting} of ${file ?? DEFAULT_PATH}; ${todo} there, and SIGHUP (systemctl reload weir) has the weir that runs take it over`,
  );
}

/** Writes a change to dpi-dual's file, and has the weir that runs take it over. */
async function change(
  before: ChosenConfiguration,
  config: string | undefined,
  done: string,
  what: UciChange,
): Promise<number> {
  const file = before.file as string;
  changeDpiDual(file, [what]);
  process.stdout.write(`${done}\n`);
  const after = chooseConfiguration(config);
  for (const line of remarks(before, after, `${what.section}.${what.option}`)) {
    process.stderr.write(`dpi-correlator: ${line}\n`);
  }
  const problem = await takeOver(file, after);
  if (problem === '') return 0;
  process.stderr.write(`dpi-correlator: it is written to ${file}; ${problem}\n`);
  return 1;
}

function remarks(before: ChosenConfiguration, after: ChosenConfiguration, option: string): string[] {
  const { respond } = after.configuration;
  const note = after.dpiDual?.options.find((one) => one.option === option)?.note;
  const longest = before.configuration.respond.longestBanMs;
  return [
    ...(note === undefined ? [] : [`${option}: ${note}`]),
    ...(respond.autoBan.durationMs > longest
      ? [`until weir is started again bans last ${formatDuration(longest)} at the most`]
      : []),
  ];
}

/** What stands against it; empty where the weir that runs goes by the file now, or none runs. */
async function takeOver(file: string, { configuration }: ChosenConfiguration): Promise<string> {
  const weir = RunningWeir.at(controlFolder(configuration.control.folder));
  try {
    const { pid, configuration: used } = await weir.status();
    if (used === undefined || !isSameFile(`/proc/${pid}/cwd`, used, file)) {
      return `but the weir that runs goes by ${used ?? 'its defaults'}`;
    }
    const wanted = wantedOf(configuration);
    if ((await tuningText(weir)) === wanted) return '';
    process.kill(pid, 'SIGHUP');
    for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await sleep(STEP_MS)) {
      const text = await tuningText(weir);
      // Without a correlator nobody tells.
      if (text === undefined || text === wanted) return '';
    }
    return 'but the weir that runs has not taken it over: its log says why';
  } catch (error) {
    if (error instanceof ControlError && error.code === 'absent') return '';
    if (error instanceof Error && 'code' in error && error.code === 'EPERM') {
      return 'but the weir that runs belongs to another user: sudo, or SIGHUP, has it take this over';
    }
    throw error;
  }
}

/** Whether a path, from a folder on, leads to a file; not where nobody may look. */
function isSameFile(folder: string, path: string, file: string): boolean {
  try {
    return realpathSync(resolve(folder, path)) === realpathSync(file);
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return false;
    throw error;
  }
}

/** What the weir that runs goes by, to be compared; undefined where it does not correlate. */
async function tuningText(weir: RunningWeir): Promise<string | undefined> {
  try {
    return tuningLine(await weir.tuning());
  } catch (error) {
    if (error instanceof ControlError && error.code === 'off') return undefined;
    throw error;
  }
}

function wantedOf({ correlation, respond }: ChosenConfiguration['configuration']): string {
  const { enabled, threshold, durationMs } = respond.autoBan;
  const { sensitivity, decay } = correlation;
  return tuningLine({
    sensitivity,
    decay,
    autoBan: enabled,
    threshold,
    durationMs,
    neverBan: respond.neverBan,
  });
}

function tuningLine({
  sensitivity,
  decay,
  autoBan,
  threshold,
  durationMs,
  neverBan,
}: Omit<Tuning, 'networks'>): string {
  return JSON.stringify([sensitivity, decay, autoBan, threshold, durationMs, neverBan]);
}
