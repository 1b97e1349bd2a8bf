import {
  choice,
  duration,
  file,
  flag,
  folder,
  type Kind,
  network,
  networkInterface,
  seconds,
  whole,
} from './values.ts';

/** The value of an option, as it was understood. */
export type Value = boolean | number | string | readonly string[];

/** What becomes of an option of dpi-dual. */
export type Mapping =
  | {
      /** The setting of `weir.yaml` that it is, by its path; or what of dpi-dual's files it decides (`files.`). */
      readonly setting: string;
      readonly kind: Kind<boolean | number | string>;
      /** Used where the file does not say: dpi-dual's own default. */
      readonly otherwise: Value;
    }
  | {
      /** Why weir does not follow it. */
      readonly ignored: string;
      /** A wrong value is a mistake all the same. */
      readonly kind?: Kind<boolean | number | string>;
    };

const NO_NETIFYD = 'weir inspects the packets itself, without netifyd';

const TEN_YEARS = 315_360_000;
const YEAR = 31_536_000;

/** A weight, in points. */
function weight(name: string, otherwise: number): Mapping {
  return { setting: `correlation.weights.${name}`, kind: whole(0, 100), otherwise };
}

/**
 * Every section (by name) and option of `/etc/config/dpi-dual`, and what weir makes of it. Bounds are those that
 * `weir.yaml` has for the same settings.
 */
export const DPI_DUAL: Readonly<Record<string, Readonly<Record<string, Mapping>>>> = {
  settings: {
    enabled: { setting: 'files.enabled', kind: flag, otherwise: true },
    mode: { setting: 'files.mode', kind: choice('dual', 'mitm-only', 'tap-only'), otherwise: 'dual' },
    correlation: { setting: 'files.correlation', kind: flag, otherwise: true },
    stats_dir: { setting: 'status.folder', kind: folder, otherwise: '/tmp/secubox' },
    flow_dir: { ignored: 'a scratch folder of netifyd; weir keeps flows in its store' },
  },
  mitm: {
    enabled: { setting: 'web.enabled', kind: flag, otherwise: true },
    buffer_size: { setting: 'web.buffer.requests', kind: whole(1, 1_000_000), otherwise: 1000 },
    async_analysis: { setting: 'web.buffer.analyse', kind: flag, otherwise: true },
    replay_on_alert: {
      ignored: 'weir analyses each request, and on an alert what went before where it does not',
    },
    buffer_dir: { setting: 'web.buffer.folder', kind: folder, otherwise: '/tmp/dpi-buffer' },
  },
  tap: {
    enabled: { setting: 'files.tap', kind: flag, otherwise: true },
    interface: { setting: 'capture.interface', kind: networkInterface, otherwise: 'tap0' },
    mirror_source: { setting: 'capture.mirror.source', kind: networkInterface, otherwise: 'eth0' },
    mirror_mode: {
      setting: 'capture.mirror.mode',
      kind: choice('software', 'hardware'),
      otherwise: 'software',
    },
    flow_retention: { setting: 'files.flowSeconds', kind: seconds(60, 86_400), otherwise: 300 },
    netifyd_instance: { ignored: NO_NETIFYD },
  },
  correlation: {
    enabled: { setting: 'correlation.enabled', kind: flag, otherwise: true },
    window: { setting: 'correlation.window', kind: seconds(1, 86_400), otherwise: 60 },
    output: { setting: 'correlation.records.file', kind: file, otherwise: '' },
    watch_crowdsec: { setting: 'files.crowdsec', kind: flag, otherwise: true },
    auto_ban: { setting: 'respond.autoBan.enabled', kind: flag, otherwise: false },
    auto_ban_threshold: { setting: 'respond.autoBan.threshold', kind: whole(0, 100), otherwise: 80 },
    auto_ban_duration: { setting: 'respond.autoBan.duration', kind: duration(1, YEAR), otherwise: 14_400 },
    notifications: { setting: 'notifications.enabled', kind: flag, otherwise: true },
    notification_threshold: { setting: 'notifications.threshold', kind: whole(0, 100), otherwise: 70 },
    reputation_decay: { setting: 'correlation.decay', kind: whole(0, 50), otherwise: 5 },
    decay_interval: { setting: 'files.decaySeconds', kind: seconds(1, YEAR), otherwise: 3600 },
    sensitivity: {
      setting: 'correlation.sensitivity',
      kind: choice('low', 'medium', 'high', 'custom'),
      otherwise: 'medium',
    },
  },
  scoring: {
    waf_block: weight('wafBlock', 25),
    waf_alert: weight('wafAlert', 15),
    crowdsec_ban: weight('crowdsecBan', 30),
    dpi_threat: weight('dpiThreat', 20),
    scanner: weight('scanner', 35),
    brute_force: weight('bruteForce', 40),
    default: weight('other', 10),
  },
  whitelist: {
    ip: { setting: 'respond.neverBan', kind: network, otherwise: [] },
  },
  lan: {
    enabled: { setting: 'lan.enabled', kind: flag, otherwise: true },
    interface: { setting: 'files.lanInterface', kind: networkInterface, otherwise: 'br-lan' },
    realtime: { ignored: 'the view is always up to date: it is fed by each record' },
    track_clients: { setting: 'files.clients', kind: flag, otherwise: true },
    track_destinations: { setting: 'files.destinations', kind: flag, otherwise: true },
    track_protocols: { setting: 'files.protocols', kind: flag, otherwise: true },
    aggregate_interval: { setting: 'status.interval', kind: seconds(1, 3600), otherwise: 5 },
    client_retention: { setting: 'lan.retention', kind: seconds(10, TEN_YEARS), otherwise: 3600 },
    netifyd_instance: { ignored: NO_NETIFYD },
  },
};
