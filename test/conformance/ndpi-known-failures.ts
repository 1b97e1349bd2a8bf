/** Captures of nDPI's test suite some of whose flows are known to have another label, and why. */
export interface KnownFailure {
  readonly capture: string;
  /** How many flows. */
  readonly flows: number;
  readonly reason: string;
}

const NAME = 'ndpiReader and EVE have different names for the IP protocol';
const MALFORMED = 'packets that the decoder turns away as malformed make no flow';
const CONTENT = 'the application is told by the content of HTTP, not by the host';
const TEST_SET_UP = 'the test gives nDPI rules or names of its own';
const PART_OF_CERTIFICATE = 'nDPI reads names from a part of a certificate; the rest is not in the capture';
const GUESS = 'nDPI guesses by statistics or by other flows of the same server';
const WINDOW = 'STUN turns to media: how many packets nDPI waits for it differs from flow to flow';

/** One line per capture. */
export const KNOWN_FAILURES: readonly KnownFailure[] = [
  { capture: 'ah.pcapng', flows: 1, reason: NAME },
  { capture: 'conncheck.pcap', flows: 6, reason: TEST_SET_UP },
  { capture: 'custom_rules_ipv6.pcapng', flows: 6, reason: TEST_SET_UP },
  { capture: 'dtls_mid_sessions.pcapng', flows: 1, reason: 'DTLS application data alone' },
  { capture: 'fuzz-2006-09-29-28586.pcap', flows: 3, reason: MALFORMED },
  { capture: 'fuzz-2020-02-16-11740.pcap', flows: 11, reason: MALFORMED },
  { capture: 'h323-overflow.pcap', flows: 1, reason: TEST_SET_UP },
  { capture: 'heuristic_tcp_ack_payload.pcap', flows: 2, reason: 'payload in acknowledgements of one byte' },
  { capture: 'hls.pcapng', flows: 1, reason: CONTENT },
  { capture: 'ip_fragmented_garbage.pcap', flows: 1, reason: MALFORMED },
  { capture: 'ipp.pcap', flows: 3, reason: CONTENT },
  { capture: 'jabber.pcap', flows: 1, reason: 'encrypted on the port of Jabber' },
  { capture: 'jsonrpc.pcap', flows: 2, reason: CONTENT },
  { capture: 'lru_ipv6_caches.pcapng', flows: 3, reason: PART_OF_CERTIFICATE },
  { capture: 'mullvad_wireguard.pcap', flows: 1, reason: 'the network is not in our table' },
  { capture: 'netease_games.pcapng', flows: 1, reason: 'a pattern seen once' },
  { capture: 'nintendo.pcap', flows: 2, reason: 'named by DNS before its network is asked' },
  { capture: 'ookla.pcap', flows: 2, reason: GUESS },
  { capture: 'ospfv2_add_new_prefix.pcap', flows: 1, reason: NAME },
  { capture: 'protobuf.pcap', flows: 2, reason: 'nothing but numbers: no text to be sure by' },
  { capture: 'quic-fuzz-overflow.pcapng', flows: 1, reason: MALFORMED },
  {
    capture: 'quic_frags_ch_out_of_order_same_packet_craziness.pcapng',
    flows: 3,
    reason: 'the network of the server before its name',
  },
  { capture: 'raknet.pcap', flows: 1, reason: 'a single packet with a foreign magic' },
  { capture: 'riot.pcapng', flows: 1, reason: PART_OF_CERTIFICATE },
  { capture: 'roblox.pcapng', flows: 2, reason: GUESS },
  { capture: 'skype-conference-call.pcap', flows: 1, reason: WINDOW },
  { capture: 'teams.pcap', flows: 3, reason: PART_OF_CERTIFICATE },
  { capture: 'telegram_videocall.pcapng', flows: 2, reason: GUESS },
  { capture: 'ultrasurf.pcap', flows: 1, reason: GUESS },
  { capture: 'wa_voice.pcap', flows: 1, reason: WINDOW },
  { capture: 'webdav.pcap', flows: 8, reason: CONTENT },
  { capture: 'whatsapp_login_call.pcap', flows: 2, reason: WINDOW },
  { capture: 'xiaomi.pcap', flows: 1, reason: CONTENT },
];

/** Captures of nDPI's test suite some of whose fingerprints are known to be missing, and why. */
export const KNOWN_FINGERPRINTS: readonly {
  readonly capture: string;
  /** How many values of JA3, JA3S and JA4. */
  readonly values: number;
  readonly reason: string;
}[] = [
  {
    capture: 'heuristic_tcp_ack_payload.pcap',
    values: 15,
    reason:
      'the test has nDPI drop short payloads of acknowledgements, which padding of Ethernet became here',
  },
];
