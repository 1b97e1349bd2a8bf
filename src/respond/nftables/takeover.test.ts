import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { decisionFor } from '../enforcer-compliance.ts';
import type { EnforcerCommand } from './testing-enforcer.ts';
import { LEFT, PORTS, RIGHT, Spoken, withoutNetwork } from './testing-network.ts';
import { RouterScene } from './testing-scene.ts';

const [host4 = '', other4 = '', within4 = ''] = LEFT.hosts4;
const [host6 = ''] = LEFT.hosts6;

describe('what nftables finds in the kernel that it has not just made', { skip: withoutNetwork() }, () => {
  const scene = new RouterScene();
  const { network } = scene;

  test('a new length in a table that somebody changed meanwhile makes it anew', async () => {
    const enforcer = await scene.ready();
    await enforcer.say({ op: 'apply', add: [decisionFor(host4)] });
    for (const [length, command] of [
      [22, 'flush chain inet weir_decisions forward'],
      [21, 'delete table inet weir_decisions'],
    ] as const) {
      network.onRouter('nft', command);
      await enforcer.say({ op: 'apply', add: [decisionFor(`198.51.100.0/${length}`)] });
      assert.equal(await network.passes(within4), false, command);
      assert.equal(await network.passes(host4), false, command);
      await enforcer.say({ op: 'reconcile', decisions: [decisionFor(host4)] });
    }
  });

  test('what a run that was killed had banned stays banned, is taken over, and ends by itself', async () => {
    const killed = await scene.ready();
    const [short, long] = [decisionFor(host4, { durationMs: 2500 }), decisionFor(host6)];
    await killed.say({ op: 'apply', add: [short, long, decisionFor('198.51.100.0/24')] });
    killed.child.kill('SIGKILL');
    await new Promise((done) => killed.child.once('exit', done));
    assert.equal(await network.passes(host4), false);
    const next = await scene.start();
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

  test('a table that somebody removed, changed or emptied is made anew', async () => {
    const enforcer = await scene.ready();
    const decisions = [decisionFor(host4), decisionFor('198.51.100.0/24')];
    await enforcer.say({ op: 'reconcile', decisions });
    const whole = scene.ruleset().replaceAll(/ expires \S+/g, '');
    for (const command of [
      'flush chain inet weir_decisions bans4',
      'add rule inet weir_decisions input accept',
      'flush set inet weir_decisions ban4_24',
      'delete table inet weir_decisions',
    ]) {
      network.onRouter('nft', command);
      assert.notEqual(scene.ruleset().replaceAll(/ expires \S+/g, ''), whole, command);
      await enforcer.say({ op: 'reconcile', decisions });
      assert.equal(await network.passes(host4), false, command);
      assert.equal(await network.passes(within4), false, command);
    }
    // A change that meets a table that is gone makes it anew as well.
    network.onRouter('nft', 'delete table inet weir_decisions');
    await enforcer.say({ op: 'apply', add: [decisionFor(other4)] });
    assert.equal(await network.passes(host4), false);
    assert.equal(await network.passes(other4), false);
  });

  test('tables of the former layout are replaced in one step, or removed', async () => {
    const former = (name: string, sets: string, elements: string) => `table inet ${name} {
      comment "weir decisions 1"
      ${sets}
      chain forward { type filter hook forward priority -150; policy accept; ip saddr @ban4 drop; }
    }
    add element inet ${name} ban4 { ${elements} }`;
    const set = 'set ban4 { type ipv4_addr; flags timeout; }';
    const intervals = 'set ban4 { type ipv4_addr; flags interval, timeout; }';
    const leave = () => {
      network.onRouter('nft', former('weir_hosts', set, `${host4} timeout 1h, ${other4} timeout 1h`));
      network.onRouter('nft', former('weir_ranges', intervals, '198.51.100.0/24 timeout 1h'));
    };
    leave();
    const enforcer = await scene.start();
    const flood = network.left({
      op: 'flood',
      ...{ from: host4, to: RIGHT.address4, port: PORTS.echo, count: 300, perSecond: 2000 },
    });
    await enforcer.say({ op: 'reconcile', decisions: [decisionFor(host4), decisionFor('198.51.100.0/24')] });
    assert.equal(await flood, 0, 'datagrams came through while the tables were replaced');
    assert.equal(await network.passes(within4), false);
    assert.equal(await network.passes(other4), true);
    assert.doesNotMatch(scene.ruleset(), /table inet weir_(hosts|ranges) /);
    await enforcer.say({ op: 'close', keep: false });
    leave();
    await (await scene.start()).say({ op: 'close', keep: false });
    assert.equal(scene.ruleset(), scene.theirs);
  });

  test('a table of somebody else with the same name is left alone', async () => {
    network.onRouter('nft', 'table inet weir_decisions { set ban4 { type ipv4_addr; }\n}');
    const before = scene.ruleset();
    const enforcer = await scene.start();
    await assert.rejects(
      enforcer.say({ op: 'reconcile', decisions: [] }),
      /weir_decisions is there and is not weir's/,
    );
    await enforcer.say({ op: 'close', keep: false });
    assert.equal(scene.ruleset(), before);
    const another = await scene.ready({ prefix: 'weir2' });
    await another.say({ op: 'close', keep: false });
    assert.equal(scene.ruleset(), before);
  });

  test('without rights, or without nft, it says so', async () => {
    const program = join(import.meta.dirname, 'testing-enforcer.ts');
    const nobody = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--reuid=65534', '--clear-groups'];
    const args = ['netns', 'exec', network.router, ...nobody, process.execPath, program];
    for (const netlink of [true, false]) {
      const enforcer = new Spoken<EnforcerCommand>('ip', [...args, JSON.stringify({ netlink })]);
      scene.keep(enforcer);
      await enforcer.ready;
      await assert.rejects(
        enforcer.say({ op: 'reconcile', decisions: [] }),
        /not permitted; run it as root or with CAP_NET_ADMIN/,
      );
      await assert.rejects(enforcer.say({ op: 'apply', add: [] }), /reconcile first/);
    }
    const without = await scene.start({ program: 'nft-that-is-not-there' });
    await assert.rejects(without.say({ op: 'reconcile', decisions: [] }), /apt-get install nftables/);
    assert.equal(scene.ruleset(), scene.theirs);
  });
});
