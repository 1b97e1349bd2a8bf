import type Type from 'typebox';
import { parseDuration } from './quantity.ts';
import { choice, duration, flag, integer, section, text, texts } from './setting.ts';

const DAY_SECONDS = 86_400;
const YEAR_SECONDS = 365 * DAY_SECONDS;

/** Decisions, and what enforces them. */
export const RESPOND = section('Decisions about addresses, and what enforces them.', {
  mode: choice(
    'off: none are taken; observe: they are taken and told of; enforce: they take effect.',
    ['off', 'observe', 'enforce'],
    'observe',
  ),
  folder: text("Folder of the decisions; 'auto': below that of the store.", 'path', 'auto'),
  autoBan: section('Bans by reputation.', {
    enabled: flag('Ban who reaches the threshold.', false),
    threshold: integer('Points of reputation.', { default: 80, minimum: 1, maximum: 100 }),
    duration: duration('How long the first ban lasts; later ones last longer.', '4h', 1, YEAR_SECONDS),
  }),
  longestBan: duration('No ban lasts longer, but those of users.', '7d', 1, YEAR_SECONDS),
  neverBan: texts(
    'Networks that are never banned, besides own addresses, gateways, DNS servers and administrators.',
    'prefix',
    [],
    10_000,
  ),
  limits: section('What programs may ban; users may more.', {
    perMinute: integer('Bans in a minute.', { default: 100, minimum: 1, maximum: 100_000 }),
    share: integer('Share of the active clients, in percent.', { default: 20, minimum: 1, maximum: 100 }),
  }),
  keep: flag('Leave bans in force when weir ends, until they expire.', false),
  nftables: section("The kernel's firewall, in tables of weir's own.", {
    enabled: flag('Use it.', true),
    ingress: texts(
      'Interfaces on which packets are dropped before anything else sees them.',
      'interface',
      [],
    ),
    throttle: integer('Packets a second that a throttled address may send.', {
      default: 20,
      minimum: 1,
      maximum: 1_000_000,
    }),
    redirect: text('Where web traffic of redirected addresses goes; empty: nowhere.', 'endpoint', ''),
  }),
  xdp: section('Programs in the driver of an interface.', {
    interfaces: texts('Interfaces; none: it is not used.', 'interface', []),
  }),
  proxy: section('The ways of web traffic through weir.', {
    enabled: flag('Turn banned addresses and sessions away there, too.', true),
    ban: choice(
      'What a banned client gets: a page with status 403, nothing, or an answer that takes long.',
      ['deny', 'drop', 'tarpit'],
      'deny',
    ),
    location: text(
      'Page that clients are sent to by decisions redirect and captcha; empty: redirect is 403, captcha as below.',
      'url',
      '',
    ),
    captcha: choice(
      "Without `location`: a page of weir's own that asks for the digits of a picture, or 403.",
      ['picture', 'deny'],
      'picture',
    ),
    pass: duration('How long who has typed them passes.', '1h', 60, DAY_SECONDS),
  }),
  crowdsec: section("CrowdSec's local API.", {
    url: text('Its address, as http://127.0.0.1:8080; empty: none.', 'origin', ''),
    machine: text("Name of weir's machine: cscli machines add.", 'user', 'weir'),
    passwordFile: text('File with the password of the machine; empty: nothing is told to it.', 'path', ''),
    bouncerKeyFile: text(
      "File with a bouncer's key: cscli bouncers add; empty: its decisions are not asked for.",
      'path',
      '',
    ),
    interval: duration('How often it is asked.', '10s', 1, 3600),
  }),
});

type RespondSettings = Type.Static<typeof RESPOND>;

/** The same, ready for use: times in milliseconds. */
export interface RespondConfiguration
  extends Omit<RespondSettings, 'autoBan' | 'longestBan' | 'proxy' | 'crowdsec'> {
  readonly autoBan: { readonly enabled: boolean; readonly threshold: number; readonly durationMs: number };
  readonly longestBanMs: number;
  readonly proxy: Omit<RespondSettings['proxy'], 'pass'> & { readonly passMs: number };
  readonly crowdsec: Omit<RespondSettings['crowdsec'], 'interval'> & { readonly intervalMs: number };
}

/** Makes times numbers. */
export function respondOf(settings: RespondSettings): RespondConfiguration {
  const { autoBan, longestBan, proxy, crowdsec, ...rest } = settings;
  const { pass, ...turning } = proxy;
  const { interval, ...client } = crowdsec;
  return {
    ...rest,
    autoBan: {
      enabled: autoBan.enabled,
      threshold: autoBan.threshold,
      durationMs: parseDuration(autoBan.duration),
    },
    longestBanMs: parseDuration(longestBan),
    proxy: { ...turning, passMs: parseDuration(pass) },
    crowdsec: { ...client, intervalMs: parseDuration(interval) },
  };
}

/** Who is told of threats. */
export const NOTIFICATIONS = section('Who is told of threats.', {
  enabled: flag('Tell anybody.', true),
  threshold: integer('From this score on (0 to 100).', { default: 70, minimum: 0, maximum: 100 }),
  perHour: integer('Messages of each channel in an hour; what is left out is counted.', {
    default: 30,
    minimum: 1,
    maximum: 100_000,
  }),
  file: text('File that a line of JSON is added to; empty: none.', 'path', ''),
  subject: text(
    "Subject of mails and of webhooks' messages, with {ip}, {event}, {severity}, {score} and others (docs/response.md); empty: weir's own.",
    'word',
    '',
  ),
  body: text("Their body, likewise; empty: weir's own.", 'text', ''),
  webhook: section('An HTTP server.', {
    url: text('Its address; empty: none.', 'url', ''),
    secretFile: text('File with the secret that signs the messages; empty: they are not signed.', 'path', ''),
  }),
  syslog: section('A syslog server (RFC 5424).', {
    server: text('Address and port, as 192.0.2.1:514; empty: none.', 'endpoint', ''),
    transport: choice('How it is reached.', ['udp', 'tcp'], 'udp'),
  }),
  mail: section('A mail server (SMTP).', {
    server: text('Address and port, as mail.example.org:587; empty: none.', 'endpoint', ''),
    tls: choice('starttls; tls from the beginning; none.', ['starttls', 'tls', 'none'], 'starttls'),
    user: text('Name to log in with; empty: no log-in.', 'word', ''),
    passwordFile: text('File with its password.', 'path', ''),
    from: text('Address of the sender.', 'mail', ''),
    to: texts('Addresses of the receivers.', 'mail', []),
  }),
});

/** Who is told, as the file has it. */
export type NotificationConfiguration = Type.Static<typeof NOTIFICATIONS>;
