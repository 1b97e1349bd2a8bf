import type { Transformation } from './transformation.ts';

/** The length of the value. */
export const length: Transformation = {
  name: 'length',
  description: 'Replaces the value by its number of bytes, in decimal digits.',
  example: { input: 'four', output: '4' },
  apply(value) {
    return String(value.length);
  },
};
