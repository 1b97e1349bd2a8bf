import { existsSync } from 'node:fs';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import type { LabMode } from '../../src/cli/lab.ts';
import { writeContent } from '../content.ts';
import { leaseArguments } from '../name-server.ts';
import { namespaceExists } from '../namespaces.ts';
import { isMasquerading, masquerade, NAT_PACKAGE } from '../nat.ts';
import { Network } from '../network.ts';
import { installPrograms, PROGRAMS_FOLDER } from '../programs.ts';
import { startServers } from '../servers.ts';
import { buildStandingTopology } from '../topology.ts';
import { packagesOf, startWebGateway, type WebGatewayWatch, webGatewayOf } from '../web-gateway.ts';
import { consoleOf, openConsole } from './console.ts';
import { gatewayWeirReport, hasWeir, startGatewayWeir } from './gateway-weir.ts';
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

/** Packages of what stands in front of the web application when weir runs. */
const WITH_WEIR = { way: 'haproxy', crs: undefined, limit: 0 } as const;
/** Within this all services answer, in milliseconds. */
const READY_MS = 30_000;

/** Builds the lab with what `mode` says of weir in it, or says that it is there. Returns the exit code. */
export async function up(name: string, mode: LabMode, nat: boolean): Promise<number> {
  const lab = labOf(name);
  const state = readState(lab);
  const busy = busyProcess(state);
  if (busy !== undefined)
    throw new LabError(`process ${busy} is ${state?.phase} the lab; wait for it, or end it`);
  if (state?.phase === 'up' && isWhole(lab)) {
    requireSameMode(lab, mode, nat);
    process.stdout.write(
      `${consoleLine(lab)}The lab is up already, since ${state.since}.\n\n${renderHosts(hostsOf(lab))}${advice(lab)}`,
    );
    return 0;
  }
  const missing = installPrograms([
    ...(mode === 'bare' ? [] : packagesOf(mode === 'weir' ? WITH_WEIR : mode)),
    ...(nat ? [NAT_PACKAGE] : []),
  ]);
  if (missing.length > 0) {
    const hint = mode === 'weir' ? "; 'weir lab up --bare' runs fewer" : '';
    throw new LabError(`programs are missing that the lab runs: ${missing.join(', ')}${hint}`);
  }
  if (existsSync(lab.folder)) {
    process.stderr.write('weir: a lab was left over from something that was cut off; it is removed first\n');
    await removeLab(lab);
  }
  const foreign = lab.namespaces.filter(namespaceExists);
  if (foreign.length > 0) {
    const choice = "'weir lab down' removes them, --name takes other names";
    throw new LabError(`there are namespaces of these names: ${foreign.join(', ')} (${choice})`);
  }
  return withInterrupt((signal) => build(lab, mode, nat, signal));
}

async function build(lab: Lab, mode: LabMode, nat: boolean, signal: AbortSignal): Promise<number> {
  if (!claim(lab)) throw new LabError(`another 'weir lab up' was faster`);
  const began = performance.now();
  const net = new Network({ prefix: lab.prefix, folder: lab.folder, signal });
  try {
    process.stderr.write('Building the lab\n');
    writeContent(lab.folder);
    buildStandingTopology(net);
    if (nat) await masquerade(net);
    await turn();
    startServers(net, PROGRAMS_FOLDER, { standing: true });
    const gateway = await startWeir(net, mode);
    await lease(net, signal);
    const list = services(lab.folder);
    await ready(net, list, gateway, signal);
    if (mode === 'weir') await openAndAsk(lab, gateway, signal);
    setPhase(lab, 'up');
    net.release();
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    process.stdout.write(
      `${consoleLine(lab)}The lab is up (${seconds} s): ${lab.namespaces.length} hosts, ${list.length} services, all of them answer.\n\n`,
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

/** What of weir runs in it; undefined: nothing. */
async function startWeir(net: Network, mode: LabMode): Promise<WebGatewayWatch | undefined> {
  if (mode === 'bare') return undefined;
  return mode === 'weir' ? startGatewayWeir(net) : startWebGateway(net, mode);
}

/** The console gets its address here; resolves when it answers and all processes of weir run. */
async function openAndAsk(lab: Lab, weir: WebGatewayWatch | undefined, signal: AbortSignal): Promise<void> {
  const url = await openConsole(lab.folder, signal);
  for (const deadline = performance.now() + READY_MS; ; await wait(100, undefined, { signal })) {
    const report = await gatewayWeirReport(lab.folder);
    if (report?.running === true) return;
    const ended = weir?.ended();
    if (ended !== undefined) throw new Error(ended);
    if (performance.now() < deadline) continue;
    const states = report?.processes.map(({ name, state }) => `${name} ${state}`).join(', ') ?? '';
    throw new Error(`weir is not ready, at ${url}: ${states === '' ? 'no answer' : states}`);
  }
}

/** What runs is not changed: it would end what others look at. */
function requireSameMode(lab: Lab, mode: LabMode, nat: boolean): void {
  const wanted = typeof mode === 'string' ? mode : `--web ${mode.way}`;
  const way = webGatewayOf(lab.folder)?.way;
  const now = hasWeir(lab.folder) ? 'weir' : way === undefined ? 'bare' : `--web ${way}`;
  const nats = isMasquerading(lab.folder);
  if ((wanted === 'bare' || wanted === now) && (nats || !nat)) return;
  const is = now === 'weir' ? 'with weir on its gateway' : now === 'bare' ? 'without weir' : `with ${now}`;
  const option = lab.name === DEFAULT_NAME ? '' : ` --name ${lab.name}`;
  throw new LabError(
    `the lab is up ${is}${nats ? ' and NAT' : nat ? ', and no NAT' : ''}: 'weir lab down${option}' first, or take another --name`,
  );
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

/** Where the console is; the first that is said. */
function consoleLine(lab: Lab): string {
  const url = consoleOf(lab.folder);
  return url === undefined ? '' : `The console:  ${url}\n\n`;
}

/** What to try next. */
function advice(lab: Lab): string {
  const option = lab.name === DEFAULT_NAME ? '' : ` --name ${lab.name}`;
  const on = (host: string): string => `sudo ip netns exec ${lab.prefix}-${host}`;
  const web =
    webGatewayOf(lab.folder) === undefined
      ? ''
      : `attacks on the web application  sudo ./weir lab attack web${option}
ordinary browsing of it         sudo ./weir lab browse${option}
${hasWeir(lab.folder) ? '' : `what weir wrote of requests     ${lab.folder}/web/eve-*.json\n`}`;
  const weir = hasWeir(lab.folder)
    ? `weir on the command line        sudo ./weir status --config ${lab.folder}/weir/weir.yaml`
    : `weir on the gateway, live       ${on('gateway')} ./weir read -i lan0`;
  return `
${weir}
ordinary traffic                sudo ./weir lab traffic${option} --seconds 30
what attacks there are          sudo ./weir lab attack${option}
${web}what runs, what answers         sudo ./weir lab status${option}
a request of your own           ${on('alice')} curl http://www.example.com/
an end, with nothing left       sudo ./weir lab down${option}
`;
}
