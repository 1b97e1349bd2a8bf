import type { ByteOutput } from '../byte-output.ts';

/** Below this length a loop is as fast as a call of `set`. */
const SHORT = 12;
const COLON = 58;
const DOT = 46;
const BILLION = 1e9;
const HEX = Buffer.from('0123456789abcdef', 'latin1');

/** Three digits of each number below 1000, one behind the other. */
const DIGITS = Buffer.from(
  Array.from({ length: 1000 }, (_, number) => number.toString().padStart(3, '0')).join(''),
  'latin1',
);

/** Text as bytes, to be put into many lines. */
export function piece(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'utf8'));
}

/** Puts bytes behind what is there. */
export function put(out: ByteOutput, bytes: Uint8Array): void {
  const { length } = bytes;
  if (length > SHORT) {
    out.bytes.set(bytes, out.used);
  } else {
    const to = out.bytes;
    let at = out.used;
    for (let i = 0; i < length; i++) to[at++] = bytes[i]!;
  }
  out.used += length;
}

/** A whole number that is not negative, in decimal digits. */
export function putInteger(out: ByteOutput, value: number): void {
  if (value < 1000) {
    putSmall(out, value);
    return;
  }
  if (value < BILLION) {
    const thousands = Math.floor(value / 1000);
    putInteger(out, thousands);
    putThree(out, value - thousands * 1000);
    return;
  }
  const billions = Math.floor(value / BILLION);
  const rest = value - billions * BILLION;
  putInteger(out, billions);
  const millions = Math.floor(rest / 1e6);
  const below = rest - millions * 1e6;
  const thousands = Math.floor(below / 1000);
  putThree(out, millions);
  putThree(out, thousands);
  putThree(out, below - thousands * 1000);
}

function putSmall(out: ByteOutput, value: number): void {
  const to = out.bytes;
  let at = out.used;
  const digits = value * 3;
  if (value >= 100) to[at++] = DIGITS[digits]!;
  if (value >= 10) to[at++] = DIGITS[digits + 1]!;
  to[at++] = DIGITS[digits + 2]!;
  out.used = at;
}

function putThree(out: ByteOutput, value: number): void {
  const to = out.bytes;
  const at = out.used;
  const digits = value * 3;
  to[at] = DIGITS[digits]!;
  to[at + 1] = DIGITS[digits + 1]!;
  to[at + 2] = DIGITS[digits + 2]!;
  out.used = at + 3;
}

/** Two hexadecimal digits. */
export function putHexByte(out: ByteOutput, value: number): void {
  out.bytes[out.used++] = HEX[(value >> 4) & 15]!;
  out.bytes[out.used++] = HEX[value & 15]!;
}

/** An address as Suricata 8 writes it: IPv6 with all its digits. It is in `words` from `at` on. */
export function putAddress(out: ByteOutput, version: number, words: Int32Array, at: number): void {
  if (version === 6) {
    for (let i = 0; i < 4; i++) {
      const word = words[at + i]!;
      if (i > 0) out.bytes[out.used++] = COLON;
      putHexByte(out, word >>> 24);
      putHexByte(out, word >>> 16);
      out.bytes[out.used++] = COLON;
      putHexByte(out, word >>> 8);
      putHexByte(out, word);
    }
    return;
  }
  const word = words[at]!;
  putSmall(out, word >>> 24);
  out.bytes[out.used++] = DOT;
  putSmall(out, (word >>> 16) & 255);
  out.bytes[out.used++] = DOT;
  putSmall(out, (word >>> 8) & 255);
  out.bytes[out.used++] = DOT;
  putSmall(out, word & 255);
}

const UTC = piece('+0000');
const DAY = 86_400;
/** Times outside of what a date can hold come from damaged captures only. */
const FARTHEST_SECOND = 8.64e12;

/** The day that was written last, as text up to the hour. */
let day = Number.NaN;
let dayText = piece('');

/** Microseconds since 1970 as Suricata writes times: `2016-05-27T06:56:11.900923+0000`. */
export function putTime(out: ByteOutput, timeUs: number): void {
  const whole = Math.floor(timeUs / 1e6);
  const second = Math.max(-FARTHEST_SECOND, Math.min(FARTHEST_SECOND, whole));
  const today = Math.floor(second / DAY);
  if (today !== day) {
    day = today;
    dayText = piece(new Date(today * DAY * 1000).toISOString().replace(/T.*/, 'T'));
  }
  put(out, dayText);
  const clock = second - today * DAY;
  const hour = (clock / 3600) | 0;
  const minute = ((clock - hour * 3600) / 60) | 0;
  putTwo(out, hour);
  out.bytes[out.used++] = COLON;
  putTwo(out, minute);
  out.bytes[out.used++] = COLON;
  putTwo(out, clock - hour * 3600 - minute * 60);
  out.bytes[out.used++] = DOT;
  const micros = Math.floor(timeUs - whole * 1e6);
  const high = (micros / 1000) | 0;
  putThree(out, high);
  putThree(out, micros - high * 1000);
  put(out, UTC);
}

function putTwo(out: ByteOutput, value: number): void {
  const digits = value * 3;
  out.bytes[out.used] = DIGITS[digits + 1]!;
  out.bytes[out.used + 1] = DIGITS[digits + 2]!;
  out.used += 2;
}
