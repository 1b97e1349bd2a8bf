import type { Transformation } from './transformation.ts';

const SPECIAL = /[^*0-9A-Za-z]/;
const SPECIALS = /[^*0-9A-Za-z]/g;

/** How each byte is written. */
const ENCODED = Array.from({ length: 256 }, (_, code) =>
  code === 0x20 ? '+' : `%${code.toString(16).padStart(2, '0')}`,
);

/** Percent encoding. */
export const urlEncode: Transformation = {
  name: 'urlEncode',
  description:
    'Writes a space as + and all bytes but letters, digits and * as % with two small hexadecimal digits.',
  example: { input: 'a b/c', output: 'a+b%2fc' },
  apply(value) {
    return SPECIAL.test(value) ? value.replace(SPECIALS, encode) : value;
  },
};

function encode(character: string): string {
  return ENCODED[character.charCodeAt(0)] ?? character;
}
