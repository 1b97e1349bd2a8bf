import { roomFor, textOf } from './bytes.ts';

const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const DOT = 0x2e;

/** What a path has for sure when normalizing changes it. */
const NOT_NORMAL = /\/\/|\.\/|\.$/;

/**
 * ModSecurity's normal form of a path: no `//`, no `/./`, no `/../` that has something to go back to, never above the
 * root. With `windows` a backslash separates too and becomes a slash.
 *
 * ModSecurity looks only at the end of a segment, so a longer one that ends in two dots (`a..`) is removed by itself.
 */
export function normalizedPath(value: string, windows: boolean): string {
  if (!NOT_NORMAL.test(value) && !(windows && value.includes('\\'))) return value;
  const total = value.length;
  const isAbsolute = isSeparator(value.charCodeAt(0), windows);
  const room = roomFor(value, 0);
  let length = 0;
  /** A relative path went back as far as it could: what goes back further stays. */
  let isAtTop = false;
  let at = 0;
  while (at < total) {
    let end = at;
    while (end < total && !isSeparator(value.charCodeAt(end), windows)) end++;
    const size = end - at;
    let removed = false;
    if (size > 0) {
      const last = value.charCodeAt(end - 1);
      if (last !== DOT) {
        if (length + size > 1) isAtTop = false;
      } else if (size > 1 && value.charCodeAt(end - 2) === DOT) {
        if (!isAbsolute && (isAtTop || length + size <= 3)) {
          isAtTop = true;
        } else {
          removed = true;
          length = parent(room, size === 2 ? length - 2 : length - 1);
          if (length === 0) {
            isAtTop = true;
            if (isAbsolute && end === total) length = 1;
          }
        }
      } else if (size === 1 && length === 0) {
        removed = true;
      } else if (size === 1 && room[length - 1] === SLASH) {
        removed = true;
        if (end < total) length--;
      }
      if (!removed) {
        for (let from = at; from < end; from++) room[length++] = value.charCodeAt(from);
      }
    }
    if (end === total) break;
    let next = end + 1;
    while (next < total && isSeparator(value.charCodeAt(next), windows)) next++;
    if (isAbsolute || length > 0) {
      // ModSecurity turns no more than the first two backslashes of a run, and after a removed segment one.
      const isTurned = value.charCodeAt(next - 1) === SLASH || next - end <= (removed ? 1 : 2);
      room[length++] = isTurned ? SLASH : BACKSLASH;
    }
    at = next;
  }
  const isOpen = !isSeparator(value.charCodeAt(total - 1), windows);
  if (isOpen && length > 0 && room[length - 1] === SLASH) length--;
  return textOf(value, room, length);
}

function isSeparator(code: number, windows: boolean): boolean {
  return code === SLASH || (windows && code === BACKSLASH);
}

/** Where the last slash at or before an offset is; 0 where there is none. */
function parent(room: Buffer, from: number): number {
  let at = from;
  while (at > 0 && room[at] !== SLASH) at--;
  return Math.max(at, 0);
}
