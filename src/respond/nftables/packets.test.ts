import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { kernelAddon } from '../../native/index.ts';
import { decisionFor } from '../enforcer-compliance.ts';
import type { NftablesOptions } from './index.ts';
import type { EnforcerCommand } from './testing-enforcer.ts';
import { LEFT, PORTS, RIGHT, RouterNetwork, Spoken, withoutNetwork } from './testing-network.ts';

const [host4 = '', other4 = '', within4 = ''] = LEFT.hosts4;
const [host6 = '', , within6 = ''] = LEFT.hosts6;
/** Rules of somebody else, that must stay as they are. */
const THEIRS = `table inet firewall {
  set ban4 { type ipv4_addr; flags timeout; elements = { 203.0.113.250 } }
  chain forward { type filter hook forward priority 0; policy accept; ip saddr @ban4 drop; }
}
table ip nat {
  chain postrouting { type nat hook postrouting priority 100; oifname "right" ip saddr 203.0.113.0/24 masquerade; }
}
`;

describe('nftables with packets of two hosts through a router', { skip: withoutNetwork() }, () => {
  let network: RouterNetwork;
  let enforcers: Spoken<EnforcerCommand>[] = [];
  let theirs = '';

  before(async () => {
    network = await new RouterNetwork().start();
  });
  after(() => network?.remove());
  beforeEach(() => {
    network.onRouter('nft', THEIRS);
    theirs = ruleset();
  });
  afterEach(async () => {
    for (const { child } of enforcers) child.kill('SIGKILL');
    enforcers = [];
    network.onRouter('nft', 'flush', 'ruleset');
  });

  function ruleset(): string {
    return network.onRouter('nft', '-s', 'list', 'ruleset');
  }

  async function start(options: NftablesOptions = {}): Promise<Spoken<EnforcerCommand>> {
    const program = join(import.meta.dirname, 'testing-enforcer.ts');
    const command = ['netns', 'exec', network.router, process.execPath, program, JSON.stringify(options)];
    const enforcer = new Spoken<EnforcerCommand>('ip', command);
    enforcers.push(enforcer);
    await enforcer.ready;
    return enforcer;
  }

  /** One that has its tables, without a decision. */
  async function ready(options: NftablesOptions = {}): Promise<Spoken<EnforcerCommand>> {
    const enforcer = await start(options);
    await enforcer.say({ op: 'reconcile', decisions: [] });
    return enforcer;
  }

  test('bans hold for what is forwarded and for the router itself, and both ways', async () => {
    const enforcer = await ready();
    await enforcer.say({ op: 'apply', add: [decisionFor(host4), decisionFor('2001:db8:77::/64')] });
    for (const target of ['behind', 'router'] as const) {
      assert.equal(await network.passes(host4, target), false);
      assert.equal(await network.passes(other4, target), true);
      assert.equal(await network.passes(within6, target), false);
      assert.equal(await network.passes(host6, target), true);
    }
    // From behind the router to the banned one: dropped on its way there, not only the answer.
    const counted = (direction: string) =>
      Number(
        new RegExp(`ip ${direction} @ban4 .*packets (\\d+)`).exec(
          network.onRouter('nft', 'list', 'chain', 'inet', 'weir_hosts', 'bans'),
        )?.[1],
      );
    const [fromBefore, toBefore] = [counted('saddr'), counted('daddr')];
    const opened = await network.right({ op: 'connect', from: RIGHT.address4, to: host4, port: PORTS.web });
    assert.equal(opened, '');
    assert.equal(counted('saddr'), fromBefore);
    assert.ok(counted('daddr') > toBefore);
    const statistics = (await enforcer.say({ op: 'statistics' })) as Record<string, number>;
    assert.equal(statistics.bans, 2);
    await enforcer.say({ op: 'close', keep: false });
    assert.equal(ruleset(), theirs);
    assert.equal(await network.passes(host4), true);
  });

  test('networks that nest each end by themselves, and prolonging lets nothing through', async () => {
    const enforcer = await ready();
    const wide = decisionFor('198.51.100.0/24', { durationMs: 3_600_000 });
    const narrow = decisionFor('198.51.100.64/26', { durationMs: 7_200_000 });
    await enforcer.say({ op: 'apply', add: [narrow] });
    await enforcer.say({ op: 'apply', add: [wide] });
    assert.equal(await network.passes(within4), false);
    await enforcer.say({ op: 'apply', remove: [narrow] });
    assert.equal(await network.passes(within4), false);
    await enforcer.say({ op: 'apply', add: [narrow], remove: [wide] });
    assert.equal(await network.passes(within4), false);
    const longer = [1, 2, 3, 4, 5].map((hours) => decisionFor(host4, { durationMs: hours * 3_600_000 }));
    await enforcer.say({ op: 'apply', add: longer.slice(0, 1) });
    const flood = network.left({
      op: 'flood',
      ...{ from: host4, to: RIGHT.address4, port: PORTS.echo, count: 600, perSecond: 3000 },
    });
    for (const decision of longer) await enforcer.say({ op: 'apply', add: [decision] });
    assert.equal(await flood, 0);
    await enforcer.say({ op: 'apply', remove: [narrow] });
    assert.equal(await network.passes(within4), true);
  });

  test('an exception wins over a ban of the host and of its network, and only for that address', async () => {
    const enforcer = await ready();
    await enforcer.say({
      op: 'apply',
      add: [decisionFor(host4), decisionFor('203.0.113.8/30'), decisionFor(host6)],
    });
    await enforcer.say({
      op: 'apply',
      add: [decisionFor(host4, { type: 'allow' }), decisionFor('2001:db8:9::8/125', { type: 'allow' })],
    });
    assert.equal(await network.passes(host4), true);
    assert.equal(await network.passes(host6), true);
    assert.equal(await network.passes(other4), false);
    await enforcer.say({ op: 'apply', remove: [decisionFor(host4, { type: 'allow' })] });
    assert.equal(await network.passes(host4), false);
  });

  test('a throttled address keeps its rate, others have theirs', async () => {
    const enforcer = await ready({ throttle: { packetsPerSecond: 20, burst: 10 } });
    await enforcer.say({
      op: 'apply',
      add: [decisionFor(host4, { type: 'throttle' }), decisionFor('2001:db8:77::/64', { type: 'throttle' })],
    });
    const flood = (from: string) =>
      network.left({
        op: 'flood',
        ...{ from, to: from.includes(':') ? RIGHT.address6 : RIGHT.address4, port: PORTS.echo },
        ...{ count: 500, perSecond: 1000 },
      });
    const [slow4, fast4, slow6] = (await Promise.all([
      flood(host4),
      flood(other4),
      flood(within6),
    ])) as number[];
    // Requests and answers share the budget; a slow machine takes longer to send them, and lets more through.
    assert.ok(slow4 !== undefined && slow4 > 0 && slow4 < 150, `${slow4} of a throttled host`);
    assert.ok(slow6 !== undefined && slow6 > 0 && slow6 < 150, `${slow6} of a throttled network`);
    assert.ok(fast4 !== undefined && fast4 > 450, `${fast4} of another`);
  });

  test('web connections of a redirected address go to the block page, others do not', async () => {
    const enforcer = await ready({ redirect: { port: PORTS.block } });
    await enforcer.say({
      op: 'apply',
      add: [decisionFor(host4, { type: 'redirect' }), decisionFor('2001:db8:77::/64', { type: 'redirect' })],
    });
    const greeting = async (from: string, port: number) => {
      const to = from.includes(':') ? RIGHT.address6 : RIGHT.address4;
      const name = String(await network.left({ op: 'connect', from, to, port }));
      return network.left({ op: 'greeting', name });
    };
    assert.equal(await greeting(host4, PORTS.web), `port ${PORTS.block}`);
    assert.equal(await greeting(within6, PORTS.web), `port ${PORTS.block}`);
    assert.equal(await greeting(host4, PORTS.echo), `port ${PORTS.echo}`);
    assert.equal(await greeting(other4, PORTS.web), `port ${PORTS.web}`);
  });

  test('cut forgets open connections of the address, also behind address translation, and no others', async (t) => {
    if (kernelAddon()?.openNetlink === undefined) return t.skip('the addon was built without netlink');
    const enforcer = await ready();
    // Datagrams of other tests are connections to the kernel as well.
    await enforcer.say({ op: 'cut', decision: decisionFor('0.0.0.0/0') });
    const open = (from: string) =>
      network.left({ op: 'connect', from, to: RIGHT.address4, port: PORTS.web }).then(String);
    const [one, two, other] = [await open(host4), await open(host4), await open(other4)];
    const alive = (name: string) => network.left({ op: 'alive', name });
    assert.deepEqual([await alive(one), await alive(two), await alive(other)], [true, true, true]);
    const decision = decisionFor(host4);
    await enforcer.say({ op: 'apply', add: [decision] });
    assert.equal(await enforcer.say({ op: 'cut', decision }), 2);
    assert.equal(await enforcer.say({ op: 'cut', decision }), 0);
    assert.equal(await alive(one), false);
    assert.equal(await alive(other), true);
    // By the address of the server; and by that which the answers go to, the router's own.
    assert.equal(await enforcer.say({ op: 'cut', decision: decisionFor(RIGHT.address4) }), 1);
    await open(other4);
    assert.equal(await enforcer.say({ op: 'cut', decision: decisionFor('192.0.2.1') }), 1);
    await open(other4);
    assert.equal(await enforcer.say({ op: 'cut', decision: decisionFor('203.0.113.8/29') }), 1);
    assert.equal(await enforcer.say({ op: 'cut', decision: decisionFor('2001:db8:ffff::1') }), 0);
  });

  test('bans at the ingress of an interface drop before all others', async () => {
    const enforcer = await ready({ ingress: ['left'] });
    await enforcer.say({ op: 'apply', add: [decisionFor(host4), decisionFor(host6)] });
    network.onRouter(
      'nft',
      'table inet early { chain c { type filter hook prerouting priority -400; ip saddr 203.0.113.9 counter; }\n}',
    );
    assert.equal(await network.passes(host4), false);
    assert.equal(await network.passes(host6), false);
    assert.equal(counter(network, 'early'), 0);
    await enforcer.say({ op: 'apply', remove: [decisionFor(host4)] });
    assert.equal(await network.passes(host4), true);
    assert.ok(counter(network, 'early') > 0);
    const broken = await start({ ingress: ['left', 'nope7'] });
    await assert.rejects(broken.say({ op: 'reconcile', decisions: [] }), /not there: nope7/);
  });

  test('what a run that was killed had banned stays banned, is taken over, and ends by itself', async () => {
    const killed = await ready();
    const [short, long] = [decisionFor(host4, { durationMs: 2500 }), decisionFor(host6)];
    await killed.say({ op: 'apply', add: [short, long, decisionFor('198.51.100.0/24')] });
    killed.child.kill('SIGKILL');
    await new Promise((done) => killed.child.once('exit', done));
    assert.equal(await network.passes(host4), false);
    const next = await start();
    const flood = network.left({
      op: 'flood',
      ...{ from: host4, to: RIGHT.address4, port: PORTS.echo, count: 300, perSecond: 2000 },
    });
    const counts = await next.say({ op: 'reconcile', decisions: [short, long, decisionFor(other4)] });
    assert.deepEqual(counts, { added: 1, removed: 1 });
    assert.equal(await flood, 0, 'datagrams came through while the tables were taken over');
    assert.equal(await network.passes(within4), true);
    assert.equal(await network.passes(other4), false);
    next.child.kill('SIGKILL');
    await wait(Math.max(0, short.untilMs - Date.now()) + 100);
    assert.equal(await network.passes(host4), true);
    assert.equal(await network.passes(host6), false);
  });

  test('tables that somebody removed, changed or emptied are made anew', async () => {
    const enforcer = await ready();
    const decisions = [decisionFor(host4), decisionFor('198.51.100.0/24')];
    await enforcer.say({ op: 'reconcile', decisions });
    const whole = ruleset().replaceAll(/ expires \S+/g, '');
    for (const command of [
      'delete table inet weir_ranges',
      'flush chain inet weir_hosts bans',
      'add rule inet weir_hosts input accept',
      'flush set inet weir_ranges ban4',
      'delete table inet weir_hosts; delete table inet weir_ranges',
    ]) {
      network.onRouter('nft', command);
      assert.notEqual(ruleset().replaceAll(/ expires \S+/g, ''), whole, command);
      await enforcer.say({ op: 'reconcile', decisions });
      assert.equal(await network.passes(host4), false, command);
      assert.equal(await network.passes(within4), false, command);
    }
    // A change that meets tables that are gone makes them anew as well.
    network.onRouter('nft', 'delete table inet weir_hosts');
    await enforcer.say({ op: 'apply', add: [decisionFor(other4)] });
    assert.equal(await network.passes(host4), false);
    assert.equal(await network.passes(other4), false);
  });

  test('a table of somebody else with the same name is left alone', async () => {
    network.onRouter('nft', 'table inet weir_hosts { set ban4 { type ipv4_addr; }\n}');
    const before = ruleset();
    const enforcer = await start();
    await assert.rejects(
      enforcer.say({ op: 'reconcile', decisions: [] }),
      /weir_hosts is there and is not weir's/,
    );
    await enforcer.say({ op: 'close', keep: false });
    assert.equal(ruleset(), before);
    const another = await ready({ prefix: 'weir2' });
    await another.say({ op: 'close', keep: false });
    assert.equal(ruleset(), before);
  });

  test('without rights, or without nft, it says so', async () => {
    const program = join(import.meta.dirname, 'testing-enforcer.ts');
    const nobody = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--reuid=65534', '--clear-groups'];
    const args = ['netns', 'exec', network.router, ...nobody, process.execPath, program];
    for (const netlink of [true, false]) {
      const enforcer = new Spoken<EnforcerCommand>('ip', [...args, JSON.stringify({ netlink })]);
      enforcers.push(enforcer);
      await enforcer.ready;
      await assert.rejects(
        enforcer.say({ op: 'reconcile', decisions: [] }),
        /not permitted; run it as root or with CAP_NET_ADMIN/,
      );
      await assert.rejects(enforcer.say({ op: 'apply', add: [] }), /reconcile first/);
    }
    const without = await start({ program: 'nft-that-is-not-there' });
    await assert.rejects(without.say({ op: 'reconcile', decisions: [] }), /apt-get install nftables/);
    assert.equal(ruleset(), theirs);
  });
});

function counter(network: RouterNetwork, table: string): number {
  const shown = network.onRouter('nft', 'list', 'ruleset');
  const at = shown.indexOf(`table inet ${table} `);
  return at === -1 ? 0 : Number(/counter packets (\d+)/.exec(shown.slice(at))?.[1]);
}
