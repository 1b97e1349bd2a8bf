import { roomFor, textOf } from './bytes.ts';
import type { Transformation } from './transformation.ts';

/** Letters A to Z become small. */
export const lowercase: Transformation = {
  name: 'lowercase',
  description: 'Turns the letters A to Z into small ones. Bytes above 0x7f stay as they are.',
  example: { input: 'SELECT Name', output: 'select name' },
  changes: /[A-Z]/,
  apply(value) {
    const length = value.length;
    let first = -1;
    let beyondAscii = false;
    for (let at = 0; at < length; at++) {
      const code = value.charCodeAt(at);
      if (code > 0x7f) beyondAscii = true;
      else if (first < 0 && code >= 0x41 && code <= 0x5a) first = at;
    }
    if (first < 0) return value;
    // JavaScript would change À to à as well.
    if (!beyondAscii) return value.toLowerCase();
    const room = roomFor(value, first);
    for (let at = first; at < length; at++) {
      const code = value.charCodeAt(at);
      room[at] = code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
    }
    return textOf(value, room, length);
  },
};
