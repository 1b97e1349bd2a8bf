/**
 * Makes the captures in demo/captures: builds a small network in namespaces, runs real programs in it, and records
 * on its gateway. Needs root and Linux. Usage: node lab/make-captures.ts [FOLDER]
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { bundle } from './bundle.ts';
import { writeContent } from './content.ts';
import { Network } from './network.ts';
import { installPrograms, PROGRAMS_FOLDER } from './programs.ts';
import { playScenario, SCENARIO_SECONDS } from './scenario.ts';
import { startServers } from './servers.ts';
import { buildRecordedTopology } from './topology.ts';

/** Seconds after which a capture file is followed by the next one. */
const ROTATION = 18;
/** All of it, in seconds: what is not done by then is broken. */
const DEADLINE = SCENARIO_SECONDS + 90;

const root = resolve(import.meta.dirname, '..');
process.exitCode = await main(resolve(process.argv[2] ?? join(root, 'demo/captures')));

async function main(target: string): Promise<number> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    process.stderr.write('The lab needs Linux and root: it makes network namespaces.\n');
    return 1;
  }
  const missing = installPrograms();
  if (missing.length > 0) {
    process.stderr.write(`Missing programs: ${missing.join(', ')}\n`);
    return 1;
  }
  const stop = new AbortController();
  const end = (reason: string) => (): void => stop.abort(new Error(reason));
  process.once('SIGINT', end('interrupted'));
  process.once('SIGTERM', end('interrupted'));
  const timer = setTimeout(end(`not done within ${DEADLINE} s`), DEADLINE * 1000);
  const net = Network.temporary(stop.signal);
  // Whatever way the process ends, nothing of the network stays.
  process.once('exit', () => net.remove());
  try {
    return await record(net, target, stop.signal);
  } catch (error) {
    process.stderr.write(`lab: ${error instanceof Error ? error.message : error}\n`);
    return 1;
  } finally {
    clearTimeout(timer);
    net.remove();
  }
}

async function record(net: Network, target: string, signal: AbortSignal): Promise<number> {
  const recorded = join(net.folder, 'recorded');
  mkdirSync(recorded);
  writeContent(net.folder);
  buildRecordedTopology(net, PROGRAMS_FOLDER);
  startServers(net, PROGRAMS_FOLDER, { standing: false });
  // Servers come up, and the packets of that (router advertisements, neighbours) stay out.
  await wait(3000, undefined, { signal });
  const capture = net.start(
    ...(['gateway', 'tcpdump', '-n', '-i', 'lan0', '-s', '0', '-U', '-Z', 'root'] as const),
    ...(['-G', String(ROTATION), '-w', join(recorded, 'uplink-%s.pcap')] as const),
  );
  await wait(1000, undefined, { signal });
  process.stderr.write(`Recording ${SCENARIO_SECONDS} seconds\n`);
  const surprises = await playScenario(net, PROGRAMS_FOLDER, signal);
  const ended = new Promise((done) => capture.once('exit', done));
  if (capture.pid !== undefined) process.kill(capture.pid, 'SIGTERM');
  await ended;
  for (const { step, output } of surprises) process.stderr.write(`  ${step}: ${output}\n`);
  for (const { name, bytes } of bundle(recorded, target, join(root, 'weir'))) {
    process.stderr.write(`  ${name.padEnd(20)} ${bytes} bytes\n`);
  }
  return surprises.length === 0 ? 0 : 1;
}
