import { roomFor, textOf } from './bytes.ts';
import { parityBit } from './parity.ts';
import type { Transformation } from './transformation.ts';

/** The eighth bit of each byte becomes one that makes its ones odd in number. */
export const parityOdd7bit: Transformation = {
  name: 'parityOdd7bit',
  description: 'Sets the eighth bit of each byte so that the number of ones is odd.',
  example: { input: 'CA', output: 'C\xc1' },
  apply(value) {
    const length = value.length;
    const room = roomFor(value, 0);
    for (let at = 0; at < length; at++) {
      const code = value.charCodeAt(at);
      room[at] = (0x80 ^ parityBit(code)) | (code & 0x7f);
    }
    return textOf(value, room, length);
  },
};
