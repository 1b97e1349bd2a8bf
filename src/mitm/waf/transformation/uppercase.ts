import { roomFor, textOf } from './bytes.ts';
import type { Transformation } from './transformation.ts';

/** Letters a to z become capitals. */
export const uppercase: Transformation = {
  name: 'uppercase',
  description: 'Turns the letters a to z into capitals. Bytes above 0x7f stay as they are.',
  example: { input: 'select Name', output: 'SELECT NAME' },
  changes: /[a-z]/,
  apply(value) {
    const length = value.length;
    let first = -1;
    let beyondAscii = false;
    for (let at = 0; at < length; at++) {
      const code = value.charCodeAt(at);
      if (code > 0x7f) beyondAscii = true;
      else if (first < 0 && code >= 0x61 && code <= 0x7a) first = at;
    }
    if (first < 0) return value;
    // JavaScript would change ß to SS as well.
    if (!beyondAscii) return value.toUpperCase();
    const room = roomFor(value, first);
    for (let at = first; at < length; at++) {
      const code = value.charCodeAt(at);
      room[at] = code >= 0x61 && code <= 0x7a ? code & 0xdf : code;
    }
    return textOf(value, room, length);
  },
};
