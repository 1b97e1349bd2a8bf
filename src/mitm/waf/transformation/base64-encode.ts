import type { Transformation } from './transformation.ts';

/** Base64 of the value. */
export const base64Encode: Transformation = {
  name: 'base64Encode',
  description: 'Encodes the value as Base64, with padding and in one line.',
  example: { input: 'weir', output: 'd2Vpcg==' },
  apply(value) {
    return value === '' ? value : Buffer.from(value, 'latin1').toString('base64');
  },
};
