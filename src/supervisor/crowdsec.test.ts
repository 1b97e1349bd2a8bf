import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { RunningCrowdSec, withoutCrowdSec } from '../../test/support/crowdsec.ts';
import {
  ATTACKER,
  banOf,
  Ground,
  GuardedWeir,
  type Line,
  withoutGround,
} from '../../test/support/guarded-weir.ts';
import { curlIn } from '../../test/support/web-parts.ts';
import { recordFaults } from '../event/schema/index.ts';
import { folderFor } from './testing.ts';

const skip = withoutGround() || (await withoutCrowdSec());
/** CrowdSec is asked so often; the least that the configuration takes. */
const INTERVAL_MS = 1000;

/** Of another bouncer. */
const OTHER_KEY = 'key-of-another-bouncer-0123';

/** A decision as the LAPI lists it. */
interface Listed {
  readonly origin: string;
}

describe('weir up with CrowdSec', { skip, timeout: 180_000 }, () => {
  let ground: Ground;
  before(() => {
    ground = new Ground();
  });
  after(() => ground?.remove());

  test('decisions and alerts come and go, without an echo', async (context) => {
    const crowdSec = await RunningCrowdSec.start({ within: ground.gateway });
    context.after(() => crowdSec.end());
    const weir = await started(context, crowdSec);
    await crowdSec.addBouncer('another', OTHER_KEY);
    const listed = async (value: string): Promise<string[]> => {
      const address = `${crowdSec.url}/v1/decisions?ip=${value}`;
      const { body } = await curlIn(ground.gateway, '-H', `X-Api-Key: ${OTHER_KEY}`, address);
      return ((JSON.parse(body) ?? []) as Listed[]).map(({ origin }) => origin);
    };
    const decided = async (value: string): Promise<string[]> =>
      (await weir.decisions()).filter((one) => one.value === value).map(({ origin }) => origin);

    // Requests that pass, as weir only watches the web.
    for (const path of ['/a', '/b']) assert.equal((await ground.ask(ATTACKER, `${path}?q=evil`)).status, 404);
    assert.equal(await ground.letsIn(ATTACKER), true);

    // What CrowdSec decides is enforced.
    await crowdSec.cscli('decisions', 'add', '--ip', '198.51.100.20', '--duration', '1h');
    const taken = await weir.line('decision', about('198.51.100.20', 'taken'));
    assert.equal(taken.decision?.origin, 'crowdsec');
    assert.deepEqual(taken.decision.enforcers, ['nftables', 'proxy']);
    assert.ok(ground.banned().has('198.51.100.20'), ground.tables());

    // What we decide is there too, and is lifted there.
    const outcome = await weir.asks.ban(banOf('198.51.100.21'), false);
    assert.ok('decided' in outcome, JSON.stringify(outcome));
    assert.deepEqual(await listed('198.51.100.21'), ['weir/gateway']);

    // An alert of an agent becomes evidence, and what the address had asked before is judged again.
    await raiseAlert(crowdSec);
    const alert = await weir.line(
      'alert',
      ({ event_type, src_ip }) => event_type === 'crowdsec' && src_ip === ATTACKER,
    );
    const replay = await weir.line(
      'replay',
      ({ event_type, src_ip }) => event_type === 'replay' && src_ip === ATTACKER,
    );
    assert.deepEqual(recordFaults({ ...alert }), []);
    assert.deepEqual(recordFaults({ ...replay }), []);
    const { references, ...found } = replay.replay ?? {};
    assert.deepEqual(found, {
      trigger: 'crowdsec',
      scenario: 'crowdsecurity/http-probing',
      address: ATTACKER,
      requests: 3,
      left: 0,
      blocked_before: 0,
      blocked: 2,
      changed: 2,
      score: 0,
      rule_id: 1,
    });
    assert.equal((references as string[]).length, 2);
    const ofAlert = await weir.line(
      'correlation of the alert',
      ({ correlation }) => correlation?.source === 'crowdsecurity/http-probing',
    );
    assert.equal(ofAlert.src_ip, ATTACKER);
    const ofReplay = await weir.line('correlation of the replay', ({ correlation }) =>
      correlation?.reason.includes('found by a replay'),
    );
    assert.equal(ofReplay.src_ip, ATTACKER);
    assert.equal(ofReplay.correlation?.type, 'waf_alert');
    // The profile of CrowdSec has it banned.
    await weir.line('its ban', about(ATTACKER, 'taken'));
    assert.equal(await ground.letsIn(ATTACKER), false);

    // No echo: after further questions each has one decision, of who took it.
    await new Promise((resolve) => setTimeout(resolve, 2 * INTERVAL_MS));
    assert.deepEqual(await decided('198.51.100.21'), ['user']);
    assert.deepEqual(await decided('198.51.100.20'), ['crowdsec']);
    assert.deepEqual(await listed('198.51.100.20'), ['cscli']);
    assert.deepEqual(await listed('198.51.100.21'), ['weir/gateway']);
    assert.ok(
      !weir.lines().some(({ event_type, src_ip }) => event_type === 'crowdsec' && src_ip === '198.51.100.21'),
    );

    // And both ways back.
    await weir.asks.unban('198.51.100.21', 'test');
    assert.deepEqual(await listed('198.51.100.21'), []);
    await crowdSec.cscli('decisions', 'delete', '--ip', ATTACKER);
    await weir.line('its end', about(ATTACKER, 'lifted'));
    assert.equal(await ground.letsIn(ATTACKER), true);
    assert.deepEqual(
      weir.lines().flatMap((line) => recordFaults({ ...line })),
      [],
    );
    assert.equal(await weir.end(), 0, weir.running.said);
    assert.equal(ground.tables(), '');
  });

  /** A weir that has an account and a key, and lets web requests pass. */
  async function started(context: TestContext, { url, key }: RunningCrowdSec): Promise<GuardedWeir> {
    const folder = folderFor(context);
    const [password, bouncer] = ['password', 'key'].map((name) => join(folder, name)) as [string, string];
    writeFileSync(password, 'secret of gateway\n', { mode: 0o600 });
    writeFileSync(bouncer, `${key}\n`, { mode: 0o600 });
    const account = `machine: gateway, passwordFile: ${password}, bouncerKeyFile: ${bouncer}`;
    const settings = `respond: {mode: enforce, crowdsec: {url: '${url}', ${account}, interval: ${INTERVAL_MS / 1000}s}}`;
    GuardedWeir.configure(folder, settings, { waf: ', mode: detection' });
    await GuardedWeir.application(context, ground);
    return GuardedWeir.begin(context, ground, folder);
  }

  /** As an agent of CrowdSec does when one of its scenarios runs over. */
  async function raiseAlert({ url }: RunningCrowdSec): Promise<void> {
    const post = async (path: string, body: object, ...headers: readonly string[]): Promise<string> => {
      const all = ['Content-Type: application/json', 'User-Agent: crowdsec/1.4', ...headers];
      const options = all.flatMap((header) => ['-H', header]);
      const answer = await curlIn(
        ground.gateway,
        ...options,
        '--data',
        JSON.stringify(body),
        `${url}${path}`,
      );
      assert.ok(answer.status < 300, `${answer.status} ${answer.body}`);
      return answer.body;
    };
    const account = { machine_id: 'agent1', password: 'secret of agent1', scenarios: [] };
    const { token } = JSON.parse(await post('/v1/watchers/login', account)) as { token: string };
    const now = new Date().toISOString();
    const alert = {
      scenario: 'crowdsecurity/http-probing',
      scenario_hash: '',
      scenario_version: '',
      message: `Ip ${ATTACKER} performed http-probing`,
      events_count: 11,
      start_at: now,
      stop_at: now,
      capacity: 10,
      leakspeed: '10s',
      simulated: false,
      remediation: true,
      source: { scope: 'Ip', value: ATTACKER, ip: ATTACKER },
      events: [],
      decisions: [],
    };
    await post('/v1/alerts', [alert], `Authorization: Bearer ${token}`);
  }
});

function about(value: string, event: string): (line: Line) => boolean {
  return ({ decision }) => decision?.event === event && decision.value === value;
}
