import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  ATTACKER,
  banOf,
  Ground,
  GuardedWeir,
  type Line,
  withoutGround,
} from '../../test/support/guarded-weir.ts';

/** Points that fade away while a test runs, many times over. */
const FADED = 3;

describe('weir up that correlates', { skip: withoutGround(), timeout: 180_000 }, () => {
  let ground: Ground;
  before(() => {
    ground = new Ground();
  });
  after(() => ground?.remove());

  test('what is known survives a restart, and a crash of the hub', async (context) => {
    const weir = await GuardedWeir.start(context, ground, 'respond: {mode: observe}');
    const { folder } = weir.running;
    const score = async (of: GuardedWeir): Promise<number> => (await of.asks.reputation(ATTACKER)).score;
    const marked = await correlate(weir, '/a');
    await correlate(weir, '/b');
    const both = await score(weir);
    const { done } = await weir.asks.mark(marked, 'false', 'test', 'a false alarm');
    assert.match(done, /^marked as false/);
    const one = await score(weir);
    assert.ok(one < both, `${one} of ${both}`);
    // After what was saved when it was marked: only the log has it.
    const late = await correlate(weir, '/a');
    const known = await score(weir);
    assert.ok(known > one + FADED, `${known} after ${one}`);

    const [incident] = await weir.asks.incidents(ATTACKER, 10);
    assert.ok(incident !== undefined && incident.count >= 3, JSON.stringify(incident));

    await killHub(weir);
    assert.ok(Math.abs((await score(weir)) - known) < FADED, `${await score(weir)}, it was ${known}`);
    // The same story goes on, with what came after it was saved.
    assert.deepEqual(await weir.asks.incidents(ATTACKER, 10), [incident]);
    const { explanation } = await weir.asks.reputation(ATTACKER);
    const text = JSON.stringify(explanation);
    assert.ok(text.includes(late), text);
    // What was taken back stays so.
    assert.ok(!text.includes(marked), text);

    await weir.asks.except({
      conditions: { path: '/known' },
      reason: 'a test of our own',
      author: 'test',
      durationMs: 0,
    });
    const outcome = await weir.asks.ban(banOf('198.51.100.7'), false);
    assert.ok('decided' in outcome, JSON.stringify(outcome));
    assert.equal(await weir.end(), 0, weir.running.said);

    const next = await GuardedWeir.begin(context, ground, folder);
    assert.ok(Math.abs((await score(next)) - known) < FADED, `${await score(next)}, it was ${known}`);
    assert.deepEqual(await next.asks.incidents(ATTACKER, 10), [incident]);
    const exceptions = await next.asks.exceptions();
    assert.deepEqual(
      exceptions.map(({ reason }) => reason),
      ['a test of our own'],
    );
    assert.deepEqual(
      (await next.decisions()).map(({ value, simulated }) => `${value} ${simulated}`),
      ['198.51.100.7 true'],
    );
    // Without what was saved the log has it all; what was marked stays out of it.
    rmSync(join(folder, 'store/correlation/reputation.jsonl'));
    writeFileSync(join(folder, 'store/correlation/incidents.jsonl'), 'no incidents\n');
    await killHub(next);
    assert.match(
      next.running.said,
      /incidents\.jsonl: line 1 is no JSON object; incidents begin anew, the file is kept as \S+\.damaged/,
    );
    const [rebuilt] = await next.asks.incidents(ATTACKER, 10);
    assert.deepEqual([rebuilt?.id, rebuilt?.count], [incident.id, incident.count]);
    assert.ok(Math.abs((await score(next)) - known) < FADED, `${await score(next)}, it was ${known}`);
    assert.ok(!JSON.stringify(await next.asks.reputation(ATTACKER)).includes(marked));
    // The exception holds.
    await ground.attack('/known');
    const again = await correlate(next, '/b');
    const sources = next.lines().filter(({ correlation }) => correlation?.reference !== undefined);
    assert.equal(sources.at(-1)?.correlation?.id, again);
    assert.ok(!next.lines().some(({ correlation }) => correlation?.path === '/known'));
    assert.equal(await next.end(), 0, next.running.said);
  });

  test('what only a log of SSH tells of is joined with what its address did within the window', async (context) => {
    const place = mkdtempSync(join(tmpdir(), 'weir-ssh-log-'));
    context.after(() => rmSync(place, { recursive: true }));
    // The hub becomes another user, who must get there.
    chmodSync(place, 0o755);
    const path = join(place, 'auth.log');
    writeFileSync(path, '', { mode: 0o644 });
    const settings = `respond: {mode: observe}\ncorrelation: {sshLogs: [${path}], window: 30s}`;
    const weir = await GuardedWeir.start(context, ground, settings);
    const [reference = ''] = await ground.attack('/a');
    const exact = await weir.line(
      'the correlation of the request',
      ({ correlation: found }) => found?.reference === reference,
    );
    const { joined, community_id: communityId } = joinOf(exact);
    // The request's own has the connection itself.
    assert.equal(joined, 'connection');
    const attempts = Array.from(
      { length: 5 },
      (_, i) =>
        `${new Date().toISOString()} host sshd[${i}]: Failed password for root from ${ATTACKER} port ${4000 + i} ssh2\n`,
    );
    appendFileSync(path, attempts.join(''));
    const line = await weir.line(
      'the correlation',
      ({ correlation: found }) => found?.source === 'weir/ssh-bruteforce-log',
    );
    assert.deepEqual(joinOf(line), {
      joined: 'address',
      joined_requests: [reference],
      joined_flows: [communityId],
      community_id: communityId,
    });
    assert.deepEqual(
      [line.correlation?.reference, line.correlation?.requests, line.correlation?.flows],
      [reference, 1, 1],
    );
    assert.equal(await weir.end(), 0, weir.running.said);
  });

  /** By what a correlation was joined, and with what. */
  function joinOf({ correlation, community_id }: Line): Readonly<Record<string, unknown>> {
    const { joined, joined_requests, joined_flows } = (correlation ?? {}) as Readonly<
      Record<string, unknown>
    >;
    return { joined, joined_requests, joined_flows, community_id };
  }

  async function killHub({ running }: GuardedWeir): Promise<void> {
    process.kill(running.pid('hub', await running.status()), 'SIGKILL');
    await running.until('a new hub', async () => {
      const hub = (await running.status()).processes.find(({ name }) => name === 'hub');
      return hub?.state === 'running' && hub.restarts === 1;
    });
  }

  /** A request that the WAF refuses; the name of what came of it. */
  async function correlate(weir: GuardedWeir, path: string): Promise<string> {
    const [reference] = await ground.attack(path);
    const line = await weir.line('correlation', ({ correlation }) => correlation?.reference === reference);
    return line.correlation?.id ?? '';
  }
});
