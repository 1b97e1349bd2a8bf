import type { Transformation } from './transformation.ts';

/** NUL bytes go. */
export const removeNulls: Transformation = {
  name: 'removeNulls',
  description: 'Removes all NUL bytes.',
  example: { input: 'sel\0ect', output: 'select' },
  changes: /\0/,
  apply(value) {
    return value.includes('\0') ? value.replaceAll('\0', '') : value;
  },
};
