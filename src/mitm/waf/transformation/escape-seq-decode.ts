import { roomFor, textOf } from './bytes.ts';
import { hexByte, isOctalDigit } from './character.ts';
import { controlCharacter } from './escape-character.ts';
import type { Transformation } from './transformation.ts';

const BACKSLASH = 0x5c;

/** Escapes of ANSI C strings are decoded. */
export const escapeSeqDecode: Transformation = {
  name: 'escapeSeqDecode',
  description:
    'Decodes the escapes of ANSI C: \\a \\b \\f \\n \\r \\t \\v, \\xHH and one to three octal digits (of which the ' +
    'low eight bits count). Before anything else the backslash goes.',
  example: { input: '\\x61\\142\\?\\z\\n', output: 'ab?z\n' },
  changes: /\\/,
  apply(value) {
    const first = value.indexOf('\\');
    if (first < 0) return value;
    const room = roomFor(value, first);
    let length = first;
    let at = first;
    while (at < value.length) {
      const code = value.charCodeAt(at++);
      if (code !== BACKSLASH || at === value.length) {
        room[length++] = code;
        continue;
      }
      const next = value.charCodeAt(at);
      if (next === 0x78 || next === 0x58) {
        const decoded = hexByte(value, at + 1);
        room[length++] = decoded < 0 ? next : decoded;
        at += decoded < 0 ? 1 : 3;
      } else if (isOctalDigit(next)) {
        const most = at + 3;
        let number = 0;
        do number = number * 8 + value.charCodeAt(at++) - 0x30;
        while (at < most && isOctalDigit(value.charCodeAt(at)));
        room[length++] = number & 0xff;
      } else {
        room[length++] = controlCharacter(next) || next;
        at++;
      }
    }
    return textOf(value, room, length);
  },
};
