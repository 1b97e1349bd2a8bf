import { roomFor, textOf } from './bytes.ts';
import { parityBit } from './parity.ts';
import type { Transformation } from './transformation.ts';

/** The eighth bit of each byte becomes one that makes its ones even in number. */
export const parityEven7bit: Transformation = {
  name: 'parityEven7bit',
  description: 'Sets the eighth bit of each byte so that the number of ones is even.',
  example: { input: 'CA', output: '\xc3A' },
  apply(value) {
    const length = value.length;
    const room = roomFor(value, 0);
    for (let at = 0; at < length; at++) {
      const code = value.charCodeAt(at);
      room[at] = parityBit(code) | (code & 0x7f);
    }
    return textOf(value, room, length);
  },
};
