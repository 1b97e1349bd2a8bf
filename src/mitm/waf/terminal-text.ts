import { isUtf8 } from 'node:buffer';

/** What a terminal may not be sent: control characters, and what is invisible or turns the direction of writing. */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped.
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]/gu;
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A binary text as a terminal may show it: UTF-8 as its characters, other bytes and whatever commands a terminal as
 * `\n`, `\x1b` or `\u202e`. Hostile input does not control the terminal.
 */
export function terminalText(binary: string): string {
  const bytes = Buffer.from(binary, 'latin1');
  if (isUtf8(bytes)) return escaped(bytes.toString('utf8'));
  return escaped(binary).replaceAll(/[\u00a0-\u00ff]/g, byteEscape);
}

/** JSON as a terminal may show it: what commands one is written `\u009b`, which means the same. */
export function terminalJson(value: unknown, indent = 2): string {
  return JSON.stringify(value, null, indent).replaceAll(UNPRINTABLE, (character) =>
    character === '\n' ? character : `\\u${code(character).padStart(4, '0')}`,
  );
}

function escaped(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) => NAMED[character] ?? characterEscape(character));
}

function characterEscape(character: string): string {
  return character.charCodeAt(0) > 0xff ? `\\u${code(character).padStart(4, '0')}` : byteEscape(character);
}

function byteEscape(character: string): string {
  return `\\x${code(character).padStart(2, '0')}`;
}

function code(character: string): string {
  return character.charCodeAt(0).toString(16);
}
