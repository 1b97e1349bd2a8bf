import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { Configuration } from '../config/index.ts';
import type { ProcessDescription } from './managed-process.ts';

/** One of several sensors that share an interface. */
export interface Worker {
  /** Its name and that of its folder, as `sensor-1`. */
  readonly name: string;
  /** How many share. */
  readonly of: number;
  /** Number of the group in which the kernel shares the packets out: another one for each run. */
  readonly group: number;
}

/** A fanout group is named by 16 bits (packet(7)). */
const GROUPS = 2 ** 16;

/** The sensors in place of one; one alone is as it was. */
export function spread(sensor: ProcessDescription, count: number): readonly ProcessDescription[] {
  if (count === 1) return [sensor];
  const group = randomInt(GROUPS);
  return workerNames(sensor.name, count).map((name) => ({
    ...sensor,
    name,
    worker: { name, of: count, group },
  }));
}

/** What the sensors of a name are called when there are several. */
export function workerNames(name: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);
}

/** The configuration of one sensor: its share of what all may take, and a folder of its own for its packets. */
export function shareOf(configuration: Configuration, { name, of }: Worker): Configuration {
  const { capture } = configuration;
  const { ring } = capture;
  return {
    ...configuration,
    capture: {
      ...capture,
      flows: Math.floor(capture.flows / of),
      buffer: Math.floor(capture.buffer / of),
      ring:
        ring.folder === ''
          ? ring
          : { ...ring, folder: join(ring.folder, name), sizeBytes: Math.floor(ring.sizeBytes / of) },
    },
  };
}
