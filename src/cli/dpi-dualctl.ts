import { controlFolder } from '../control/index.ts';
import { DPI_DUAL_PATH } from '../secubox/index.ts';
import {
  type ChosenConfiguration,
  chooseConfiguration,
  refuseWhereOff,
  StartError,
} from '../supervisor/index.ts';
import { startInBackground, stopInBackground } from './background.ts';
import { namedConfig, runDual } from './dual-program.ts';
import { askRunning } from './running.ts';
import { parseCount, UsageError } from './usage.ts';

const HELP = `usage: dpi-dualctl [--config FILE] COMMAND ...

The commands of SecuBox's dpi-dual, answered by weir.

  start                start weir in the background; where it runs already nothing changes
  stop                 ask weir to end, and wait until it has
  restart              both
  status [--json]      how it is; as JSON in the form of dpi-dual's status
  flows                dpi-flows.json: flows of the last minute, protocols, counters of the interface
  lan                  lan-flows.json: clients, destinations and protocols in numbers, rates
  clients              lan-clients.json: the clients of the LAN
  destinations         lan-destinations.json: where their traffic went
  protocols            lan-protocols.json: what they speak
  threats [N]          the last N correlated threats (default 20), the newest last, a line of JSON for each
  mirror start|stop|status

  -c, --config FILE    the configuration (default /etc/weir/weir.yaml where it exists, else ${DPI_DUAL_PATH})

flows, clients, destinations and protocols with options are weir's own commands: 'weir flows --help' tells more. The
same holds for lan ('weir clients') and mirror ('weir mirror').
`;

/** What runs besides the drain of the configuration may take to end: the mirror, and the last records. */
const STOP_MORE_MS = 10_000;

/** Commands of weir that are called where options are given. */
type Own = (args: readonly string[]) => Promise<number>;

/** Commands that show one of the status files, and the command of weir that tells more. */
const FILES: Readonly<Record<string, { readonly file: string; load(): Promise<Own> }>> = {
  flows: { file: 'dpi-flows.json', load: async () => (await import('./flows.ts')).flows },
  lan: { file: 'lan-flows.json', load: async () => (await import('./clients.ts')).clients },
  clients: { file: 'lan-clients.json', load: async () => (await import('./clients.ts')).clients },
  destinations: {
    file: 'lan-destinations.json',
    load: async () => (await import('./destinations.ts')).destinations,
  },
  protocols: { file: 'lan-protocols.json', load: async () => (await import('./protocols.ts')).protocols },
};

/** `dpi-dualctl`, also `weir dpi-dualctl`: dpi-dual's commands. Exit code 1: it failed, or nothing runs. */
export function dpiDualctl(args: readonly string[]): Promise<number> {
  return runDual({ name: 'dpi-dualctl', help: HELP, run }, args);
}

async function run(
  command: string,
  operands: readonly string[],
  config: string | undefined,
): Promise<number> {
  const file = Object.hasOwn(FILES, command) ? FILES[command] : undefined;
  if (file !== undefined) {
    if (operands.length > 0) return (await file.load())([...operands, ...namedConfig(config)]);
    const { showStatusFile } = await import('./status-file.ts');
    return showStatusFile(file.file, chooseConfiguration(config));
  }
  switch (command) {
    case 'start':
      none(command, operands);
      return start(config);
    case 'stop':
      none(command, operands);
      return stop(chooseConfiguration(config));
    case 'restart': {
      none(command, operands);
      // A configuration that nothing can start with leaves alone what runs.
      const chosen = chooseConfiguration(config);
      refuseWhereOff(chosen.file, chosen);
      const code = await stop(chosen);
      return code === 0 ? start(config) : code;
    }
    case 'status':
      if (operands.length === 1 && operands[0] === '--json') {
        const { showDualStatus } = await import('./status-file.ts');
        return showDualStatus(chooseConfiguration(config));
      }
      return (await import('./status.ts')).status([...operands, ...namedConfig(config)]);
    case 'mirror':
      return mirror(operands, config);
    case 'threats':
      return threats(operands, config);
    default:
      throw new UsageError(
        command === '' ? 'dpi-dualctl takes a command' : `dpi-dualctl has no command '${command}'`,
        HELP.trimEnd(),
      );
  }
}

/** The last correlations, as `tail` shows those of dpi-dual's file. */
async function threats(operands: readonly string[], config: string | undefined): Promise<number> {
  const [count = '20', ...more] = operands;
  if (more.length > 0) throw new UsageError('threats takes one number', "Try 'dpi-dualctl help'");
  const limit = parseCount('threats', count, 1, 10_000);
  const { correlationLines } = await import('./correlation-lines.ts');
  return askRunning(config, '', async (weir) => {
    process.stdout.write(correlationLines((await weir.correlations({}, limit)).correlations));
    return 0;
  });
}

async function start(config: string | undefined): Promise<number> {
  const chosen = chooseConfiguration(config);
  refuseWhereOff(chosen.file, chosen);
  const folder = controlFolder(chosen.configuration.control.folder);
  const { pid, log, changed } = await startInBackground(folder, config);
  const mode = chosen.dpiDual === undefined ? '' : `, mode ${chosen.dpiDual.mode}`;
  process.stdout.write(
    changed ? `started: process ${pid}${mode}; its log is ${log}\n` : `runs already: process ${pid}\n`,
  );
  return 0;
}

async function stop({ configuration }: ChosenConfiguration): Promise<number> {
  const patienceMs = configuration.processes.drainMs + STOP_MORE_MS;
  const folder = controlFolder(configuration.control.folder);
  const pid = await stopInBackground(folder, patienceMs);
  if (pid === undefined && process.getuid?.() !== 0) {
    throw new StartError(`no weir of this user runs (nobody answers in ${folder}); one of root is for sudo`);
  }
  process.stdout.write(pid === undefined ? 'weir does not run\n' : `stopped: process ${pid} has ended\n`);
  return 0;
}

/** `weir mirror` on what the configuration mirrors. */
async function mirror(operands: readonly string[], config: string | undefined): Promise<number> {
  const own = (await import('./mirror.ts')).mirror;
  const [verb, ...more] = operands;
  const { capture } = chooseConfiguration(config).configuration;
  const hardware = capture.mirror.mode === 'hardware';
  // A switch port is captured where the copies come to.
  const name = hardware ? capture.interface : capture.mirror.source;
  const source = name === 'auto' ? [] : ['--source', name];
  const target =
    capture.mirror.mode === 'software' && capture.interface !== 'auto' ? ['--target', capture.interface] : [];
  const mode = hardware ? ['--mode', 'hardware'] : [];
  if (verb === 'start') return own([verb, ...source, ...target, ...mode, ...more]);
  return verb === 'stop' ? own([verb, ...source, ...more]) : own(operands);
}

function none(command: string, operands: readonly string[]): void {
  if (operands.length > 0) throw new UsageError(`${command} takes no operands`, "Try 'dpi-dualctl help'");
}
