/**
 * What bans cost: loading many, and from `apply` to the last packet passed, with datagrams of a host through a router
 * in network namespaces. Run as root: `node bench/respond/nftables.ts`. The program runs itself again in the router's
 * namespace.
 */
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
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
const PORT = 9999;
/** A datagram each 50 µs or so: the resolution of what is measured. */
const PACE_US = 50;
const [BANNED = ''] = LEFT.hosts4;

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
  process.stdout.write(`${what.padEnd(58)} ${value}\n`);
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
    await timed('tables made, no decisions', () => enforcer.reconcile([]));
    await timed(`${HOSTS} hosts and ${RANGES} networks loaded`, () =>
      enforcer.reconcile([...hosts, ...ranges]),
    );
    await enforcer.close(false);
    await timed(`${HOSTS} hosts loaded, tables made`, () => enforcer.reconcile(hosts));
    row('  by netlink', enforcer.statistics().netlink === 1 ? 'yes' : 'no');
    await timed('  reconciled again, nothing to do', () => enforcer.reconcile(hosts));
    const next = new NftablesEnforcer();
    await timed('  taken over by the next run', () => next.reconcile(hosts));
    await next.close(true);
    await enforcer.reconcile(hosts);
    sender.child.kill('SIGCONT');
    await lastPackets(`${HOSTS} hosts loaded`, enforcer, receiver, BANNED);
    await enforcer.reconcile([...hosts, ...ranges]);
    await lastPackets(`${HOSTS} hosts, ${RANGES} networks loaded`, enforcer, receiver, `${BANNED}/32`);
  } finally {
    sender.child.kill('SIGKILL');
    receiver.child.kill('SIGKILL');
    await enforcer.close(false);
    network.remove();
  }
}

/** From the call of `apply` to the latest datagram that was let through. */
async function lastPackets(what: string, enforcer: NftablesEnforcer, receiver: Spoken<null>, value: string) {
  const latencies: number[] = [];
  const calls: number[] = [];
  const heard = async () => {
    const { latest, count } = (await receiver.say(null)) as {
      readonly latest: string;
      readonly count: number;
    };
    return { latest: BigInt(latest), count };
  };
  for (let attempt = 0; attempt < TRIES; attempt++) {
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
