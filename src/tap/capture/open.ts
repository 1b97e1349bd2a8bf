/** Opens a path, or standard input, as a source of decompressed bytes. */

import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { type Compression, compressionOf, decompress } from './compression.ts';
import { type ByteSource, FileSource, PrefixedSource, StreamSource } from './source.ts';

/** The name of standard input among the paths. */
export const STANDARD_INPUT = '-';

/** How {@link openSource} opens. */
export interface OpenOptions {
  /** Stands for the process's own standard input. */
  readonly standardInput?: Readable | undefined;
  /** Told of the source before the first bytes are waited for, so that it can be closed meanwhile. */
  readonly opening?: (source: ByteSource) => void;
}

/** An open source, and how the file is compressed. */
export interface OpenedSource {
  readonly source: ByteSource;
  readonly compression: Compression;
}

/**
 * Opens a file, named pipe or `-`. Throws an Error with a system code (`ENOENT`, `EACCES`, ...) where that is
 * not possible.
 */
export async function openSource(path: string, options: OpenOptions = {}): Promise<OpenedSource> {
  const raw = path === STANDARD_INPUT ? openStandardInput(options.standardInput) : await openPath(path);
  options.opening?.(raw);
  const prefix = new Uint8Array(4);
  let length = 0;
  try {
    while (length < 4) {
      const got = await raw.read(prefix, length);
      if (got === 0) break;
      length += got;
    }
    const compression = compressionOf(prefix.subarray(0, length));
    const whole = raw instanceof FileSource ? rewound(raw) : new PrefixedSource(prefix.slice(0, length), raw);
    return { source: compression === '' ? whole : await decompress(whole, compression), compression };
  } catch (error) {
    raw.close();
    throw error;
  }
}

function rewound(source: FileSource): FileSource {
  source.skip(-source.consumed);
  return source;
}

function openStandardInput(given: Readable | undefined): ByteSource {
  if (given !== undefined) return new StreamSource(given);
  if (process.stdin.isTTY) {
    throw new Error('standard input is a terminal: pipe a capture into it, as in tcpdump -w - | weir read -');
  }
  return new StreamSource(process.stdin);
}

async function openPath(path: string): Promise<ByteSource> {
  // Without O_NONBLOCK a named pipe that no one writes to would hold up the whole process.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(descriptor);
    if (stat.isFIFO() || stat.isSocket()) {
      const { Socket } = await import('node:net');
      return new StreamSource(new Socket({ fd: descriptor, readable: true, writable: false }));
    }
    if (stat.isDirectory()) throw new Error('it is a folder');
    return new FileSource(descriptor);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}
