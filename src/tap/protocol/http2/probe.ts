import { u16, u24, u32 } from '../../../net/index.ts';
import { type Direction, type Match, TO_SERVER } from '../parser.ts';
import * as frame from './frame.ts';

/** Bytes of the preface that no other protocol would send. */
const CERTAIN = 16;
const DEFAULT_FRAME_BYTES = 16384;
/** Highest identifier of a setting that is registered. */
const HIGHEST_SETTING = 16;

/** Whether `[start, end)` begins as the preface does, as far as both go. */
export function beginsWithPreface(bytes: Uint8Array, start: number, end: number): boolean {
  const length = Math.min(end - start, frame.PREFACE.length);
  for (let i = 0; i < length; i++) if (bytes[start + i] !== frame.PREFACE[i]) return false;
  return true;
}

/** Probe: the client's preface, or the SETTINGS frame with which a server begins (RFC 9113 section 3.4). */
export function probe(bytes: Uint8Array, start: number, end: number, direction: Direction): Match {
  const length = end - start;
  if (length === 0) return 'maybe';
  if (direction === TO_SERVER && beginsWithPreface(bytes, start, end))
    return length >= CERTAIN ? 'yes' : 'maybe';
  // 00 00: no SETTINGS frame that an end begins with is longer than 255 bytes.
  if (bytes[start] !== 0 || (length > 1 && bytes[start + 1] !== 0)) return 'no';
  if (length < frame.FRAME_HEADER_BYTES)
    return length > 3 && bytes[start + 3] !== frame.SETTINGS ? 'no' : 'maybe';
  const size = u24(bytes, start);
  if (
    bytes[start + frame.TYPE_OFFSET] !== frame.SETTINGS ||
    bytes[start + frame.FLAGS_OFFSET] !== 0 ||
    u32(bytes, start + frame.STREAM_OFFSET) !== 0 ||
    size % frame.SETTING_BYTES !== 0
  ) {
    return 'no';
  }
  const body = start + frame.FRAME_HEADER_BYTES;
  if (size > 0) {
    if (body + 2 > end) return 'maybe';
    const id = u16(bytes, body);
    return id >= 1 && id <= HIGHEST_SETTING ? 'yes' : 'no';
  }
  // Without settings the frame is eight zeros and a 4: the next header must be one, too.
  if (body + frame.FRAME_HEADER_BYTES > end) return 'maybe';
  return u24(bytes, body) <= DEFAULT_FRAME_BYTES && bytes[body + frame.TYPE_OFFSET]! <= frame.CONTINUATION
    ? 'yes'
    : 'no';
}
