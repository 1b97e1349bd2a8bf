/**
 * Names of all malformed shapes that the decoder reports, as Suricata 8 has them (`decode-events.c`), and a few of
 * our own at the end. A number is the index into {@link DECODER_EVENTS}.
 */

/** One event: its name, and whether it says that the packet's headers cannot be trusted. */
export interface DecoderEvent {
  readonly name: string;
  readonly invalid: boolean;
}

const names: string[] = [];
const fatal: boolean[] = [];

/** A shape that makes the packet invalid: what follows it is not decoded or not believed. */
function invalid(name: string): number {
  fatal.push(true);
  return names.push(`decoder.${name}`) - 1;
}

/** A shape that is worth a note; decoding goes on. */
function noted(name: string): number {
  fatal.push(false);
  return names.push(`decoder.${name}`) - 1;
}

export const IPV4_PKT_TOO_SMALL = invalid('ipv4.pkt_too_small');
export const IPV4_HLEN_TOO_SMALL = invalid('ipv4.hlen_too_small');
export const IPV4_IPLEN_SMALLER_THAN_HLEN = invalid('ipv4.iplen_smaller_than_hlen');
export const IPV4_TRUNC_PKT = invalid('ipv4.trunc_pkt');
export const IPV4_OPT_INVALID = noted('ipv4.opt_invalid');
export const IPV4_OPT_INVALID_LEN = invalid('ipv4.opt_invalid_len');
export const IPV4_OPT_MALFORMED = invalid('ipv4.opt_malformed');
export const IPV4_OPT_PAD_REQUIRED = noted('ipv4.opt_pad_required');
export const IPV4_OPT_EOL_REQUIRED = noted('ipv4.opt_eol_required');
export const IPV4_OPT_DUPLICATE = noted('ipv4.opt_duplicate');
export const IPV4_OPT_UNKNOWN = invalid('ipv4.opt_unknown');
export const IPV4_WRONG_IP_VERSION = invalid('ipv4.wrong_ip_version');
export const IPV4_WITH_ICMPV6 = noted('ipv4.icmpv6');
export const IPV4_UNKNOWN_PROTOCOL = noted('ipv4.unknown_protocol');
export const IPV4_FRAG_PKT_TOO_LARGE = noted('ipv4.frag_pkt_too_large');
export const IPV4_FRAG_OVERLAP = noted('ipv4.frag_overlap');
export const IPV4_FRAG_IGNORED = noted('ipv4.frag_ignored');

export const IPV6_PKT_TOO_SMALL = invalid('ipv6.pkt_too_small');
export const IPV6_TRUNC_PKT = invalid('ipv6.trunc_pkt');
export const IPV6_TRUNC_EXTHDR = invalid('ipv6.trunc_exthdr');
export const IPV6_EXTHDR_DUPL_FH = noted('ipv6.exthdr_dupl_fh');
export const IPV6_EXTHDR_USELESS_FH = noted('ipv6.exthdr_useless_fh');
export const IPV6_EXTHDR_DUPL_RH = noted('ipv6.exthdr_dupl_rh');
export const IPV6_EXTHDR_DUPL_HH = noted('ipv6.exthdr_dupl_hh');
export const IPV6_EXTHDR_DUPL_DH = noted('ipv6.exthdr_dupl_dh');
export const IPV6_EXTHDR_DUPL_AH = noted('ipv6.exthdr_dupl_ah');
export const IPV6_EXTHDR_DUPL_EH = noted('ipv6.exthdr_dupl_eh');
export const IPV6_EXTHDR_INVALID_OPTLEN = invalid('ipv6.exthdr_invalid_optlen');
export const IPV6_WRONG_IP_VERSION = invalid('ipv6.wrong_ip_version');
export const IPV6_EXTHDR_AH_RES_NOT_NULL = noted('ipv6.exthdr_ah_res_not_null');
export const IPV6_HOPOPTS_UNKNOWN_OPT = noted('ipv6.hopopts_unknown_opt');
export const IPV6_HOPOPTS_ONLY_PADDING = noted('ipv6.hopopts_only_padding');
export const IPV6_DSTOPTS_UNKNOWN_OPT = noted('ipv6.dstopts_unknown_opt');
export const IPV6_DSTOPTS_ONLY_PADDING = noted('ipv6.dstopts_only_padding');
export const IPV6_RH_TYPE_0 = noted('ipv6.rh_type_0');
export const IPV6_ZERO_LEN_PADN = noted('ipv6.zero_len_padn');
export const IPV6_FH_NON_ZERO_RESERVED_FIELD = noted('ipv6.fh_non_zero_reserved_field');
export const IPV6_DATA_AFTER_NONE_HEADER = noted('ipv6.data_after_none_header');
export const IPV6_UNKNOWN_NEXT_HEADER = noted('ipv6.unknown_next_header');
export const IPV6_WITH_ICMPV4 = noted('ipv6.icmpv4');
export const IPV6_FRAG_PKT_TOO_LARGE = noted('ipv6.frag_pkt_too_large');
export const IPV6_FRAG_OVERLAP = noted('ipv6.frag_overlap');
export const IPV6_FRAG_INVALID_LENGTH = noted('ipv6.frag_invalid_length');
export const IPV6_FRAG_IGNORED = noted('ipv6.frag_ignored');
export const IPV4_IN_IPV6_TOO_SMALL = invalid('ipv6.ipv4_in_ipv6_too_small');
export const IPV4_IN_IPV6_WRONG_VERSION = invalid('ipv6.ipv4_in_ipv6_wrong_version');
export const IPV6_IN_IPV6_TOO_SMALL = invalid('ipv6.ipv6_in_ipv6_too_small');
export const IPV6_IN_IPV6_WRONG_VERSION = invalid('ipv6.ipv6_in_ipv6_wrong_version');

export const ICMPV4_PKT_TOO_SMALL = invalid('icmpv4.pkt_too_small');
export const ICMPV4_UNKNOWN_TYPE = noted('icmpv4.unknown_type');
export const ICMPV4_UNKNOWN_CODE = noted('icmpv4.unknown_code');
export const ICMPV4_IPV4_TRUNC_PKT = noted('icmpv4.ipv4_trunc_pkt');
export const ICMPV4_IPV4_UNKNOWN_VER = noted('icmpv4.ipv4_unknown_ver');
export const ICMPV6_PKT_TOO_SMALL = invalid('icmpv6.pkt_too_small');
export const ICMPV6_UNKNOWN_TYPE = noted('icmpv6.unknown_type');
export const ICMPV6_UNKNOWN_CODE = noted('icmpv6.unknown_code');
export const ICMPV6_IPV6_UNKNOWN_VERSION = noted('icmpv6.ipv6_unknown_version');
export const ICMPV6_IPV6_TRUNC_PKT = noted('icmpv6.ipv6_trunc_pkt');
export const ICMPV6_MLD_INVALID_HL = noted('icmpv6.mld_message_with_invalid_hl');
export const ICMPV6_UNASSIGNED_TYPE = noted('icmpv6.unassigned_type');
export const ICMPV6_EXPERIMENTATION_TYPE = noted('icmpv6.experimentation_type');
export const IGMP_PKT_TOO_SMALL = invalid('igmp.pkt_too_small');
export const IGMP_V3_PKT_TOO_SMALL = invalid('igmp.v3_pkt_too_small');
export const IGMP_MALFORMED = invalid('igmp.malformed');

export const TCP_PKT_TOO_SMALL = invalid('tcp.pkt_too_small');
export const TCP_HLEN_TOO_SMALL = invalid('tcp.hlen_too_small');
export const TCP_INVALID_OPTLEN = invalid('tcp.invalid_optlen');
export const TCP_OPT_INVALID_LEN = noted('tcp.opt_invalid_len');
export const TCP_OPT_DUPLICATE = noted('tcp.opt_duplicate');
export const UDP_PKT_TOO_SMALL = invalid('udp.pkt_too_small');
export const UDP_HLEN_TOO_SMALL = invalid('udp.hlen_too_small');
export const UDP_HLEN_INVALID = noted('udp.hlen_invalid');
export const UDP_LEN_INVALID = invalid('udp.len_invalid');
export const SCTP_PKT_TOO_SMALL = invalid('sctp.pkt_too_small');
export const SCTP_CHUNK_TOO_SMALL = noted('sctp.chunk_too_small');
export const SCTP_CHUNK_LEN_INVALID = noted('sctp.chunk_len_invalid');
export const SCTP_INIT_CHUNK_NOT_ALONE = noted('sctp.init_chunk_not_alone');
export const SCTP_INIT_WITH_NON_ZERO_VTAG = noted('sctp.init_with_non_zero_vtag');
export const SCTP_DATA_WITH_ZERO_VTAG = noted('sctp.data_with_zero_vtag');
export const SCTP_TOO_MANY_CHUNKS = noted('sctp.too_many_chunks');
export const ESP_PKT_TOO_SMALL = invalid('esp.pkt_too_small');

export const SLL_PKT_TOO_SMALL = invalid('sll.pkt_too_small');
export const SLL2_PKT_TOO_SMALL = invalid('sll2.pkt_too_small');
export const ETHERNET_PKT_TOO_SMALL = invalid('ethernet.pkt_too_small');
export const ETHERNET_UNKNOWN_ETHERTYPE = noted('ethernet.unknown_ethertype');
export const PPP_PKT_TOO_SMALL = invalid('ppp.pkt_too_small');
export const PPP_VJU_PKT_TOO_SMALL = invalid('ppp.vju_pkt_too_small');
export const PPP_IP4_PKT_TOO_SMALL = invalid('ppp.ip4_pkt_too_small');
export const PPP_IP6_PKT_TOO_SMALL = invalid('ppp.ip6_pkt_too_small');
export const PPP_WRONG_TYPE = invalid('ppp.wrong_type');
export const PPP_UNSUP_PROTO = noted('ppp.unsup_proto');
export const PPPOE_PKT_TOO_SMALL = invalid('pppoe.pkt_too_small');
export const PPPOE_WRONG_CODE = invalid('pppoe.wrong_code');
export const PPPOE_MALFORMED_TAGS = noted('pppoe.malformed_tags');
export const VLAN_HEADER_TOO_SMALL = invalid('vlan.header_too_small');
export const VLAN_UNKNOWN_TYPE = noted('vlan.unknown_type');
export const VLAN_TOO_MANY_LAYERS = noted('vlan.too_many_layers');
export const IEEE8021AH_HEADER_TOO_SMALL = invalid('ieee8021ah.header_too_small');
export const VNTAG_HEADER_TOO_SMALL = invalid('vntag.header_too_small');
export const VNTAG_UNKNOWN_TYPE = noted('vntag.unknown_type');
export const ETAG_HEADER_TOO_SMALL = invalid('etag.header_too_small');
export const ETAG_UNKNOWN_TYPE = noted('etag.unknown_type');
export const IPRAW_INVALID_IP_VERSION = noted('ipraw.invalid_ip_version');
export const LTNULL_PKT_TOO_SMALL = invalid('ltnull.pkt_too_small');
export const LTNULL_UNSUPPORTED_TYPE = noted('ltnull.unsupported_type');
export const CHDLC_PKT_TOO_SMALL = invalid('chdlc.pkt_too_small');
export const DCE_PKT_TOO_SMALL = invalid('dce.pkt_too_small');
export const ARP_PKT_TOO_SMALL = invalid('arp.pkt_too_small');
export const ARP_UNSUPPORTED_HARDWARE = noted('arp.unsupported_hardware');
export const ARP_UNSUPPORTED_PROTOCOL = noted('arp.unsupported_protocol');
export const ARP_INVALID_HARDWARE_SIZE = noted('arp.invalid_hardware_size');
export const ARP_INVALID_PROTOCOL_SIZE = noted('arp.invalid_protocol_size');
export const ARP_UNSUPPORTED_OPCODE = noted('arp.unsupported_opcode');

export const GRE_PKT_TOO_SMALL = invalid('gre.pkt_too_small');
export const GRE_WRONG_VERSION = invalid('gre.wrong_version');
export const GRE_VERSION0_RECUR = invalid('gre.version0_recur');
export const GRE_VERSION0_FLAGS = invalid('gre.version0_flags');
export const GRE_VERSION0_HDR_TOO_BIG = invalid('gre.version0_hdr_too_big');
export const GRE_VERSION0_MALFORMED_SRE_HDR = invalid('gre.version0_malformed_sre_hdr');
export const GRE_VERSION1_CHKSUM = invalid('gre.version1_chksum');
export const GRE_VERSION1_ROUTE = invalid('gre.version1_route');
export const GRE_VERSION1_SSR = invalid('gre.version1_ssr');
export const GRE_VERSION1_RECUR = invalid('gre.version1_recur');
export const GRE_VERSION1_FLAGS = invalid('gre.version1_flags');
export const GRE_VERSION1_NO_KEY = invalid('gre.version1_no_key');
export const GRE_VERSION1_WRONG_PROTOCOL = invalid('gre.version1_wrong_protocol');
export const GRE_VERSION1_HDR_TOO_BIG = invalid('gre.version1_hdr_too_big');
export const MPLS_HEADER_TOO_SMALL = invalid('mpls.header_too_small');
export const MPLS_PKT_TOO_SMALL = invalid('mpls.pkt_too_small');
export const MPLS_BAD_LABEL_ROUTER_ALERT = invalid('mpls.bad_label_router_alert');
export const MPLS_BAD_LABEL_IMPLICIT_NULL = invalid('mpls.bad_label_implicit_null');
export const MPLS_BAD_LABEL_RESERVED = noted('mpls.bad_label_reserved');
export const MPLS_UNKNOWN_PAYLOAD_TYPE = noted('mpls.unknown_payload_type');
export const VXLAN_UNKNOWN_PAYLOAD_TYPE = noted('vxlan.unknown_payload_type');
export const GENEVE_UNKNOWN_PAYLOAD_TYPE = noted('geneve.unknown_payload_type');
export const ERSPAN_HEADER_TOO_SMALL = invalid('erspan.header_too_small');
export const ERSPAN_UNSUPPORTED_VERSION = invalid('erspan.unsupported_version');
export const ERSPAN_TOO_MANY_VLAN_LAYERS = invalid('erspan.too_many_vlan_layers');
export const NSH_HEADER_TOO_SMALL = invalid('nsh.header_too_small');
export const NSH_UNSUPPORTED_VERSION = noted('nsh.unsupported_version');
export const NSH_BAD_HEADER_LENGTH = noted('nsh.bad_header_length');
export const NSH_RESERVED_TYPE = noted('nsh.reserved_type');
export const NSH_UNSUPPORTED_TYPE = noted('nsh.unsupported_type');
export const NSH_UNKNOWN_PAYLOAD = noted('nsh.unknown_payload');
export const TOO_MANY_LAYERS = invalid('too_many_layers');

// Our own: shapes that Suricata has no name for.
export const TOO_MANY_TUNNELS = noted('too_many_tunnels');
export const UNKNOWN_LINKTYPE = noted('unknown_linktype');
export const WLAN_PKT_TOO_SMALL = invalid('wlan.pkt_too_small');
export const NFLOG_MALFORMED = invalid('nflog.malformed');
export const MACSEC_HEADER_TOO_SMALL = invalid('macsec.header_too_small');
export const IPV6_TOO_MANY_EXTHDRS = invalid('ipv6.too_many_exthdrs');

/** All events; the index is the number that {@link Packet.event} holds. */
export const DECODER_EVENTS: readonly DecoderEvent[] = names.map((name, index) => ({
  name,
  invalid: fatal[index] === true,
}));

/** 1 at the numbers of events that make a packet invalid. */
export const EVENT_INVALID: Uint8Array = Uint8Array.from(fatal, (value) => (value ? 1 : 0));
