import type { Flow } from './flow.ts';

/** TCP flags (RFC 9293, section 3.1). */
const FIN = 0x01;
const SYN = 0x02;
const RST = 0x04;
const PSH = 0x08;
const ACK = 0x10;
const URG = 0x20;

/** No SYN is longer than this, with the headers of Ethernet and IPv6 and all of TCP's options. */
const LONGEST_SYN = 14 + 40 + 60;
/** More packets than a connection has that is tried in vain. */
const MOST_TRIES = 8;

/** How a connection failed, with the state that Zeek's conn.log gives it. */
export interface Failure {
  readonly kind: 'refused' | 'unanswered' | 'half_open';
  readonly state: 'REJ' | 'S0' | 'SH' | 'RSTOS0' | 'OTH';
}

/**
 * Whether a connection came to nothing: refused, unanswered, or given up by the client before it was complete, as a
 * scan with SYN does. Undefined for what carries data, and while it may still come to something.
 *
 * An open flow is told without its flags, about a second after it began; there its packets say it: nothing but SYNs
 * without an answer, or closed after one packet of the server, or none.
 */
export function failureOf(flow: Flow): Failure | undefined {
  const { packetsIn, packetsOut, bytesIn, bytesOut } = flow;
  if (packetsOut === 0 || packetsOut > MOST_TRIES || bytesOut > packetsOut * LONGEST_SYN) return undefined;
  if (flow.proto === 'TCP') {
    return flow.flagsOut === undefined || flow.flagsIn === undefined ? openFailure(flow) : ended(flow);
  }
  if (!flow.final || packetsIn !== 0 || bytesIn !== 0) return undefined;
  return flow.proto === 'UDP' || isEcho(flow) ? { kind: 'unanswered', state: 'S0' } : undefined;
}

function openFailure({ packetsIn, packetsOut, bytesIn, state }: Flow): Failure | undefined {
  if (packetsIn === 0) return state === 'new' ? { kind: 'unanswered', state: 'S0' } : undefined;
  if (state !== 'closed' || packetsIn > 1 || packetsOut > 2 || bytesIn > LONGEST_SYN) return undefined;
  return { kind: 'refused', state: 'REJ' };
}

function ended({ packetsIn, flagsOut = 0, flagsIn = 0 }: Flow): Failure | undefined {
  if ((flagsOut & SYN) === 0) return undefined;
  if (packetsIn === 0) return (flagsOut & ACK) === 0 ? { kind: 'unanswered', state: 'S0' } : undefined;
  if ((flagsIn & (SYN | RST)) === RST) return { kind: 'refused', state: 'REJ' };
  // The server was ready; the client never said so.
  if ((flagsIn & SYN) === 0 || (flagsOut & ACK) !== 0) return undefined;
  return { kind: 'half_open', state: (flagsOut & RST) === 0 ? 'SH' : 'RSTOS0' };
}

function isEcho({ proto, icmpType }: Flow): boolean {
  return (proto === 'ICMP' && icmpType === 8) || (proto === 'IPv6-ICMP' && icmpType === 128);
}

/**
 * A probe with flags that no TCP sends to begin with (nmap's NULL, FIN and Xmas scans): its name, undefined for others.
 * A FIN alone may stem from a connection that began before the capture, so an answer other than RST clears it.
 */
export function oddFlagsOf(flow: Flow): 'null' | 'fin' | 'xmas' | 'syn-fin' | undefined {
  const { proto, final, packetsOut, bytesOut, flagsOut, flagsIn = 0 } = flow;
  if (proto !== 'TCP' || !final || flagsOut === undefined) return undefined;
  if (packetsOut === 0 || packetsOut > MOST_TRIES || bytesOut > packetsOut * LONGEST_SYN) return undefined;
  if (flagsIn !== 0 && (flagsIn & ~ACK) !== RST) return undefined;
  switch (flagsOut & (FIN | SYN | RST | PSH | ACK | URG)) {
    case 0:
      return 'null';
    case FIN:
      return 'fin';
    case FIN | PSH | URG:
      return 'xmas';
    case SYN | FIN:
      return 'syn-fin';
    default:
      return undefined;
  }
}
