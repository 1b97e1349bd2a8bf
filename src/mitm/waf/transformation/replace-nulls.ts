import type { Transformation } from './transformation.ts';

/** NUL bytes become spaces. */
export const replaceNulls: Transformation = {
  name: 'replaceNulls',
  description: 'Replaces each NUL byte by a space.',
  example: { input: 'drop\0table', output: 'drop table' },
  changes: /\0/,
  apply(value) {
    return value.includes('\0') ? value.replaceAll('\0', ' ') : value;
  },
};
