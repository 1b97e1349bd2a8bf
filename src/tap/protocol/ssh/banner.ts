import { latin1, u8 } from '../../../net/index.ts';

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;
const SPACE = 0x20;

/** An identification string (RFC 4253 section 4.2): `SSH-protoversion-softwareversion SP comments`. */
export interface Banner {
  /** The whole line without its end, as Zeek logs it. */
  readonly line: string;
  readonly protocolVersion: string;
  /** May be empty; comments are not part of it. */
  readonly softwareVersion: string;
}

/** True when `[start, end)` begins with `SSH-`. */
export function startsWithSsh(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start >= 4 &&
    u8(bytes, start) === 0x53 &&
    u8(bytes, start + 1) === 0x53 &&
    u8(bytes, start + 2) === 0x48 &&
    u8(bytes, start + 3) === DASH
  );
}

/** Index of the line feed that ends the line at `start`, or -1. */
export function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) if (bytes[i] === LF) return i;
  return -1;
}

/**
 * Reads an identification string; `[start, end)` is the line without its line feed (a carriage return before that
 * may remain). Undefined when it is none.
 */
export function readBanner(bytes: Uint8Array, start: number, end: number): Banner | undefined {
  if (!startsWithSsh(bytes, start, end)) return undefined;
  let last = end;
  while (last > start && u8(bytes, last - 1) === CR) last--;
  let dash = start + 4;
  while (dash < last && u8(bytes, dash) !== DASH) dash++;
  if (dash === start + 4 || dash >= last) return undefined;
  let software = dash + 1;
  while (software < last && u8(bytes, software) !== SPACE && u8(bytes, software) !== CR) software++;
  return {
    line: latin1(bytes, start, last),
    protocolVersion: latin1(bytes, start + 4, dash),
    softwareVersion: latin1(bytes, dash + 1, software),
  };
}
