import { TCP_STATES } from '../../event/packed-flow.ts';

/** States of a TCP session, in the order of their names in `TCP_STATES`; the server's side gives the view (a FIN of the client: close_wait). */
export const NONE = 0;
export const SYN_SENT = 1;
export const SYN_RECV = 2;
export const ESTABLISHED = 3;
export const FIN_WAIT1 = 4;
export const FIN_WAIT2 = 5;
export const TIME_WAIT = 6;
export const LAST_ACK = 7;
export const CLOSE_WAIT = 8;
export const CLOSING = 9;
export const CLOSED = 10;

/** Suricata's name of a state, as in `tcp.state`. */
export function stateName(state: number): string {
  return TCP_STATES[state] ?? 'none';
}

/** True for the states in which the flow as a whole counts as closed. */
export function closedByPeer(state: number): boolean {
  return state === LAST_ACK || state === TIME_WAIT || state === CLOSED;
}
