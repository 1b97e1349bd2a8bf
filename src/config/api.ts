import type Type from 'typebox';
import { parseDuration } from './quantity.ts';
import { choice, duration, flag, integer, section, text, texts } from './setting.ts';

const DAY_SECONDS = 86_400;

/** The API and the console, and what other systems take from them. */
export const API = section('The console, the API behind it, and metrics.', {
  enabled: flag('Serve them.', true),
  listen: text(
    'Where; every address of the machine is `0.0.0.0:8470`. For a reverse proxy a Unix socket, open to the group of its folder: `unix:/run/weir-console/console.sock`.',
    'place',
    '127.0.0.1:8470',
  ),
  hosts: texts(
    'Names by which browsers reach it, besides localhost and the address of `listen`; requests for others are refused.',
    'host',
    [],
  ),
  folder: text(
    "Folder of its tokens and of the record of changes; 'auto': below that of the store.",
    'path',
    'auto',
  ),
  anonymous: choice(
    'What who has not logged in may do: nothing, or what the role may.',
    ['off', 'viewer', 'operator', 'admin'],
    'off',
  ),
  session: duration('How long a login lasts.', '12h', 60, 30 * DAY_SECONDS),
  rate: integer('Requests that an address may make in a minute.', {
    default: 1200,
    minimum: 10,
    maximum: 1_000_000,
  }),
  configure: flag('Let administrators change the configuration over it.', true),
  tls: section('Encryption; needed where it listens on more than the loopback.', {
    mode: choice(
      'off; own: a certificate that weir makes; given: that of `certificate` and `key`.',
      ['off', 'own', 'given'],
      'off',
    ),
    certificate: text('File of the certificate chain, PEM.', 'path', ''),
    key: text('File of its key, PEM.', 'path', ''),
  }),
  oidc: section('Login by an OpenID Connect provider.', {
    issuer: text('Its URL; empty: there is none.', 'url', ''),
    name: text('What the button of the login page says.', 'text', 'Single sign-on'),
    client: text('Identifier of weir at the provider.', 'text', ''),
    secret: text('File of the secret that the provider gave weir.', 'path', ''),
    origin: text('URL of the console as browsers see it, such as https://weir.example.org.', 'url', ''),
    scopes: texts('What the provider is asked for.', 'word', ['openid', 'profile', 'email']),
    claim: text('Claim whose values are roles or groups.', 'word', 'groups'),
    viewers: texts('Values that make a viewer.', 'text', []),
    operators: texts('Values that make an operator.', 'text', []),
    admins: texts('Values that make an administrator.', 'text', []),
  }),
  metrics: section('Metrics for other systems.', {
    open: flag('Answer /metrics without a token.', false),
    influx: text('URL that metrics are written to in the line protocol of InfluxDB; empty: none.', 'url', ''),
    influxToken: text('File of the token for it.', 'path', ''),
    interval: duration('How often they are written.', '10s', 1, 3600),
  }),
});

type ApiSettings = Type.Static<typeof API>;

/** The same, ready for use: times in milliseconds. */
export interface ApiConfiguration extends Omit<ApiSettings, 'session' | 'metrics'> {
  readonly sessionMs: number;
  readonly metrics: Omit<ApiSettings['metrics'], 'interval'> & { readonly intervalMs: number };
}

/** Makes times numbers. */
export function apiOf(settings: ApiSettings): ApiConfiguration {
  const { session, metrics, ...rest } = settings;
  const { interval, ...others } = metrics;
  return {
    ...rest,
    sessionMs: parseDuration(session),
    metrics: { ...others, intervalMs: parseDuration(interval) },
  };
}
