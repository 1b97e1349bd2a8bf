import { roomFor, textOf } from './bytes.ts';
import { hexDigit, isAlphanumeric, isDecimalDigit } from './character.ts';
import type { Transformation } from './transformation.ts';

const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;

/** Greatest number that C's `strtol` gives; whatever is above becomes it. */
const LARGEST = 0x7fff_ffff_ffff_ffffn;
/** No number of so many decimal digits exceeds {@link LARGEST}. */
const SAFE_DIGITS = 18;

/** The named entities that ModSecurity knows, longest name 4. */
const NAMED: ReadonlyMap<string, number> = new Map([
  ['quot', 0x22],
  ['amp', 0x26],
  ['lt', 0x3c],
  ['gt', 0x3e],
  ['nbsp', 0xa0],
]);
const LONGEST_NAME = 4;

/** Entities of HTML become bytes. */
export const htmlEntityDecode: Transformation = {
  name: 'htmlEntityDecode',
  description:
    'Decodes &#DD; &#xHH; &quot; &amp; &lt; &gt; and &nbsp; (0xa0), with or without the semicolon and in any case. ' +
    'Of numbers the low byte is kept.',
  example: { input: '&lt;a&#32;b&#x3D;&QUOT&copy;', output: '<a b="&copy;' },
  changes: /&/,
  apply(value) {
    const first = value.indexOf('&');
    if (first < 0) return value;
    const room = roomFor(value, first);
    let length = first;
    let at = first;
    while (at < value.length) {
      const code = value.charCodeAt(at++);
      if (code !== AMPERSAND) {
        room[length++] = code;
        continue;
      }
      const end = endOfEntity(value, at);
      const decoded = end === at ? -1 : entity(value, at, end);
      if (decoded < 0) {
        room[length++] = code;
        continue;
      }
      room[length++] = decoded;
      at = value.charCodeAt(end) === SEMICOLON ? end + 1 : end;
    }
    return textOf(value, room, length);
  },
};

/** Where the name or the number after an ampersand ends; at its start where there is none. */
function endOfEntity(value: string, start: number): number {
  let end = start;
  if (value.charCodeAt(start) !== 0x23) {
    // One character more than the longest name shows that it is none: no need to read the rest again and again.
    while (end - start <= LONGEST_NAME && isAlphanumeric(value.charCodeAt(end))) end++;
    return end;
  }
  const isHex = isHexMark(value.charCodeAt(start + 1));
  const digits = start + (isHex ? 2 : 1);
  end = digits;
  if (isHex) while (hexDigit(value.charCodeAt(end)) >= 0) end++;
  else while (isDecimalDigit(value.charCodeAt(end))) end++;
  return end === digits ? start : end;
}

/** The byte for a name or number; -1 for a name that is not known. */
function entity(value: string, start: number, end: number): number {
  if (value.charCodeAt(start) !== 0x23) return NAMED.get(value.slice(start, end).toLowerCase()) ?? -1;
  const isHex = isHexMark(value.charCodeAt(start + 1));
  let digits = start + (isHex ? 2 : 1);
  while (digits < end - 1 && value.charCodeAt(digits) === 0x30) digits++;
  const count = end - digits;
  if (isHex) {
    const isTooLarge = count > 16 || (count === 16 && hexDigit(value.charCodeAt(digits)) > 7);
    return isTooLarge ? 0xff : Number.parseInt(value.slice(Math.max(digits, end - 2), end), 16);
  }
  if (count > SAFE_DIGITS) {
    const isTooLarge = count > SAFE_DIGITS + 1 || BigInt(value.slice(digits, end)) > LARGEST;
    if (isTooLarge) return 0xff;
  }
  let low = 0;
  for (let at = digits; at < end; at++) low = (low * 10 + value.charCodeAt(at) - 0x30) & 0xff;
  return low;
}

function isHexMark(code: number): boolean {
  return code === 0x78 || code === 0x58;
}
