import { ControlError, type CorrelationFigures, controlFolder, RunningWeir } from '../control/index.ts';
import { secuboxContext } from '../correlate/context/index.ts';
import { terminalJson } from '../mitm/waf/terminal-text.ts';
import { formatAddress, parseAddress } from '../net/index.ts';
import { printable } from '../output/summary/format.ts';
import { DPI_DUAL_PATH } from '../secubox/index.ts';
import { chooseConfiguration, StartError } from '../supervisor/index.ts';
import { correlationLines } from './correlation-lines.ts';
import { author } from './decision-wish.ts';
import { namedConfig, runDual } from './dual-program.ts';
import { askRunning } from './running.ts';
import { parseCount, UsageError } from './usage.ts';

const HELP = `usage: dpi-correlator [--config FILE] COMMAND ...

The commands of SecuBox's dpi-correlator, answered by the weir that runs.

  start                          start weir, which correlates while it runs
  correlate ADDRESS [EVENT_TYPE] [REASON] [SCORE]
                                 say something against an address (default: manual manual_request 50); types that
                                 weigh: waf_block waf_alert crowdsec_ban dpi_threat scanner brute_force default
  reputation ADDRESS             its reputation, 0 to 100; 'weir reputation ADDRESS --why' explains it
  context ADDRESS                what it did lately, as JSON
  search [ADDRESS] [LIMIT]       correlations (default 20), the newest last, a line of JSON for each
  stats                          how many there are, as JSON
  status                         whether it runs, and what it goes by
  tune [PARAMETER VALUE]         what it goes by; or changes it at once and for good:
                                   sensitivity low|medium|high|custom    threshold 0-100    duration 4h    decay 0-50
  whitelist add|remove ADDRESS   who is never banned: addresses and networks; at once and for good
  whitelist list
  decay [AMOUNT]                 have all reputations fade at once as in an hour with a decay of so many points (0-50,
                                 default 5)

  -c, --config FILE    the configuration (default /etc/weir/weir.yaml where it exists, else ${DPI_DUAL_PATH})

tune and whitelist write to dpi-dual's file. Where weir runs by weir.yaml they say which setting of it that is.
`;

const HINT = "Try 'dpi-correlator help'";
const MOST_ROWS = 10_000;

/** `dpi-correlator`, also `weir dpi-correlator`: dpi-dual's commands. Exit code 1: it failed, or nothing runs. */
export function dpiCorrelator(args: readonly string[]): Promise<number> {
  return runDual({ name: 'dpi-correlator', help: HELP, run }, args);
}

async function run(
  command: string,
  operands: readonly string[],
  config: string | undefined,
): Promise<number> {
  switch (command) {
    case 'start':
      most(command, operands, 0);
      return start(config);
    case 'correlate':
      most(command, operands, 4);
      return correlate(operands, config);
    case 'reputation': {
      most(command, operands, 1);
      const address = addressOf(command, operands[0]);
      return askRunning(config, '', async (weir) => {
        const { score } = await weir.reputation(address);
        process.stdout.write(`IP: ${address}\nReputation Score: ${Math.round(score)}\n`);
        return 0;
      });
    }
    case 'context':
      most(command, operands, 1);
      return context(addressOf(command, operands[0]), config);
    case 'search':
      most(command, operands, 2);
      return search(operands, config);
    case 'stats':
      most(command, operands, 0);
      return askRunning(config, '', async (weir) => {
        process.stdout.write(statistics(await weir.correlationStatistics()));
        return 0;
      });
    case 'status':
      most(command, operands, 0);
      return status(config);
    case 'decay': {
      most(command, operands, 1);
      const points = parseCount('decay', operands[0] ?? '5', 0, 50);
      return askRunning(config, '', async (weir) => {
        await weir.fade(points);
        process.stdout.write(`Decayed all reputations by ${points} points\n`);
        return 0;
      });
    }
    case 'tune': {
      const { setTuning, showTuning } = await import('./dpi-correlator-tuning.ts');
      if (operands.length === 0) return showTuning(config);
      if (operands.length !== 2) throw new UsageError('tune takes a parameter and its value', HINT);
      return setTuning(operands[0] as string, operands[1] as string, config);
    }
    case 'whitelist': {
      const { changeWhitelist, showWhitelist } = await import('./dpi-correlator-tuning.ts');
      const [verb = '', address, ...more] = operands;
      if (verb === 'list' && address === undefined) return showWhitelist(config);
      if ((verb === 'add' || verb === 'remove') && address !== undefined && more.length === 0) {
        return changeWhitelist(verb, address, config);
      }
      throw new UsageError('whitelist takes add ADDRESS, remove ADDRESS or list', HINT);
    }
    default:
      throw new UsageError(
        command === ''
          ? 'dpi-correlator takes a command'
          : `dpi-correlator has no command '${printable(command.slice(0, 40))}'`,
        HELP.trimEnd(),
      );
  }
}

async function start(config: string | undefined): Promise<number> {
  const { configuration, dpiDual, file } = chooseConfiguration(config);
  if (!configuration.correlation.enabled) {
    const where =
      dpiDual === undefined
        ? 'correlation.enabled is false'
        : 'settings.correlation or correlation.enabled is 0';
    throw new StartError(`weir is not to correlate: ${where} in ${file}`);
  }
  return (await import('./dpi-dualctl.ts')).dpiDualctl(['start', ...namedConfig(config)]);
}

async function correlate(operands: readonly string[], config: string | undefined): Promise<number> {
  const address = addressOf('correlate', operands[0]);
  const [, type = 'manual', reason = 'manual_request', points = '50'] = operands;
  const threat = parseCount('SCORE', points, 0, 100);
  return askRunning(config, '', async (weir) => {
    const { correlations } = await weir.correlate({ address, type, reason, threat, author: author() });
    const [found] = correlations;
    if (found === undefined) {
      process.stderr.write(
        `dpi-correlator: ${address} is excepted ('weir mark exceptions'): it does not count\n`,
      );
      return 1;
    }
    const time = new Date().toTimeString().slice(0, 8);
    process.stdout.write(
      `[${time}] Processing threat: ${address} (${type}: ${printable(reason)}, score: ${threat})\n` +
        `Reputation Score: ${found.reputation_score}\n`,
    );
    return 0;
  });
}

/** The same as a correlation has it, with nothing said against the address. */
async function context(address: string, config: string | undefined): Promise<number> {
  return askRunning(config, '', async (weir) => {
    const { assessment, banned, context: known } = await weir.context(address, 1);
    const lately = secuboxContext(
      known && {
        address,
        requests: known.requests.toReversed(),
        flows: known.flows.toReversed(),
        matches: known.matches.toReversed(),
      },
    );
    const answer = {
      ip: address,
      timestamp: new Date().toISOString(),
      event_type: 'context_query',
      reason: 'manual',
      threat_score: 0,
      reputation_score: Math.round(assessment.own),
      crowdsec_status: banned ? 'banned' : 'clean',
      context: lately,
    };
    process.stdout.write(`${terminalJson(answer)}\n`);
    return 0;
  });
}

async function search(operands: readonly string[], config: string | undefined): Promise<number> {
  const [first = '', second] = operands;
  // Both may be left out: a bare number is no address.
  const isLimit = second === undefined && /^\d+$/.test(first);
  const address = isLimit || first === '' ? undefined : addressOf('search', first);
  const limit = parseCount('LIMIT', (isLimit ? first : second) ?? '20', 1, MOST_ROWS);
  return askRunning(config, '', async (weir) => {
    const { correlations } = await weir.correlations(address === undefined ? {} : { address }, limit);
    process.stdout.write(correlationLines(correlations));
    return 0;
  });
}

async function status(config: string | undefined): Promise<number> {
  const { configuration } = chooseConfiguration(config);
  const weir = RunningWeir.at(controlFolder(configuration.control.folder));
  let figures: CorrelationFigures | undefined;
  let why = '';
  try {
    figures = await weir.correlationStatistics();
  } catch (error) {
    if (!(error instanceof ControlError && (error.code === 'absent' || error.code === 'off'))) throw error;
    why = error.message;
  }
  const { sensitivity, autoBan, threshold } =
    figures === undefined
      ? {
          sensitivity: configuration.correlation.sensitivity,
          autoBan: configuration.respond.autoBan.enabled,
          threshold: configuration.respond.autoBan.threshold,
        }
      : await weir.tuning();
  process.stdout.write(`=== Correlator Status ===
Status: ${figures === undefined ? 'STOPPED' : 'RUNNING'}

Sensitivity: ${sensitivity}
Auto-ban: ${autoBan ? 1 : 0} (threshold: ${threshold})
${figures === undefined ? '' : `\n${statistics(figures)}`}`);
  if (figures !== undefined) return 0;
  process.stderr.write(`dpi-correlator: ${printable(why)}\n`);
  return 1;
}

function statistics({ total, high, banned, uniqueAddresses }: CorrelationFigures): string {
  const answer = {
    total_correlations: total,
    high_threat_count: high,
    banned_ips: banned,
    unique_ips: uniqueAddresses,
    updated: new Date().toISOString(),
  };
  return `${JSON.stringify(answer, null, 2)}\n`;
}

function addressOf(command: string, text: string | undefined): string {
  const address = text === undefined ? undefined : parseAddress(text);
  if (address !== undefined) return formatAddress(address.version, ...address.words);
  throw new UsageError(
    text === undefined
      ? `${command} takes an address`
      : `'${printable(text.slice(0, 60))}' is no address such as 203.0.113.9 or 2001:db8::9`,
    HINT,
  );
}

function most(command: string, operands: readonly string[], count: number): void {
  if (operands.length > count)
    throw new UsageError(`${command} takes less: ${operands.length} operands`, HINT);
}
