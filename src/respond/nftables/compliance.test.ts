import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { after, describe, test } from 'node:test';
import type { Decision } from '../../event/index.ts';
import { decisionFor, testEnforcer } from '../enforcer-compliance.ts';
import { setNamed } from './element-set.ts';
import { NftablesEnforcer } from './index.ts';
import { targetOf, textOf } from './target.ts';
import { LEFT, PORTS, RIGHT, RouterNetwork, withoutNetwork } from './testing-network.ts';

// An enforcer works in the namespace of its process: this file runs itself again in that of a router.
const ROUTER = process.env.WEIR_TEST_ROUTER;

if (ROUTER === undefined) {
  const skip = withoutNetwork();
  describe('the compliance suite of enforcers', { skip, concurrency: true }, () => {
    for (const way of ['netlink', 'nft'] as const) test(`elements by ${way}`, () => inRouter(way));
  });

  async function inRouter(way: string): Promise<void> {
    const router = `wnftc${process.pid}-${way}`;
    assert.equal(spawnSync('ip', ['netns', 'add', router]).status, 0);
    try {
      const env: NodeJS.ProcessEnv = { ...process.env, WEIR_TEST_ROUTER: router, WEIR_TEST_WAY: way };
      delete env.NODE_TEST_CONTEXT;
      const args = ['netns', 'exec', router, process.execPath, '--test-reporter=tap', import.meta.filename];
      const child = spawn('ip', args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
      const output = String(Buffer.concat(await child.stdout.toArray()));
      const status = child.exitCode ?? (await new Promise((done) => child.once('exit', done)));
      assert.equal(status, 0, output);
      assert.match(output, /^# fail 0$/m, output);
      assert.ok(Number(/^# pass (\d+)$/m.exec(output)?.[1]) > 15, output);
    } finally {
      spawnSync('ip', ['netns', 'del', router]);
    }
  }
} else {
  const netlink = process.env.WEIR_TEST_WAY === 'netlink';
  const options = { netlink, redirect: { port: PORTS.block } };
  const [host4 = '', other4 = '', within4 = ''] = LEFT.hosts4;
  const [host6 = '', other6 = '', within6 = ''] = LEFT.hosts6;
  let network: RouterNetwork | undefined;
  after(() => network?.remove());
  testEnforcer({
    name: 'nftables',
    types: ['throttle', 'redirect', 'allow'],
    sources: {
      ...{ host4, other4, host6, other6, within4, within6 },
      ...{ range4: '198.51.100.0/24', range6: '2001:db8:77::/48' },
    },
    start: async () => {
      network ??= await new RouterNetwork(ROUTER).start();
      const { passes, connect } = probes(network);
      return {
        enforcer: new NftablesEnforcer(options),
        again: async () => new NftablesEnforcer(options),
        inForce: async (type) => inForce(type),
        // What lets packets through is the same whichever way the elements went.
        ...(netlink ? { passes, connect } : {}),
        intrude: async (value) => {
          network?.onRouter(
            'nft',
            'add',
            'element',
            'inet',
            'weir_decisions',
            'ban4',
            `{ ${value} timeout 1h }`,
          );
        },
        broken: async () => new NftablesEnforcer({ ...options, program: '/nonexistent/nft' }),
        end: async () => undefined,
      };
    },
  });

  test('networks that nest, changed at random, are in the kernel as they are wanted', async () => {
    network ??= await new RouterNetwork(ROUTER).start();
    const enforcer = new NftablesEnforcer(options);
    const random = numbers(7);
    const held = new Map<string, Decision>();
    await enforcer.reconcile([]);
    for (let step = 0; step < 40; step++) {
      const change = { add: [] as Decision[], remove: [] as Decision[] };
      for (let count = random(3); count >= 0; count--) {
        const four = `10.0.${random(4)}.${random(256)}/${20 + random(13)}`;
        const six = `2001:db8::${random(16).toString(16)}:0/${96 + random(33)}`;
        const type = random(4) === 0 ? 'allow' : 'ban';
        const decision = decisionFor(random(2) === 0 ? four : six, {
          type,
          durationMs: (1 + random(50)) * 3_600_000,
        });
        const target = targetOf(decision);
        assert.ok(target);
        const other = [...held.keys()][random(held.size)];
        if (random(3) === 0 && other !== undefined) {
          change.remove.push(held.get(other) as Decision);
          held.delete(other);
        }
        change.add.push(decision);
        held.set(`${type} ${textOf(target)}`, decision);
      }
      await enforcer.apply(change);
      assert.equal(enforcer.statistics().repairs, 0);
      assert.deepEqual(await enforcer.reconcile([...held.values()]), { added: 0, removed: 0 });
    }
    await enforcer.reconcile([]);
    await enforcer.close(false);
  });
}

/** Whole numbers below a limit, always the same ones. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * limit);
  };
}

function probes(network: RouterNetwork) {
  return {
    passes: (address: string) => network.passes(address),
    connect: async (from: string) => {
      const name = String(await network.left({ op: 'connect', from, to: RIGHT.address4, port: PORTS.web }));
      return {
        alive: async () => (await network.left({ op: 'alive', name })) === true,
        close: async () => {
          await network.left({ op: 'disconnect', name });
        },
      };
    },
  };
}

/** Elements as `nft` shows them, of a type; networks with their lengths. */
function inForce(type: string): string[] {
  const { status, stdout } = spawnSync('nft', ['-j', 'list', 'ruleset']);
  assert.equal(status, 0);
  const shown = JSON.parse(stdout.toString()) as {
    readonly nftables: readonly {
      readonly set?: {
        readonly name: string;
        readonly elem?: readonly { readonly elem: { readonly val: string } }[];
      };
    }[];
  };
  return shown.nftables.flatMap(({ set }) => {
    const named = setNamed(set?.name ?? '');
    if (named?.type !== type) return [];
    const values = (set?.elem ?? []).map(({ elem: { val } }) => val);
    return named.length === undefined ? values : values.map((value) => `${value}/${named.length}`);
  });
}
