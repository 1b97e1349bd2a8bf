import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSource } from './expression/index.ts';
import { compilePatterns, type Pattern, PatternError } from './pattern/index.ts';

const LARGEST_FILE = 16 * 1024 * 1024;
const MOST_LINES = 500_000;
/** Of one file, which together are one automaton. */
const MOST_PATTERNS = 10_000;
const NO_LINES: readonly string[] = [];

/** Files that scenarios name, out of one folder. Nothing is downloaded. */
export class DataFiles implements DataSource {
  private readonly folder: string | undefined;
  private readonly texts = new Map<string, readonly string[]>();
  private readonly patterns = new Map<string, Pattern>();
  private readonly wrong = new Map<string, string>();

  /** Without a folder every file is missing. */
  constructor(folder: string | undefined) {
    this.folder = folder;
  }

  /** Reads a file once, and says what is wrong with it. */
  load(name: string, kind: 'string' | 'regexp'): string | undefined {
    const key = `${kind} ${name}`;
    const known = this.wrong.get(key);
    if (known !== undefined) return known;
    if (kind === 'string' ? this.texts.has(name) : this.patterns.has(name)) return undefined;
    const mistake = this.read(name, kind);
    if (mistake !== undefined) this.wrong.set(key, mistake);
    return mistake;
  }

  lines(name: string): readonly string[] {
    return this.texts.get(name) ?? NO_LINES;
  }

  matches(text: string, name: string): boolean {
    return this.patterns.get(name)?.test(text) ?? false;
  }

  private read(name: string, kind: 'string' | 'regexp'): string | undefined {
    if (!/^[\w.-]+(?:\/[\w.-]+)*$/.test(name) || name.split('/').includes('..')) {
      return `${JSON.stringify(name)} is no name of a data file`;
    }
    if (this.folder === undefined) return `the data file ${name} is asked for, and no data folder is set`;
    const path = join(this.folder, name);
    let text: string;
    try {
      const { size } = statSync(path);
      if (size > LARGEST_FILE)
        return `the data file ${path} has ${size} bytes; ${LARGEST_FILE} are the limit`;
      text = readFileSync(path, 'utf8');
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (code === 'ENOENT') {
        return `the data file ${path} is missing: put it there, nothing is downloaded`;
      }
      return `the data file ${path} cannot be read: ${code}`;
    }
    return this.keep(name, kind, path, text.split(/\r?\n/));
  }

  private keep(
    name: string,
    kind: 'string' | 'regexp',
    path: string,
    all: readonly string[],
  ): string | undefined {
    const lines = all
      .map((text, i) => ({ text, number: i + 1 }))
      .filter(({ text }) => text !== '' && text[0] !== '#');
    const most = kind === 'string' ? MOST_LINES : MOST_PATTERNS;
    if (lines.length > most) return `the data file ${path} has ${lines.length} lines; ${most} are the limit`;
    const texts = lines.map(({ text }) => text);
    if (kind === 'string') {
      this.texts.set(name, Object.freeze(texts));
      return undefined;
    }
    try {
      this.patterns.set(name, compilePatterns(texts));
      return undefined;
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      const wrong = lines.find(({ text }) => !isPattern(text));
      return `${path}:${wrong?.number ?? 0}: ${error.message} (character ${error.at + 1})`;
    }
  }
}

function isPattern(text: string): boolean {
  try {
    compilePatterns([text]);
    return true;
  } catch (error) {
    if (error instanceof PatternError) return false;
    throw error;
  }
}
