import { parseSize } from './quantity.ts';
import type { Settings } from './schema.ts';

/** Sensors that may share an interface. */
export const MOST_WORKERS = 64;

/** What each sensor needs at least of what they share. */
interface Need {
  /** The setting, as it is named in messages. */
  readonly setting: string;
  readonly all: number;
  readonly each: number;
  readonly words: string;
}

/**
 * How many sensors share the interface; `cores`: those of the machine. `auto` leaves one core to the hub, and takes no
 * more sensors than have a share of what they need.
 */
export function workersOf(settings: Settings, cores: number): number {
  const { workers } = settings.capture;
  if (typeof workers === 'number') return workers;
  const room = needsOf(settings).map(({ all, each }) => Math.floor(all / each));
  return Math.max(1, Math.min(cores - 1, MOST_WORKERS, ...room));
}

/** Why so many sensors as were asked for cannot share the rest; empty when they can. */
export function workerFaults(settings: Settings): string[] {
  const { workers } = settings.capture;
  if (typeof workers !== 'number' || workers === 1) return [];
  return needsOf(settings)
    .filter(({ all, each }) => all < each * workers)
    .map(
      ({ setting, words, all, each }) =>
        `capture.workers: ${workers} workers share ${setting}, which must be ${words} for each: set ${setting} higher, or at most ${most(all, each)}`,
    );
}

function most(all: number, each: number): string {
  const workers = Math.max(1, Math.floor(all / each));
  return workers === 1 ? '1 worker' : `${workers} workers`;
}

function needsOf({ capture }: Settings): Need[] {
  const { buffer, flows, ring } = capture;
  const needs = [
    { setting: 'capture.buffer', all: parseSize(buffer), each: 1 << 20, words: '1 MiB' },
    { setting: 'capture.flows', all: flows, each: 16, words: '16' },
  ];
  if (ring.folder === '') return needs;
  return [
    ...needs,
    { setting: 'capture.ring.size', all: parseSize(ring.size), each: 16 << 20, words: '16 MiB' },
  ];
}
