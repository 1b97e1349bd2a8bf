import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CORPUS } from '../corpus.ts';

/** A regular expression of a rule set. */
export interface RulePattern {
  readonly id: string;
  readonly source: string;
}

/** Where rules of the Core Rule Set may lie: v4 of the corpus, 3.3.4 where Debian's package is installed. */
export const RULE_FOLDERS: readonly string[] = [
  join(CORPUS, 'crs/rules'),
  process.env.WEIR_DEBIAN_CRS ?? '/usr/share/modsecurity-crs/rules',
].filter((folder) => existsSync(folder));

/** The regular expressions of the rules in a folder; roughly read, which is enough for those. */
export function rulePatterns(folder: string): RulePattern[] {
  const patterns: RulePattern[] = [];
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.conf')) continue;
    const text = readFileSync(join(folder, name), 'latin1')
      .replace(/^\s*#.*$/gm, '')
      .replace(/\\\r?\n\s*/g, ' ');
    for (const line of text.split('\n')) {
      const rule = /^\s*SecRule\s+(?:"(?:[^"\\]|\\.)*"|\S+)\s+"!?((?:[^"\\]|\\.)*)"/.exec(line);
      const operator = rule?.[1]?.replace(/\\"/g, '"');
      if (operator === undefined || (operator.startsWith('@') && !operator.startsWith('@rx '))) continue;
      const id = /\bid:(\d+)/.exec(line)?.[1] ?? 'chained';
      patterns.push({ id, source: operator.replace(/^@rx\s+/, '').trim() });
    }
  }
  return patterns;
}

/** Values as the regression tests send them: addresses, header lines and bodies, whole and in parts. */
export function corpusValues(): string[] {
  const values = new Set<string>();
  const folder = join(CORPUS, 'crs/tests');
  const add = (value: string): void => {
    if (value.length === 0 || value.length > 8192) return;
    values.add(value);
  };
  for (const name of readdirSync(folder, { recursive: true, encoding: 'latin1' }).sort()) {
    if (!name.endsWith('.yaml')) continue;
    const text = readFileSync(join(folder, name), 'latin1');
    for (const [, key, quoted] of text.matchAll(/^\s+([\w-]+): *(.+)$/gm)) {
      if (/^(?:desc|test_id|rule_id|author|status|port|method|version|log|no_log)/.test(key as string))
        continue;
      const value = (quoted as string)
        .replace(/^(["'])(.*)\1$/, '$2')
        .replace(/\\r/g, '\r')
        .replace(/\\n/g, '\n');
      add(value);
      for (const part of value.split(/[?&]/)) {
        add(part);
        const at = part.indexOf('=');
        if (at >= 0) add(part.slice(at + 1));
      }
    }
  }
  return [...values];
}

/** `%XX` and `+` decoded, wherever they stand. */
export function percentDecoded(value: string): string {
  return value
    .replace(/\+/g, ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
