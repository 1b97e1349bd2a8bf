import { type ByteSet, CLASSES } from './bytes.ts';
import type { Scanner } from './scanner.ts';

const CONTROLS: Readonly<Record<string, number>> = { a: 7, e: 27, f: 12, n: 10, r: 13, t: 9 };

const TYPES: ReadonlyMap<string, ByteSet> = new Map([
  ['d', CLASSES.digit],
  ['D', CLASSES.digit.complement()],
  ['h', CLASSES.horizontal],
  ['H', CLASSES.horizontal.complement()],
  ['s', CLASSES.space],
  ['S', CLASSES.space.complement()],
  ['v', CLASSES.vertical],
  ['V', CLASSES.vertical.complement()],
  ['w', CLASSES.word],
  ['W', CLASSES.word.complement()],
]);

/**
 * Reads what an escape means both inside and outside of classes, after its backslash: a byte as its number, a type
 * (`\d`) as a set, undefined for what is neither.
 */
export function readEscape(scanner: Scanner): number | ByteSet | undefined {
  const at = scanner.at;
  const letter = scanner.next();
  const type = TYPES.get(letter);
  if (type !== undefined) return type;
  const control = CONTROLS[letter];
  if (control !== undefined) return control;
  if (letter === 'x') return readHexadecimal(scanner, at);
  if (letter === 'o') {
    const digits = scanner.match(/\{([0-7]+)\}/y);
    if (digits === undefined) scanner.fail('\\o without {octal digits}', at - 1);
    return byte(scanner, Number.parseInt(digits[1] as string, 8), at);
  }
  if (letter === 'c') {
    const character = scanner.next().toUpperCase();
    if (character < ' ' || character > '~') scanner.fail('\\c without a printable character', at - 1);
    return character.charCodeAt(0) ^ 64;
  }
  if (letter === '0') {
    scanner.at = at;
    return Number.parseInt((scanner.match(/[0-7]{1,3}/y) as RegExpExecArray)[0], 8) & 255;
  }
  if (letter === '') scanner.fail('a backslash at the end', at - 1);
  if (!/[0-9A-Za-z]/.test(letter)) return letter.charCodeAt(0);
  scanner.at = at;
  return undefined;
}

function readHexadecimal(scanner: Scanner, at: number): number {
  if (scanner.peek() === '{') {
    const digits = scanner.match(/\{([0-9A-Fa-f]+)\}/y);
    if (digits === undefined) scanner.fail('\\x{ without hexadecimal digits and }', at - 1);
    return byte(scanner, Number.parseInt(digits[1] as string, 16), at);
  }
  const digits = scanner.match(/[0-9A-Fa-f]{0,2}/y)?.[0] ?? '';
  return digits === '' ? 0 : Number.parseInt(digits, 16);
}

function byte(scanner: Scanner, value: number, at: number): number {
  if (value > 255) scanner.fail('a character above 0xff (values are bytes)', at - 1);
  return value;
}

/** Reads octal digits where a back reference was possible but no such group precedes. */
export function readOctal(scanner: Scanner): number | undefined {
  const digits = scanner.match(/[0-7]{1,3}/y);
  return digits === undefined ? undefined : Number.parseInt(digits[0], 8) & 255;
}
