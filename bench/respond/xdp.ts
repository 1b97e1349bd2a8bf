/**
 * Measures the XDP enforcer, in a network namespace of its own: node bench/respond/xdp.ts
 * As root, with nft and unshare. How fast bans are loaded and changed, and how fast frames are dropped on a veth pair,
 * beside nftables at netdev ingress and beside a kernel without bans; in turns, so that ratios hold on a busy machine.
 */

import { spawnSync } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { kernelAddon } from '../../src/native/index.ts';
import { decisionFor } from '../../src/respond/enforcer-compliance.ts';
import { XdpEnforcer } from '../../src/respond/xdp/index.ts';
import { frame, Wire } from '../../src/respond/xdp/wire.ts';

const HOSTS = 100_000;
const RANGES = 10_000;
const ROUNDS = 7;
const FRAMES = 200_000;
const SINGLE = 2000;
const INSIDE = 'WEIR_BENCH_INSIDE';

const host = (i: number): string => `100.${64 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
const range = (i: number): string => `10.${i >> 8}.${i & 255}.0/24`;
const decisions = [
  ...Array.from({ length: HOSTS }, (_, i) => decisionFor(host(i))),
  ...Array.from({ length: RANGES }, (_, i) => decisionFor(range(i))),
];

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

function say(name: string, value: number, unit: string): void {
  console.log(`${name.padEnd(56)} ${value.toFixed(value < 10 ? 2 : 0).padStart(8)} ${unit}`);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

async function loading(enforcer: XdpEnforcer): Promise<void> {
  say('first reconcile, nothing banned: attaches', await timed(() => enforcer.reconcile([])), 'ms');
  const load = { add: decisions, remove: [] };
  say(`apply ${HOSTS} hosts and ${RANGES} ranges`, await timed(() => enforcer.apply(load)), 'ms');
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  say('reconcile with nothing to do', await timed(() => enforcer.reconcile(decisions)), 'ms');
  delay.disable();
  say('longest that other work waits for it', delay.max / 1e6, 'ms');
  const fresh = Array.from({ length: SINGLE }, (_, i) => decisionFor(`192.0.${2 + (i >> 8)}.${i & 255}`));
  const networks = Array.from({ length: SINGLE }, (_, i) =>
    decisionFor(`172.16.${i >> 4}.${(i & 15) << 4}/28`),
  );
  for (const [name, some] of [
    ['host', fresh],
    ['range', networks],
  ] as const) {
    const took = await timed(async () => {
      for (const decision of some) await enforcer.apply({ add: [decision], remove: [] });
    });
    say(`apply one ${name} among them`, (took * 1000) / some.length, 'us');
    await enforcer.apply({ add: [], remove: some });
  }
  const addon = kernelAddon()!;
  const map = addon.bpfCreateMap(1, 4, 8, HOSTS, 1, 'weir_bench');
  const keys = Uint32Array.from({ length: SINGLE * 10 }, (_, i) => i);
  const value = new Uint8Array(8);
  const begin = performance.now();
  for (let i = 0; i < keys.length; i++) addon.bpfUpdate(map, new Uint8Array(keys.buffer, i * 4, 4), value);
  say('bpfUpdate of one entry', ((performance.now() - begin) * 1000) / keys.length, 'us');
}

function nft(script: string): void {
  const { status, stderr, error } = spawnSync('nft', ['-f', '-'], { input: script, encoding: 'utf8' });
  if (status !== 0) throw new Error(`nft: ${error?.message ?? stderr}`);
}

/** A table with as many hosts, dropped at the same place as far as nftables reaches. */
function nftTable(link: string): string {
  const hosts = Array.from({ length: HOSTS }, (_, i) => host(i)).join(',');
  return `table netdev bench {
    set hosts { type ipv4_addr; size ${HOSTS}; elements = { ${hosts} } }
    chain ingress { type filter hook ingress device ${link} priority -500; ip saddr @hosts drop; }
  }`;
}

async function dropping(wire: Wire): Promise<void> {
  const table = nftTable(wire.near);
  const frames = Array.from({ length: 64 }, (_, i) => frame(host(i * 1500)));
  const rate = async (): Promise<number> => {
    const ms = await timed(async () => {
      wire.send(frames, FRAMES);
      // The mark comes when all before it were dealt with.
      await wire.through();
    });
    return FRAMES / ms;
  };
  const rates = { none: [] as number[], nft: [] as number[], xdp: [] as number[] };
  let dropped = 0;
  for (let round = 0; round < ROUNDS; round++) {
    rates.none.push(await rate());
    nft(table);
    rates.nft.push(await rate());
    nft('delete table netdev bench');
    const enforcer = new XdpEnforcer({ interfaces: [wire.near] });
    await enforcer.reconcile(decisions);
    rates.xdp.push(await rate());
    dropped += enforcer.statistics().droppedPackets ?? 0;
    await enforcer.close(false);
  }
  say('frames that XDP dropped of those sent', (100 * dropped) / (ROUNDS * FRAMES), '%');
  for (const [name, values] of Object.entries(rates))
    say(`frames of 60 bytes, ${name}`, median(values), '/ms');
  const ratio = (a: readonly number[], b: readonly number[]) => median(a.map((value, i) => value / b[i]!));
  say('XDP by nftables, median of ratios', ratio(rates.xdp, rates.nft), '');
  say('XDP by no bans, median of ratios', ratio(rates.xdp, rates.none), '');
}

if (process.env[INSIDE] === undefined) {
  const { status, error } = spawnSync('unshare', ['--net', '--', process.execPath, import.meta.filename], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  });
  if (error !== undefined) throw error;
  process.exitCode = status ?? 1;
} else {
  const wire = new Wire('b');
  const enforcer = new XdpEnforcer({ interfaces: [wire.near] });
  await loading(enforcer);
  await enforcer.close(false);
  await dropping(wire);
  wire.close();
}
