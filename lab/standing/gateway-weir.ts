import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { PrefixSet } from '../../src/net/index.ts';
import { buildMirrorPort } from '../mirror-port.ts';
import type { Network } from '../network.ts';
import { ADDRESS } from '../topology.ts';
import { APPLICATION } from '../web-application.ts';
import { startHaproxy, WEIR, type WebGatewayWatch, watchOf } from '../web-gateway.ts';
import { askConsole, consoleOf, consoleSocket } from './console.ts';
import { addressesOf, hostsOf } from './hosts.ts';
import { type Lab, STATE_FOLDER } from './state.ts';

/** Where the built-in proxy serves the web application in clear; HAProxy has the usual ports. */
export const CLEAR_PORT = 8080;
/** Requests that an address may send in 10 seconds. */
const LIMIT = 150;
/** How often it is asked whether it has banned somebody. */
const LOOK_MS = 1000;

/** A ban that is in force. */
export interface LabBan {
  readonly value: string;
  readonly scenario: string;
  readonly untilMs: number;
}

/** The weir of a lab, as its console tells of it. */
export interface LabWeirReport {
  readonly console: string;
  /** Whether it answers, and all its processes run. */
  readonly running: boolean;
  readonly processes: readonly { readonly name: string; readonly state: string }[];
  readonly bans: readonly LabBan[];
}

/** Whether `weir up` runs on the gateway of a lab, or ran there. */
export function hasWeir(folder: string): boolean {
  return existsSync(join(folder, 'weir'));
}

/**
 * Starts `weir up` on the gateway, with all that it keeps in the folder `weir` of the lab's, and HAProxy on ports 80 and
 * 443, which asks it about each request.
 */
export async function startGatewayWeir(net: Network): Promise<WebGatewayWatch> {
  const folder = join(net.folder, 'weir');
  mkdirSync(folder);
  // Its processes become another user, who must get to what is theirs; what else is here they cannot list.
  for (const path of [STATE_FOLDER, net.folder]) chmodSync(path, 0o711);
  chmodSync(folder, 0o755);
  const file = join(folder, 'weir.yaml');
  writeFileSync(file, JSON.stringify(configuration(net.folder, await buildMirrorPort(net)), null, 2));
  const weir = net.start('gateway', WEIR, 'up', '--config', file);
  const haproxy = startHaproxy(net, { limit: LIMIT, socket: join(folder, 'spoe.sock') });
  return watchOf(net.folder, [
    [WEIR, weir],
    ['haproxy', haproxy],
  ]);
}

function configuration(lab: string, port: string): object {
  const at = (name: string): string => join(lab, 'weir', name);
  return {
    // All of it is small: /run is memory on most machines.
    capture: {
      interface: port,
      progress: '2s',
      ring: { folder: at('packets'), size: '64MiB', file: '8MiB', age: '2h' },
    },
    lan: { networks: ['192.0.2.0/24', '2001:db8:20::/64', 'fe80::/10'] },
    store: { folder: at('store'), quota: '128MiB' },
    control: { folder: at('run') },
    web: {
      enabled: true,
      waf: { workers: 1 },
      rate: { requests: LIMIT },
      haproxy: { socket: at('spoe.sock'), deadline: '900ms' },
      reverse: { listen: `:${CLEAR_PORT}`, to: `http://${ADDRESS.dmz}:${APPLICATION.port}` },
      buffer: { folder: at('buffer'), size: '16MiB' },
    },
    respond: { mode: 'enforce' },
    // The data is nobody's, so that everybody on this machine may see and decide. Files that root writes are another thing.
    api: { listen: `unix:${consoleSocket(lab)}`, anonymous: 'admin', configure: false },
    processes: { drain: '2s' },
  };
}

/** What the weir of a lab tells of itself; undefined where the lab has none. */
export async function gatewayWeirReport(folder: string): Promise<LabWeirReport | undefined> {
  const url = consoleOf(folder);
  if (url === undefined) return undefined;
  const [status, decisions] = await Promise.all([
    askConsole<Pick<LabWeirReport, 'processes'>>(url, '/api/v1/status'),
    askConsole<{ readonly items: readonly LabBan[] }>(url, '/api/v1/decisions?type=ban&limit=1000'),
  ]);
  const processes = (status?.processes ?? []).map(({ name, state }) => ({ name, state }));
  return {
    console: url,
    running: processes.length > 0 && processes.every(({ state }) => state === 'running'),
    processes,
    bans: (decisions?.items ?? []).map(({ value, scenario, untilMs }) => ({ value, scenario, untilMs })),
  };
}

/** Bans among these that one of the addresses falls under. */
export function bansOf(bans: readonly LabBan[], addresses: readonly string[]): readonly LabBan[] {
  return bans.filter(({ value }) => {
    const { set } = PrefixSet.parse([value]);
    return set !== undefined && addresses.some((address) => set.hasText(address));
  });
}

/** The bans that keep the attacker out; none where weir does not run. */
export async function attackerBans(lab: Lab): Promise<readonly LabBan[]> {
  const report = await gatewayWeirReport(lab.folder);
  return report === undefined ? [] : bansOf(report.bans, addressesOf(hostsOf(lab), 'attacker'));
}

/** Resolves once weir has banned all addresses of the attacker; never where it does not run. Rejects with the signal. */
export async function attackerBanned(lab: Lab, signal: AbortSignal): Promise<void> {
  const addresses = hasWeir(lab.folder) ? addressesOf(hostsOf(lab), 'attacker') : [];
  for (;;) {
    await wait(LOOK_MS, undefined, { signal });
    const bans = addresses.length === 0 ? [] : await attackerBans(lab);
    if (bans.length > 0 && addresses.every((address) => bansOf(bans, [address]).length > 0)) return;
  }
}

/** Bans in words, with what lifts them. */
export function renderBans(bans: readonly LabBan[]): string {
  const lines = bans.map(
    ({ value, scenario }) => `weir bans ${value} (${scenario === '' ? 'by hand' : scenario})\n`,
  );
  return lines.length === 0
    ? ''
    : `${lines.join('')}Nothing of it arrives any more: lift it in the console.\n`;
}
