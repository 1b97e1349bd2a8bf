import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { RunningCrowdSec, withoutCrowdSec } from '../../../test/support/crowdsec.ts';
import { freePort } from '../../../test/support/web-parts.ts';
import { EnforcerError } from '../enforcer.ts';
import { decisionFor, testEnforcer } from '../enforcer-compliance.ts';
import { AlertPush } from './alert-push.ts';
import { CrowdSecEnforcer, type CrowdSecEnforcerOptions } from './enforcer.ts';
import { Lapi } from './lapi.ts';
import type { LapiDecision } from './shapes.ts';

const skip = await withoutCrowdSec();
let crowdSec: RunningCrowdSec;
let lapi: Lapi;
let trials = 0;

before(async () => {
  if (skip !== false) return;
  crowdSec = await RunningCrowdSec.start();
  lapi = lapiAt(crowdSec.url);
});
after(async () => {
  if (skip !== false) return;
  lapi.close();
  await crowdSec.end();
});

function lapiAt(url: string): Lapi {
  const machine = { login: 'gateway', password: 'secret of gateway' };
  return new Lapi({ url, machine, bouncerKey: crowdSec.key, version: '0.1.0', timeoutMs: 5000 });
}

/** One with an origin of its own, at the server that all share. */
function enforcerFor(ownOrigin: string, options: Partial<CrowdSecEnforcerOptions> = {}): CrowdSecEnforcer {
  const at = options.lapi ?? lapi;
  const push = new AlertPush({ lapi: at, ownOrigin, version: '0.1.0' });
  return new CrowdSecEnforcer({ lapi: at, push, ownOrigin, ...options });
}

/** What the LAPI has in force of an origin. */
async function decisionsOf(origin: string): Promise<readonly LapiDecision[]> {
  const answer = await lapi.asBouncer(`/v1/decisions?origins=${encodeURIComponent(origin)}`);
  return (answer ?? []) as readonly LapiDecision[];
}

testEnforcer({
  name: 'CrowdSec',
  skip: skip === false ? undefined : skip,
  types: ['captcha', 'throttle'],
  // Each is one call to delete.
  many: 200,
  start: async () => {
    const origin = `weir/trial-${++trials}`;
    return {
      enforcer: enforcerFor(origin),
      again: async () => enforcerFor(origin),
      inForce: async (type) =>
        (await decisionsOf(origin)).filter((one) => one.type === type).map(({ value }) => value),
      intrude: async (value) => {
        await enforcerFor(origin).apply({ add: [decisionFor(value)], remove: [] });
      },
      broken: async () => enforcerFor(origin, { lapi: lapiAt(`http://127.0.0.1:${await freePort()}`) }),
      end: async () => undefined,
    };
  },
});

test('decisions of others are never touched', { skip }, async () => {
  const [ours, theirs] = ['weir/untouched-1', 'weir/untouched-2'];
  const [one, other] = [enforcerFor(ours), enforcerFor(theirs)];
  const decision = decisionFor('203.0.113.40');
  await crowdSec.cscli('decisions', 'add', '--ip', '203.0.113.40', '--duration', '2h');
  await other.apply({ add: [decision], remove: [] });
  await one.apply({ add: [decision], remove: [] });
  await one.apply({ add: [], remove: [decision] });
  assert.deepEqual(await decisionsOf(ours), []);
  await one.apply({ add: [decision], remove: [] });
  await one.reconcile([]);
  await one.close(false);
  assert.deepEqual(await decisionsOf(ours), []);
  assert.equal((await decisionsOf(theirs)).length, 1);
  const manual = await decisionsOf('cscli');
  assert.deepEqual(
    manual.map(({ value }) => value),
    ['203.0.113.40'],
  );
});

test('what is not CrowdSec business is not pushed', { skip }, () => {
  const enforcer = enforcerFor('weir/handles', { origins: ['scenario', 'list', 'crowdsec'] });
  assert.equal(enforcer.handles(decisionFor('203.0.113.1')), true);
  assert.equal(enforcer.handles(decisionFor('203.0.113.1', { origin: 'list' })), true);
  assert.equal(enforcer.handles(decisionFor('203.0.113.1', { origin: 'crowdsec' })), false);
  assert.equal(enforcer.handles(decisionFor('203.0.113.1', { simulated: true })), false);
  assert.equal(enforcer.handles(decisionFor('203.0.113.1', { type: 'allow' })), false);
  assert.equal(enforcer.handles(decisionFor('203.0.113.1', { type: 'redirect' })), false);
});

test('a decision is pushed with what led to it', { skip }, async () => {
  const origin = 'weir/context';
  const timeMs = Date.now() - 5000;
  const enforcer = enforcerFor(origin, {
    context: () => ({
      events: [{ timeMs, meta: { http_path: '/login', long: 'x'.repeat(10_000), ['__proto__']: 'y' } }],
      count: 7,
      meta: { ja4: 't13d1516h2_8daaf6152771_02713d6af862' },
    }),
  });
  const decision = decisionFor('203.0.113.50', { reason: 'five failures', evidence: ['e1', 'e2'] });
  await enforcer.apply({ add: [decision], remove: [] });
  const alerts = (await lapi.asMachine('GET', `/v1/alerts?ip=203.0.113.50`)) as Record<string, unknown>[];
  const alert = alerts[0] as Record<string, unknown>;
  assert.equal(alert.scenario, 'weir/port-scan');
  assert.equal(alert.message, 'five failures');
  assert.equal(alert.events_count, 7);
  assert.equal(alert.machine_id, 'gateway');
  const meta = Object.fromEntries(
    (alert.meta as { key: string; value: string }[]).map(({ key, value }) => [key, value]),
  );
  assert.equal(meta.weir_decision, decision.id);
  assert.equal(meta.weir_evidence, 'e1 e2');
  assert.equal(meta.ja4, 't13d1516h2_8daaf6152771_02713d6af862');
  const [event] = alert.events as { meta: { key: string; value: string }[] }[];
  assert.deepEqual(
    event?.meta.map(({ key, value }) => [key, value.length]),
    [
      ['http_path', 6],
      ['long', 200],
      ['__proto__', 1],
    ],
  );
});

test('a reconciliation pushes no more than it may, and the next one the others', { skip }, async () => {
  const origin = 'weir/portions';
  const enforcer = enforcerFor(origin, { mostPerReconcile: 3 });
  const wanted = Array.from({ length: 5 }, (_, i) => decisionFor(`203.0.113.${60 + i}`));
  assert.deepEqual(await enforcer.reconcile(wanted), { added: 3, removed: 0 });
  assert.equal(enforcer.statistics().putOff, 2);
  assert.deepEqual(await enforcer.reconcile(wanted), { added: 2, removed: 0 });
  assert.equal((await decisionsOf(origin)).length, 5);
});

test('a decision that was prolonged or shortened replaces the one that is there', { skip }, async () => {
  const origin = 'weir/replaced';
  const enforcer = enforcerFor(origin);
  for (const durationMs of [3_600_000, 7_200_000, 600_000]) {
    await enforcer.apply({ add: [decisionFor('203.0.113.70', { durationMs })], remove: [] });
    const [only, ...more] = await decisionsOf(origin);
    assert.deepEqual(more, []);
    assert.ok(only !== undefined);
    const hours = { 3600000: /^(1h0m|59m)/, 7200000: /^(2h0m|1h59m)/, 600000: /^(10m|9m)/ }[durationMs];
    assert.match(String((only as unknown as { duration: string }).duration), hours as RegExp);
  }
});

test('a LAPI that does not answer costs one time-out, and then nothing until a pause is over', {
  skip,
}, async () => {
  let nowMs = Date.now();
  const dead = new Lapi({
    url: `http://127.0.0.1:${await freePort()}`,
    machine: { login: 'gateway', password: 'x' },
    version: '0.1.0',
  });
  const enforcer = enforcerFor('weir/dead', { lapi: dead, now: () => nowMs });
  const add = { add: [decisionFor('203.0.113.80')], remove: [] };
  await assert.rejects(enforcer.apply(add), /ECONNREFUSED/);
  const before = dead.statistics();
  await assert.rejects(enforcer.apply(add), (error) => {
    assert.ok(error instanceof EnforcerError);
    assert.match(error.message, /not asked for another \d+ s: .*ECONNREFUSED/);
    return true;
  });
  assert.deepEqual(dead.statistics(), before);
  nowMs += 2001;
  await assert.rejects(enforcer.apply(add), /ECONNREFUSED/);
  assert.ok((dead.statistics().calls as number) > (before.calls as number));
});
