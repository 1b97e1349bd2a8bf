/**
 * Zeek's names of what is wrong in packets and messages (its `weird` events), by the names that EVE carries. Where
 * Zeek has no name of its own, the log has EVE's.
 */
const NAMES: ReadonlyMap<string, string> = new Map([
  // Link and network
  ['decoder.ethernet.pkt_too_small', 'truncated_ethernet_frame'],
  ['decoder.ethernet.unknown_ethertype', 'unknown_packet_type'],
  ['decoder.arp.pkt_too_small', 'truncated_ARP'],
  ['decoder.ppp.pkt_too_small', 'truncated_ppp_header'],
  ['decoder.vlan.header_too_small', 'truncated_VLAN_frame'],
  ['decoder.vlan.too_many_layers', 'max_packet_analyzer_depth_exceeded'],
  ['decoder.ipraw.invalid_ip_version', 'unknown_ip_version'],
  ['decoder.ipv4.wrong_ip_version', 'unknown_ip_version'],
  ['decoder.ipv6.wrong_ip_version', 'unknown_ip_version'],
  ['decoder.ipv4.pkt_too_small', 'truncated_IP'],
  ['decoder.ipv6.pkt_too_small', 'truncated_IP'],
  ['decoder.ipv4.trunc_pkt', 'truncated_IPv4'],
  ['decoder.ipv6.trunc_pkt', 'truncated_IPv6'],
  ['decoder.ipv4.hlen_too_small', 'invalid_IP_header_size'],
  ['decoder.ipv4.iplen_smaller_than_hlen', 'invalid_IP_header_size'],
  ['decoder.ipv4.frag_pkt_too_large', 'excessively_large_fragment'],
  ['decoder.ipv6.frag_pkt_too_large', 'excessively_large_fragment'],
  ['decoder.ipv4.frag_overlap', 'fragment_overlap'],
  ['decoder.ipv6.frag_overlap', 'fragment_overlap'],
  ['decoder.ipv4.unknown_protocol', 'unknown_protocol'],
  ['decoder.ipv6.unknown_next_header', 'unknown_protocol'],
  ['decoder.too_many_layers', 'max_packet_analyzer_depth_exceeded'],
  ['decoder.too_many_tunnels', 'exceeded_tunnel_max_depth'],
  // Transport
  ['decoder.tcp.pkt_too_small', 'truncated_header'],
  ['decoder.tcp.hlen_too_small', 'bad_TCP_header_len'],
  ['decoder.tcp.invalid_optlen', 'corrupt_tcp_header'],
  ['decoder.udp.pkt_too_small', 'truncated_header'],
  ['decoder.udp.hlen_too_small', 'truncated_header'],
  ['decoder.udp.len_invalid', 'UDP_datagram_length_mismatch'],
  ['decoder.icmpv4.pkt_too_small', 'truncated_header'],
  ['decoder.icmpv6.pkt_too_small', 'truncated_header'],
  ['stream.ipv4.bad_checksum', 'bad_IP_checksum'],
  // HTTP
  ['REQUEST_LINE_UNKNOWN_METHOD_NO_PROTOCOL', 'bad_HTTP_request'],
  ['REQUEST_LINE_UNKNOWN_METHOD_INVALID_PROTOCOL', 'bad_HTTP_request_with_version'],
  ['INVALID_REQUEST_CHUNK_LEN', 'HTTP_bad_chunk_size'],
  ['INVALID_RESPONSE_CHUNK_LEN', 'HTTP_bad_chunk_size'],
  ['INVALID_CONTENT_LENGTH_FIELD_IN_REQUEST', 'HTTP_invalid_content_length'],
  ['INVALID_CONTENT_LENGTH_FIELD_IN_RESPONSE', 'HTTP_invalid_content_length'],
  ['UNABLE_TO_MATCH_RESPONSE_TO_REQUEST', 'unmatched_HTTP_reply'],
]);

/** Zeek's name of an anomaly, undefined where it has none. */
export function weirdName(event: string): string | undefined {
  return NAMES.get(event);
}
