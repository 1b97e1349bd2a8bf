/** C's `isspace` in the C locale: tab, line feed, vertical tab, form feed, carriage return and space. */
export function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/** A digit from 0 to 7. False for NaN, which `charCodeAt` gives past the end. */
export function isOctalDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x37;
}

/** A digit from 0 to 9. */
export function isDecimalDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** An ASCII letter or digit. */
export function isAlphanumeric(code: number): boolean {
  return isDecimalDigit(code) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

/** Value of a hexadecimal digit; -1 for anything else, NaN included. */
export function hexDigit(code: number): number {
  if (isDecimalDigit(code)) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** The byte that two hexadecimal digits at an offset make; -1 where there are none. */
export function hexByte(value: string, offset: number): number {
  const high = hexDigit(value.charCodeAt(offset));
  const low = hexDigit(value.charCodeAt(offset + 1));
  return high < 0 || low < 0 ? -1 : (high << 4) | low;
}

/**
 * The byte for a 16-bit character of which only the low half is kept. Full width forms (U+FF01 to U+FF5E), which look
 * like ASCII and which lenient servers map to it, become the ASCII that they look like.
 */
export function narrow(high: number, low: number): number {
  return high === 0xff && low > 0x00 && low < 0x5f ? low + 0x20 : low;
}
