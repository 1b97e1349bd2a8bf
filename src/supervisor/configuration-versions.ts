import {
  closeSync,
  existsSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ConfigurationVersion } from '../control/index.ts';

/** Versions that are kept; the oldest goes first. */
const KEPT = 50;
const NAME = /^(\d{1,9})\.json$/;

/** A version on disk: what is told of it, and its text. */
interface Stored extends Omit<ConfigurationVersion, 'bytes'> {
  readonly text: string;
}

/** Earlier texts of a configuration, in a folder beside its file that only its owner can read. */
export class ConfigurationVersions {
  private readonly folder: string;

  /** `file`: path of the configuration. */
  constructor(file: string) {
    this.folder = `${file}.versions`;
  }

  /** The newest first; what cannot be read is left out. */
  list(): readonly ConfigurationVersion[] {
    return this.numbers().flatMap((version) => {
      const stored = this.read(version);
      if (stored === undefined) return [];
      const { text, ...rest } = stored;
      return [{ ...rest, bytes: Buffer.byteLength(text) }];
    });
  }

  /** The text of one; undefined where there is none such. */
  text(version: number): string | undefined {
    return this.read(version)?.text;
  }

  /** Keeps a text; returns its number. Throws the system's error. */
  keep(text: string, author: string, note: string, replacedUs: number): number {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const version = (this.numbers()[0] ?? 0) + 1;
    const stored: Stored = { version, replacedUs, author, note, text };
    writeDurably(join(this.folder, `${version}.json`), JSON.stringify(stored), 0o600);
    for (const old of this.numbers().slice(KEPT)) rmSync(join(this.folder, `${old}.json`), { force: true });
    return version;
  }

  private numbers(): number[] {
    if (!existsSync(this.folder)) return [];
    return readdirSync(this.folder)
      .flatMap((name) => (NAME.test(name) ? [Number(NAME.exec(name)?.[1])] : []))
      .sort((one, other) => other - one);
  }

  private read(version: number): Stored | undefined {
    const path = join(this.folder, `${version}.json`);
    if (!existsSync(path)) return undefined;
    let value: unknown;
    try {
      value = JSON.parse(readFileSync(path, 'utf8'));
    } catch (error) {
      // One that was damaged is none.
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
    return isStored(value) ? value : undefined;
  }
}

function isStored(value: unknown): value is Stored {
  if (typeof value !== 'object' || value === null) return false;
  const { version, replacedUs, author, note, text } = value as Readonly<Record<string, unknown>>;
  return (
    typeof version === 'number' &&
    typeof replacedUs === 'number' &&
    [author, note, text].every((one) => typeof one === 'string')
  );
}

/**
 * Writes a file so that it is there whole or not at all, also after the power fails. One that was there keeps its mode
 * and its owner; `mode` is for a new one. Throws the system's error, and leaves what was there.
 */
export function writeDurably(path: string, text: string, mode: number): void {
  const before = statSync(path, { throwIfNoEntry: false });
  const fresh = `${path}.new`;
  // One that is left over has a mode of its own.
  rmSync(fresh, { force: true });
  const descriptor = openSync(fresh, 'wx', before === undefined ? mode : before.mode & 0o777);
  try {
    if (before !== undefined && process.getuid?.() === 0) fchownSync(descriptor, before.uid, before.gid);
    // All of it: a disk that fills up takes a part, and says so only when it is asked for the rest.
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  renameSync(fresh, path);
}
