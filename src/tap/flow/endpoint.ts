import { ACK, FIN, RST, SYN } from '../packet/packet.ts';

/**
 * State of each TCP endpoint as Zeek keeps it to derive `conn_state`, packed into one word of the flow's record:
 * client's state in bits 4-7, server's in 8-11, the state before it in 12-15 and 16-19.
 */
export const INACTIVE = 0;
export const SYN_SENT = 1;
export const SYN_ACK_SENT = 2;
export const PARTIAL = 3;
export const ESTABLISHED = 4;
export const CLOSED = 5;
export const RESET = 6;

/** State of one endpoint: direction 0 is the client. */
export function of(states: number, direction: number): number {
  return (states >> (4 + direction * 4)) & 15;
}

function previous(states: number, direction: number): number {
  return (states >> (12 + direction * 4)) & 15;
}

function set(states: number, direction: number, state: number): number {
  const now = of(states, direction);
  const cleared = states & ~(15 << (4 + direction * 4)) & ~(15 << (12 + direction * 4));
  return cleared | (state << (4 + direction * 4)) | (now << (12 + direction * 4));
}

/** True while the sides speak, or have ended in order: what is missing then was lost and not mistaken for a gap. */
export function isClean(states: number): boolean {
  return isCleanSide(states, 0) && isCleanSide(states, 1);
}

function isCleanSide(states: number, direction: number): boolean {
  const state = of(states, direction);
  return state === ESTABLISHED || (state === CLOSED && previous(states, direction) === ESTABLISHED);
}

/** The packed states with client and server exchanged. */
export function flipped(states: number): number {
  return (
    (states & 15) |
    (of(states, 1) << 4) |
    (of(states, 0) << 8) |
    (previous(states, 1) << 12) |
    (previous(states, 0) << 16)
  );
}

/** The packed states after a segment of one endpoint. */
export function advance(states: number, direction: number, flags: number, length: number): number {
  switch (of(states, direction)) {
    case INACTIVE:
      return fromInactive(states, direction, flags, length);
    case SYN_SENT:
    case SYN_ACK_SENT:
      if ((flags & RST) !== 0) return set(states, direction, RESET);
      return (flags & FIN) !== 0 ? set(states, direction, CLOSED) : states;
    case ESTABLISHED:
    case PARTIAL:
      return fromEstablished(states, direction, flags);
    case CLOSED:
      // A RST behind both FINs changes nothing.
      if ((flags & RST) !== 0 && of(states, 1 - direction) !== CLOSED) return set(states, direction, RESET);
      return states;
    default:
      return states;
  }
}

function fromInactive(before: number, direction: number, flags: number, length: number): number {
  const peer = 1 - direction;
  let states = before;
  if ((flags & SYN) !== 0) {
    if (direction === 0) {
      states = set(states, 0, (flags & ACK) !== 0 ? SYN_ACK_SENT : SYN_SENT);
    } else {
      if (of(states, 0) === SYN_SENT) states = set(states, 0, ESTABLISHED);
      states = set(states, 1, ESTABLISHED);
    }
  }
  if ((flags & FIN) !== 0) states = set(states, direction, CLOSED);
  if ((flags & RST) !== 0) states = set(states, direction, RESET);
  if (of(states, direction) !== INACTIVE) return states;
  // Some servers acknowledge the SYN before they answer it: not yet a partial connection.
  if (direction === 1 && length === 0 && of(states, 0) === SYN_SENT) return states;
  if ((flags & ACK) !== 0 && of(states, peer) === ESTABLISHED) return set(states, direction, ESTABLISHED);
  return set(states, direction, PARTIAL);
}

function fromEstablished(before: number, direction: number, flags: number): number {
  const peer = 1 - direction;
  let states = before;
  if ((flags & SYN) !== 0 && (flags & ACK) === 0) {
    if (of(states, direction) === PARTIAL && of(states, peer) === INACTIVE) {
      states = set(states, direction, SYN_SENT);
    }
  }
  if ((flags & RST) !== 0) return set(states, direction, RESET);
  if ((flags & FIN) !== 0) {
    states = set(states, direction, CLOSED);
    // The peer sent FIN, then RST: in truth an orderly end.
    if (of(states, peer) === RESET && previous(states, peer) === CLOSED) states = set(states, peer, CLOSED);
  }
  return states;
}

/** Zeek's `conn_state` of a TCP connection (scripts/base/protocols/conn). */
export function connState(states: number, history: string, payload: number): string {
  const client = of(states, 0);
  const server = of(states, 1);
  const clientQuiet = client === INACTIVE || client === PARTIAL;
  const serverQuiet = server === INACTIVE || server === PARTIAL;
  if (server === RESET) {
    if (client === SYN_SENT || client === SYN_ACK_SENT || (client === RESET && payload === 0)) return 'REJ';
    return clientQuiet ? 'RSTRH' : 'RSTR';
  }
  if (client === RESET) {
    if (!serverQuiet) return 'RSTO';
    return /^\^?S[^HAFGIQ]*R/.test(history) ? 'RSTOS0' : 'OTH';
  }
  if (server === CLOSED && client === CLOSED) return 'SF';
  if (client === CLOSED) return serverQuiet ? 'SH' : 'S2';
  if (server === CLOSED) return clientQuiet ? 'SHR' : 'S3';
  if (client === SYN_SENT && server === INACTIVE) return 'S0';
  if (client === ESTABLISHED && server === ESTABLISHED) return 'S1';
  return 'OTH';
}
