import { existsSync } from 'node:fs';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { writeContent } from '../content.ts';
import { leaseArguments } from '../name-server.ts';
import { namespaceExists } from '../namespaces.ts';
import { Network } from '../network.ts';
import { installPrograms, PROGRAMS_FOLDER } from '../programs.ts';
import { startServers } from '../servers.ts';
import { buildStandingTopology } from '../topology.ts';
import {
  packagesOf,
  startWebGateway,
  type WebGatewayOptions,
  type WebGatewayWatch,
  webGatewayOf,
} from '../web-gateway.ts';
import { hostsOf } from './hosts.ts';
import { withInterrupt } from './interrupt.ts';
import { renderHosts } from './render.ts';
import { askServices, type Service, services } from './services.ts';
import {
  busyProcess,
  claim,
  DEFAULT_NAME,
  isWhole,
  type Lab,
  LabError,
  labOf,
  readState,
  removeLab,
  setPhase,
} from './state.ts';

/** Within this all services answer, in milliseconds. */
const READY_MS = 30_000;

/** Builds the lab, with weir's active stream in it where `web` says how, or says that it is there. Returns the exit code. */
export async function up(name: string, web: WebGatewayOptions | undefined): Promise<number> {
  const lab = labOf(name);
  const state = readState(lab);
  const busy = busyProcess(state);
  if (busy !== undefined)
    throw new LabError(`process ${busy} is ${state?.phase} the lab; wait for it, or end it`);
  if (state?.phase === 'up' && isWhole(lab)) {
    requireSameWeb(lab, web);
    process.stdout.write(
      `The lab is up already, since ${state.since}.\n\n${renderHosts(hostsOf(lab))}${advice(lab)}`,
    );
    return 0;
  }
  const missing = installPrograms(web === undefined ? [] : packagesOf(web));
  if (missing.length > 0) throw new LabError(`programs are missing that the lab runs: ${missing.join(', ')}`);
  if (existsSync(lab.folder)) {
    process.stderr.write('weir: a lab was left over from something that was cut off; it is removed first\n');
    await removeLab(lab);
  }
  const foreign = lab.namespaces.filter(namespaceExists);
  if (foreign.length > 0) {
    const choice = "'weir lab down' removes them, --name takes other names";
    throw new LabError(`there are namespaces of these names: ${foreign.join(', ')} (${choice})`);
  }
  return withInterrupt((signal) => build(lab, web, signal));
}

async function build(lab: Lab, web: WebGatewayOptions | undefined, signal: AbortSignal): Promise<number> {
  if (!claim(lab)) throw new LabError(`another 'weir lab up' was faster`);
  const began = performance.now();
  const net = new Network({ prefix: lab.prefix, folder: lab.folder, signal });
  try {
    process.stderr.write('Building the lab\n');
    writeContent(lab.folder);
    buildStandingTopology(net);
    await turn();
    startServers(net, PROGRAMS_FOLDER, { standing: true });
    const gateway = web === undefined ? undefined : startWebGateway(net, web);
    await lease(net, signal);
    const list = services(lab.folder);
    await ready(net, list, gateway, signal);
    setPhase(lab, 'up');
    net.release();
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    process.stdout.write(
      `The lab is up (${seconds} s): ${lab.namespaces.length} hosts, ${list.length} services, all of them answer.\n\n`,
    );
    process.stdout.write(`${renderHosts(hostsOf(lab))}${advice(lab)}`);
    return 0;
  } catch (error) {
    // A signal that came while nothing else could run is delivered now.
    await turn();
    net.release();
    await removeLab(lab);
    const reason = signal.aborted ? 'interrupted' : error instanceof Error ? error.message : String(error);
    throw new LabError(`the lab could not be built: ${reason} (nothing of it is left)`);
  }
}

/** What runs is not changed: it would end what others look at. */
function requireSameWeb(lab: Lab, web: WebGatewayOptions | undefined): void {
  const now = webGatewayOf(lab.folder)?.way;
  if (web === undefined || web.way === now) return;
  const is = now === undefined ? 'without --web' : `with --web ${now}`;
  const option = lab.name === DEFAULT_NAME ? '' : ` --name ${lab.name}`;
  throw new LabError(`the lab is up ${is}: 'weir lab down${option}' first, or take another --name`);
}

/** The clients lease their addresses; the name server may need a moment. */
async function lease(net: Network, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + READY_MS;
  for (const host of ['alice', 'bob']) {
    for (;;) {
      const { code, output } = await net.runWithin(12_000, host, 'busybox', ...leaseArguments(host));
      if (code === 0) break;
      if (performance.now() > deadline)
        throw new Error(`${host} gets no address by DHCP: ${output.trim().slice(-200)}`);
      await wait(100, undefined, { signal });
    }
  }
}

/** Waits until every service has answered once. */
async function ready(
  net: Network,
  list: readonly Service[],
  gateway: WebGatewayWatch | undefined,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + READY_MS;
  for (let waiting = list; ; ) {
    const answers = await askServices(net, waiting);
    const silent = waiting.filter((_, index) => !answers[index]!.answers);
    if (silent.length === 0) return;
    const ended = gateway?.ended();
    if (ended !== undefined) throw new Error(ended);
    if (performance.now() > deadline) {
      const first = answers[waiting.indexOf(silent[0]!)]!;
      const names = silent.map(
        ({ name, host, address, port }) => `${name} on ${host} (${address} port ${port})`,
      );
      throw new Error(`no answer from ${names.join(', ')}; ${first.detail}`);
    }
    waiting = silent;
    await wait(200, undefined, { signal });
  }
}

/** What to try next. */
function advice(lab: Lab): string {
  const option = lab.name === DEFAULT_NAME ? '' : ` --name ${lab.name}`;
  const on = (host: string): string => `sudo ip netns exec ${lab.prefix}-${host}`;
  const web =
    webGatewayOf(lab.folder) === undefined
      ? ''
      : `
attacks on the web application  sudo ./weir lab attack web${option}
ordinary browsing of it         sudo ./weir lab browse${option}
what weir wrote of requests     ${lab.folder}/web/eve-*.json`;
  return `
weir on the gateway, live       ${on('gateway')} ./weir read -i lan0
ordinary traffic                sudo ./weir lab traffic${option} --seconds 30
what attacks there are          sudo ./weir lab attack${option}${web}
what runs, what answers         sudo ./weir lab status${option}
a request of your own           ${on('alice')} curl http://www.example.com/
an end, with nothing left       sudo ./weir lab down${option}
`;
}
