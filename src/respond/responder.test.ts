import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { Decision, Wish } from '../event/index.ts';
import { DryRunEnforcer } from './dry-run.ts';
import { type Changes, EnforcerError } from './enforcer.ts';
import { neverBanList } from './guard/index.ts';
import { Responder } from './responder.ts';
import { LatencyHistogram } from './responder-latency.ts';
import type { Outcome, ResponderOptions } from './responder-options.ts';
import { type DecisionRecord, durationText } from './responder-records.ts';

const HOUR = 3_600_000;

function wishFor(value: string, changes: Partial<Wish> = {}): Wish {
  return {
    type: 'ban',
    scope: value.includes('/') ? 'range' : 'address',
    value,
    origin: 'scenario',
    reason: 'port scan',
    scenario: 'weir/port-scan',
    durationMs: 4 * HOUR,
    simulated: false,
    evidence: ['c1'],
    askedMs: Date.now(),
    author: '',
    ...changes,
  };
}

const decided = (outcome: Outcome | undefined): Decision =>
  outcome !== undefined && 'decided' in outcome ? outcome.decided : assert.fail(JSON.stringify(outcome));

interface Setting {
  readonly responder: Responder;
  readonly records: DecisionRecord[];
  readonly told: string[];
  readonly folder: string;
}

async function start(t: TestContext, more: Partial<ResponderOptions> = {}): Promise<Setting> {
  const records: DecisionRecord[] = [];
  const told: string[] = [];
  const folder = more.folder ?? mkdtempSync(join(tmpdir(), 'weir-respond-'));
  const responder = await Responder.start({
    mode: 'enforce',
    folder,
    enforcers: [],
    guards: { sources: [] },
    record: (record) => records.push(record),
    tell: (message) => told.push(message),
    ...more,
  });
  t.after(async () => {
    await responder.close({ keep: false });
    rmSync(folder, { recursive: true, force: true });
  });
  return { responder, records, told, folder };
}

/** Waits for records that come when enforcers are done. */
async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 5000;
  while (!holds()) {
    assert.ok(performance.now() < end, 'it did not come to pass');
    await new Promise((done) => setTimeout(done, 5));
  }
}

const eventsOf = (records: readonly DecisionRecord[]) =>
  records.map(({ decision }) => `${decision.event} ${decision.type} ${decision.value}`);

test('a wish becomes a decision, is enforced, recorded, and expires', async (t) => {
  const enforcer = new DryRunEnforcer();
  const { responder, records } = await start(t, { enforcers: [enforcer] });
  const decision = decided(await responder.wish(wishFor('2001:0db8::1', { durationMs: 300 })));
  assert.match(decision.id, /^[a-z0-9]{20}$/);
  assert.equal(decision.value, '2001:db8::1');
  assert.equal(decision.untilMs, decision.createdMs + 300);
  await responder.settled();
  assert.deepEqual(enforcer.wouldHold('ban'), ['2001:db8::1']);
  assert.deepEqual(responder.covering('2001:db8::1'), [decision]);
  await until(() => records.length === 2);
  const [taken, expired] = records;
  assert.ok(taken !== undefined && expired !== undefined);
  assert.equal(taken.src_ip, '2001:0db8:0000:0000:0000:0000:0000:0001');
  assert.match(taken.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0000$/);
  const { latency_ms: latency, until: end, ...rest } = taken.decision;
  assert.ok(latency !== undefined && latency >= 0 && end !== undefined);
  assert.deepEqual(rest, {
    id: decision.id,
    event: 'taken',
    action: 'ban',
    type: 'ban',
    scope: 'address',
    value: '2001:db8::1',
    origin: 'scenario',
    scenario: 'weir/port-scan',
    reason: 'port scan',
    duration: '300ms',
    simulated: false,
    author: '',
    evidence: ['c1'],
    enforcers: ['dry-run'],
  });
  assert.equal(expired.decision.event, 'expired');
  await responder.settled();
  assert.deepEqual(enforcer.wouldHold('ban'), []);
  assert.equal(responder.statistics().latency.count, 1);
});

test('who asks for little more than what is decided changes nothing; much more, or a user, does', async (t) => {
  let now = 1_800_000_000_000;
  const { responder } = await start(t, { now: () => now });
  const value = '203.0.113.7';
  const first = decided(await responder.wish(wishFor(value)));
  now += 100;
  const slow = wishFor(value, { scenario: 'weir/port-scan-slow' });
  assert.equal(decided(await responder.wish(slow)).id, first.id);
  assert.deepEqual(
    responder.decisions({ value }).map(({ scenario }) => scenario),
    ['weir/port-scan'],
  );
  now += HOUR;
  const later = decided(await responder.wish(slow));
  assert.notEqual(later.id, first.id);
  now += 100;
  // As long as what is there, which grows with each time that it is decided anew.
  const { durationMs } = later;
  assert.notEqual(decided(await responder.wish(wishFor(value, { origin: 'user', durationMs }))).id, later.id);
});

test('refusals name their guard and are recorded', async (t) => {
  const { responder, records } = await start(t, {
    guards: { sources: [neverBanList(['192.0.2.0/24'])], ceilings: { perMinute: 2 } },
    capacity: 3,
  });
  const guardOf = async (wish: Wish, forced = false) => {
    const outcome = await responder.wish(wish, forced);
    return 'guard' in outcome ? outcome.guard : undefined;
  };
  assert.equal(await guardOf(wishFor('192.0.2.1')), 'never_ban');
  assert.equal(await guardOf(wishFor('127.0.0.1', { origin: 'user' }), true), 'reserved');
  assert.equal(await guardOf(wishFor('nonsense')), 'invalid');
  assert.equal(await guardOf(wishFor('203.0.113.1', { durationMs: Number.NaN })), 'invalid');
  assert.equal(await guardOf({ ...wishFor('203.0.113.1'), type: 'kill' as 'ban' }), 'invalid');
  assert.equal(await guardOf({ type: 'ban' } as Wish), 'invalid');
  assert.equal(await guardOf(wishFor('203.0.113.1', { type: 'allow', origin: 'user' })), undefined);
  assert.equal(await guardOf(wishFor('203.0.113.1')), 'allow');
  assert.equal(await guardOf(wishFor('203.0.113.2')), undefined);
  assert.equal(await guardOf(wishFor('203.0.113.3')), undefined);
  assert.equal(await guardOf(wishFor('203.0.113.4')), 'ceiling_per_minute');
  assert.equal(
    await guardOf(wishFor('203.0.113.3', { durationMs: HOUR })),
    undefined,
    'what is decided already needs no room',
  );
  assert.equal(await guardOf(wishFor('203.0.113.4', { origin: 'list' })), 'capacity');
  assert.equal(await guardOf(wishFor('192.0.2.1', { origin: 'user' }), true), undefined);
  const { refused, repeated } = responder.statistics();
  assert.deepEqual(refused, {
    never_ban: 1,
    reserved: 1,
    invalid: 4,
    allow: 1,
    ceiling_per_minute: 1,
    capacity: 1,
  });
  assert.equal(repeated, 1);
  const record = records.find(({ decision }) => decision.guard === 'never_ban');
  assert.match(record?.decision.error ?? '', /192\.0\.2\.1\/32 meets what is protected/);
  assert.equal(record?.decision.id, undefined);
});

test('in observe mode decisions are kept, simulated, and no enforcer is touched', async (t) => {
  const lines: string[] = [];
  const enforcer = new DryRunEnforcer({ tell: (line) => lines.push(line) });
  const { responder, records } = await start(t, { mode: 'observe', enforcers: [enforcer] });
  assert.equal(decided(await responder.wish(wishFor('203.0.113.1'))).simulated, true);
  await responder.reconcile();
  await until(() => records.length === 1);
  assert.equal(records[0]?.decision.latency_ms, undefined);
  assert.deepEqual(lines, []);
  assert.ok(responder.plan([wishFor('203.0.113.2')]).some((line) => /^dry-run: ban address/.test(line)));
});

test('an allow takes what it covers out of force, and its end puts that back', async (t) => {
  const enforcer = new DryRunEnforcer();
  const { responder } = await start(t, { enforcers: [enforcer] });
  await responder.wishAll([wishFor('198.51.100.7'), wishFor('198.51.100.99'), wishFor('203.0.113.0/24')]);
  const allow = wishFor('198.51.100.0/28', { type: 'allow', origin: 'user', author: 'anna' });
  const { id } = decided(await responder.wish(allow));
  await responder.settled();
  assert.deepEqual([...enforcer.wouldHold('ban')].sort(), ['198.51.100.99', '203.0.113.0/24']);
  await responder.reconcile();
  assert.deepEqual([...enforcer.wouldHold('ban')].sort(), ['198.51.100.99', '203.0.113.0/24']);
  await responder.lift({ id }, 'anna');
  await responder.settled();
  assert.equal(enforcer.wouldHold('ban').length, 3);
});

/** An enforcer that knows no allow, and can be made to fail or to hang. */
class Fallible extends DryRunEnforcer {
  override readonly name = 'dry-run';
  failing = false;
  hanging: Promise<void> | undefined;
  calls = 0;
  overlapping = 0;
  cuts: string[] = [];
  private busy = false;

  override handles(decision: Decision): boolean {
    return decision.type !== 'allow';
  }

  override async apply(changes: Changes): Promise<void> {
    this.calls++;
    if (this.busy) this.overlapping++;
    this.busy = true;
    try {
      await this.hanging;
      if (this.failing) throw new EnforcerError('the table is gone');
      await super.apply(changes);
    } finally {
      this.busy = false;
    }
  }

  override async cut(decision: Decision): Promise<number> {
    this.cuts.push(decision.value);
    return 1;
  }
}

test('a network with an allowed part is not enforced by who cannot leave out the part', async (t) => {
  const [plain, able] = [new Fallible(), new DryRunEnforcer()];
  const { responder } = await start(t, { enforcers: [plain, able] });
  await responder.wish(wishFor('198.51.100.7', { type: 'allow', origin: 'user' }));
  await responder.wish(wishFor('198.51.100.0/24'));
  await responder.settled();
  assert.deepEqual(plain.wouldHold('ban'), []);
  assert.deepEqual(able.wouldHold('ban'), ['198.51.100.0/24']);
});

test('a failing enforcer is told of, holds nobody up, and is mended by the next reconcile', async (t) => {
  const [bad, good] = [new Fallible(), new Fallible()];
  bad.failing = true;
  const { responder, records, told } = await start(t, { enforcers: [bad, good] });
  decided(await responder.wish(wishFor('203.0.113.1')));
  await until(() => records.length === 2);
  assert.deepEqual(eventsOf(records).sort(), ['failed ban 203.0.113.1', 'taken ban 203.0.113.1']);
  assert.equal(records.find(({ decision }) => decision.event === 'taken')?.decision.latency_ms, undefined);
  assert.match(told[0] ?? '', /the table is gone/);
  assert.deepEqual(good.wouldHold('ban'), ['203.0.113.1']);
  await until(() => good.cuts.length === 1);
  bad.failing = false;
  await responder.reconcile();
  assert.deepEqual(bad.wouldHold('ban'), ['203.0.113.1']);
});

test('an enforcer that hangs is given up on, and catches up when it is back', async (t) => {
  const [slow, good] = [new Fallible(), new Fallible()];
  const { responder, told } = await start(t, { enforcers: [slow, good], patienceMs: 40 });
  let release = () => {};
  slow.hanging = new Promise((done) => {
    release = done;
  });
  await responder.wish(wishFor('203.0.113.1'));
  await until(() => told.some((line) => /did not answer within 40 ms/.test(line)));
  await responder.wish(wishFor('203.0.113.2'));
  assert.deepEqual(good.wouldHold('ban'), ['203.0.113.1', '203.0.113.2']);
  slow.hanging = undefined;
  release();
  await until(() => slow.wouldHold('ban').length === 2);
});

test('many wishes at once are few calls, one after the other', async (t) => {
  const enforcer = new Fallible();
  const { responder } = await start(t, {
    enforcers: [enforcer],
    guards: { sources: [], ceilings: { perMinute: 9999 } },
  });
  await Promise.all(
    Array.from({ length: 500 }, (_, i) => responder.wish(wishFor(`10.0.${i >> 8}.${i & 255}`))),
  );
  await responder.settled();
  assert.equal(enforcer.wouldHold('ban').length, 500);
  assert.equal(enforcer.overlapping, 0);
  assert.ok(enforcer.calls < 10, `${enforcer.calls} calls`);
  assert.equal(enforcer.cuts.length, 500);
  await assert.rejects(responder.wishAll(new Array(5001).fill(wishFor('10.0.0.1'))), RangeError);
});

test('lifting, undoing one, and undoing the last step of somebody', async (t) => {
  const enforcer = new DryRunEnforcer();
  const { responder, records } = await start(t, { enforcers: [enforcer] });
  const held = async () => {
    await responder.settled();
    return [...enforcer.wouldHold('ban')].sort();
  };
  const short = decided(await responder.wish(wishFor('203.0.113.1', { durationMs: HOUR })));
  const long = decided(await responder.wish(wishFor('203.0.113.1', { durationMs: 9 * HOUR })));
  assert.deepEqual(await responder.undo(long.id), { lifted: [long], restored: [short] });
  assert.equal(await responder.undo(long.id), undefined);
  const mine = { origin: 'user', author: 'anna' };
  await responder.wishAll([wishFor('203.0.113.2', mine), wishFor('203.0.113.3', mine)]);
  await responder.wish(wishFor('203.0.113.4'));
  assert.equal((await responder.undoLast('anna'))?.lifted.length, 2);
  assert.deepEqual(await held(), ['203.0.113.1', '203.0.113.4']);
  assert.deepEqual(await responder.lift({}), []);
  assert.equal((await responder.lift({ all: true }, 'anna')).length, 2);
  assert.deepEqual(await held(), []);
  assert.equal((await responder.undoLast('anna'))?.restored.length, 2);
  assert.deepEqual(await held(), ['203.0.113.1', '203.0.113.4']);
  assert.equal(await responder.undoLast('anna'), undefined);
  const [one] = await responder.lift({ value: '::ffff:203.0.113.4', type: 'ban' }, 'bert');
  assert.equal(one?.value, '203.0.113.4');
  assert.equal(records.at(-1)?.decision.lifted_by, 'bert');
});

test('repeaters are banned for longer, also after a restart; a lifted ban does not count; users say how long', async (t) => {
  let now = 1_800_000_000_000;
  const options = { now: () => now, guards: { sources: [] } };
  const first = await start(t, options);
  const ban = async ({ responder }: Setting, changes: Partial<Wish> = {}) => {
    const { durationMs } = decided(
      await responder.wish(wishFor('203.0.113.1', { durationMs: HOUR, ...changes })),
    );
    now += durationMs + 1;
    await responder.reconcile();
    return durationMs / HOUR;
  };
  assert.equal(await ban(first), 1);
  await first.responder.close({ keep: true });
  const next = await start(t, { ...options, folder: first.folder });
  assert.deepEqual(eventsOf(next.records), ['expired ban 203.0.113.1']);
  assert.equal(
    decided(await next.responder.wish(wishFor('203.0.113.1', { durationMs: HOUR }))).durationMs,
    2 * HOUR,
  );
  assert.equal(
    decided(await next.responder.wish(wishFor('203.0.113.1', { durationMs: HOUR }))).durationMs,
    2 * HOUR,
  );
  await next.responder.lift({ value: '203.0.113.1' });
  assert.equal(await ban(next, { origin: 'user' }), 1);
  await next.responder.close({ keep: true });
});

test('a restart takes decisions up, but for those that a guard protects by now', async (t) => {
  const first = await start(t, { enforcers: [new DryRunEnforcer()] });
  const wishes = ['203.0.113.1', '203.0.113.2', '198.51.100.0/24'].map((value) => wishFor(value));
  await first.responder.wishAll(wishes);
  await first.responder.wish(wishFor('203.0.113.3', { origin: 'user' }), true);
  await first.responder.close({ keep: true });
  const enforcer = new DryRunEnforcer();
  const sessions = ['203.0.113.3'];
  const { responder, records } = await start(t, {
    folder: first.folder,
    enforcers: [enforcer],
    guards: { sources: [neverBanList(['203.0.113.1', '198.51.100.7'])], sessions: () => sessions },
  });
  assert.deepEqual([...enforcer.wouldHold('ban')].sort(), ['203.0.113.2', '203.0.113.3']);
  await until(() => records.length === 2);
  assert.deepEqual(
    records.map(({ decision }) => `${decision.event} ${decision.value} ${decision.guard}`).sort(),
    ['lifted 198.51.100.0/24 never_ban', 'lifted 203.0.113.1 never_ban'],
  );
  sessions.push('203.0.113.2');
  await responder.reconcile();
  assert.deepEqual(enforcer.wouldHold('ban'), ['203.0.113.3']);
});

test('plan shows what would be done and refused, and changes nothing', async (t) => {
  const enforcer = new DryRunEnforcer();
  const { responder, records } = await start(t, {
    enforcers: [enforcer],
    guards: { sources: [neverBanList(['192.0.2.1'])] },
  });
  await responder.wish(wishFor('203.0.113.1'));
  await responder.settled();
  await until(() => records.length === 1);
  const lines = responder.plan(
    ['192.0.2.1', '203.0.113.1', '203.0.113.2'].map((value) => wishFor(value, { durationMs: HOUR })),
  );
  assert.equal(lines.length, 3);
  assert.match(lines[0] ?? '', /^refused: 192\.0\.2\.1\/32 meets/);
  assert.match(lines[1] ?? '', /^ban 203\.0\.113\.1 is decided already/);
  assert.match(lines[2] ?? '', /^dry-run: ban address 203\.0\.113\.2 until/);
  assert.deepEqual(enforcer.wouldHold('ban'), ['203.0.113.1']);
  assert.equal(records.length, 1);
});

test('whatever is wished and lifted, what is in force is what the book says', async (t) => {
  const value = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.0/30', '10.0.0.0/24', '10.0.1.0/24');
  const action = fc.record({
    what: fc.constantFrom('wish', 'wish', 'wish', 'lift', 'undo'),
    value,
    type: fc.constantFrom('ban', 'throttle', 'allow'),
    simulated: fc.boolean(),
    hours: fc.integer({ min: 1, max: 4 }),
  });
  const run = async (
    actions: readonly { what: string; value: string; type: string; simulated: boolean; hours: number }[],
  ) => {
    const [able, plain] = [new DryRunEnforcer(), new Fallible()];
    const { responder } = await start(t, { enforcers: [able, plain], guards: { sources: [] } });
    for (const { what, value, type, simulated, hours } of actions) {
      if (what === 'lift') await responder.lift({ value });
      else if (what === 'undo') await responder.undoLast();
      else {
        const changes = { type: type as 'ban', simulated, durationMs: hours * HOUR, origin: 'user' };
        await responder.wish(wishFor(value, changes));
      }
    }
    await responder.settled();
    for (const enforcer of [able, plain]) {
      for (const type of ['ban', 'throttle', 'allow'] as const) {
        const before = [...enforcer.wouldHold(type)].sort();
        await responder.reconcile();
        assert.deepEqual(
          [...enforcer.wouldHold(type)].sort(),
          before,
          `${type}: reconciling finds nothing to do`,
        );
      }
    }
    const allowed = responder.decisions({ type: 'allow' }).filter(({ simulated }) => !simulated);
    for (const ban of able.wouldHold('ban')) assert.ok(!allowed.some((allow) => allow.value === ban));
    await responder.close({ keep: false });
  };
  await fc.assert(fc.asyncProperty(fc.array(action, { maxLength: 15 }), run), { numRuns: 25 });
});

test('durations as CrowdSec writes them, and quantiles of latencies', () => {
  const cases = [
    [4 * HOUR, '4h0m0s'],
    [90_000, '1m30s'],
    [1500, '1.5s'],
    [250, '250ms'],
    [100 * HOUR + 1, '100h0m0.001s'],
  ] as const;
  for (const [ms, text] of cases) assert.equal(durationText(ms), text);
  const histogram = new LatencyHistogram();
  assert.equal(histogram.quantile(0.99), 0);
  for (let i = 1; i <= 1000; i++) histogram.add(i / 100);
  const p50 = histogram.quantile(0.5);
  assert.ok(p50 >= 5 && p50 < 6, `${p50}`);
  histogram.add(1e12);
  assert.ok(histogram.quantile(1) > 1e5);
});
