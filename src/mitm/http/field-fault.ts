import { COLON, CR, HTAB, LF, SP } from './character.ts';

/** Why a name cannot go on, or begin, with this byte (RFC 9112, 5.1 and 5.2). */
export function nameFault(byte: number, first: boolean): string {
  if (byte === SP || byte === HTAB) {
    return first
      ? 'a line that begins with white space (folded field)'
      : 'white space within or behind the name of a field';
  }
  if (byte === COLON) return 'a field without a name';
  if (byte === CR) return 'a line without a colon';
  if (byte === LF) return 'a bare LF';
  if (byte === 0) return 'NUL in the name of a field';
  return 'a character that the name of a field cannot have';
}

/** Why a value cannot go on with this byte (RFC 9110, 5.5; RFC 9112, 2.2). */
export function valueFault(byte: number): string {
  if (byte === CR) return 'a bare CR';
  if (byte === LF) return 'a bare LF';
  if (byte === 0) return 'NUL in the value of a field';
  return 'a control character in the value of a field';
}
