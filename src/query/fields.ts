import { nearest } from '../config/nearest.ts';

/** What the values of a field are. */
export type FieldType = 'address' | 'number' | 'bytes' | 'duration' | 'text';

/** A field that can be asked for. */
export interface QueryField {
  readonly name: string;
  /** Other names for it. */
  readonly aliases: readonly string[];
  readonly type: FieldType;
  readonly description: string;
  /** Questions with it. */
  readonly examples: readonly string[];
  /** Types of records that have it; empty: all. */
  readonly records: readonly string[];
  /**
   * Where it lies in a record, by names with dots; `[]` behind a name: each of that list. One of them has to be as is
   * asked for, but for a sum, which counts them all.
   */
  readonly paths: readonly string[];
  readonly isSum: boolean;
  /** Found by a word without a field. */
  readonly isSearched: boolean;
  /** Microseconds that a value of 1 in a record stands for, of durations. */
  readonly unitUs: number;
  /** Words that stand for numbers. */
  readonly words: Readonly<Record<string, number>>;
}

type Options = Partial<Pick<QueryField, 'aliases' | 'isSum' | 'isSearched' | 'unitUs' | 'words' | 'records'>>;

function field(
  name: string,
  type: FieldType,
  paths: readonly string[],
  description: string,
  examples: readonly string[],
  options: Options = {},
): QueryField {
  const own = { name, type, paths, description, examples };
  return {
    aliases: [],
    isSum: false,
    isSearched: false,
    unitUs: 1,
    words: {},
    records: [],
    ...own,
    ...options,
  };
}

/** As RFC 5424 numbers them, of the rules of the active stream; signatures have numbers from 1, the worst. */
const SEVERITIES = {
  emergency: 0,
  alert: 1,
  critical: 2,
  error: 3,
  warning: 4,
  notice: 5,
  info: 6,
  debug: 7,
};

/** The flow's own duration lies between two times of the record. */
export const FLOW_DURATION = 'flow.start..flow.end';

/** All fields. */
export const QUERY_FIELDS: readonly QueryField[] = [
  field('type', 'text', ['event_type'], 'Type of the record.', ['type:alert', 'type:dns,tls']),
  field(
    'address',
    'address',
    ['src_ip', 'dest_ip'],
    'Address of either end, or a network it is in.',
    ['address:192.0.2.7', 'address:10.0.0.0/8'],
    { aliases: ['addr', 'ip'] },
  ),
  field(
    'source',
    'address',
    ['src_ip'],
    'Address of the sender; of a flow, of its client.',
    ['source:192.0.2.0/24'],
    { aliases: ['src', 'client', 'src_ip'] },
  ),
  field(
    'destination',
    'address',
    ['dest_ip'],
    'Address of the receiver; of a flow, of its server.',
    ['destination:2001:db8::/32'],
    { aliases: ['dst', 'dest', 'server', 'dest_ip'] },
  ),
  field('port', 'number', ['src_port', 'dest_port'], 'Port of either end.', ['port:443', 'port:1-1024'], {}),
  field('source-port', 'number', ['src_port'], 'Port of the sender.', ['source-port>1024'], {
    aliases: ['sport', 'src_port'],
  }),
  field('destination-port', 'number', ['dest_port'], 'Port of the receiver.', ['destination-port:22'], {
    aliases: ['dport', 'dest_port'],
  }),
  field('proto', 'text', ['proto'], 'Protocol above IP: TCP, UDP, ICMP ...', ['proto:tcp'], {
    aliases: ['transport'],
  }),
  field(
    'protocol',
    'text',
    ['app.protocol', 'app_proto'],
    'Application protocol.',
    ['protocol:TLS', 'protocol:dns'],
    { aliases: ['app_proto'], isSearched: true },
  ),
  field('application', 'text', ['app.application', 'correlation.app'], 'Application.', ['app:YouTube'], {
    aliases: ['app'],
    records: ['flow', 'flow_progress', 'correlation'],
    isSearched: true,
  }),
  field(
    'category',
    'text',
    ['app.category', 'alert.category', 'waf.category', 'web.categories[]'],
    'Category of the application, of a signature or of a rule.',
    ['category:Web', 'category:sqli'],
    { records: ['flow', 'flow_progress', 'alert', 'waf'] },
  ),
  field(
    'name',
    'text',
    [
      'app.name',
      'tls.sni',
      'quic.sni',
      'dns.queries[].rrname',
      'http.hostname',
      'tls.subjectaltname[]',
      'mdns.queries[].rrname',
      'dhcp.hostname',
      'correlation.host',
    ],
    'Name of a server or a host, as flows, TLS, QUIC, DNS, HTTP and DHCP have it.',
    ['name:*.example.org', 'not name:*.example.com'],
    {
      aliases: ['host', 'sni', 'domain'],
      records: ['flow', 'tls', 'quic', 'dns', 'http', 'waf', 'mdns', 'dhcp', 'correlation'],
      isSearched: true,
    },
  ),
  field('answer', 'text', ['dns.answers[].rdata'], 'What DNS answered.', ['answer:203.0.113.10'], {
    aliases: ['rdata'],
    records: ['dns'],
    isSearched: true,
  }),
  field('rrtype', 'text', ['dns.queries[].rrtype'], 'Type of what DNS was asked for.', ['rrtype:TXT'], {
    records: ['dns'],
  }),
  field('rcode', 'text', ['dns.rcode'], 'How DNS answered.', ['rcode:NXDOMAIN'], { records: ['dns'] }),
  field(
    'path',
    'text',
    ['http.url', 'correlation.path'],
    'Path of a request, with its query.',
    ['path:/admin*', 'path:*.php'],
    { aliases: ['url'], records: ['http', 'waf', 'fileinfo', 'correlation'], isSearched: true },
  ),
  field('method', 'text', ['http.http_method'], 'Method of a request.', ['method:POST'], {
    records: ['http', 'waf', 'fileinfo'],
  }),
  field(
    'status',
    'number',
    ['http.status'],
    'Status of the answer to a request.',
    ['status:404', 'status>=500'],
    { records: ['http', 'waf', 'fileinfo'] },
  ),
  field('agent', 'text', ['http.http_user_agent'], 'User agent of a request.', ['agent:*curl*'], {
    aliases: ['user-agent'],
    records: ['http', 'waf', 'fileinfo'],
    isSearched: true,
  }),
  field(
    'referrer',
    'text',
    ['http.http_refer'],
    'Page that a request came from.',
    ['referrer:*example.org*'],
    { aliases: ['referer'], records: ['http'] },
  ),
  field(
    'mime',
    'text',
    ['fileinfo.mimetype', 'http.http_content_type'],
    'Media type of a file or an answer.',
    ['mime:application/pdf'],
    { aliases: ['content-type'], records: ['fileinfo', 'http'] },
  ),
  field(
    'action',
    'text',
    ['web.action', 'waf.action', 'alert.action', 'decision.action'],
    'What was done with a request, or decided.',
    ['action:deny', 'action:ban'],
    { records: ['http', 'waf', 'alert', 'decision'] },
  ),
  field(
    'reference',
    'text',
    ['web.reference', 'waf.reference', 'correlation.reference', 'replay.references[]'],
    'Reference of a web request, as its block page shows it.',
    ['reference:bn5b3r7efskwd87k6y20'],
    { records: ['http', 'waf', 'correlation', 'replay'] },
  ),
  field(
    'latency',
    'duration',
    ['web.latency_ms'],
    'Time until the answer to a web request.',
    ['latency>500ms'],
    { unitUs: 1000, records: ['http'] },
  ),
  field(
    'rule',
    'number',
    ['alert.signature_id', 'waf.rule_id', 'web.rule_ids[]', 'replay.rule_id'],
    'Number of a rule that matched.',
    ['rule:942100', 'rule:942000-942999'],
    { aliases: ['sid', 'rule-id'], records: ['alert', 'waf', 'http', 'replay'] },
  ),
  field(
    'signature',
    'text',
    ['alert.signature', 'waf.message'],
    'What a rule that matched says.',
    ['signature:*injection*'],
    { aliases: ['message'], records: ['alert', 'waf'], isSearched: true },
  ),
  field(
    'severity',
    'number',
    ['alert.severity', 'waf.severity'],
    'Severity of a match: the lower, the worse; or by its name.',
    ['severity<=2', 'severity:critical'],
    { words: SEVERITIES, records: ['alert', 'waf'] },
  ),
  field(
    'score',
    'number',
    ['web.score', 'waf.score', 'correlation.threat'],
    'Score of a request, a match or a correlation.',
    ['score>=50'],
    { records: ['http', 'waf', 'correlation'] },
  ),
  field(
    'reputation',
    'number',
    ['correlation.reputation'],
    'Reputation of the address after a correlation; higher is worse.',
    ['reputation>=70'],
    { records: ['correlation'] },
  ),
  field(
    'scenario',
    'text',
    ['decision.scenario', 'correlation.source', 'crowdsec.scenario', 'replay.scenario'],
    'Scenario that led to it.',
    ['scenario:weir/*'],
    { records: ['decision', 'correlation', 'crowdsec', 'replay'], isSearched: true },
  ),
  field('origin', 'text', ['decision.origin'], 'Who decided.', ['origin:weir'], { records: ['decision'] }),
  field(
    'reason',
    'text',
    ['flow.reason', 'web.reason', 'decision.reason', 'correlation.reason'],
    'Why: a flow ended, a request was refused, something was decided or correlated.',
    ['reason:timeout', 'reason:*scanner*'],
    { records: ['flow', 'http', 'decision', 'correlation'] },
  ),
  field(
    'event',
    'text',
    ['anomaly.event', 'decision.event', 'correlation.type'],
    'What happened: of anomalies, decisions, correlations.',
    ['event:decoder.*', 'event:refused'],
    { records: ['anomaly', 'decision', 'correlation'] },
  ),
  field(
    'risk',
    'text',
    ['app.risks[]'],
    'What is questionable about a flow.',
    ['risk:*self*signed*', 'risk:*'],
    { records: ['flow', 'flow_progress'] },
  ),
  field(
    'bytes',
    'bytes',
    [
      'flow.bytes_toserver',
      'flow.bytes_toclient',
      'flow_progress.total.bytes_toserver',
      'flow_progress.total.bytes_toclient',
    ],
    'Bytes of a flow, both directions.',
    ['bytes>1MB', 'bytes:1k-10k'],
    { isSum: true, records: ['flow', 'flow_progress'] },
  ),
  field(
    'bytes-up',
    'bytes',
    ['flow.bytes_toserver', 'flow_progress.total.bytes_toserver'],
    'Bytes of a flow to the server.',
    ['bytes-up>10M'],
    { records: ['flow', 'flow_progress'] },
  ),
  field(
    'bytes-down',
    'bytes',
    ['flow.bytes_toclient', 'flow_progress.total.bytes_toclient'],
    'Bytes of a flow to the client.',
    ['bytes-down>1G'],
    { records: ['flow', 'flow_progress'] },
  ),
  field(
    'packets',
    'number',
    [
      'flow.pkts_toserver',
      'flow.pkts_toclient',
      'flow_progress.total.pkts_toserver',
      'flow_progress.total.pkts_toclient',
    ],
    'Packets of a flow, both directions.',
    ['packets<=2'],
    { isSum: true, records: ['flow', 'flow_progress'] },
  ),
  field(
    'duration',
    'duration',
    [FLOW_DURATION],
    'Time from the first to the last packet of a flow.',
    ['duration>5m'],
    { records: ['flow'] },
  ),
  field(
    'rtt',
    'duration',
    ['tcp.rtt_server_us', 'tcp.rtt_client_us'],
    'Round trip between the sensor and an end of a TCP flow.',
    ['rtt>200ms'],
    { records: ['flow'] },
  ),
  field(
    'state',
    'text',
    ['flow.state', 'flow_progress.state', 'fileinfo.state'],
    'State of a flow or a file.',
    ['state:established'],
    { records: ['flow', 'flow_progress', 'fileinfo'] },
  ),
  field('interface', 'text', ['in_iface'], 'Interface that it was seen at.', ['interface:eth0'], {
    aliases: ['iface'],
  }),
  field('vlan', 'number', ['vlan[]'], 'A VLAN tag.', ['vlan:20']),
  field(
    'mac',
    'text',
    ['ether.src_macs[]', 'ether.dest_macs[]', 'dhcp.client_mac'],
    'Hardware address of either end.',
    ['mac:02:00:5e:*'],
    { records: ['flow', 'dhcp'] },
  ),
  field('flow', 'number', ['flow_id'], 'Number of the flow.', ['flow:51374266'], {
    aliases: ['flow-id', 'flow_id'],
  }),
  field(
    'community',
    'text',
    ['community_id', 'web.upstream_community_id'],
    'Community id.',
    ['community:1:4VJvTVjBaMtZKtU52qL3x+E+ulY='],
    { aliases: ['community-id', 'community_id'] },
  ),
  field(
    'ja4',
    'text',
    ['tls.ja4', 'quic.ja4', 'web.tls.ja4', 'correlation.ja4'],
    'JA4 fingerprint of a client.',
    ['ja4:t13d*'],
    { records: ['tls', 'quic', 'http', 'correlation'], isSearched: true },
  ),
  field(
    'ja3',
    'text',
    ['tls.ja3.hash', 'quic.ja3.hash'],
    'JA3 fingerprint of a client.',
    ['ja3:0149f47eabf9a20d0893e2a44e5a6323'],
    { records: ['tls', 'quic'] },
  ),
  field(
    'ja3s',
    'text',
    ['tls.ja3s.hash', 'quic.ja3s.hash'],
    'JA3S fingerprint of a server.',
    ['ja3s:15af977ce25de452b96affa2addb1036'],
    { records: ['tls', 'quic'] },
  ),
  field(
    'version',
    'text',
    ['tls.version', 'quic.version', 'web.tls.version'],
    'Version of TLS or QUIC.',
    ['version:"TLS 1.2"'],
    { records: ['tls', 'quic', 'http'] },
  ),
  field(
    'subject',
    'text',
    ['tls.subject', 'email.subject'],
    'Subject of a certificate or a mail.',
    ['subject:*invoice*'],
    { records: ['tls', 'smtp'], isSearched: true },
  ),
  field('issuer', 'text', ['tls.issuerdn'], 'Who issued a certificate.', ['issuer:*"Let\'s Encrypt"*'], {
    records: ['tls'],
  }),
  field(
    'mail',
    'text',
    ['smtp.mail_from', 'smtp.rcpt_to[]', 'email.from', 'email.to[]'],
    'Sender or recipient of a mail.',
    ['mail:*@example.com*'],
    { records: ['smtp'], isSearched: true },
  ),
  field(
    'software',
    'text',
    ['ssh.client.software_version', 'ssh.server.software_version'],
    'Software of an SSH client or server.',
    ['software:OpenSSH_9*'],
    { records: ['ssh'], isSearched: true },
  ),
  field(
    'file',
    'text',
    ['fileinfo.filename', 'ftp_data.filename', 'email.attachment[]'],
    'Name of a file.',
    ['file:*.exe'],
    { aliases: ['filename'], records: ['fileinfo', 'ftp_data', 'smtp'], isSearched: true },
  ),
  field('size', 'bytes', ['fileinfo.size'], 'Bytes of a file.', ['size>10M'], { records: ['fileinfo'] }),
  field(
    'hash',
    'text',
    ['fileinfo.sha256', 'fileinfo.sha1', 'fileinfo.md5'],
    'Digest of a file: SHA-256, SHA-1 or MD5.',
    ['hash:1294dc0e2554b8ae8a5047d63bd5b2a7'],
    { aliases: ['sha256', 'md5', 'sha1'], records: ['fileinfo'] },
  ),
];

const BY_NAME = new Map(
  QUERY_FIELDS.flatMap((one) => [one.name, ...one.aliases].map((name) => [name, one] as const)),
);

/** The field of a name, in any case. */
export function fieldNamed(name: string): QueryField | undefined {
  return BY_NAME.get(name.toLowerCase());
}

/** The name that is most like one that is none. */
export function nearestField(name: string): string | undefined {
  return nearest(name, [...BY_NAME.keys()]);
}
