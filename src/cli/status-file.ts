import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { ControlError, controlFolder, RunningWeir } from '../control/index.ts';
import { type ChosenConfiguration, StartError } from '../supervisor/index.ts';

/** No status file is larger; whatever is, is none. */
const MOST_BYTES = 16 << 20;

type Fields = Readonly<Record<string, unknown>>;

/** Prints one of dpi-dual's status files, and says on standard error where nothing keeps it fresh. Exit code 1: none is there. */
export async function showStatusFile(name: string, chosen: ChosenConfiguration): Promise<number> {
  const { status } = chosen.configuration;
  const content = readStatusFile(join(status.folder, name));
  const running = await isRunning(chosen);
  if (content === undefined) {
    throw new StartError(
      running
        ? `${join(status.folder, name)} is not there: ${status.enabled ? 'it is not written yet, or switched off' : 'set status.enabled to true in weir.yaml'}`
        : "weir does not run: 'dpi-dualctl start' starts it",
    );
  }
  if (!running) {
    process.stderr.write(`dpi-dualctl: weir does not run: this is of ${String(content.timestamp)}\n`);
  }
  process.stdout.write(`${JSON.stringify(content, null, 2)}\n`);
  return 0;
}

/** Prints what the status of dpi-dual's ubus object has (the streams, correlation, the LAN). */
export async function showDualStatus(chosen: ChosenConfiguration): Promise<number> {
  const { configuration, dpiDual } = chosen;
  const { status, capture, lan, web } = configuration;
  const running = await isRunning(chosen);
  // What nobody refreshes says nothing of now.
  const read = (name: string): Fields => (running && readStatusFile(join(status.folder, name))) || {};
  const flows = read('dpi-flows.json');
  const local = read('lan-flows.json');
  const buffer = web.enabled ? read('dpi-buffer.json') : {};
  const tap = status.files?.tapInterface ?? capture.interface;
  const number = (of: Fields, name: string): number => {
    const value = of[name];
    return typeof value === 'number' ? value : 0;
  };
  const numbers = (of: Fields, ...names: readonly string[]): Record<string, number> =>
    Object.fromEntries(names.map((name) => [name, number(of, name)]));
  const answer = {
    enabled: dpiDual?.off === undefined,
    mode: dpiDual?.mode ?? 'tap-only',
    correlation_enabled: configuration.correlation.enabled,
    mitm_stream: {
      running: running && web.enabled,
      buffer_entries: number(buffer, 'entries'),
      ...numbers(buffer, 'threats_detected', 'blocked_count'),
    },
    tap_stream: {
      running: running && status.files?.flows !== false,
      interface: tap,
      interface_up: isUp(tap),
      ...numbers(flows, 'rx_bytes', 'tx_bytes', 'flows_1min'),
      collector_running: running && status.enabled,
    },
    correlation: {
      running: running && configuration.correlation.enabled,
      threats_correlated: running ? await correlated(chosen) : 0,
    },
    lan_passive: {
      enabled: lan.enabled,
      running: running && lan.enabled,
      interface: status.files?.lanInterface ?? capture.interface,
      ...numbers(local, 'active_clients', 'unique_destinations', 'detected_protocols'),
    },
  };
  process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  return running ? 0 : 1;
}

/** How many correlations there are; 0 where the weir that runs keeps none. */
async function correlated({ configuration }: ChosenConfiguration): Promise<number> {
  try {
    const weir = RunningWeir.at(controlFolder(configuration.control.folder));
    return (await weir.correlationStatistics()).total;
  } catch (error) {
    if (error instanceof ControlError && error.code === 'off') return 0;
    throw error;
  }
}

async function isRunning({ configuration }: ChosenConfiguration): Promise<boolean> {
  try {
    await RunningWeir.at(controlFolder(configuration.control.folder)).status();
    return true;
  } catch (error) {
    if (error instanceof ControlError && error.code === 'absent') return false;
    throw error;
  }
}

/** The object in a file that may be anybody's; undefined where there is no file. */
function readStatusFile(path: string): Fields | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw new StartError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile() || stat.size > MOST_BYTES) throw new StartError(`${path} is no status file`);
    const bytes = Buffer.alloc(stat.size);
    return parse(bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, 0)), path);
  } finally {
    closeSync(descriptor);
  }
}

function parse(text: string, path: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new StartError(`${path} is no status file: it is not one object of JSON`);
}

/** True for an interface that is there and switched on (IFF_UP of linux/if.h). */
function isUp(name: string): boolean {
  try {
    return (Number(readFileSync(`/sys/class/net/${name}/flags`, 'utf8')) & 1) === 1;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
