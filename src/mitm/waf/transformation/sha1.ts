import { createHash } from 'node:crypto';
import type { Transformation } from './transformation.ts';

/** SHA-1 of the value. */
export const sha1: Transformation = {
  name: 'sha1',
  description: 'Replaces the value by the 20 bytes of its SHA-1 digest. Rules mostly let hexEncode follow.',
  example: {
    input: '',
    output: '\xda\x39\xa3\xee\x5e\x6b\x4b\x0d\x32\x55\xbf\xef\x95\x60\x18\x90\xaf\xd8\x07\x09',
  },
  apply(value) {
    return createHash('sha1').update(value, 'latin1').digest('latin1');
  },
};
