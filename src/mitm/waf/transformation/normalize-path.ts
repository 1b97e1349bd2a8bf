import { normalizedPath } from './path.ts';
import type { Transformation } from './transformation.ts';

/** Paths in their shortest form. */
export const normalizePath: Transformation = {
  name: 'normalizePath',
  description: 'Removes //, /./ and /../ from a path; .. at the start of a relative path stays.',
  example: { input: '/a/b/../..//./etc/passwd', output: '/etc/passwd' },
  changes: /[/.]/,
  apply(value) {
    return normalizedPath(value, false);
  },
};
