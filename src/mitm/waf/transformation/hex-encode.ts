import type { Transformation } from './transformation.ts';

/** The value in hexadecimal digits. */
export const hexEncode: Transformation = {
  name: 'hexEncode',
  description: 'Writes each byte as two hexadecimal digits, in small letters.',
  example: { input: 'J~\xff', output: '4a7eff' },
  apply(value) {
    return value === '' ? value : Buffer.from(value, 'latin1').toString('hex');
  },
};
