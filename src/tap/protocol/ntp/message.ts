import { formatIpv4, i32, latin1, u8, u32 } from '../../../net/index.ts';

/** Offsets in the header of modes 1 to 5 (RFC 5905, section 7.3). */
const STRATUM = 1;
const POLL = 2;
const PRECISION = 3;
const ROOT_DELAY = 4;
const ROOT_DISPERSION = 8;
const REFERENCE_ID = 12;
const REFERENCE_TIME = 16;
const ORIGIN_TIME = 24;
const RECEIVE_TIME = 32;
const TRANSMIT_TIME = 40;
/** Length of that header. */
export const HEADER_LENGTH = 48;
/** Length of the header of control messages, mode 6 (RFC 9327, section 2), and of private ones, mode 7. */
export const CONTROL_HEADER_LENGTH = 12;
export const PRIVATE_HEADER_LENGTH = 8;

export const MODE_CLIENT = 3;
export const MODE_SERVER = 4;
export const MODE_BROADCAST = 5;
export const MODE_CONTROL = 6;
export const MODE_PRIVATE = 7;

/** Seconds between the NTP era 0 (1900) and 1970. */
const EPOCH_OFFSET = 2_208_988_800;
/** A code (key identifier 4, digest 16 or 20) may end the message; what lies before it are extension fields. */
const LONGEST_CODE = 24;
/** Extension fields that are counted. */
const EXTENSIONS_LIMIT = 32;

/** What modes 1 to 5 carry. Times are in microseconds since 1970 (0 where unset), spans in microseconds. */
export interface NtpClock {
  readonly stratum: number;
  readonly pollUs: number;
  readonly precisionUs: number;
  readonly rootDelayUs: number;
  readonly rootDispersionUs: number;
  /** Four characters for strata 0 and 1, else the four bytes as an IPv4 address. */
  readonly referenceId: string;
  readonly referenceUs: number;
  readonly originUs: number;
  readonly receiveUs: number;
  readonly transmitUs: number;
  readonly extensions: number;
}

/** What mode 6 carries. */
export interface NtpControl {
  readonly response: boolean;
  readonly error: boolean;
  readonly more: boolean;
  readonly operation: number;
  readonly sequence: number;
  readonly status: number;
  readonly association: number;
  readonly offset: number;
  readonly count: number;
}

/** What mode 7 carries. */
export interface NtpPrivate {
  readonly response: boolean;
  readonly more: boolean;
  readonly authenticated: boolean;
  readonly sequence: number;
  readonly implementation: number;
  readonly request: number;
  readonly error: number;
}

/** One NTP message; exactly one of the three parts is there (none in mode 0). */
export interface NtpMessage {
  readonly leap: number;
  readonly version: number;
  readonly mode: number;
  readonly clock?: NtpClock;
  readonly control?: NtpControl;
  readonly private?: NtpPrivate;
}

/** Reads the message in `[start, end)`; undefined when it is shorter than its mode needs. */
export function readMessage(bytes: Uint8Array, start: number, end: number): NtpMessage | undefined {
  const length = end - start;
  if (length < 1) return undefined;
  const first = u8(bytes, start);
  const base = { leap: first >> 6, version: (first >> 3) & 7, mode: first & 7 };
  if (base.mode === MODE_CONTROL) {
    if (length < CONTROL_HEADER_LENGTH) return undefined;
    return { ...base, control: readControl(bytes, start) };
  }
  if (base.mode === MODE_PRIVATE) {
    if (length < PRIVATE_HEADER_LENGTH) return undefined;
    return { ...base, leap: 0, private: readPrivate(bytes, start) };
  }
  if (base.mode === 0) return base;
  if (length < HEADER_LENGTH) return undefined;
  return { ...base, clock: readClock(bytes, start, end) };
}

function readClock(bytes: Uint8Array, start: number, end: number): NtpClock {
  const stratum = u8(bytes, start + STRATUM);
  const reference = start + REFERENCE_ID;
  return {
    stratum,
    pollUs: 1e6 * 2 ** signed8(bytes, start + POLL),
    precisionUs: 1e6 * 2 ** signed8(bytes, start + PRECISION),
    rootDelayUs: spanUs(bytes, start + ROOT_DELAY),
    rootDispersionUs: spanUs(bytes, start + ROOT_DISPERSION),
    referenceId: stratum < 2 ? latin1(bytes, reference, reference + 4) : formatIpv4(i32(bytes, reference)),
    referenceUs: timeUs(bytes, start + REFERENCE_TIME),
    originUs: timeUs(bytes, start + ORIGIN_TIME),
    receiveUs: timeUs(bytes, start + RECEIVE_TIME),
    transmitUs: timeUs(bytes, start + TRANSMIT_TIME),
    extensions: countExtensions(bytes, start + HEADER_LENGTH, end),
  };
}

/** Extension fields: type, length with these four bytes (RFC 7822). */
function countExtensions(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  let at = start;
  while (end - at > LONGEST_CODE && count < EXTENSIONS_LIMIT) {
    const length = (u8(bytes, at + 2) << 8) | u8(bytes, at + 3);
    if (length < 4 || at + length > end) break;
    count++;
    at += length;
  }
  return count;
}

function readControl(bytes: Uint8Array, start: number): NtpControl {
  const second = u8(bytes, start + 1);
  const word = (offset: number): number => (u8(bytes, start + offset) << 8) | u8(bytes, start + offset + 1);
  return {
    response: (second & 0x80) !== 0,
    error: (second & 0x40) !== 0,
    more: (second & 0x20) !== 0,
    operation: second & 0x1f,
    sequence: word(2),
    status: word(4),
    association: word(6),
    offset: word(8),
    count: word(10),
  };
}

function readPrivate(bytes: Uint8Array, start: number): NtpPrivate {
  const first = u8(bytes, start);
  const second = u8(bytes, start + 1);
  return {
    response: (first & 0x80) !== 0,
    more: (first & 0x40) !== 0,
    authenticated: (second & 0x80) !== 0,
    sequence: second & 0x7f,
    implementation: u8(bytes, start + 2),
    request: u8(bytes, start + 3),
    error: u8(bytes, start + 4) >> 4,
  };
}

/** The short format: 16 bits of seconds, signed, and 16 of their fraction. */
function spanUs(bytes: Uint8Array, offset: number): number {
  return (i32(bytes, offset) / 65536) * 1e6;
}

/** The timestamp format: seconds since 1900 and 32 bits of their fraction; all zero is unset. */
function timeUs(bytes: Uint8Array, offset: number): number {
  const seconds = u32(bytes, offset);
  const fraction = u32(bytes, offset + 4);
  if (seconds === 0 && fraction === 0) return 0;
  return (seconds - EPOCH_OFFSET) * 1e6 + Math.round((fraction / 4294967296) * 1e6);
}

function signed8(bytes: Uint8Array, offset: number): number {
  return (u8(bytes, offset) << 24) >> 24;
}
