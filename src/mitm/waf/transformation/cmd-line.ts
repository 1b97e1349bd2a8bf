import { roomFor, textOf } from './bytes.ts';
import type { Transformation } from './transformation.ts';

const CHANGED = /["'\\^,;\t\r\nA-Z]| [ /(]/;

/** Tricks of command lines are undone. */
export const cmdLine: Transformation = {
  name: 'cmdLine',
  description:
    'Undoes what shells ignore: removes " \' \\ ^, turns runs of space, tab, CR, LF, comma and semicolon into one ' +
    'space, removes that space before / and (, and turns A to Z into small letters.',
  example: { input: 'C^O"M"MAND;,  /c  (DIR)', output: 'command/c(dir)' },
  changes: /["'\\^,;\t\r\n A-Z]/,
  apply(value) {
    if (!CHANGED.test(value)) return value;
    const room = roomFor(value, 0);
    let length = 0;
    let afterSpace = false;
    for (let at = 0; at < value.length; at++) {
      const code = value.charCodeAt(at);
      switch (code) {
        case 0x22:
        case 0x27:
        case 0x5c:
        case 0x5e:
          break;
        case 0x20:
        case 0x2c:
        case 0x3b:
        case 0x09:
        case 0x0d:
        case 0x0a:
          if (!afterSpace) room[length++] = 0x20;
          afterSpace = true;
          break;
        case 0x2f:
        case 0x28:
          if (afterSpace) length--;
          room[length++] = code;
          afterSpace = false;
          break;
        default:
          room[length++] = code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
          afterSpace = false;
      }
    }
    return textOf(value, room, length);
  },
};
