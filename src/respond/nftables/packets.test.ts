import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { kernelAddon } from '../../native/index.ts';
import { decisionFor } from '../enforcer-compliance.ts';
import { LEFT, PORTS, RIGHT, type RouterNetwork, withoutNetwork } from './testing-network.ts';
import { RouterScene } from './testing-scene.ts';

const [host4 = '', other4 = '', within4 = ''] = LEFT.hosts4;
const [host6 = '', , within6 = ''] = LEFT.hosts6;

describe('nftables with packets of two hosts through a router', { skip: withoutNetwork() }, () => {
  const scene = new RouterScene();
  const { network } = scene;

  test('bans hold for what is forwarded and for the router itself, and both ways', async () => {
    const enforcer = await scene.ready();
    await enforcer.say({ op: 'apply', add: [decisionFor(host4), decisionFor('2001:db8:77::/64')] });
    for (const target of ['behind', 'router'] as const) {
      assert.equal(await network.passes(host4, target), false);
      assert.equal(await network.passes(other4, target), true);
      assert.equal(await network.passes(within6, target), false);
      assert.equal(await network.passes(host6, target), true);
    }
    // From behind the router to the banned one: dropped on its way there, not only the answer.
    const counted = (name: string) =>
      Number(
        /packets (\d+)/.exec(network.onRouter('nft', 'list', 'counter', 'inet', 'weir_decisions', name))?.[1],
      );
    const [fromBefore, toBefore] = [counted('banned_from'), counted('banned_to')];
    const opened = await network.right({ op: 'connect', from: RIGHT.address4, to: host4, port: PORTS.web });
    assert.equal(opened, '');
    assert.equal(counted('banned_from'), fromBefore);
    assert.ok(counted('banned_to') > toBefore);
    const statistics = (await enforcer.say({ op: 'statistics' })) as Record<string, number>;
    assert.equal(statistics.bans, 2);
    await enforcer.say({ op: 'close', keep: false });
    assert.equal(scene.ruleset(), scene.theirs);
    assert.equal(await network.passes(host4), true);
  });

  test('networks that nest each end by themselves, and prolonging lets nothing through', async () => {
    const enforcer = await scene.ready();
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

  test('networks of each length are put in force, looked up and taken away with their sets', async () => {
    const enforcer = await scene.ready();
    // Of all addresses, what the network itself and the host that is compared with need.
    const needed = [
      '192.0.2.0/24',
      '203.0.113.1',
      '2001:db8:2::/64',
      '2001:db8:9::1',
      'fe80::/10',
      'ff00::/8',
    ];
    const excepted = [LEFT.control4, LEFT.control6, ...needed].map((value) =>
      decisionFor(value, { type: 'allow' }),
    );
    await enforcer.say({ op: 'reconcile', decisions: excepted });
    // Rules of a chain that ask sets stand in any order.
    const lines = () => scene.structure().split('\n').sort();
    const made = lines();
    for (const [host, lengths] of [
      [host4, [0, 1, 23, 31, 32]],
      [host6, [0, 33, 127, 128]],
    ] as const) {
      for (const length of lengths) {
        const decision = decisionFor(`${host}/${length}`);
        await enforcer.say({ op: 'apply', add: [decision] });
        assert.equal(await network.passes(host), false, decision.value);
        await enforcer.say({ op: 'apply', remove: [decision] });
        assert.equal(await network.passes(host), true, decision.value);
      }
    }
    const statistics = (await enforcer.say({ op: 'statistics' })) as Record<string, number>;
    assert.equal(statistics.repairs, 0);
    assert.match(scene.structure(), /set ban6_127 /);
    await enforcer.say({ op: 'reconcile', decisions: excepted });
    assert.deepEqual(lines(), made);
  });

  test('sets and rules for a length are the same whichever way they were made', async () => {
    const values = [
      '198.51.100.0/22',
      '128.0.0.0/1',
      '203.0.113.9/32',
      '2001:db8::/47',
      '::/0',
      '2001:db8::9/128',
    ];
    const add = (['ban', 'throttle', 'redirect', 'allow'] as const).flatMap((type) =>
      values.map((value) => decisionFor(value, { type })),
    );
    const made: string[] = [];
    for (const netlink of [true, false]) {
      const enforcer = await scene.ready({ netlink, redirect: { port: PORTS.block } });
      await enforcer.say({ op: 'apply', add });
      const { repairs } = (await enforcer.say({ op: 'statistics' })) as Record<string, number>;
      assert.equal(repairs, 0);
      made.push(scene.structure());
      await enforcer.say({ op: 'close', keep: false });
    }
    assert.equal(made[0], made[1]);
    assert.match(String(made[0]), /ip saddr & 255.255.252.0 (== )?@redirect4_22 jump redirect4/);
  });

  test('what was dropped stays counted when a length is used for the first time', async () => {
    const enforcer = await scene.ready();
    await enforcer.say({ op: 'apply', add: [decisionFor(host4)] });
    assert.equal(await network.passes(host4), false);
    await enforcer.say({ op: 'apply', add: [decisionFor('198.51.100.0/22')] });
    assert.equal(await network.passes(host4), false);
    assert.equal(await network.passes(within4), false);
    // Somebody else changes his rules: the sets are looked at again.
    network.onRouter('nft', 'add rule inet firewall forward counter');
    await enforcer.say({ op: 'reconcile', decisions: [decisionFor('198.51.100.0/22')] });
    assert.equal(await network.passes(host4), true);
    const { bannedPackets, rebuilt } = (await enforcer.say({ op: 'statistics' })) as Record<string, number>;
    assert.ok(bannedPackets !== undefined && bannedPackets >= 3, `${bannedPackets} packets`);
    assert.equal(rebuilt, 0);
  });

  test('an exception wins over a ban of the host and of its network, and only for that address', async () => {
    const enforcer = await scene.ready();
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
    const enforcer = await scene.ready({ throttle: { packetsPerSecond: 20, burst: 10 } });
    await enforcer.say({
      op: 'apply',
      add: [decisionFor(host4, { type: 'throttle' }), decisionFor('2001:db8:77::/64', { type: 'throttle' })],
    });
    assert.equal(await network.passes(host4), true);
    assert.equal(await network.passes(within6), true);
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
    // Requests and answers share the budget: requests may take all of it, where the answers are late. A slow machine takes
    // longer to send them, and lets more through.
    assert.ok(slow4 !== undefined && slow4 < 150, `${slow4} of a throttled host`);
    assert.ok(slow6 !== undefined && slow6 < 150, `${slow6} of a throttled network`);
    assert.ok(fast4 !== undefined && fast4 > 450, `${fast4} of another`);
  });

  test('web connections of a redirected address go to the block page, others do not', async () => {
    const enforcer = await scene.ready({ redirect: { port: PORTS.block } });
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
    const enforcer = await scene.ready();
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
    const enforcer = await scene.ready({ ingress: ['left'] });
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
    const broken = await scene.start({ ingress: ['left', 'nope7'] });
    await assert.rejects(broken.say({ op: 'reconcile', decisions: [] }), /not there: nope7/);
  });
});

function counter(network: RouterNetwork, table: string): number {
  const shown = network.onRouter('nft', 'list', 'ruleset');
  const at = shown.indexOf(`table inet ${table} `);
  return at === -1 ? 0 : Number(/counter packets (\d+)/.exec(shown.slice(at))?.[1]);
}
