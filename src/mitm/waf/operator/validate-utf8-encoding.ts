import { withoutCaptures } from './literal.ts';
import type { Operator } from './operator.ts';

/** `@validateUtf8Encoding` */
export const validateUtf8Encoding: Operator = {
  name: 'validateUtf8Encoding',
  description:
    'The value is no UTF-8: a byte is missing or wrong, a sequence is longer than need be, or a surrogate.',
  example: `SecRule ARGS "@validateUtf8Encoding" "id:1023,phase:2,deny,status:400"`,
  compile: () => ({ matches: withoutCaptures((value) => !isUtf8(value)) }),
};

const BEYOND_ASCII = /[\x80-\xff]/;

/** As RFC 3629 has it, but that F4 may begin any sequence of four: ModSecurity lets those up to U+13FFFF pass. */
function isUtf8(value: string): boolean {
  if (!BEYOND_ASCII.test(value)) return true;
  for (let i = 0; i < value.length; ) {
    const byte = value.charCodeAt(i);
    if (byte < 0x80) {
      i++;
      continue;
    }
    // C0 and C1 could only begin sequences that are too long.
    const length = byte < 0xc2 ? 0 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf5 ? 4 : 0;
    if (length === 0 || i + length > value.length) return false;
    for (let j = 1; j < length; j++) if ((value.charCodeAt(i + j) & 0xc0) !== 0x80) return false;
    const second = value.charCodeAt(i + 1);
    if (byte === 0xe0 && second < 0xa0) return false;
    if (byte === 0xed && second > 0x9f) return false;
    if (byte === 0xf0 && second < 0x90) return false;
    i += length;
  }
  return true;
}
