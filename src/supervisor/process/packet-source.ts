import { statSync } from 'node:fs';
import type { Configuration } from '../../config/index.ts';
import { compileFilter } from '../../tap/capture/filter/index.ts';
import type { Batch } from '../../tap/capture/index.ts';
import type { RingPressure } from '../../tap/capture/live/index.ts';
import { defaultInterface } from '../default-route.ts';
import { StartError } from '../privileges.ts';
import type { Worker } from '../workers.ts';

/** Bytes of a block of the ring. */
const BLOCK_BYTES = 256 << 10;
/** After so long a block is handed over that is not full: a packet waits no longer for others. */
const RETIRE_MS = 3;

/** Where the sensor's packets come from. */
export interface PacketSource {
  /** What it is, in words. */
  readonly name: string;
  /** True for packets of now: what is not taken in time is lost. */
  readonly live: boolean;
  /** True where more packets come for as long as it is asked: of an interface, or of a folder that is watched. */
  readonly endless: boolean;
  batches(signal: AbortSignal): AsyncIterable<Batch>;
  /** Numbers since the start. */
  statistics(): Readonly<Record<string, unknown>>;
  /** How full the ring is, where there is one. */
  pressure?(): RingPressure;
  close(): void;
}

/** Opens captures; a folder is watched, and files that come later are read too. */
export async function openCaptureSource(paths: readonly string[]): Promise<PacketSource> {
  const follow = paths.some((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
  const { openCaptures } = await import('../../tap/capture/index.ts');
  const sequence = await openCaptures(paths, {
    follow,
    onFinding: ({ severity, message }) => {
      if (severity !== 'note') process.stderr.write(`weir sensor: ${message}\n`);
    },
  });
  if (sequence.nothingReadable && !follow) {
    sequence.close();
    throw new StartError(`nothing could be read of ${paths.join(', ')}`);
  }
  return {
    name: paths.join(', '),
    live: false,
    endless: follow,
    batches: (signal) => sequence.batches(signal),
    statistics: () => ({ ...sequence.progress() }),
    close: () => sequence.close(),
  };
}

function plainInterface(capture: Configuration['capture']): string | undefined {
  return capture.interface === 'auto' ? defaultInterface() : capture.interface;
}

/** Where the copies of the mirror come to that was made before the sensor began. */
async function mirrorTarget(capture: Configuration['capture']): Promise<string> {
  const { mirrorStatus } = await import('../../mirror/index.ts');
  const source = mirrorSource(capture);
  const mirror = (await mirrorStatus()).find((each) => each.source === source);
  if (mirror === undefined) throw new StartError(`${source ?? 'the interface'} is not mirrored`);
  return mirror.capture;
}

/** The interface that is mirrored in software; undefined without a default route where that is meant. */
export function mirrorSource(capture: Configuration['capture']): string | undefined {
  return capture.mirror.source === 'auto' ? defaultInterface() : capture.mirror.source;
}

/**
 * Opens the ring on the interface of the configuration; needs CAP_NET_RAW. `worker`: the interface is shared with other
 * sensors, and both directions of a flow come to the same one.
 */
export async function openInterface(
  capture: Configuration['capture'],
  worker?: Worker,
): Promise<PacketSource> {
  const name = capture.mirror.mode === 'software' ? await mirrorTarget(capture) : plainInterface(capture);
  if (name === undefined) {
    throw new StartError('there is no default route: name the interface in capture.interface of weir.yaml');
  }
  const { openLive } = await import('../../tap/capture/live/index.ts');
  const source = openLive({
    interface: name,
    snapLength: capture.snaplen,
    blocks: Math.floor(capture.buffer / BLOCK_BYTES),
    fanout: worker && { group: worker.group },
    retireMs: RETIRE_MS,
    ...(capture.filter === '' ? {} : { filter: compileFilter(capture.filter) }),
  });
  return {
    name,
    live: true,
    endless: true,
    batches: (signal) => source.batches(signal),
    statistics: () => ({ ...source.statistics() }),
    pressure: () => source.pressure(),
    close: () => source.close(),
  };
}
