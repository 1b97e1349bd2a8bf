import { withoutCaptures } from './literal.ts';
import type { Operator } from './operator.ts';

/** `@validateUrlEncoding` */
export const validateUrlEncoding: Operator = {
  name: 'validateUrlEncoding',
  description: 'The value has a % that two hexadecimal digits do not follow.',
  example: `SecRule REQUEST_URI_RAW "@validateUrlEncoding" "id:1022,phase:1,deny,status:400"`,
  compile: () => ({ matches: withoutCaptures(isBroken) }),
};

function isBroken(value: string): boolean {
  for (let at = value.indexOf('%'); at >= 0; at = value.indexOf('%', at + 3)) {
    if (!isHexadecimal(value.charCodeAt(at + 1)) || !isHexadecimal(value.charCodeAt(at + 2))) return true;
  }
  return false;
}

/** False for NaN, beyond the end. */
function isHexadecimal(code: number): boolean {
  const lower = code | 0x20;
  return (code >= 0x30 && code <= 0x39) || (lower >= 0x61 && lower <= 0x66);
}
