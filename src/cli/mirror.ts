import {
  MirrorError,
  type MirrorMode,
  type MirrorStatus,
  mirrorStatus,
  startMirror,
  stopMirror,
} from '../mirror/index.ts';
import { formatBytes, formatCount } from '../output/index.ts';
import { defaultInterface } from '../supervisor/default-route.ts';
import { parseChoice, parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir mirror start [--source IFACE] [--target NAME] [--mode software|hardware] [--json]
       weir mirror stop [--source IFACE] [--json]
       weir mirror status [--json]

Copies what an interface receives and sends to a device of its own, where it can be captured.

  start    add the copy; where a part of it was removed, make it anew
  stop     remove exactly what start added, also after a crash; without --source, all mirrors
  status   source, target, packets, and whether both directions are there. Exit code 1: a part is missing

  --source IFACE       the interface to mirror (default: that of the default route)
  --target NAME        the device that the copies come to (default: weir0, or the next that is free)
  --mode MODE          software (tc in this machine; default), or hardware: a switch port brings the copies,
                       the interface is captured as it is and nothing is added
  --json               the answer as JSON
`;

/** `weir mirror start|stop|status`. Exit code 1: it failed, or the mirror is not whole. */
export async function mirror(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    json: { type: 'boolean' },
    source: { type: 'string' },
    target: { type: 'string' },
    mode: { type: 'string' },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const hint = "Try 'weir mirror --help'";
  const [word, ...rest] = positionals;
  if (word === undefined || rest.length > 0) throw new UsageError('mirror takes start, stop or status', hint);
  const verb = parseChoice('mirror', word, ['start', 'stop', 'status'] as const);
  if (verb !== 'start' && (values.target !== undefined || values.mode !== undefined)) {
    throw new UsageError(`mirror ${verb} takes neither --target nor --mode`, hint);
  }
  if (verb === 'status' && values.source !== undefined) {
    throw new UsageError('mirror status takes no --source', hint);
  }
  const mode = parseChoice('--mode', values.mode ?? 'software', ['software', 'hardware'] as const);
  if (mode === 'hardware' && values.target !== undefined) {
    throw new UsageError(
      '--target has no meaning with --mode hardware: the interface is captured as it is',
      hint,
    );
  }
  // A change that has begun is finished, or undone when tc was interrupted as well.
  const interrupted = (): void => {};
  process.on('SIGINT', interrupted);
  process.on('SIGTERM', interrupted);
  try {
    if (verb === 'start') return await start(values.source, values.target, mode, values.json === true);
    return verb === 'stop'
      ? await stop(values.source, values.json === true)
      : await status(values.json === true);
  } catch (error) {
    if (!(error instanceof MirrorError)) throw error;
    process.stderr.write(`weir: ${error.message}\n`);
    return 1;
  } finally {
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
  }
}

async function start(
  wanted: string | undefined,
  target: string | undefined,
  mode: MirrorMode,
  json: boolean,
): Promise<number> {
  const source = wanted ?? defaultInterface();
  if (source === undefined) {
    throw new MirrorError('there is no default route that names an interface: name it with --source');
  }
  const started = await startMirror({ source, target, mode });
  for (const note of started.notes) process.stderr.write(`weir: ${note}\n`);
  if (!started.changed) process.stderr.write(`weir: ${source} is mirrored already; nothing was changed\n`);
  process.stdout.write(
    json ? `${JSON.stringify(started, null, 2)}\n` : renderMirrors([started.mirror], Date.now()),
  );
  return 0;
}

async function stop(source: string | undefined, json: boolean): Promise<number> {
  const result = await stopMirror(source);
  for (const note of result.notes) process.stderr.write(`weir: ${note}\n`);
  if (json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else if (result.stopped.length === 0) {
    process.stdout.write(`${source ?? 'nothing'} is ${source === undefined ? '' : 'not '}mirrored\n`);
  } else process.stdout.write(`${result.stopped.join(', ')}: no longer mirrored\n`);
  return 0;
}

async function status(json: boolean): Promise<number> {
  const mirrors = await mirrorStatus();
  process.stdout.write(
    json ? `${JSON.stringify({ mirrors }, null, 2)}\n` : renderMirrors(mirrors, Date.now()),
  );
  return mirrors.some(({ state }) => state === 'broken') ? 1 : 0;
}

/** The mirrors in words; `now` in milliseconds since 1970. */
export function renderMirrors(mirrors: readonly MirrorStatus[], now: number): string {
  if (mirrors.length === 0) return 'nothing is mirrored\n';
  return mirrors.map((one) => `${renderMirror(one, now).join('\n')}\n`).join('\n');
}

function renderMirror(one: MirrorStatus, now: number): string[] {
  const seconds = Math.max(0, Math.round((now - Date.parse(one.since)) / 1000));
  const since = `since ${one.since.slice(0, 19)}Z (${formatCount(seconds)} s)`;
  const trouble = [
    ...one.missing.map((part) => `  missing   ${part}`),
    ...(one.missing.length > 0 ? [`  repair    weir mirror start --source ${one.source}`] : []),
    ...one.notes.map((note) => `  note      ${note}`),
  ];
  const { software } = one;
  if (software === undefined) {
    return [
      `${one.source} is captured as it is: the switch mirrors, nothing was added; ${since}`,
      ...trouble,
    ];
  }
  const how = [software.kind, software.classifier].filter((word) => word !== '').join(', ');
  const direction = (name: string, counted: typeof software.sent): string =>
    `  ${name.padEnd(9)} ${formatCount(counted.packets)} packets, ${formatBytes(counted.bytes)}, ${formatCount(counted.dropped)} dropped${counted.present ? '' : ' (missing)'}`;
  return [
    `${one.source} is mirrored to ${software.target} (${how}) ${since}${one.state === 'whole' ? '' : ', but not whole'}`,
    direction('received', software.received),
    direction('sent', software.sent),
    `  target    ${formatCount(software.targetDropped)} dropped`,
    ...trouble,
  ];
}
