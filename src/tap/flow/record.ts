/**
 * Layout of a flow's record: 80 words of 32 bits (five cache lines) in one ArrayBuffer, seen as Int32Array and
 * Float64Array. Word numbers index the first, double numbers the second. What a lookup touches comes first.
 */

/** Words of a record; its index in the table times this is its first word. */
export const RECORD_WORDS = 80;

// Key: client address (4 words, IPv4 in the first), server address, ports (client << 16 | server),
// IP version and protocol, what keeps equal tuples apart (VLAN, tunnel), hash.
export const CLIENT = 0;
export const SERVER = 4;
export const PORTS = 8;
export const KIND = 9;
export const SCOPE = 10;
export const HASH = 11;
/** Neighbours in the timer list of a bucket (index + 1), and the bucket. */
export const NEXT = 12;
export const PREVIOUS = 13;
export const BUCKET = 14;
/** Number of the inspection, 0 when the flow is on the fast path, or {@link LOOKING}. */
export const INSPECTION = 15;
/** The flow is inspected, and what is known so far lies in the record itself. */
export const LOOKING = -1;

// Doubles 8-15 (words 16-31): microseconds, bytes of frames, bytes of IP datagrams.
export const START_US = 8;
export const LAST_US = 9;
export const BYTES = 10;
export const IP_BYTES = 12;
/** By direction, doubles 14 and 15: payload bytes; for TCP the sequence numbers used, with those of SYN and FIN. */
export const PAYLOAD = 14;

// Words 32-47: counters and TCP
export const PACKETS = 32;
export const FLAGS = 34;
/** TCP flags seen: client's, server's << 8. */
export const TCP_FLAGS = 35;
/** States: TCP session in the low 4 bits, client's endpoint << 4, server's << 8, their previous ones << 12, << 16. */
export const STATES = 36;
/** Zeek-style history: node in the history table, and letters seen by direction. */
export const HISTORY = 37;
export const HISTORY_SEEN = 38;
/** Lowest and highest TTL: client's min, max, server's min, max, a byte each. */
export const TTL = 39;
/** By direction: sequence number of the SYN, next in order, highest acknowledged. */
export const ISN = 40;
export const SEQ = 42;
export const ACKED = 44;
/** Of a flow of datagrams in their place: what is known of it while it is {@link LOOKING}, two words and a double (see ../first-look.ts). */
export const LOOK = 40;
/** Looks at the flow behind its first inspection, packed by reinspection.ts. */
export const AGAIN = 46;
/** Second of capture time from which on the flow's next payload begins an inspection (see reinspection.ts). */
export const WANTED_AT = 47;

// Words 48-63: quality of the connection, by direction
export const RETRANSMISSIONS = 48;
export const OUT_OF_ORDER = 50;
export const ZERO_WINDOW = 52;
export const GAPS = 54;
export const MISSED = 56;
export const BAD_CHECKSUM = 58;
/** Last control segment's relative number: SYN, FIN, RST of each direction mixed, to see repeats. */
export const LAST_CONTROL = 60;
/** Round trip in microseconds: handshake of the server's side and of the client's side; -1 unknown. */
export const RTT = 62;

// Words 64-79: what the flow is
/**
 * Application protocol, the one before a change << 8, the one of the side that contradicts << 16, and which side
 * that is << 24: numbers of names.
 */
export const PROTOCOL = 64;
/** Bit of PROTOCOL: another protocol is about to follow, which is not known yet. */
export const PROTOCOL_CHANGING = 1 << 25;
/** nDPI name of protocol, application: numbers of names, 16 bits each. */
export const APPLICATION = 65;
/** What nDPI says, packed by protocol/ndpi/verdicts.ts; 0 when it says nothing. */
export const NDPI_VERDICT = 66;
/** VLAN tags: two of 12 bits and the count << 24. */
export const VLAN = 67;
/** Number of the interned tunnel chain, 0 outside of tunnels (16 bits), and the third VLAN tag << 16. */
export const TUNNEL = 68;
/** Number of the first packet's pair of MAC addresses, and of another one's << 16 (see macs.ts). */
export const MAC = 69;
/** Packets that were told while the flow is open, by side as it was first seen (see ../progress.ts). */
export const TOLD = 70;
/** Packet number of the first packet, and flow number (identity within the run). */
export const FIRST_PACKET = 72;
export const SERIAL = 73;
/** Number of the interned set of Zeek services. */
export const SERVICES = 74;
/** The flow that carried the last packet in a tunnel (low 24 bits of its SERIAL), and how often it was another one. */
export const CARRIER = 75;
/** ICMP type and code of the first packet in each direction, 16 bits each; -1 unknown in the upper half. */
export const ICMP = 76;
/** How far nDPI is with the flow, see protocol/ndpi/voice.ts. */
export const NDPI = 77;
/** Transactions emitted. */
export const TRANSACTIONS = 78;
/** Microseconds from the last packet that counts for the duration in Zeek's sense to the very last one. */
export const TRAILING_US = 79;

// Bits of FLAGS
/** The first packet was not the beginning of the flow. */
export const FLAG_MIDSTREAM = 1;
/** The sides were exchanged by what later packets showed. */
export const FLAG_FLIPPED = 2;
/** A packet of the server has been seen (UDP and others: established). */
export const FLAG_ANSWERED = 4;
/** Not inspected from its beginning on, because of load. */
export const FLAG_SAMPLED_OUT = 8;
/** A packet of the flow was cut by the capture's length limit. */
export const FLAG_TRUNCATED = 32;
/** Sequence numbers of the client and of the server are known. */
export const FLAG_SEQ_CLIENT = 64;
export const FLAG_SEQ_SERVER = 128;
/** FIN seen of the client, of the server. */
export const FLAG_FIN_CLIENT = 512;
export const FLAG_FIN_SERVER = 1024;
/** Both sides did what ends a connection in Zeek's sense: the time of the last packet no longer moves. */
export const FLAG_DONE_CLIENT = 2048;
export const FLAG_DONE_SERVER = 4096;
/** UDP: nothing is pending; the inspection was let go, to be made anew with the next datagram. */
export const FLAG_PARKED = 65536;
/** TCP: bytes of the client, of the server are missing where Zeek would not count them. */
export const FLAG_HOLE_CLIENT = 65536;
export const FLAG_HOLE_SERVER = 131072;
/** TCP: the beginning of a side was not seen, in Zeek's sense: most of its analyzers leave the connection alone. */
export const FLAG_PARTIAL = 262144;
