/**
 * What bans cost: loading many, from `apply` to the last packet passed, and what a packet that is let through costs more,
 * with datagrams of a host through a router in network namespaces. Run as root: `node bench/respond/nftables.ts`. The
 * program runs itself again in the router's namespace.
 */
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import type { Decision } from '../../src/event/index.ts';
import { decisionFor } from '../../src/respond/enforcer-compliance.ts';
import { NftablesEnforcer } from '../../src/respond/nftables/index.ts';
import {
  LEFT,
  RIGHT,
  RouterNetwork,
  Spoken,
  withoutNetwork,
} from '../../src/respond/nftables/testing-network.ts';

const HOSTS = 100_000;
const RANGES = 10_000;
const TRIES = 300;
/** The first ban of a prefix length makes a set and rules; before each of these they are taken away. */
const FIRST_TRIES = 60;
/** Datagrams of one measurement of what a packet costs, and how often each is repeated: the best counts. */
const DATAGRAMS = 20_000;
const ROUNDS = 7;
const PORT = 9999;
/** A datagram each 50 µs or so: the resolution of what is measured. */
const PACE_US = 50;
const [BANNED = ''] = LEFT.hosts4;
const NETWORK = '203.0.113.0';

/** Sends datagrams that carry the time (CLOCK_MONOTONIC), until it is ended. */
async function send(): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise<void>((done) => socket.bind(0, BANNED, done));
  await new Promise<void>((done) => socket.connect(PORT, RIGHT.address4, done));
  socket.on('error', () => undefined);
  for (;;) {
    const until = process.hrtime.bigint() + 1_000_000n;
    for (let next = process.hrtime.bigint(); next < until; ) {
      const stamp = Buffer.alloc(8);
      stamp.writeBigUInt64BE(process.hrtime.bigint());
      socket.send(stamp);
      next += BigInt(PACE_US * 1000);
      while (process.hrtime.bigint() < next);
    }
    await new Promise((done) => setImmediate(done));
  }
}

/** Sends datagrams one behind the other for each line on standard input; tells how many microseconds one took. */
async function burst(): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise<void>((done) => socket.bind(0, BANNED, done));
  await new Promise<void>((done) => socket.connect(PORT, RIGHT.address4, done));
  socket.on('error', () => undefined);
  const datagram = Buffer.alloc(8);
  process.stdout.write('{"id":0,"result":true}\n');
  for await (const line of createInterface({ input: process.stdin })) {
    const { id } = JSON.parse(line) as { readonly id: number };
    const start = process.hrtime.bigint();
    for (let sent = 0; sent < DATAGRAMS; sent += 100) {
      for (let i = 0; i < 99; i++) socket.send(datagram);
      await new Promise((done) => socket.send(datagram, done));
    }
    const result = Number(process.hrtime.bigint() - start) / 1000 / DATAGRAMS;
    process.stdout.write(`${JSON.stringify({ id, result })}\n`);
  }
  process.exit(0);
}

/** Keeps the latest time that came in, tells it and the number for each line on standard input. */
function receive(): void {
  let latest = 0n;
  let count = 0;
  const socket = createSocket('udp4');
  socket.on('message', (bytes) => {
    const stamp = bytes.readBigUInt64BE();
    if (stamp > latest) latest = stamp;
    count++;
  });
  socket.bind(PORT, () => process.stdout.write('{"id":0,"result":true}\n'));
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const { id } = JSON.parse(line) as { readonly id: number };
      process.stdout.write(`${JSON.stringify({ id, result: { latest: String(latest), count } })}\n`);
    })
    .on('close', () => process.exit(0));
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

function row(what: string, value: string): void {
  process.stdout.write(`${what.padEnd(98)} ${value}\n`);
}

async function timed(what: string, run: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  await run();
  row(what, `${(performance.now() - start).toFixed(0)} ms`);
}

async function measure(router: string): Promise<void> {
  const network = await new RouterNetwork(router).start();
  const receiver = new Spoken<null>('ip', inside(network.rightNamespace, 'receive'));
  await receiver.ready;
  const sender = new Spoken<null>('ip', inside(network.leftNamespace, 'send'));
  // It never says that it is ready; what arrives tells.
  sender.ready.catch(() => undefined);
  const enforcer = new NftablesEnforcer();
  try {
    const hosts = Array.from({ length: HOSTS }, (_, i) =>
      decisionFor(`100.${64 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`),
    );
    const ranges = Array.from({ length: RANGES }, (_, i) => decisionFor(`11.${i >> 8}.${i & 255}.0/25`));
    sender.child.kill('SIGSTOP');
    await timed('table made, no decisions', () => enforcer.reconcile([]));
    await timed(`${HOSTS} hosts and ${RANGES} networks loaded`, () =>
      enforcer.reconcile([...hosts, ...ranges]),
    );
    await enforcer.close(false);
    await timed(`${HOSTS} hosts loaded, table made`, () => enforcer.reconcile(hosts));
    row('  by netlink', enforcer.statistics().netlink === 1 ? 'yes' : 'no');
    await timed('  reconciled again, nothing to do', () => enforcer.reconcile(hosts));
    const next = new NftablesEnforcer();
    await timed('  taken over by the next run', () => next.reconcile(hosts));
    await next.close(true);
    await enforcer.reconcile(hosts);
    sender.child.kill('SIGCONT');
    await lastPackets(`${HOSTS} hosts loaded`, enforcer, receiver, BANNED);
    const all = [...hosts, ...ranges];
    await enforcer.reconcile(all);
    const loaded = `${HOSTS} hosts, ${RANGES} networks loaded`;
    await lastPackets(loaded, enforcer, receiver, `${NETWORK}/25`);
    await lastPackets(
      `${loaded}, first of its length`,
      enforcer,
      receiver,
      `${NETWORK}/26`,
      FIRST_TRIES,
      () => enforcer.reconcile(all),
    );
    sender.child.kill('SIGKILL');
    receiver.child.kill('SIGKILL');
    await packetCost(network, enforcer, ranges);
  } finally {
    sender.child.kill('SIGKILL');
    receiver.child.kill('SIGKILL');
    await enforcer.close(false);
    network.remove();
  }
}

/** What a datagram takes from the sender through the router, by what is in the sets. */
async function packetCost(network: RouterNetwork, enforcer: NftablesEnforcer, ranges: readonly Decision[]) {
  const lengths = (count: number) =>
    Array.from({ length: count }, (_, i) => decisionFor(`11.${i}.0.0/${32 - i}`));
  const cases: readonly (readonly [string, readonly Decision[] | undefined])[] = [
    ['without a table', undefined],
    ['no decisions', []],
    [`${RANGES} networks of one length`, ranges],
    [`${RANGES} networks of 8 lengths`, [...ranges, ...lengths(8)]],
    [`${RANGES} networks of 24 lengths`, [...ranges, ...lengths(24)]],
  ];
  const best = cases.map(() => Number.POSITIVE_INFINITY);
  const sender = new Spoken<null>('ip', inside(network.leftNamespace, 'burst'));
  await sender.ready;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, [, decisions]] of cases.entries()) {
        if (decisions === undefined) await enforcer.close(false);
        else await enforcer.reconcile(decisions);
        best[index] = Math.min(best[index] ?? Number.NaN, Number(await sender.say(null)));
      }
    }
  } finally {
    sender.child.kill('SIGKILL');
  }
  for (const [index, [what]] of cases.entries()) {
    row(`a datagram through the router, ${what}`, `${best[index]?.toFixed(2)} µs`);
  }
}

/** From the call of `apply` to the latest datagram that was let through. */
async function lastPackets(
  what: string,
  enforcer: NftablesEnforcer,
  receiver: Spoken<null>,
  value: string,
  tries = TRIES,
  before: () => Promise<unknown> = async () => undefined,
) {
  const latencies: number[] = [];
  const calls: number[] = [];
  const heard = async () => {
    const { latest, count } = (await receiver.say(null)) as {
      readonly latest: string;
      readonly count: number;
    };
    return { latest: BigInt(latest), count };
  };
  for (let attempt = 0; attempt < tries; attempt++) {
    await before();
    const { count } = await heard();
    for (const end = performance.now() + 5000; (await heard()).count < count + 50; await wait(2)) {
      if (performance.now() > end) throw new Error('no datagrams come through');
    }
    const decision = decisionFor(value);
    const start = process.hrtime.bigint();
    await enforcer.apply({ add: [decision], remove: [] });
    calls.push(Number(process.hrtime.bigint() - start) / 1e6);
    await wait(25);
    const { latest } = await heard();
    latencies.push(Math.max(0, Number(latest - start) / 1e6));
    await enforcer.apply({ add: [], remove: [decision] });
  }
  for (const [name, list] of [
    ['apply to last packet passed', latencies],
    ['apply itself', calls],
  ] as const) {
    list.sort((a, b) => a - b);
    const [p50, p99] = [quantile(list, 0.5), quantile(list, 0.99)];
    row(
      `${name}, ${value.includes('/') ? 'network' : 'host'}, ${what}`,
      `p50 ${p50.toFixed(2)} p99 ${p99.toFixed(2)} ms`,
    );
  }
}

function inside(namespace: string, role: string): string[] {
  return ['netns', 'exec', namespace, process.execPath, import.meta.filename, role];
}

const [role = '', router = ''] = process.argv.slice(2);
if (role === 'send') await send();
else if (role === 'burst') await burst();
else if (role === 'receive') receive();
else if (role === 'measure') await measure(router);
else {
  const without = withoutNetwork();
  if (without !== false) {
    process.stderr.write(`left out: ${without}\n`);
  } else {
    const name = `wnftb${process.pid}`;
    spawnSync('ip', ['netns', 'add', name]);
    try {
      const { status } = spawnSync('ip', [...inside(name, 'measure'), name], { stdio: 'inherit' });
      process.exitCode = status ?? 1;
    } finally {
      spawnSync('ip', ['netns', 'del', name]);
    }
  }
}
