import { globSync, lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs';
import { join, sep } from 'node:path';

/** Where packets are kept that can be read again. */
export type KeptPackets =
  /** The ring of a live capture; each sensor has a folder. */
  | {
      readonly kind: 'ring';
      readonly folder: string;
      readonly folders: readonly string[];
      /** Bounds of the files of each folder together, and of one. */
      readonly sizeBytes: number;
      readonly ageMs: number;
      readonly fileBytes: number;
    }
  /** Captures that are read instead of an interface: files, folders, patterns; absolute. */
  | { readonly kind: 'captures'; readonly paths: readonly string[] }
  | { readonly kind: 'none' };

/** A file of packets. */
export interface PacketFile {
  /** Without links on its way. */
  readonly path: string;
  readonly bytes: number;
  readonly changedMs: number;
}

/** Files that are looked at, the newest. */
const MOST_FILES = 4096;
/** As the ring names its files. */
const OF_RING = /^weir-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)\.(\d{6})Z\.pcapng$/;
/** Characters of all paths together: they become arguments of a program. */
const MOST_CHARACTERS = 512 << 10;
/** A packet can be so much older than the one before it, and a file be written so much later than its packets came. */
const DISORDER_US = 60e6;

/**
 * The files that may be read, the oldest first: those of the ring that can hold packets of a time (microseconds since
 * 1970), or the captures of the run. A link in a folder does not lead out of it. What cannot be looked at is left out.
 */
export function packetFiles(
  kept: KeptPackets,
  sinceUs = 0,
  untilUs = Number.POSITIVE_INFINITY,
): readonly PacketFile[] {
  const found = new Map<string, PacketFile>();
  const add = (path: string, within: string | undefined): void => {
    const file = fileAt(path, within);
    if (file !== undefined) found.set(file.path, file);
  };
  switch (kept.kind) {
    case 'ring':
      for (const folder of kept.folders) {
        for (const name of namesIn(folder)) {
          const firstUs = firstUsOf(name);
          if (firstUs !== undefined && firstUs - DISORDER_US <= untilUs) add(join(folder, name), folder);
        }
      }
      break;
    case 'captures':
      for (const path of kept.paths) {
        const stat = statOf(path);
        if (stat === undefined) for (const match of globSync(path)) add(match, undefined);
        else if (!stat.isDirectory()) add(path, undefined);
        else for (const name of namesIn(path)) if (!name.startsWith('.')) add(join(path, name), path);
      }
      break;
    case 'none':
      break;
    default:
      kept satisfies never;
  }
  const files = [...found.values()]
    .filter(({ changedMs }) => kept.kind !== 'ring' || changedMs * 1000 + DISORDER_US >= sinceUs)
    .sort((a, b) => b.changedMs - a.changedMs);
  let characters = 0;
  const most = files.findIndex(({ path }, at) => {
    characters += path.length;
    return at >= MOST_FILES || characters > MOST_CHARACTERS;
  });
  return files.slice(0, most < 0 ? files.length : most).reverse();
}

/** The time in the name of a file of the ring; undefined for other names. */
function firstUsOf(name: string): number | undefined {
  const [, year, month, day, hour, minute, second, micros] = OF_RING.exec(name) ?? [];
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? undefined : ms * 1000 + Number(micros);
}

function fileAt(path: string, within: string | undefined): PacketFile | undefined {
  try {
    const real = realpathSync(path);
    if (within !== undefined && !real.startsWith(`${realpathSync(within)}${sep}`)) return undefined;
    const stat = lstatSync(real);
    return stat.isFile() ? { path: real, bytes: stat.size, changedMs: stat.mtimeMs } : undefined;
  } catch (error) {
    return absent(error);
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    return absent(error) ?? [];
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(realpathSync(path));
  } catch (error) {
    return absent(error);
  }
}

/** The oldest file goes while others are looked at, and what we may not read is none of ours. */
function absent(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP'].includes(String(code))) return undefined;
  throw error;
}
