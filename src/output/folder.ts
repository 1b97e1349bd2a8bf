import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { OutputError } from './output-error.ts';

/**
 * Makes a folder and those above it that are missing. Not by `recursive: true`: below /proc that never ends. Throws
 * {@link OutputError}.
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let at = path; !isFolder(at); at = dirname(at)) {
    missing.push(at);
    if (dirname(at) === at) break;
  }
  for (const folder of missing.reverse()) {
    try {
      mkdirSync(folder);
    } catch (error) {
      throw new OutputError(path, error);
    }
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
