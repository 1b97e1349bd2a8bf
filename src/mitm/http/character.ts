/** Classes of bytes as RFC 9110 and RFC 9112 use them, one table for all: a byte's classes are the bits of its entry. */
export const CLASSES: Uint8Array = new Uint8Array(256);

/** tchar (RFC 9110, 5.6.2): methods, names of fields, codings. */
export const TOKEN = 1;
/** What a field's value and a reason phrase may hold (RFC 9110, 5.5): HTAB, SP, VCHAR, obs-text. */
export const VALUE = 2;
/** What a target may hold: visible ASCII without `#` (a fragment is never sent: RFC 9112, 3.2). */
export const TARGET = 4;
/** Names and IPv4 addresses in an authority; without the characters that RFC 3986 allows there and no host has. */
export const HOST = 8;
export const DIGIT = 16;

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;

for (let byte = 0; byte < 256; byte++) {
  const character = String.fromCharCode(byte);
  let classes = 0;
  if (/[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(character)) classes |= TOKEN;
  if (/[\t\x20-\x7e\x80-\xff]/.test(character)) classes |= VALUE;
  if (/[\x21\x22\x24-\x7e]/.test(character)) classes |= TARGET;
  if (/[0-9A-Za-z\-._~]/.test(character)) classes |= HOST;
  if (/[0-9]/.test(character)) classes |= DIGIT;
  CLASSES[byte] = classes;
}

/** Value of a hexadecimal digit; 255 for all other bytes. */
export const HEXADECIMAL: Uint8Array = new Uint8Array(256).fill(255);
for (let digit = 0; digit < 16; digit++) {
  const character = digit.toString(16);
  HEXADECIMAL[character.charCodeAt(0)] = digit;
  HEXADECIMAL[character.toUpperCase().charCodeAt(0)] = digit;
}

/** True where each character of the text is of the class; characters beyond one byte are of none. */
export function isAll(text: string, classes: number, from = 0, to: number = text.length): boolean {
  for (let at = from; at < to; at++) {
    // Beyond the table is undefined, which has no bits.
    if ((CLASSES[text.charCodeAt(at)]! & classes) === 0) return false;
  }
  return true;
}

// For text that is to be written: over the pieces that a parser made of a longer text, V8 runs through a class of
// characters in half the time of a loop with the table (measured). Each looks for one character: linear.
const NO_TOKEN = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const NO_TARGET = /[^\x21\x22\x24-\x7e]/;

/** True for a token (RFC 9110, 5.6.2): a method, a field's name. */
export function isToken(text: string): boolean {
  return text !== '' && !NO_TOKEN.test(text);
}

/** True for what a field's value may be: no CR, LF, NUL or other control characters, nothing beyond one byte. */
export function isFieldValue(text: string): boolean {
  return !NO_VALUE.test(text);
}

/** True for what may stand as a target in a request line: visible ASCII without `#`, and not nothing. */
export function isTarget(text: string): boolean {
  return text !== '' && !NO_TARGET.test(text);
}
