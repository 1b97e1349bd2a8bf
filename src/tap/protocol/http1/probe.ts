import { latin1, u8 } from '../../../net/index.ts';
import type { Direction, Match, PortPair } from '../parser.ts';
import { startsStatusLine } from './start-line.ts';

/** Ports where clients speak HTTP in clear. */
export const PORTS: readonly number[] = [80, 8080, 3128, 8000];

/** Methods that other protocols do not begin with; the second group they share with RTSP, SIP and the like. */
const OWN =
  /^(?:GET|HEAD|POST|PUT|DELETE|CONNECT|TRACE|PATCH|PROPFIND|PROPPATCH|MKCOL|COPY|MOVE|LOCK|UNLOCK|BMOVE|POLL|SEARCH|REPORT|MERGE|CHECKOUT|CHECKIN|LABEL|UPDATE|MKWORKSPACE|MKACTIVITY|VERSION-CONTROL|BASELINE-CONTROL|UNCHECKOUT|QUERY|M-SEARCH|PURGE)[ \t]/;
/** A method that nobody has registered; what looks otherwise is no request that a server takes. */
const METHOD = /^[A-Za-z][\w-]{0,31}[ \t]/;
const VERSION = /[ \t]HTTP\/[019]/i;
const FOREIGN = /[ \t](?:RTSP|SIP|ICAP)\/\d/;
const PREFACE = 'PRI * HTTP/2.0';
const LOOK = 512;

/** Recognises HTTP/0.9 to 1.1 by the first bytes of a direction. */
export function probe(
  bytes: Uint8Array,
  start: number,
  end: number,
  direction: Direction,
  port: PortPair,
): Match {
  let from = start;
  while (from < end && (u8(bytes, from) === 0x0d || u8(bytes, from) === 0x0a)) from++;
  if (from >= end) return 'maybe';
  return direction === 0 ? probeRequest(bytes, from, end, port) : probeResponse(bytes, from, end);
}

function probeRequest(bytes: Uint8Array, start: number, end: number, port: PortPair): Match {
  const head = latin1(bytes, start, Math.min(end, start + LOOK));
  const newline = head.indexOf('\n');
  const line = newline < 0 ? head : head.slice(0, newline);
  if (line.startsWith(PREFACE) || (line.length < PREFACE.length && PREFACE.startsWith(line)))
    return PREFACE.startsWith(line) && newline < 0 && line.length < PREFACE.length ? 'maybe' : 'no';
  if (FOREIGN.test(line)) return 'no';
  if (VERSION.test(line) && METHOD.test(line)) return 'yes';
  if (OWN.test(line)) return 'yes';
  if (newline >= 0 || line.length >= LOOK) {
    // A line that is no request: at a port of HTTP the answer may still tell.
    return PORTS.includes(port.server) && /^[\t\x20-\xff]{3,}\r?$/.test(line) ? 'maybe' : 'no';
  }
  return /^[!-~]{0,32}(?:[ \t][\t\x20-\xff]*)?$/.test(line) ? 'maybe' : 'no';
}

function probeResponse(bytes: Uint8Array, start: number, end: number): Match {
  const starts = startsStatusLine(bytes, start, end);
  if (starts === 0) return 'no';
  if (starts < 0) return 'maybe';
  return end - start >= 6
    ? /^\s*http\/\d/i.test(latin1(bytes, start, Math.min(end, start + 64)))
      ? 'yes'
      : 'no'
    : 'maybe';
}
