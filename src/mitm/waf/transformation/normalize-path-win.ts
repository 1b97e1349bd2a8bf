import { normalizedPath } from './path.ts';
import type { Transformation } from './transformation.ts';

/** Windows paths in their shortest form. */
export const normalizePathWin: Transformation = {
  name: 'normalizePathWin',
  description: 'As normalizePath, with backslashes taken for slashes first.',
  example: { input: 'c:\\a\\..\\windows\\.\\win.ini', output: 'c:/windows/win.ini' },
  changes: /[/.\\]/,
  apply(value) {
    return normalizedPath(value, true);
  },
};
