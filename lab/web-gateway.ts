import { type ChildProcess, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Network } from './network.ts';
import { ADDRESS } from './topology.ts';
import { APPLICATION } from './web-application.ts';

/** How weir's active stream can stand in front of the web application. */
export const WEB_WAYS = ['proxy', 'haproxy'] as const;
export type WebWay = (typeof WEB_WAYS)[number];

/** What is asked of the active stream. */
export interface WebGatewayOptions {
  readonly way: WebWay;
  /** Folder of the Core Rule Set; undefined: Debian's. */
  readonly crs: string | undefined;
  /** Requests that one client address may send in 10 seconds; 0: no bound. */
  readonly limit: number;
}

/** What was started. */
export interface WebGatewayWatch {
  /** What of it has ended by itself, with its last words; undefined while all of it runs. */
  readonly ended: () => string | undefined;
}

/** The command of this checkout. */
export const WEIR = join(import.meta.dirname, '../weir');
const HAPROXY = '/usr/sbin/haproxy';
const AGENT = '127.0.0.1:12345';
const SETTINGS = 'web.json';

/** Debian packages that a way needs besides those of the lab, and the program among them. */
export function packagesOf({ way, crs }: WebGatewayOptions): readonly (readonly [string, string])[] {
  return [
    ...(way === 'haproxy' ? [['haproxy', HAPROXY] as const] : []),
    ...(crs === undefined ? [['modsecurity-crs', '/usr/share/modsecurity-crs'] as const] : []),
  ];
}

/**
 * Starts it on the gateway, on ports 80 and 443 of all its addresses. EVE records go to `web/eve-*.json` in the lab's
 * folder; `web/control-*` is where `weir requests --control` asks.
 */
export function startWebGateway(net: Network, options: WebGatewayOptions): WebGatewayWatch {
  const folder = join(net.folder, 'web');
  mkdirSync(folder);
  writeFileSync(join(net.folder, SETTINGS), JSON.stringify(options));
  const certificate = certificateFile(net.folder);
  const started = programs(folder, certificate, options).map(([program, ...args]) => {
    return [program, net.start('gateway', program, ...args)] as const;
  });
  return watchOf(net.folder, started);
}

/** Starts HAProxy alone, on ports 80 and 443: it asks the `weir up` that has the socket about each request. */
export function startHaproxy(
  net: Network,
  { limit, socket }: { readonly limit: number; readonly socket: string },
): ChildProcess {
  const folder = join(net.folder, 'web');
  mkdirSync(folder);
  const settings: WebGatewayOptions = { way: 'haproxy', crs: undefined, limit };
  writeFileSync(join(net.folder, SETTINGS), JSON.stringify(settings));
  const file = haproxyConfiguration(folder, certificateFile(net.folder), ['--socket', socket]);
  return net.start('gateway', HAPROXY, '-db', '-f', file);
}

/** Watches over what {@link Network.start} started on the gateway. */
export function watchOf(
  folder: string,
  started: readonly (readonly [program: string, child: ChildProcess])[],
): WebGatewayWatch {
  return {
    ended: () => {
      const [found] = started.find(([, { exitCode, signalCode }]) => (exitCode ?? signalCode) !== null) ?? [];
      return found === undefined ? undefined : `${basename(found)} ended: ${lastWords(folder, found)}`;
    },
  };
}

/** Chain and key of the application's certificate in one file, as HAProxy and weir want them. */
function certificateFile(lab: string): string {
  const issued = join(lab, 'ca', APPLICATION.name);
  const certificate = join(lab, 'web/certificate.pem');
  const both = readFileSync(`${issued}.pem`, 'latin1') + readFileSync(`${issued}.key`, 'latin1');
  writeFileSync(certificate, both, { mode: 0o600 });
  return certificate;
}

/** Programs with their arguments. */
function programs(
  folder: string,
  certificate: string,
  options: WebGatewayOptions,
): readonly (readonly [program: string, ...args: string[]])[] {
  switch (options.way) {
    case 'proxy': {
      const reverse = ['proxy', 'reverse', '--to', `http://${ADDRESS.dmz}:${APPLICATION.port}`];
      const secure = ['--listen', ':443', '--cert', certificate];
      return [
        [WEIR, ...reverse, '--listen', ':80', ...judging(folder, 'http', options)],
        [WEIR, ...reverse, ...secure, ...judging(folder, 'https', options)],
      ];
    }
    case 'haproxy':
      return [
        [
          WEIR,
          'haproxy',
          'agent',
          '--listen',
          AGENT,
          '--timeout',
          '900',
          ...judging(folder, 'haproxy', options),
        ],
        [HAPROXY, '-db', '-f', haproxyConfiguration(folder, certificate, ['--listen', AGENT])],
      ];
    default:
      return options.way satisfies never;
  }
}

function lastWords(folder: string, program: string): string {
  const log = readFileSync(join(folder, `gateway-${basename(program)}.log`), 'utf8');
  return log.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
}

/** What runs in front of the application of a lab; undefined where nothing does. */
export function webGatewayOf(folder: string): WebGatewayOptions | undefined {
  const path = join(folder, SETTINGS);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as WebGatewayOptions) : undefined;
}

function judging(folder: string, name: string, { crs, limit }: WebGatewayOptions): string[] {
  return [
    ...(crs === undefined ? [] : ['--crs', crs]),
    ...(limit === 0 ? [] : ['--rate', String(limit)]),
    ...['--workers', '1', '--eve', join(folder, `eve-${name}.json`)],
    ...['--buffer-folder', join(folder, `buffer-${name}`), '--control', join(folder, `control-${name}`)],
  ];
}

/** Writes what `weir haproxy config` prints; returns the path of the first file. */
function haproxyConfiguration(folder: string, certificate: string, agent: readonly string[]): string {
  const spoe = join(folder, 'spoe.cfg');
  const path = join(folder, 'haproxy.cfg');
  const site = `${APPLICATION.name}=${ADDRESS.dmz}:${APPLICATION.port}`;
  for (const [only, file] of [
    ['haproxy', path],
    ['spoe', spoe],
  ] as const) {
    // On a machine that is busy with other things a judgement may take longer than the usual 150 ms.
    const how = ['--fail', 'closed', '--timeout', '1000', ...agent, '--spoe', spoe];
    const where = [
      '--host',
      site,
      '--certificate',
      certificate,
      '--http',
      ':::80 v4v6',
      '--https',
      ':::443 v4v6',
    ];
    const { status, stdout, stderr } = spawnSync(
      WEIR,
      ['haproxy', 'config', '--full', '--only', only, ...how, ...where],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`weir haproxy config: ${stderr.trim()}`);
    writeFileSync(file, stdout);
  }
  return path;
}
