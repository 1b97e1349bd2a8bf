import { globSync, readFileSync, statSync } from 'node:fs';

/** Where the loader finds rule files and the lists that they name. */
export interface RuleFiles {
  /** Text of a file, as a binary string. Throws an `Error` where it cannot be read or is longer than `most` bytes. */
  read(path: string, most: number): string;
  /** Paths that a pattern means, sorted. */
  find(pattern: string): readonly string[];
}

/** Files that were read once: whoever loads from them gets the same rules, whatever has become of the files since. */
export interface FileSnapshot {
  readonly texts: ReadonlyMap<string, string>;
  readonly found: ReadonlyMap<string, readonly string[]>;
}

/** The files of the machine. */
export const DISK: RuleFiles = {
  read: (path, most) => {
    const { size } = statSync(path);
    if (size > most) throw new Error(`it is ${size} bytes long, and ${most} are left for it`);
    return readFileSync(path, 'latin1');
  },
  find: (pattern) => globSync(pattern).sort(),
};

/** Reads files and keeps what it read. */
export function recording(files: RuleFiles): RuleFiles & { readonly snapshot: FileSnapshot } {
  const texts = new Map<string, string>();
  const found = new Map<string, readonly string[]>();
  return {
    snapshot: { texts, found },
    read: (path, most) => {
      const text = files.read(path, most);
      texts.set(path, text);
      return text;
    },
    find: (pattern) => {
      const paths = files.find(pattern);
      found.set(pattern, paths);
      return paths;
    },
  };
}

/** The files of a snapshot. */
export function filesOf({ texts, found }: FileSnapshot): RuleFiles {
  return {
    read: (path) => {
      const text = texts.get(path);
      if (text === undefined) throw new Error('it was not there when the rules were first loaded');
      return text;
    },
    find: (pattern) => found.get(pattern) ?? [],
  };
}
