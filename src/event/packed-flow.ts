/**
 * A flow as words that can be copied: what a record of it says, without its names. Outputs that render in another
 * thread take this instead of a view of the table. Word numbers index an Int32Array, double numbers a Float64Array
 * over the same bytes, which begin at a multiple of eight.
 */

/** Words of a packed flow, and of its head, which is all that the records of its transactions need. */
export const PACKED_WORDS = 48;
export const PACKED_HEAD_WORDS = 16;

/** Double: the flow's identity in the run. */
export const PACKED_ID = 0;
/** Addresses as in the packet: IPv4 in the first word, IPv6 in four; ports (client << 16 | server). */
export const PACKED_CLIENT = 2;
export const PACKED_SERVER = 6;
export const PACKED_PORTS = 10;
/** IP version << 8 | protocol. */
export const PACKED_KIND = 11;
/** Two VLAN tags of 12 bits and the count << 24; the third tag. */
export const PACKED_VLAN = 12;
export const PACKED_VLAN3 = 13;
/** Seed of the community id (16 bits), and in bit 16 whether it is for a message without an answer. */
export const PACKED_COMMUNITY = 14;
export const COMMUNITY_ONE_WAY = 1 << 16;

/** Doubles: microseconds since 1970; bytes by direction. */
export const PACKED_START_US = 8;
export const PACKED_LAST_US = 9;
export const PACKED_BYTES = 10;
export const PACKED_PACKETS = 24;
/** Numbers in {@link FLOW_STATES} and {@link FLOW_REASONS}. */
export const PACKED_STATE = 26;
export const PACKED_REASON = 27;
export const PACKED_TRANSACTIONS = 28;
/** ICMP type and code of the first packet, those of the first answer << 16; whether there was an answer. */
export const PACKED_ICMP = 29;
export const PACKED_ICMP_ANSWERED = 30;
/** TCP flags: client's, server's << 8; the number of the session's state in {@link TCP_STATES}. */
export const PACKED_TCP_FLAGS = 31;
export const PACKED_TCP_STATE = 32;
/** Round trips of the handshake in microseconds, to the client and to the server; -1 when not seen. */
export const PACKED_RTT = 33;
/** Counters by direction. */
export const PACKED_RETRANSMISSIONS = 35;
export const PACKED_OUT_OF_ORDER = 37;
export const PACKED_ZERO_WINDOWS = 39;
/** Bit 0: bytes of the client are missing; bit 1: of the server. */
export const PACKED_GAPS = 41;
export const PACKED_MISSED = 42;
/** 1: packets were cut by the capture's length limit. */
export const PACKED_TRUNCATED = 44;
/** 1: not inspected from its beginning on, because of load. */
export const PACKED_SAMPLED_OUT = 45;

/** `flow.state`. */
export const FLOW_STATES = ['new', 'established', 'closed', 'bypassed'] as const;
/** `flow.reason`. */
export const FLOW_REASONS = ['timeout', 'shutdown', 'forced', 'tcp_reuse'] as const;
/** `tcp.state`: states of a TCP session in Suricata's names. */
export const TCP_STATES = [
  'none',
  'syn_sent',
  'syn_recv',
  'established',
  'fin_wait1',
  'fin_wait2',
  'time_wait',
  'last_ack',
  'close_wait',
  'closing',
  'closed',
] as const;

/** Where a flow is packed to: words and doubles over the same bytes. */
export interface PackedFlows {
  readonly words: Int32Array;
  readonly doubles: Float64Array;
}
