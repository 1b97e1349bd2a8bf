import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import {
  ADMINISTRATOR,
  ATTACKER,
  banOf,
  GATEWAY,
  Ground,
  GuardedWeir,
  type Line,
  VISITOR,
  withoutGround,
} from '../../test/support/guarded-weir.ts';
import { until } from '../../test/support/web-parts.ts';
import { ControlError } from '../control/index.ts';
import { recordFaults } from '../event/schema/index.ts';
import { Store } from '../store/index.ts';
import { folderFor, PATIENCE_MS } from './testing.ts';

/** Times that the responder is killed. */
const KILLS = 50;

describe('weir up that responds', { skip: withoutGround(), timeout: 180_000 }, () => {
  let ground: Ground;
  before(() => {
    ground = new Ground();
  });
  after(() => ground?.remove());

  const aboutAttacker =
    (event: string) =>
    ({ decision }: Line): boolean =>
      decision?.event === event && decision.value === ATTACKER;

  test('an attacker of the web is cut off, another client is not disturbed, and nothing is left', async (context) => {
    const weir = await GuardedWeir.start(context, ground);
    assert.equal(await ground.letsIn(ATTACKER), true);
    const download = ground.ask(ATTACKER, '/slow');
    const undisturbed = ground.ask(VISITOR, '/slow', '-m', '15');
    await weir.running.until('the download', () => ground.connections(ATTACKER) > 0);
    // The first one on a connection that is a while old, of which the sensor has told.
    const references = [
      await ground.attackOnce('/late', `http://${GATEWAY}/short`),
      ...(await ground.attack('/a', '/b')),
    ];
    const taken = await weir.line('ban', aboutAttacker('taken'));
    assert.equal(taken.decision?.scenario, 'weir/waf-blocked');
    assert.deepEqual(taken.decision.enforcers, ['nftables', 'proxy']);
    context.diagnostic(`from the record to the ban in force: ${taken.decision.latency_ms} ms`);
    assert.ok((taken.decision.latency_ms ?? Number.POSITIVE_INFINITY) < PATIENCE_MS);
    assert.ok(ground.banned().has(ATTACKER), ground.tables());
    await weir.running.until('the end of its connections', () => ground.connections(ATTACKER) === 0);
    assert.equal(await ground.letsIn(ATTACKER), false);
    assert.equal(await ground.letsIn(VISITOR), true);
    const cut = await download;
    assert.notEqual(cut.code, 0);
    assert.ok(cut.body.length < 160_000, String(cut.body.length));
    const whole = await undisturbed;
    assert.deepEqual([whole.code, whole.body.length], [0, 160_000]);

    const unban = weir.command('unban', ATTACKER);
    assert.equal(unban.status, 0, unban.stderr);
    await weir.line('lift', aboutAttacker('lifted'));
    assert.equal(ground.banned().size, 0);
    assert.equal(await ground.letsIn(ATTACKER), true);

    assert.equal(await weir.end(), 0, weir.running.said);
    assert.equal(ground.tables(), '');
    const lines = weir.lines();
    assert.deepEqual(
      lines.flatMap((line) => recordFaults({ ...line })),
      [],
    );
    const found = lines.filter(({ event_type }) => event_type === 'correlation');
    for (const reference of references) {
      const correlation = found.find((line) => line.correlation?.reference === reference);
      const request = lines.find(({ web }) => web?.reference === reference);
      assert.equal(correlation?.correlation?.type, 'waf_block');
      assert.equal(correlation.src_ip, ATTACKER);
      assert.equal(correlation.community_id, request?.community_id);
    }
    const early = found.find(({ correlation }) => correlation?.reference === references[0]);
    assert.ok((early?.correlation?.bytes_toclient ?? 0) > 10_000, JSON.stringify(early));
    const scenario = found.find(({ correlation }) => correlation?.source === 'weir/waf-blocked');
    assert.deepEqual(taken.decision.evidence, [scenario?.correlation?.id]);
    const store = await Store.open(join(weir.running.folder, 'store'), { readOnly: true });
    const kept = (await store.records(undefined, {}, 1000)) as readonly Line[];
    await store.close();
    for (const { correlation } of found) {
      assert.ok(
        kept.some((one) => one.correlation?.id === correlation?.id),
        JSON.stringify(correlation),
      );
    }
    assert.ok(kept.some(aboutAttacker('taken')));
    assert.ok(kept.some(aboutAttacker('lifted')));
  });

  test('decisions over three runs in one folder', async (context) => {
    const session = await administratorSession(context);
    const folder = folderFor(context);
    const guarded = `neverBan: [198.51.100.240/28, ${ATTACKER}/32]`;
    GuardedWeir.configure(folder, `respond: {mode: enforce, keep: true, ${guarded}}`, { restartMs: 50 });
    await GuardedWeir.application(context, ground);
    const first = await GuardedWeir.begin(context, ground, folder);

    await context.test('guards refuse own addresses, administrators and who is never banned', async () => {
      for (const [value, guard] of [
        [GATEWAY, 'own_address'],
        [ADMINISTRATOR, 'administrator'],
        ['198.51.100.247', 'never_ban'],
        ['198.51.100.240/30', 'never_ban'],
        ['10.9.8.0/29', 'own_address'],
      ] as const) {
        const outcome = await first.asks.ban(banOf(value), false);
        assert.ok('refused' in outcome, `${value}: ${JSON.stringify(outcome)}`);
        const told = await first.line(
          `refusal of ${value}`,
          ({ decision }) => decision?.event === 'refused' && decision.value === value,
        );
        assert.equal(told.decision?.guard, guard, value);
        assert.deepEqual(recordFaults({ ...told }), []);
      }
      const forced = first.command('ban', GATEWAY, '--force');
      assert.equal(forced.status, 1);
      assert.match(forced.stderr, /^weir: refused: /);
      await ground.attack('/a', '/b', '/c');
      const spared = await first.line('refusal of the attacker', aboutAttacker('refused'));
      assert.equal(spared.decision?.guard, 'never_ban');
      assert.equal(await ground.letsIn(ATTACKER), true);
      assert.equal(ground.banned().size, 0);
      assert.equal(session.exitCode, null);
    });

    await context.test('keep: bans stay when weir ends, and end by themselves', async () => {
      for (const ban of [banOf('198.51.100.200'), banOf('198.51.100.201', 3000)]) {
        const outcome = await first.asks.ban(ban, false);
        assert.ok('decided' in outcome, JSON.stringify(outcome));
      }
      assert.ok(ground.banned().has('198.51.100.201'), ground.tables());
      assert.equal(await first.end(), 0, first.running.said);
      assert.ok(ground.banned().has('198.51.100.200'), ground.tables());
      await until('the end of the short one', () => !ground.banned().has('198.51.100.201'));
      assert.deepEqual([...ground.banned()], ['198.51.100.200']);
    });

    GuardedWeir.configure(folder, 'respond: {mode: enforce}', { restartMs: 50 });
    const second = await GuardedWeir.begin(context, ground, folder);
    await context.test('the next run takes over what is in force', async () => {
      assert.deepEqual([...ground.banned()], ['198.51.100.200']);
      const values = (await second.decisions()).map(({ value }) => value);
      assert.deepEqual(values, ['198.51.100.200']);
    });
    await context.test(`what was acknowledged is in force after ${KILLS} kills of the responder`, (part) =>
      kill(part, second),
    );

    const before = ground.banned();
    assert.ok(before.size > KILLS);
    // The supervisor would start it again, or it would clean up when that is gone.
    process.kill(second.running.pid('responder', await second.running.status()), 'SIGKILL');
    await second.running.end('SIGKILL');
    assert.deepEqual(ground.banned(), before);
    GuardedWeir.configure(folder, 'respond: {mode: observe}');
    const third = await GuardedWeir.begin(context, ground, folder);
    await context.test(
      'who only watches enforces nothing, and takes away what a run that crashed left',
      async () => {
        assert.equal(ground.tables(), '');
        await ground.attack('/a', '/b', '/c');
        const taken = await third.line('decision', aboutAttacker('taken'));
        assert.equal(taken.decision?.simulated, true);
        assert.deepEqual(taken.decision.enforcers, []);
        assert.deepEqual(recordFaults({ ...taken }), []);
        assert.equal(await ground.letsIn(ATTACKER), true);
        assert.equal(ground.tables(), '');
        const { stdout, stderr } = third.command('decisions', ATTACKER);
        assert.match(stdout, /ban \(not enforced\)/);
        assert.match(stderr, /none of this is enforced/);
        assert.equal(await third.end(), 0, third.running.said);
      },
    );
  });

  /** Kills the responder while bans are taken. */
  async function kill(context: TestContext, { asks, running }: GuardedWeir): Promise<void> {
    const acknowledged: string[] = [];
    let lost = 0;
    const ban = async (value: string): Promise<boolean> => {
      try {
        const outcome = await asks.ban(banOf(value), false);
        assert.ok('decided' in outcome, JSON.stringify(outcome));
        acknowledged.push(value);
        return true;
      } catch (error) {
        if (!(error instanceof ControlError)) throw error;
        // Nobody said that it was decided.
        lost++;
        return false;
      }
    };
    for (let round = 0; round < KILLS; round++) {
      // Its answer tells that a new one is at work.
      await running.until(`answer after ${round} kills`, () => ban(`198.51.100.${round}`));
      const pid = running.pid('responder', await running.status());
      const under = [1, 2, 3].map((place) => ban(`203.0.113.${round * 4 + place}`));
      // Now before they are decided, now after.
      await new Promise((resolve) => setTimeout(resolve, 3 * (round % 10)));
      process.kill(pid, 'SIGKILL');
      await Promise.all(under);
    }
    await running.until('the last answer', () => ban('198.51.100.99'));
    context.diagnostic(`${acknowledged.length} bans were acknowledged, ${lost} were not`);
    assert.ok(acknowledged.length > KILLS, String(acknowledged.length));
    const found = (await running.status()).processes.find(({ name }) => name === 'responder');
    assert.equal(found?.restarts, KILLS);
    const { decisions } = await asks.decisions('', 10_000);
    const decided = new Set(decisions.map(({ value }) => value));
    const inForce = ground.banned();
    for (const value of acknowledged) {
      assert.ok(decided.has(value), `${value} is not decided`);
      assert.ok(inForce.has(value), `${value} is not in force`);
    }
    assert.deepEqual([...inForce].sort(), [...decided].sort());
  }

  /** A connection of the administrator to what listens on the gateway's port of SSH; it is there before weir is. */
  async function administratorSession(context: TestContext): Promise<ChildProcess> {
    const { network } = ground;
    const server = `require('net').createServer((socket) => socket.resume()).listen(22, '${GATEWAY}')`;
    const client = `require('net').connect({ port: 22, host: '${GATEWAY}', localAddress: '${ADMINISTRATOR}' })`;
    const listening = network.start(network.gateway, [process.execPath, '-e', server]);
    context.after(() => listening.kill('SIGKILL'));
    await until('a server', () => network.inGateway('ss', '-Hltn', 'sport = :22') !== '');
    const session = network.start(network.client, [process.execPath, '-e', client]);
    context.after(() => session.kill('SIGKILL'));
    await until('a session', () => ground.connections(ADMINISTRATOR) === 1);
    return session;
  }
});
