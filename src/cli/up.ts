import { join } from 'node:path';
import { type Configuration, ConfigurationError, DEFAULT_PATH } from '../config/index.ts';
import { DPI_DUAL_PATH } from '../secubox/index.ts';
import {
  type ChosenConfiguration,
  chooseConfiguration,
  chooseUser,
  mayCapture,
  mirrorSource,
  PROCESSES,
  refuseWhereOff,
  ServiceNotifier,
  StartError,
  Supervisor,
} from '../supervisor/index.ts';
import { parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir up [--config FILE] [--capture PATH]... [--once]

Runs weir: the sensor captures packets, the hub keeps their records. Ctrl-C or SIGTERM ends it cleanly, SIGHUP reads the
configuration again. Needs root (or CAP_NET_RAW) to capture.

  -c, --config FILE    the configuration, weir.yaml or SecuBox's dpi-dual (default ${DEFAULT_PATH} where it exists,
                       else ${DPI_DUAL_PATH} where it exists, else the defaults)
  --capture PATH       read a capture instead of an interface; a folder is watched for further files. Needs no root
  --once               end when the captures are read
`;

/** Of the checkout: what the processes must be able to read. */
const SOURCES = join(import.meta.dirname, '..');

/** `weir up`: the supervisor and its processes, until they are told to end. */
export async function up(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    config: { type: 'string', short: 'c' },
    capture: { type: 'string', multiple: true },
    once: { type: 'boolean' },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (positionals.length > 0) throw new UsageError('up takes no operands', "Try 'weir up --help'");
  const captures = values.capture ?? [];
  const once = values.once ?? false;
  if (once && captures.length === 0) throw new UsageError('--once needs --capture');
  try {
    const chosen = chooseConfiguration(values.config);
    refuseWhereOff(chosen.file, chosen);
    return await run(chosen, captures, once);
  } catch (error) {
    if (!(error instanceof ConfigurationError || error instanceof StartError)) throw error;
    process.stderr.write(error instanceof StartError ? `weir: ${error.message}\n` : `${error.message}\n`);
    return 1;
  }
}

async function run(
  { configuration, file, reason }: ChosenConfiguration,
  captures: readonly string[],
  once: boolean,
): Promise<number> {
  const say = (line: string): void => void process.stderr.write(`weir: ${line}\n`);
  if (captures.length === 0 && !mayCapture()) {
    throw new StartError(
      'capturing on an interface needs root (or CAP_NET_RAW): run it with sudo; without, weir read demo/captures works',
    );
  }
  say(reason);
  const { user, warning } = chooseUser(configuration.privileges.user, SOURCES);
  if (warning !== '') say(warning);
  const notifier = new ServiceNotifier(process.env, say);
  const withdraw = captures.length > 0 ? undefined : await startMirrorFor(configuration.capture, say);
  const supervisor = new Supervisor({
    file,
    configuration,
    run: { captures, user },
    processes: PROCESSES,
    notifier,
    once,
    say,
  });
  try {
    return await supervisor.run();
  } finally {
    await withdraw?.();
  }
}

/** Makes the mirror that the configuration asks for. Returns what takes it away again; one that was there stays. */
async function startMirrorFor(
  capture: Configuration['capture'],
  say: (line: string) => void,
): Promise<(() => Promise<void>) | undefined> {
  if (capture.mirror.mode !== 'software') return undefined;
  const source = mirrorSource(capture);
  if (source === undefined) {
    throw new StartError(
      'there is no default route: name the interface in capture.mirror.source of weir.yaml',
    );
  }
  const { MirrorError, startMirror, stopMirror } = await import('../mirror/index.ts');
  const target = capture.interface === 'auto' ? undefined : capture.interface;
  try {
    const { changed, mirror, notes } = await startMirror({ source, target, mode: 'software' });
    for (const note of notes) say(note);
    say(`${source} is mirrored to ${mirror.capture}`);
    if (!changed) return undefined;
  } catch (error) {
    if (error instanceof MirrorError) throw new StartError(error.message);
    throw error;
  }
  return async () => {
    for (const note of (await stopMirror(source)).notes) say(note);
  };
}
