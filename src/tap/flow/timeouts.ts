import { ICMP, ICMPV6, TCP, UDP } from '../packet/packet.ts';

/** Seconds without a packet after which a flow ends, by protocol and state. */
export interface FlowTimeouts {
  readonly tcp: StateTimeouts;
  readonly udp: StateTimeouts;
  readonly icmp: StateTimeouts;
  readonly other: StateTimeouts;
}

/** Seconds by state. */
export interface StateTimeouts {
  readonly new: number;
  readonly established: number;
  readonly closed: number;
}

/** Suricata's defaults; a closed TCP flow lingers for what trails behind the last FIN. */
export const DEFAULT_TIMEOUTS: FlowTimeouts = {
  tcp: { new: 60, established: 600, closed: 60 },
  udp: { new: 30, established: 300, closed: 0 },
  icmp: { new: 30, established: 300, closed: 0 },
  other: { new: 30, established: 300, closed: 0 },
};

/** The time-out of a flow of an IP protocol in a state. */
export function timeoutSeconds(timeouts: FlowTimeouts, protocol: number, state: keyof StateTimeouts): number {
  if (protocol === TCP) return timeouts.tcp[state];
  if (protocol === UDP) return timeouts.udp[state];
  return protocol === ICMP || protocol === ICMPV6 ? timeouts.icmp[state] : timeouts.other[state];
}

/** The shortest time-out that any flow may have. */
export function leastTimeoutSeconds(timeouts: FlowTimeouts): number {
  const { tcp, udp, icmp, other } = timeouts;
  return Math.min(
    ...[tcp.new, tcp.established, tcp.closed],
    ...[udp, icmp, other].flatMap((states) => [states.new, states.established]),
  );
}
