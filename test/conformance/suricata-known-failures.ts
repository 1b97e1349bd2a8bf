/** Cases of Suricata's test suite of which some checks are known not to hold, and why. */
export interface KnownFailures {
  readonly reason: string;
  /**
   * Why they fail. `options`: the case sets something that an option of `weir read` does; with it they hold. `setup`:
   * the expected records come from the case's own configuration, rules or version of Suricata, for which there is no
   * option: no reader that is given only the capture can have them, and other cases of the suite contradict them.
   * `ours`: what is left, where weir differs.
   */
  readonly kind: 'options' | 'setup' | 'ours';
  /** How many checks of each case fail. */
  readonly cases: Readonly<Record<string, number>>;
}

const MIME = 'mime__mime-dec-parse-';
const MIDSTREAM = 'bug-5825-midstream-exception-policy__exception-policy-';

/** By reason, those that options mend first, then those of a case's own set-up. */
export const KNOWN_FAILURES: readonly KnownFailures[] = [
  {
    reason: 'DNS records of version 2 (--eve-dns-version 2)',
    kind: 'options',
    cases: {
      'dns-eve-type-filtering': 1,
      'dns-reversed-tcp-1': 2,
      'dns-reversed-udp-1': 2,
      'dns__task-7018-ids-dns-stream-rule': 6,
      'dns__v2__bug-1158': 161,
      'dns__v2__bug-990': 1,
      'dns__v2__dns-eve-log-https-only': 1,
      'dns__v2__dns-incomplete': 1,
      'dns__v2__dns-invalid-opcode': 4,
      'dns__v2__dns-tcp-www-google-com': 2,
      'dns__v2__dns-udp-double-request-response': 2,
      'dns__v2__dns-udp-eve-dig': 2,
      'dns__v2__dns-udp-eve-log-srv': 2,
      'dns__v2__dns-udp-null': 2,
      'dns__v2__dns-udp-unsolicited-response': 2,
    },
  },
  {
    reason: 'netflow records (--eve-types), a seed of the community id (--community-seed), --stream-depth',
    kind: 'options',
    cases: {
      'netflow-eve': 2,
      'nfs3-01': 14,
      'community-id-ipv6': 2,
      'community-id-sameip': 1,
      'mime__mime-stream-depth': 1,
    },
  },
  {
    reason: 'checks for an older version of Suricata beside those for the present one, which hold',
    kind: 'setup',
    cases: {
      'bug-1449-01': 1,
      'decode-unknown-2': 1,
      'detect-email-date': 1,
      'detect-email-msg-id': 1,
      'detect-email-subject': 1,
      [`${MIME}full-msg-test02`]: 2,
      [`${MIME}line-test01`]: 2,
      [`${MIME}line-test02`]: 2,
      [`${MIME}long-filename01`]: 2,
      [`${MIME}long-filename02`]: 2,
      [`${MIME}odd-len`]: 2,
      'smtp-errors': 1,
      'smtp-file-data-01': 2,
      'smtp-file-data-02': 2,
      'vxlan-decoder-03': 2,
    },
  },
  {
    reason: 'traffic labels, flow variables and entropy that rules of the case set',
    kind: 'setup',
    cases: {
      'entropy__entropy-03': 1,
      'eve-metadata': 2,
      'eve-metadata-01-alert': 1,
      'eve-metadata-03-noalert': 1,
      'eve-metadata-04-flowvar': 1,
    },
  },
  {
    reason:
      'the configuration of the case switches records or protocols off, or writes them on a condition, or into several files',
    kind: 'setup',
    cases: {
      'bug-8205__bug-8205-g0-t0-u0': 1,
      'bug-8205__bug-8205-g0-t0-u1': 1,
      'bug-8205__bug-8205-g0-t1-u0': 1,
      'bug-8205__bug-8205-gna-t0-u1': 1,
      'cond-log-http-testmyids': 1,
      'detect-email-body_md5-auto': 1,
      'detect-email-body_md5-disabled': 1,
      'dns-eve-type-filtering': 8,
      'dns__dns-udp-eve-log-query-only': 1,
      'snmp-disabled': 1,
    },
  },
  {
    reason: 'short IPv6 addresses, whole certificates or packets in records',
    kind: 'setup',
    cases: {
      'compress_ipv6-01': 2,
      'output-eve-anomaly-packethdr': 1,
      'tls__tls-eve-custom-fields': 1,
    },
  },
  {
    reason:
      'a capture that begins with the answer to the SYN: nothing of the data is missing, even to --no-midstream',
    kind: 'setup',
    cases: {
      [`${MIDSTREAM}ids-midstream-disabled-bypass`]: 2,
      [`${MIDSTREAM}ips-midstream-disabled-drop-flow`]: 1,
      'exception-policy-default-04': 1,
    },
  },
  {
    reason: 'inspection of data before it is acknowledged (stream.inline) gives other packet numbers',
    kind: 'setup',
    cases: {
      'detect-email-date': 1,
      'detect-email-msg-id': 1,
      'detect-email-subject': 1,
      'dns__task-7018-dns-ips-stream-rule': 6,
    },
  },
  {
    reason: 'limits, depths and ports that the case sets',
    kind: 'setup',
    cases: {
      'dns__dns-truncated-rname': 2,
      'ftp__ftp-too-long-command-higher-limit': 1,
      'mime__mime-stream-depth': 1,
      'stream-depth-reached-event': 1,
    },
  },
  {
    reason: 'files that the case stores',
    kind: 'setup',
    cases: { 'filestore-v2.8-stream-depth': 1, 'filestore-v2.9-stream-depth': 1, 'issue-3703': 1 },
  },
  {
    reason: 'the check names a member that no record has (`pcap_filename.`)',
    kind: 'setup',
    cases: { 'bug-7414-decoder-event-02-ips': 2 },
  },
  {
    reason: 'the protocol is recognised but not parsed (BitTorrent DHT, MQTT, NFS, RFB, SMB)',
    kind: 'ours',
    cases: {
      'bittorrent-dht': 2,
      'bug-8629': 1,
      'mqtt-events-invalid-qos': 1,
      'mqtt-events-unassigned-msgtype': 1,
      'mqtt-events-unintroduced': 1,
      'mqtt-ping': 1,
      'nfs3-01': 3,
      'nfs4-01': 1,
      'rfb-partial-tx': 1,
      'smb1-01': 1,
      'smb2-02': 1,
      'dcerpc-request-http-response': 1,
    },
  },
  {
    reason: 'an IGMP flow, which Suricata does not count as one',
    kind: 'ours',
    cases: { 'bug-5162': 1, 'dcerpc-smb-fail': 1 },
  },
  {
    reason: 'SSH records wait for the key exchange, so that they have HASSH; here none came',
    kind: 'ours',
    cases: { 'bug-4903__bug-4903-04': 1 },
  },
  {
    reason: 'JA4 without signature algorithms: Suricata keeps the underscore that FoxIO leaves out',
    kind: 'ours',
    cases: { 'bug-5713-02-ja4': 1 },
  },
  {
    reason: 'client and server of a UDP flow by well-known ports, as Zeek has it, where no content tells',
    kind: 'ours',
    cases: { 'vxlan-decoder-01': 1 },
  },
  {
    reason: 'URLs of mail keep their scheme',
    kind: 'ours',
    cases: { [`${MIME}line-test02`]: 1 },
  },
  {
    reason:
      'a file of the client is written with the acknowledgement, not with the next packet of the client',
    kind: 'ours',
    cases: { [`${MIME}long-filename01`]: 1, [`${MIME}long-filename02`]: 1 },
  },
  {
    reason:
      'HTTP/2: what follows an upgrade from HTTP/1 has no path; settings of the server count before the preface',
    kind: 'ours',
    cases: { 'http2-range': 2, 'http2-tx-log': 1 },
  },
  {
    reason: 'an empty record alone is not taken for TLS',
    kind: 'ours',
    cases: { 'http-connect__http-connect-tls': 1 },
  },
  {
    reason: 'size of a body with a hole that reaches beyond what was sent',
    kind: 'ours',
    cases: { 'bug-5392': 1 },
  },
];
