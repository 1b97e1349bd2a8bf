import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Configuration } from '../config/index.ts';
import { SENSOR } from './messages.ts';
import { workerNames } from './workers.ts';

/** A file of packets on disk. */
const PACKETS = /^weir-\d{8}T\d{6}\.\d{6}Z\.pcapng$/;

/** The folders in which the sensors keep their packets; one alone uses the folder itself. Empty where none are kept. */
export function ringFolders({ ring, workers }: Configuration['capture']): readonly string[] {
  if (ring.folder === '') return [];
  return workers === 1 ? [ring.folder] : workerNames(SENSOR, workers).map((name) => join(ring.folder, name));
}

/**
 * What is to be said of packets that a run with another number of sensors has left: nobody counts or removes them now.
 * Throws the system's error.
 */
export function strayPackets(capture: Configuration['capture']): readonly string[] {
  const { folder } = capture.ring;
  if (folder === '') return [];
  const inUse = new Set(ringFolders(capture));
  const below = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^sensor-\d+$/.test(entry.name))
    .map(({ name }) => join(folder, name));
  return [folder, ...below].flatMap((path) => {
    const files = inUse.has(path) ? 0 : readdirSync(path).filter((name) => PACKETS.test(name)).length;
    if (files === 0) return [];
    const what = files === 1 ? '1 file of packets' : `${files} files of packets`;
    return [
      `${path} has ${what} from a run with another number of sensors: they count for no limit now, and stay until you remove them`,
    ];
  });
}
