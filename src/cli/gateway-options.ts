import { homedir } from 'node:os';
import { join } from 'node:path';
import { defaultConfiguration } from '../config/index.ts';
import { EXCLUSIONS } from '../mitm/gateway/exclusions.ts';
import type { GatewayOptions } from '../mitm/gateway/index.ts';
import { parseChoice, parseCount } from './usage.ts';

/** Options of every command that judges requests on their way, for `parseOptions`. */
export const GATEWAY_OPTIONS = {
  crs: { type: 'string' },
  rules: { type: 'string', multiple: true },
  paranoia: { type: 'string' },
  exclusion: { type: 'string', multiple: true },
  'detection-only': { type: 'boolean' },
  waf: { type: 'boolean' },
  responses: { type: 'boolean' },
  workers: { type: 'string' },
  'body-limit': { type: 'string' },
  'long-bodies': { type: 'string' },
  deny: { type: 'string', multiple: true },
  rate: { type: 'string' },
  eve: { type: 'string' },
  rewrite: { type: 'string' },
  'key-log': { type: 'string' },
  buffer: { type: 'boolean' },
  'buffer-folder': { type: 'string' },
  control: { type: 'string' },
  quiet: { type: 'boolean', short: 'q' },
} as const;

/** What is said of these options by `--help`. */
export const GATEWAY_HELP = `Rules:
  --crs DIR            the Core Rule Set: a folder with rules/*.conf and crs-setup.conf (default: Debian's
                       modsecurity-crs, unless --rules names all there is to be)
  --rules FILE|DIR     own rules, in place of Debian's; beside --crs behind its rules, files named REQUEST-900-*
                       before them. May be given several times
  --paranoia N         paranoia level of the Core Rule Set, 1 to 4 (default 1)
  --exclusion NAME     graphql: the Core Rule Set's rules that take a GraphQL query for an attack leave it alone
  --detection-only     nothing is blocked: what would have been is told of
  --no-waf             no rules at all
  --responses          judge answers as well
  --workers N          threads that judge beside the one that takes requests in: one for what takes long, several
                       help it with all (default: one less than there are cores)
  --body-limit KIB     how much of a request body is judged (default 128)
  --long-bodies WHAT   deny (413, the default) or judge in part what is longer
Clients:
  --deny NETWORK       deny its requests; may be given several times
  --rate N             requests that one address may send in 10 seconds
Messages:
  --rewrite FILE       rules that change requests and answers (docs/web.md)
  --key-log FILE       add the secrets of TLS connections to a file, so that captures of them can be read
Records:
  --eve FILE           add an EVE record for each request and each match to a file
  --no-buffer          keep no copies of the last requests
  --buffer-folder DIR  where they are kept, encrypted (default: see weir buffer --help)
  --control DIR        where 'weir requests' and its like ask (default: /run/weir for root): one folder for each
                       weir that runs at the same time
  -q, --quiet          no line for each request that is blocked`;

/** Values of {@link GATEWAY_OPTIONS}. */
export interface GatewayValues {
  readonly crs?: string | undefined;
  readonly rules?: string[] | undefined;
  readonly paranoia?: string | undefined;
  readonly exclusion?: string[] | undefined;
  readonly 'detection-only'?: boolean | undefined;
  readonly waf?: boolean | undefined;
  readonly responses?: boolean | undefined;
  readonly workers?: string | undefined;
  readonly 'body-limit'?: string | undefined;
  readonly 'long-bodies'?: string | undefined;
  readonly deny?: string[] | undefined;
  readonly rate?: string | undefined;
  readonly eve?: string | undefined;
  readonly rewrite?: string | undefined;
  readonly 'key-log'?: string | undefined;
  readonly buffer?: boolean | undefined;
  readonly 'buffer-folder'?: string | undefined;
  readonly control?: string | undefined;
  readonly quiet?: boolean | undefined;
}

/** Where a user's own state is: /var/lib/weir for root. */
export function stateFolder(): string {
  if (process.getuid?.() === 0) return '/var/lib/weir';
  const own = process.env.XDG_STATE_HOME;
  return join(own === undefined || own === '' ? join(homedir(), '.local/state') : own, 'weir');
}

/** The options of a gateway without any way in. Throws a `UsageError`. */
export function gatewayOptions(values: GatewayValues): GatewayOptions {
  const { web } = defaultConfiguration();
  const { waf, rate, buffer } = web;
  const count = (name: string, text: string | undefined, low: number, high: number): number | undefined =>
    text === undefined ? undefined : parseCount(name, text, low, high);
  const requests = count('--rate', values.rate, 1, 1_000_000) ?? rate.requests;
  const bodyKib = count('--body-limit', values['body-limit'], 0, 65_536);
  return {
    ...web,
    waf: {
      ...waf,
      enabled: values.waf !== false,
      crs: values.crs ?? waf.crs,
      rules: values.rules ?? waf.rules,
      exclusions:
        values.exclusion?.map((name) => parseChoice('--exclusion', name, EXCLUSIONS)) ?? waf.exclusions,
      paranoia: count('--paranoia', values.paranoia, 1, 4) ?? waf.paranoia,
      mode: values['detection-only'] === true ? 'detection' : 'on',
      workers: count('--workers', values.workers, 1, 64) ?? waf.workers,
      responses: values.responses === true,
      requestBodyBytes: bodyKib === undefined ? waf.requestBodyBytes : bodyKib << 10,
      longBodies:
        values['long-bodies'] === undefined
          ? waf.longBodies
          : parseChoice('--long-bodies', values['long-bodies'], ['deny', 'judge']),
    },
    deny: values.deny ?? web.deny,
    rate: { ...rate, requests, burst: requests },
    rewrite: values.rewrite ?? web.rewrite,
    keyLog: values['key-log'] ?? web.keyLog,
    buffer: {
      ...buffer,
      enabled: values.buffer !== false,
      folder: values['buffer-folder'] ?? join(stateFolder(), 'buffer'),
    },
  };
}
