import type Type from 'typebox';
import { API } from './api.ts';
import { CORRELATION } from './correlation.ts';
import { NOTIFICATIONS, RESPOND } from './respond.ts';
import { choice, count, duration, durations, flag, integer, section, size, text, texts } from './setting.ts';
import { WEB } from './web.ts';
import { MOST_WORKERS } from './workers.ts';

/** Types of records that retention can be set for; `default` is for all others. */
export const RETENTION_TYPES = [
  'default',
  'flow',
  'dns',
  'http',
  'tls',
  'quic',
  'ssh',
  'dhcp',
  'dhcpv6',
  'mdns',
  'smtp',
  'ftp',
  'ftp_data',
  'pop3',
  'fileinfo',
  'anomaly',
  'alert',
  'stats',
  'waf',
  'correlation',
  'decision',
] as const;

const YEARS_SECONDS = 10 * 365 * 86_400;
/** Private use (RFC 1918, RFC 4193) and the link (RFC 3927, RFC 4291), as the view of captures has them. */
const PRIVATE_NETWORKS = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
];

/** What `weir.yaml` may say. Every setting has a default: the empty file is a good one. */
export const SCHEMA = section('The configuration of weir.', {
  capture: section('Where packets come from.', {
    interface: text("Interface to capture on; 'auto' is the one of the default route.", 'interface', 'auto'),
    filter: text('Only packets that match this pcap-filter expression; empty: all.', 'filter', ''),
    mirror: section('A copy of another interface, taken with tc or by a switch.', {
      mode: choice(
        'off; software: tc copies the packets of `source` to `interface`; hardware: a switch port brings copies.',
        ['off', 'software', 'hardware'],
        'off',
      ),
      source: text('Interface that is copied, for software.', 'interface', 'auto'),
    }),
    buffer: size('Size of the packet ring.', '16MiB', 1 << 20, 2 ** 31),
    snaplen: integer('Bytes that are taken of each packet.', {
      default: 65535,
      minimum: 64,
      maximum: 262144,
    }),
    flows: integer('Flows that may be alive at the same time.', {
      default: 250_000,
      minimum: 16,
      maximum: 12_000_000,
    }),
    progress: duration(
      'How often the progress of an open flow is told, which clients and `weir flows --open` show; the first time after a second; 0: only its end.',
      '10s',
      0,
      3600,
    ),
    workers: count(
      "Sensors that share the interface, each with its part of the flows, `buffer`, `flows` and `ring.size`; 'auto': one less than there are cores.",
      { default: 1, minimum: 1, maximum: MOST_WORKERS },
    ),
    ring: section('The last packets on disk, as rotating pcapng files: the oldest file goes first.', {
      folder: text('Folder of the files, which no other ring uses; empty: no packets are kept.', 'path', ''),
      size: size('Most that all files may take of the disk.', '2GiB', 16 << 20, 2 ** 50),
      age: duration('How long packets are kept at most.', '1d', 10, YEARS_SECONDS),
      file: size('Size of a file; a quarter of `size` where it is larger.', '64MiB', 1 << 20, 2 ** 40),
    }),
    critical: texts(
      'Networks whose flows are inspected however high the load is; of others fewer are then.',
      'prefix',
      [],
    ),
    ndpi: flag('Ask nDPI, where it is installed, about flows that nothing else recognises.', true),
  }),
  outputs: section('Files that are written besides the store.', {
    eve: section("EVE JSON with Suricata's field names.", {
      file: text('File that lines are added to; empty: none. SIGHUP opens it anew.', 'path', ''),
      progress: flag('Write `flow_progress` records as well, of flows that are open.', false),
      dnsVersion: integer('Version of the DNS records: 3 as Suricata 8 has them, 2 as Suricata 5 to 7.', {
        default: 3,
        minimum: 2,
        maximum: 3,
      }),
    }),
    zeek: section("Zeek's logs.", {
      folder: text('Folder of the logs; empty: none.', 'path', ''),
      json: flag('JSON lines instead of tab-separated text.', false),
    }),
  }),
  web: WEB,
  correlation: CORRELATION,
  respond: RESPOND,
  notifications: NOTIFICATIONS,
  lan: section('The view of the local network.', {
    enabled: flag('Keep the view.', true),
    networks: texts('Networks whose addresses are clients.', 'prefix', PRIVATE_NETWORKS),
    retention: duration('How long a client that is silent stays in the view.', '1h', 10, YEARS_SECONDS),
  }),
  store: section('The history of records.', {
    enabled: flag('Keep a history.', true),
    folder: text('Folder of the store.', 'path', '/var/lib/weir'),
    quota: size('Most that the store may take of the disk.', '2GiB', 16 << 20, 2 ** 50),
    retention: durations(
      'How long records are kept, by type.',
      RETENTION_TYPES,
      { default: '30d' },
      3600,
      YEARS_SECONDS,
    ),
  }),
  status: section('Status files for other programs, written atomically.', {
    enabled: flag('Write them.', false),
    folder: text('Folder of the files.', 'path', '/tmp/secubox'),
    interval: duration('How often they are written.', '5s', 1, 3600),
  }),
  privileges: section('What the processes may do.', {
    user: text(
      "User that sensor and hub become once they have opened what needs root; 'auto' is 'nobody'.",
      'user',
      'auto',
    ),
  }),
  processes: section('How processes are kept alive.', {
    restart: section('Waiting before a crashed process is started again: doubles each time.', {
      first: duration('The first wait.', '500ms', 0.05, 3600),
      longest: duration('The longest wait.', '30s', 0.05, 3600),
      healthy: duration('A process that ran so long begins with the first wait again.', '60s', 0.1, 86_400),
    }),
    drain: duration('How long processes may take to end cleanly.', '10s', 0.1, 600),
    queue: size('Records that may wait for each process, in memory.', '32MiB', 1 << 16, 2 ** 31),
  }),
  api: API,
  control: section('How `weir status` reaches the running system.', {
    folder: text("Folder of the socket; 'auto' is /run/weir, or a folder of the user's own.", 'path', 'auto'),
  }),
});

/** The settings as they stand in the file, with the defaults filled in. */
export type Settings = Type.Static<typeof SCHEMA>;
