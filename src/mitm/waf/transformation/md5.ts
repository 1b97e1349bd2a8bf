import { createHash } from 'node:crypto';
import type { Transformation } from './transformation.ts';

/** MD5 of the value. */
export const md5: Transformation = {
  name: 'md5',
  description: 'Replaces the value by the 16 bytes of its MD5 digest. Rules mostly let hexEncode follow.',
  example: { input: '', output: '\xd4\x1d\x8c\xd9\x8f\x00\xb2\x04\xe9\x80\x09\x98\xec\xf8\x42\x7e' },
  apply(value) {
    return createHash('md5').update(value, 'latin1').digest('latin1');
  },
};
