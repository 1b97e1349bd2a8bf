import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { RunningCrowdSec, unlocked, withoutCrowdSec } from '../../../test/support/crowdsec.ts';
import { Nginx } from '../../../test/support/nginx.ts';
import { ownFolder, until, withoutPrograms, writeCertificate } from '../../../test/support/web-parts.ts';
import { decisionFor } from '../enforcer-compliance.ts';
import { CrowdSec, type CrowdSecOptions } from './client.ts';
import { Lapi } from './lapi.ts';
import type { CrowdSecAlert } from './shapes.ts';
import type { StreamChange } from './stream.ts';

const skip = await withoutCrowdSec();
let server: RunningCrowdSec;
let keys = 0;

before(async () => {
  if (skip === false) server = await RunningCrowdSec.start();
});
after(async () => {
  if (skip === false) await server.end();
});

/** A client that keeps all that it was told. */
interface Told {
  readonly client: CrowdSec;
  readonly changes: StreamChange[];
  readonly alerts: CrowdSecAlert[];
  readonly words: string[];
  wished(value: string): boolean;
  lifted(value: string): boolean;
}

/** A client with a key of its own, at the server of this file; ends with the test. */
async function clientFor(t: TestContext, options: Partial<CrowdSecOptions> = {}): Promise<Told> {
  const key = `key-${++keys}-0123456789abcdef`;
  await server.addBouncer(`bouncer-${keys}`, key);
  const changes: StreamChange[] = [];
  const alerts: CrowdSecAlert[] = [];
  const words: string[] = [];
  const client = new CrowdSec({
    url: server.url,
    version: '0.1.0',
    machine: { login: 'gateway', password: 'secret of gateway' },
    bouncerKey: key,
    intervalMs: 60,
    gatherMs: 20,
    decisions: (change) => changes.push(change),
    alerts: (alert) => alerts.push(alert),
    told: (text) => words.push(text),
    ...options,
  });
  t.after(() => client.stop());
  client.start();
  return {
    client,
    changes,
    alerts,
    words,
    wished: (value) => changes.some(({ wishes }) => wishes.some((wish) => wish.value === value)),
    lifted: (value) => changes.some(({ lifted }) => lifted.some((one) => one.value === value)),
  };
}

function complete(told: Told): Promise<StreamChange> {
  return until('answer', () => told.changes[0]);
}

/** A second delta after this moment: what is not told by then does not come. */
async function quiet({ client }: Told): Promise<void> {
  const pulls = client.statistics().stream_pulls as number;
  await until('two pulls', () => (client.statistics().stream_pulls as number) > pulls + 2);
}

test('decisions of CrowdSec become wishes, and those that it lifts are lifted', { skip }, async (t) => {
  await server.cscli('decisions', 'add', '--ip', '192.0.2.10', '--duration', '2h', '--reason', 'early');
  const told = await clientFor(t);
  const first = await complete(told);
  assert.equal(first.complete, true);
  const wish = first.wishes.find(({ value }) => value === '192.0.2.10');
  assert.ok(wish !== undefined);
  assert.deepEqual(
    { ...wish, durationMs: 0, askedMs: 0 },
    {
      type: 'ban',
      scope: 'address',
      value: '192.0.2.10',
      origin: 'crowdsec',
      reason: 'CrowdSec (cscli): early',
      scenario: 'early',
      durationMs: 0,
      simulated: false,
      evidence: [],
      askedMs: 0,
      author: '',
    },
  );
  assert.ok(wish.durationMs > 7_100_000 && wish.durationMs <= 7_200_000);

  await server.cscli('decisions', 'add', '--range', '198.51.100.0/24', '--duration', '1h', '-t', 'captcha');
  await server.cscli('decisions', 'add', '--ip', '2001:db8:0:0::7', '--duration', '1h');
  await server.cscli('decisions', 'add', '--scope', 'Country', '--value', 'XX', '--duration', '1h');
  await server.cscli('decisions', 'add', '--ip', '192.0.2.11', '--duration', '1h', '-t', 'mark');
  await until('the others', () => told.wished('198.51.100.0/24') && told.wished('2001:db8::7'));
  await until('the one of another type', () => told.client.statistics().stream_otherTypes === 1);
  const range = told.changes.flatMap(({ wishes }) => wishes).find(({ scope }) => scope === 'range');
  assert.equal(range?.type, 'captcha');
  assert.ok(!told.wished('192.0.2.11') && !told.wished('XX'));

  await server.cscli('decisions', 'delete', '--ip', '192.0.2.10');
  await until('lifting', () => told.lifted('192.0.2.10'));
  assert.ok(told.changes.slice(1).every((change) => !change.complete));
  assert.equal(told.client.statistics().stream_origin_cscli as number, 3);
});

test('our own decisions do not come back; those of another weir do, and are not pushed again', {
  skip,
}, async (t) => {
  await server.addMachine('branch', 'secret of branch');
  const here = await clientFor(t);
  const there = await clientFor(t, { machine: { login: 'branch', password: 'secret of branch' } });
  const alone = await clientFor(t, {
    machine: { login: 'branch', password: 'secret of branch' },
    takePeers: false,
  });
  await Promise.all([complete(here), complete(there), complete(alone)]);
  const decision = decisionFor('192.0.2.20', { scenario: 'ssh-brute-force' });
  await unlocked(async () => here.client.enforcer?.apply({ add: [decision], remove: [] }));
  await until('the decision at the other one', () => there.wished('192.0.2.20'));
  const wish = there.changes.flatMap(({ wishes }) => wishes).find(({ value }) => value === '192.0.2.20');
  assert.equal(wish?.scenario, 'weir/ssh-brute-force');
  assert.equal(wish?.reason, 'CrowdSec (weir/gateway): weir/ssh-brute-force');
  // What it makes of that has the origin `crowdsec` and goes nowhere.
  const taken = decisionFor('192.0.2.20', { origin: wish?.origin as string });
  assert.equal(there.client.enforcer?.handles(taken), false);
  await quiet(here);
  await quiet(alone);
  assert.equal(here.wished('192.0.2.20'), false);
  assert.ok((here.client.statistics().stream_own as number) >= 1);
  assert.equal(alone.wished('192.0.2.20'), false);
  // Nor is it an alert that anybody is told of.
  await until('the alert', () => (there.client.statistics().alerts_own as number) >= 1);
  assert.deepEqual(
    [...here.alerts, ...there.alerts].filter(({ address }) => address === '192.0.2.20'),
    [],
  );

  // The next run of the same machine knows its own too.
  const again = await clientFor(t);
  await complete(again);
  assert.equal(again.wished('192.0.2.20'), false);
  assert.deepEqual(await again.client.enforcer?.reconcile([decision]), { added: 0, removed: 0 });

  await unlocked(async () => here.client.enforcer?.apply({ add: [], remove: [decision] }));
  await until('the end at the other one', () => there.lifted('192.0.2.20'));
});

test('of several decisions about one address each is known: what is lifted is lifted, whatever else there is', {
  skip,
}, async (t) => {
  const told = await clientFor(t);
  await complete(told);
  const held = () => told.client.statistics().stream_held;
  const before = held();
  const add = (value: string, hours: number) =>
    server.cscli('decisions', 'add', '--ip', value, '--duration', `${hours}h`);
  const lapi = new Lapi({ url: server.url, bouncerKey: server.key, version: '0.1.0' });
  t.after(() => lapi.close());
  /** Lifts one of several decisions: that of so many hours. */
  const remove = async (value: string, hours: number) => {
    const listed = (await lapi.asBouncer(`/v1/decisions?ip=${value}`)) as { id: number; duration: string }[];
    // What is left of it.
    const found = listed.find(({ duration }) => duration.startsWith(`${hours - 1}h`));
    await server.cscli('decisions', 'delete', '--id', String(found?.id));
  };
  const hoursOf = (value: string): number[] =>
    told.changes
      .flatMap(({ wishes }) => wishes)
      .filter((wish) => wish.value === value)
      .map(({ durationMs }) => Math.round(durationMs / 3_600_000));

  // The shorter one goes first, of which nobody need be told, then the longer one.
  await add('192.0.2.50', 2);
  await until('the shorter one', () => hoursOf('192.0.2.50').includes(2));
  await add('192.0.2.50', 4);
  await until('the longer one', () => hoursOf('192.0.2.50').includes(4));
  await remove('192.0.2.50', 2);
  await quiet(told);
  assert.equal(told.lifted('192.0.2.50'), false);
  await remove('192.0.2.50', 4);
  await until('lifting', () => told.lifted('192.0.2.50'));
  assert.equal(held(), before);

  // The longer one goes: what is left is the shorter one.
  await add('192.0.2.51', 4);
  await until('the longer one', () => hoursOf('192.0.2.51').includes(4));
  await add('192.0.2.51', 2);
  await quiet(told);
  await remove('192.0.2.51', 4);
  await until('what is left', () => hoursOf('192.0.2.51').includes(2));
});

test('alerts of CrowdSec are told once, with their events', { skip }, async (t) => {
  const agent = new Lapi({
    url: server.url,
    machine: { login: 'agent1', password: 'secret of agent1' },
    version: '0.1.0',
  });
  t.after(() => agent.close());
  const now = new Date().toISOString();
  const alertAbout = (address: string) => ({
    scenario: 'crowdsecurity/ssh-bf',
    scenario_hash: 'x',
    scenario_version: '0.1',
    message: `Ip ${address} performed\nssh-bf`,
    events_count: 6,
    start_at: now,
    stop_at: now,
    capacity: 5,
    leakspeed: '10s',
    simulated: false,
    remediation: true,
    events: [{ timestamp: now, meta: [{ key: 'service', value: 'ssh' }] }],
    source: { scope: 'Ip', value: address, ip: address },
    decisions: [],
  });
  const told = await clientFor(t);
  // Of one that met a locked database the LAPI may have kept the half.
  const about = await unlocked(async (attempt) => {
    const address = `192.0.2.${29 + attempt}`;
    await agent.asMachine('POST', '/v1/alerts', [alertAbout(address)]);
    return address;
  });
  const found = await until('alert', () => told.alerts.find(({ address }) => address === about));
  assert.equal(found.scenario, 'crowdsecurity/ssh-bf');
  assert.equal(found.message, `Ip ${about} performed ssh-bf`);
  assert.equal(found.machine, 'agent1');
  assert.equal(found.count, 6);
  assert.equal(found.stopMs, Date.parse(now));
  assert.deepEqual(found.events, [{ timeMs: Date.parse(now), meta: { service: 'ssh' } }]);
  // What the profile of CrowdSec made of it comes as a wish.
  await until('the ban of the profile', () => told.wished(about));
  await quiet(told);
  assert.equal(told.alerts.filter(({ address }) => address === about).length, 1);
});

test('alerts without a decision are gathered, and no profile decides about them', { skip }, async (t) => {
  const told = await clientFor(t);
  for (let i = 1; i <= 30; i++) {
    told.client.tell({
      scope: 'address',
      value: `192.0.2.${100 + i}`,
      scenario: 'port-scan',
      message: 'twenty ports',
      simulated: false,
      context: { events: [], count: 20, meta: {} },
    });
  }
  await until('all of them', () => told.client.statistics().push_pushed === 30);
  assert.equal(told.client.statistics().push_waiting, 0);
  const lapi = new Lapi({
    url: server.url,
    machine: { login: 'gateway', password: 'secret of gateway' },
    version: '0.1.0',
  });
  t.after(() => lapi.close());
  const listed = (await lapi.asMachine('GET', '/v1/alerts?limit=0')) as { scenario: string }[];
  assert.equal(listed.filter(({ scenario }) => scenario === 'weir/port-scan').length, 30);
  const decided = await server.cscli('decisions', 'list', '--scenario', 'weir/port-scan');
  assert.equal(JSON.parse(decided), null);
});

test('a LAPI that goes away blocks nothing; when it is back, what was missed comes', { skip }, async (t) => {
  const own = await RunningCrowdSec.start();
  t.after(() => own.end());
  const told = await clientFor(t, { url: own.url, bouncerKey: own.key });
  await own.cscli('decisions', 'add', '--ip', '192.0.2.40', '--duration', '1h');
  await until('the first', () => told.wished('192.0.2.40'));
  await own.pause();
  await until('failing parts', () => (told.client.statistics().failing as number) >= 2);
  assert.match(told.client.lastError, /ECONNREFUSED|ECONNRESET|socket hang up/);
  const alert = { events: [], count: 1, meta: {} };
  told.client.tell({
    scope: 'address',
    value: '192.0.2.41',
    scenario: 'x',
    message: 'kept',
    simulated: false,
    context: alert,
  });
  await own.resume();
  await own.cscli('decisions', 'delete', '--ip', '192.0.2.40');
  await own.cscli('decisions', 'add', '--ip', '192.0.2.42', '--duration', '1h');
  await until('what was missed', () => told.wished('192.0.2.42') && told.lifted('192.0.2.40'));
  await until('the alert that waited', () => told.client.statistics().push_pushed === 1);
  assert.equal(told.changes.filter(({ complete }) => complete).length, 1);
  const about = told.words.filter((text) => text.startsWith('decisions of CrowdSec'));
  assert.match(about[0] as string, /^decisions of CrowdSec: GET \/v1\/decisions\/stream at /);
  assert.equal(about.at(-1), 'decisions of CrowdSec: works again');
});

test('a token that is refused is replaced; a wrong password is said so', { skip }, async (t) => {
  let nowMs = Date.now();
  const lapi = new Lapi({
    url: server.url,
    machine: { login: 'gateway', password: 'secret of gateway' },
    version: '0.1.0',
    now: () => nowMs,
  });
  t.after(() => lapi.close());
  const beat = () => lapi.asMachine('GET', '/v1/heartbeat');
  await Promise.all([beat(), beat(), beat()]);
  assert.equal(lapi.statistics().logins, 1);
  await beat();
  assert.equal(lapi.statistics().logins, 1);
  // Before it ends, after an hour, there is a new one.
  nowMs += 56 * 60_000;
  await beat();
  assert.equal(lapi.statistics().logins, 2);
  // A LAPI that was started anew knows none of its old tokens.
  const other = await RunningCrowdSec.start();
  t.after(() => other.end());
  const restarted = new Lapi({
    url: other.url,
    machine: { login: 'gateway', password: 'secret of gateway' },
    version: '0.1.0',
  });
  t.after(() => restarted.close());
  await restarted.asMachine('GET', '/v1/heartbeat');
  await other.pause();
  await other.resume();
  await restarted.asMachine('GET', '/v1/heartbeat');
  assert.deepEqual(restarted.statistics(), { calls: 5, failures: 0, logins: 2, loginFailures: 0 });
  const wrong = new Lapi({
    url: other.url,
    machine: { login: 'gateway', password: 'wrong' },
    bouncerKey: 'nobody',
    version: '0.1.0',
  });
  t.after(() => wrong.close());
  await assert.rejects(wrong.asMachine('GET', '/v1/heartbeat'), {
    name: 'LapiError',
    fault: 'refused',
    message: "the LAPI refuses machine 'gateway': see 'cscli machines list' and check the password",
  });
  await assert.rejects(wrong.asBouncer('/v1/decisions'), { fault: 'refused', status: 403 });
  assert.equal(wrong.statistics().loginFailures, 1);
});

test('over TLS with a given authority, over IPv6 and over a Unix socket', { skip }, async (t) => {
  const folder = ownFolder(t);
  writeCertificate(folder);
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  const secure = await RunningCrowdSec.start({ tls: { certificate, key } });
  t.after(() => secure.end());
  const machine = { login: 'gateway', password: 'secret of gateway' };
  const authorities = readFileSync(certificate, 'utf8');
  const believed = new Lapi({ url: secure.url, machine, version: '0.1.0', authorities });
  const unbelieved = new Lapi({ url: secure.url, machine, version: '0.1.0' });
  t.after(() => [believed, unbelieved].map((one) => one.close()));
  await believed.asMachine('GET', '/v1/heartbeat');
  await assert.rejects(unbelieved.asMachine('GET', '/v1/heartbeat'), { fault: 'unreachable' });

  const six = await RunningCrowdSec.start({ host: '::1' });
  t.after(() => six.end());
  assert.match(six.url, /^http:\/\/\[::1\]:/);
  const overSix = new Lapi({ url: `${six.url}/`, machine, bouncerKey: six.key, version: '0.1.0' });
  t.after(() => overSix.close());
  assert.deepEqual(await overSix.asBouncer('/v1/decisions'), null);

  const without = withoutPrograms('nginx');
  if (without !== false) return t.diagnostic(`no Unix socket: ${without}`);
  const socket = join(folder, 'lapi.sock');
  // CrowdSec listens on sockets from 1.6 on; here nginx stands in front.
  await Nginx.start(t, {
    listen: [`unix:${socket}`],
    settings: `location /v1/ { proxy_pass ${server.url}; proxy_set_header User-Agent $http_user_agent; }`,
  });
  for (const url of [socket, `unix:${socket}`]) {
    const local = new Lapi({ url, machine, version: '0.1.0' });
    t.after(() => local.close());
    await local.asMachine('GET', '/v1/heartbeat');
  }
});
