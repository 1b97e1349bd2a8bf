/** The transfer encodings of RFC 2045 section 6, decoded piece by piece into a buffer of the caller. */

/** Value of each base64 digit; 64 for `=`, 65 for white space, 255 for what does not belong there. */
const DIGITS = new Uint8Array(256).fill(255);
for (const [i, c] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries()) {
  DIGITS[c.charCodeAt(0)] = i;
}
DIGITS[61] = 64;
for (const c of [9, 10, 13, 32]) DIGITS[c] = 65;

/** Base64 over any number of pieces; four digits may be spread over several. */
export class Base64Decoder {
  private bits = 0;
  private digits = 0;
  private padded = false;
  /** True once bytes were seen that are not base64. They are passed over. */
  invalid = false;

  /** Decodes `[start, end)` into `out` (at least 3/4 of that length + 3) and returns how many bytes came. */
  decode(bytes: Uint8Array, start: number, end: number, out: Uint8Array): number {
    let n = 0;
    for (let i = start; i < end; i++) {
      const value = DIGITS[bytes[i] as number] as number;
      if (value === 65) continue;
      if (value === 64) {
        // Padding ends a quantum; encoded blocks may follow one another (RFC 2045 section 6.8).
        if (!this.padded) {
          if (this.digits < 2) this.invalid = true;
          n = this.remainder(out, n);
        }
        this.padded = true;
        continue;
      }
      if (value === 255) {
        this.invalid = true;
        continue;
      }
      this.padded = false;
      this.bits = (this.bits << 6) | value;
      if (++this.digits === 4) {
        out[n++] = this.bits >> 16;
        out[n++] = (this.bits >> 8) & 255;
        out[n++] = this.bits & 255;
        this.bits = 0;
        this.digits = 0;
      }
    }
    return n;
  }

  /** The end of the data: writes what digits without padding stand for, and returns how many bytes. */
  finish(out: Uint8Array): number {
    return this.remainder(out, 0);
  }

  private remainder(out: Uint8Array, at: number): number {
    let n = at;
    if (this.digits === 3) {
      out[n++] = this.bits >> 10;
      out[n++] = (this.bits >> 2) & 255;
    } else if (this.digits === 2) {
      out[n++] = this.bits >> 4;
    }
    this.bits = 0;
    this.digits = 0;
    return n;
  }
}

/** What {@link decodeQuoted} found at the end of a piece. */
export interface Quoted {
  /** Bytes decoded. */
  length: number;
  /** True for a soft line break: the line goes on in the next one. */
  soft: boolean;
  /** True when an escape was not two hexadecimal digits; it stays as it is. */
  invalid: boolean;
}

const quoted: Quoted = { length: 0, soft: false, invalid: false };

/**
 * Quoted-printable of one line (or a piece of one), without its line ending, into `out`. The result object is
 * reused by the next call.
 */
export function decodeQuoted(bytes: Uint8Array, start: number, end: number, out: Uint8Array): Quoted {
  let stop = end;
  while (stop > start && (bytes[stop - 1] === 32 || bytes[stop - 1] === 9)) stop--;
  quoted.soft = stop > start && bytes[stop - 1] === 61;
  if (quoted.soft) stop--;
  else stop = end;
  quoted.invalid = false;
  let n = 0;
  for (let i = start; i < stop; i++) {
    const byte = bytes[i] as number;
    if (byte === 61) {
      const whole = i + 2 < stop;
      const high = whole ? hexDigit(bytes[i + 1] as number) : -1;
      const low = whole ? hexDigit(bytes[i + 2] as number) : -1;
      if (high >= 0 && low >= 0) {
        out[n++] = (high << 4) | low;
        i += 2;
        continue;
      }
      quoted.invalid = true;
    }
    out[n++] = byte;
  }
  quoted.length = n;
  return quoted;
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const upper = byte & 0xdf;
  return upper >= 65 && upper <= 70 ? upper - 55 : -1;
}
