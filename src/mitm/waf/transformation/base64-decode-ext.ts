import { roomFor, textOf } from './bytes.ts';
import type { Transformation } from './transformation.ts';

const PADDING = 0x3d;

/** Value of each character of Base64; 255 for others. */
const SEXTET = new Uint8Array(256).fill(255);
for (const [index, character] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
].entries()) {
  SEXTET[character.charCodeAt(0)] = index;
}

/** Base64 is decoded, whatever is between. */
export const base64DecodeExt: Transformation = {
  name: 'base64DecodeExt',
  description:
    'Decodes Base64 as lenient decoders do: characters that are not Base64 are passed over, padding may be missing.',
  example: { input: 'd2\n.Vpcg', output: 'weir' },
  apply(value) {
    const room = roomFor(value, 0);
    let length = 0;
    let bits = 0;
    let count = 0;
    let last = 0;
    for (let at = 0; at < value.length; at++) {
      last = value.charCodeAt(at);
      if (last === PADDING) {
        // One character of four says nothing, and a single = cannot fill it up.
        if (count % 4 === 1 && value.charCodeAt(at + 1) !== PADDING) return '';
        continue;
      }
      const sextet = SEXTET[last] ?? 255;
      if (sextet === 255) continue;
      bits = (bits << 6) | sextet;
      if (count % 4 !== 0) room[length++] = bits >> (6 - 2 * (count % 4));
      count++;
    }
    return last === PADDING && count % 4 === 1 ? '' : textOf(value, room, length);
  },
};
