import { choice, flag, folder, type Kind, network, networkInterface, seconds, whole } from './values.ts';

/** What becomes of an option of dpi-dual. */
export type Mapping =
  | {
      /** The setting of `weir.yaml` that it is, by its path; or what of dpi-dual's files it decides (`files.`). */
      readonly setting: string;
      readonly kind: Kind<boolean | number | string>;
      /** Used where the file does not say: dpi-dual's own default. */
      readonly otherwise: boolean | number | string;
    }
  | {
      /** Why weir does not follow it. */
      readonly ignored: string;
      /** A wrong value is a mistake all the same. */
      readonly kind?: Kind<boolean | number | string>;
    };

const NO_CORRELATION = 'weir does not correlate yet';
const NO_BANS = 'weir takes no action on traffic yet: nobody is banned';
const NO_NETIFYD = 'weir inspects the packets itself, without netifyd';

const TEN_YEARS = 315_360_000;

/**
 * Every section (by name) and option of `/etc/config/dpi-dual`, and what weir makes of it. Bounds are those that
 * `weir.yaml` has for the same settings.
 */
export const DPI_DUAL: Readonly<Record<string, Readonly<Record<string, Mapping>>>> = {
  settings: {
    enabled: { setting: 'files.enabled', kind: flag, otherwise: true },
    mode: { setting: 'files.mode', kind: choice('dual', 'mitm-only', 'tap-only'), otherwise: 'dual' },
    correlation: { ignored: NO_CORRELATION },
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
    enabled: { ignored: NO_CORRELATION },
    window: { ignored: NO_CORRELATION },
    output: { ignored: NO_CORRELATION },
    watch_crowdsec: { ignored: NO_CORRELATION },
    auto_ban: { ignored: NO_BANS },
    auto_ban_threshold: { ignored: NO_BANS },
    auto_ban_duration: { ignored: NO_BANS },
    notifications: { ignored: NO_CORRELATION },
    notification_threshold: { ignored: NO_CORRELATION },
    reputation_decay: { ignored: NO_CORRELATION },
    decay_interval: { ignored: NO_CORRELATION },
    sensitivity: { ignored: NO_CORRELATION },
  },
  scoring: {
    waf_block: { ignored: NO_CORRELATION },
    waf_alert: { ignored: NO_CORRELATION },
    crowdsec_ban: { ignored: NO_CORRELATION },
    dpi_threat: { ignored: NO_CORRELATION },
    scanner: { ignored: NO_CORRELATION },
    brute_force: { ignored: NO_CORRELATION },
    default: { ignored: NO_CORRELATION },
  },
  whitelist: {
    ip: { ignored: NO_BANS, kind: network },
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
