import { latin1, u8 } from '../../../net/index.ts';
import { fieldText, isToken, LF, lower, SPACE, skipWhite, TAB, trimWhite, untilWhite } from './characters.ts';

/** A request line in its parts; what is not there is undefined. */
export interface RequestLine {
  readonly method: string;
  readonly uri: string | undefined;
  readonly protocol: string | undefined;
  /** The line without its end, as Latin-1. */
  readonly raw: string;
  readonly leadingWhite: boolean;
  /** Something other than blanks between method and URI. */
  readonly oddMethodEnd: boolean;
  readonly oddUriEnd: boolean;
}

/** Parts of `[start, end)`, a request line without its end, taken apart as servers do (RFC 9112, section 3). */
export function requestLine(bytes: Uint8Array, start: number, end: number): RequestLine {
  const methodStart = skipWhite(bytes, start, end);
  const methodEnd = untilWhite(bytes, methodStart, end);
  const rest = skipWhite(bytes, methodEnd, end);
  const stop = trimWhite(bytes, rest, end);
  let odd = false;
  for (let i = methodEnd; i < rest; i++) if (u8(bytes, i) !== SPACE) odd = true;
  let uriEnd = rest;
  while (uriEnd < stop && u8(bytes, uriEnd) !== SPACE) uriEnd++;
  let oddUri = false;
  if (untilWhite(bytes, rest, uriEnd) < uriEnd) {
    oddUri = true;
    if (uriEnd === stop) uriEnd = untilWhite(bytes, rest, stop);
  }
  const protocol = skipWhite(bytes, uriEnd, stop);
  return {
    method: fieldText(bytes, methodStart, methodEnd),
    uri: rest < stop ? fieldText(bytes, rest, uriEnd) : undefined,
    protocol: protocol < stop ? fieldText(bytes, protocol, stop) : undefined,
    raw: latin1(bytes, start, end),
    leadingWhite: methodStart > start,
    oddMethodEnd: odd,
    oddUriEnd: oddUri,
  };
}

/** A status line in its parts. */
export interface StatusLine {
  readonly protocol: string;
  /** From 100 to 999; undefined where it is no number of that size. */
  readonly status: number | undefined;
  readonly statusText: string | undefined;
  readonly reason: string | undefined;
  /** Zeek takes the first three digits. */
  readonly firstDigits: number;
}

/** Status lines met before: most servers say the same few. */
const known = new Map<string, StatusLine>();
const KNOWN = 256;
const SHORT = 48;

/** Parts of `[start, end)`, a status line without its end. */
export function statusLine(bytes: Uint8Array, start: number, end: number): StatusLine {
  if (end - start > SHORT) return parseStatusLine(bytes, start, end);
  const text = latin1(bytes, start, end);
  let line = known.get(text);
  if (line === undefined) {
    line = parseStatusLine(bytes, start, end);
    if (known.size < KNOWN) known.set(text, line);
  }
  return line;
}

function parseStatusLine(bytes: Uint8Array, start: number, end: number): StatusLine {
  let from = start;
  while (from < end && (u8(bytes, from) === 0 || skipWhite(bytes, from, from + 1) > from)) from++;
  const protocolEnd = untilWhite(bytes, from, end);
  const statusStart = skipWhite(bytes, protocolEnd, end);
  const statusEnd = untilWhite(bytes, statusStart, end);
  const statusText = statusEnd > statusStart ? fieldText(bytes, statusStart, statusEnd) : undefined;
  const reasonStart = skipWhite(bytes, statusEnd, end);
  const reasonEnd = trimWhite(bytes, reasonStart, end);
  let status: number | undefined;
  if (statusText !== undefined && /^\d{1,5}$/.test(statusText)) {
    const number = Number(statusText);
    if (number >= 100 && number <= 999) status = number;
  }
  return {
    protocol: fieldText(bytes, from, protocolEnd),
    status,
    statusText,
    reason: statusEnd < end ? fieldText(bytes, reasonStart, reasonEnd) : undefined,
    firstDigits: /^\d{3}/.test(statusText ?? '') ? Number(statusText?.slice(0, 3)) : 0,
  };
}

/** 9, 10 or 11 for a version that is known, however it is written (`HTTP / 01.1`); 0 for any other. */
export function versionOf(protocol: string | undefined): number {
  if (protocol === undefined) return 0;
  if (protocol === 'HTTP/1.1') return 11;
  if (protocol === 'HTTP/1.0') return 10;
  const found = /^\s{0,64}HTTP\s{0,64}\/[\s0]{0,64}(\.9|1\.0|1\.1)\s{0,64}$/i.exec(protocol);
  return found === null ? 0 : found[1] === '.9' ? 9 : found[1] === '1.0' ? 10 : 11;
}

const HTTP = [0x68, 0x74, 0x74, 0x70];

/** 1 where `[start, end)` begins a status line as browsers see it (`http` in any case), 0 where not, -1 too short. */
export function startsStatusLine(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && (u8(bytes, i) === 0 || skipWhite(bytes, i, i + 1) > i)) i++;
  for (const letter of HTTP) {
    if (i >= end) return -1;
    if (lower(u8(bytes, i)) !== letter) return 0;
    i++;
  }
  return 1;
}

/** True where the line `[start, end)`, its end included, is empty or a single blank: it may stand before a message. */
export function isIgnorableLine(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  const first = u8(bytes, start);
  if (length === 1) return first === LF || first === 0x0d;
  if (length === 2) {
    return u8(bytes, start + 1) === LF && (first === 0x0d || first === SPACE || first === TAB);
  }
  return false;
}

const METHODS: ReadonlySet<string> = new Set(
  (
    'GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK ' +
    'VERSION-CONTROL CHECKOUT UNCHECKOUT CHECKIN UPDATE LABEL REPORT MKWORKSPACE MKACTIVITY BASELINE-CONTROL MERGE'
  ).split(' '),
);

/** True for the methods that libhtp knows. */
export function isKnownMethod(method: string): boolean {
  return METHODS.has(method);
}

/** True where all of `[start, end)` are token characters. */
export function allToken(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (!isToken(u8(bytes, i))) return false;
  return end > start;
}
