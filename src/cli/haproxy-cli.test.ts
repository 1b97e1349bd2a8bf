import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Nginx } from '../../test/support/nginx.ts';
import {
  answers,
  BROWSER,
  coreRuleSet,
  curl,
  freePort,
  ownFolder,
  startGateway,
  until,
  weir,
  withoutCoreRuleSet,
  withoutPrograms,
  writeRules,
} from '../../test/support/web-parts.ts';
import { recordFaults } from '../event/schema/index.ts';

const skip = withoutPrograms('haproxy', 'nginx', 'curl');

/** A HAProxy with the files of a folder; ends with the test. */
async function startHaproxy(t: TestContext, file: string, port: number): Promise<void> {
  const child = spawn('haproxy', ['-f', file, '-db'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  t.after(() => child.kill('SIGKILL'));
  await until(
    'HAProxy',
    () => answers(port),
    () => said,
  );
}

/** What `weir haproxy config` prints of one of the two files. */
async function printed(only: 'haproxy' | 'spoe', ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await weir('haproxy', 'config', '--only', only, ...args);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  return stdout;
}

test('HAProxy with what weir haproxy config --full prints: check finds nothing, the agent judges', {
  skip: skip || withoutPrograms('openssl') || withoutCoreRuleSet(),
  timeout: 90_000,
}, async (t) => {
  const folder = ownFolder(t);
  const nginx = await Nginx.start(t);
  const [http, https, agent] = [await freePort(), await freePort(), await freePort()];
  const made = spawnSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=shop.example'].concat([
      ...['-addext', 'subjectAltName=DNS:shop.example', '-keyout', join(folder, 'key.pem')],
      ...['-out', join(folder, 'certificate.pem')],
    ]),
  );
  assert.equal(made.status, 0);
  const pem = join(folder, 'both.pem');
  writeFileSync(
    pem,
    ['certificate.pem', 'key.pem'].map((name) => readFileSync(join(folder, name), 'utf8')).join(''),
  );
  const spoe = join(folder, 'weir.cfg');
  const options = [
    ...['--full', '--host', `shop.example=${nginx.address}`, '--certificate', pem, '--spoe', spoe],
    ...['--http', `127.0.0.1:${http}`, '--https', `127.0.0.1:${https}`, '--listen', `127.0.0.1:${agent}`],
    ...['--fail', 'closed', '--timeout', '5000'],
  ];
  const file = join(folder, 'haproxy.cfg');
  // Where it runs without root, and with folders of its own.
  const text = await printed('haproxy', ...options);
  writeFileSync(file, text.replaceAll(/^\s*(user|group|chroot|stats socket|daemon|log)\b.*\n/gm, ''));
  writeFileSync(spoe, await printed('spoe', ...options));
  const checked = await weir('haproxy', 'check', file);
  assert.equal(checked.code, 0, checked.stdout + checked.stderr);
  assert.match(checked.stderr, /requests are inspected/);
  await startHaproxy(t, file, https);
  const crs = coreRuleSet() ?? '';
  const command = ['haproxy', 'agent', '--listen', `127.0.0.1:${agent}`, '--crs', crs];
  const weirAgent = await startGateway(t, command, { folder });
  const ask = (...args: readonly string[]) => {
    const resolve = ['--resolve', `shop.example:${https}:127.0.0.1`];
    const trusting = ['--cacert', join(folder, 'certificate.pem')];
    const [path = '/', ...more] = args;
    return curl(...BROWSER, ...resolve, ...trusting, ...more, `https://shop.example:${https}${path}`);
  };
  // The agent is asked once its health check has found it.
  await until('the first answer', async () => (await ask('/')).status === 200);
  assert.match((await ask('/')).body, /Welcome/);
  const attack = await ask('/?q=%3Cscript%3Ealert(1)%3C/script%3E');
  assert.equal(attack.status, 403, weirAgent.running.stderr);
  const found = /[a-z0-9]{20}/.exec(`${attack.head}${attack.body}`)?.[0] ?? assert.fail(attack.body);
  const entry = await weirAgent.kept(found);
  assert.equal(entry.host, 'shop.example');
  assert.equal(entry.blocked, true);
  assert.equal((await ask('/', '-d', "id=1' UNION SELECT password FROM users--")).status, 403);
  assert.doesNotMatch(nginx.accesses, /script|UNION/);
  const plain = await curl('-H', 'Host: shop.example', `http://127.0.0.1:${http}/`);
  assert.ok([301, 302, 307, 308].includes(plain.status), `${plain.status}: plain HTTP leads to HTTPS`);
  assert.equal(await weirAgent.end('SIGINT'), 0, weirAgent.running.stderr);
  const records = weirAgent.records();
  assert.deepEqual(records.flatMap(recordFaults), []);
  assert.ok(records.some(({ event_type }) => event_type === 'waf'));
  // Closed means closed: without the agent nothing passes.
  await until('the closed door', async () => (await ask('/')).status === 503);
});

test('the lines of weir haproxy config in a configuration of before', {
  skip,
  timeout: 90_000,
}, async (t) => {
  const folder = ownFolder(t);
  const nginx = await Nginx.start(t);
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  const before = `global
defaults
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 2s
frontend web
  bind 127.0.0.1:${port}
  default_backend app
backend app
  server a ${nginx.address}
`;
  writeFileSync(file, before);
  // A configuration without: what to add, and where.
  const without = await weir('haproxy', 'check', file);
  assert.equal(without.code, 1, without.stdout);
  assert.match(without.stdout, new RegExp(`^${file}(:\\d+)?: error: `, 'm'));
  assert.match(without.stdout, /filter spoe/);
  const json = await weir('haproxy', 'check', file, '--json');
  assert.equal(json.code, 1);
  for (const line of json.stdout.trimEnd().split('\n'))
    assert.equal(typeof JSON.parse(line).severity, 'string');
  // Added by hand, as what is printed says.
  const socket = join(folder, 'spoe.sock');
  const spoe = join(folder, 'weir.cfg');
  const options = ['--socket', socket, '--spoe', spoe, '--timeout', '5000'];
  const lines = await printed('haproxy', ...options);
  const parts = /^global\n([\s\S]*?)\n# in each frontend[^\n]*\n([\s\S]*?)\n(backend [\s\S]*)$/.exec(lines);
  const [, global = '', frontend = '', backend = ''] = parts ?? assert.fail(lines);
  writeFileSync(
    file,
    before
      .replace('global\n', `global\n${global}`)
      .replace(/frontend web\n.*\n/, (start) => `${start}${frontend}`)
      .concat(backend),
  );
  writeFileSync(spoe, await printed('spoe', ...options));
  const checked = await weir('haproxy', 'check', file);
  assert.equal(checked.code, 0, checked.stdout + readFileSync(file, 'utf8'));
  const command = ['haproxy', 'agent', '--socket', socket, '--rules', writeRules(folder)];
  const agent = await startGateway(t, command, { folder });
  await startHaproxy(t, file, port);
  const url = `http://127.0.0.1:${port}`;
  await until('a judgement', async () => (await curl(`${url}/?q=evil`)).status === 403);
  assert.equal((await curl(`${url}/?q=fine`)).status, 200);
  // Another start does not take its place by accident, nor half: the folder of buffer B is not free.
  const apart = ['--control', join(folder, 'other')];
  const second = await weir(...command, ...apart, '--no-buffer');
  assert.equal(second.code, 1);
  assert.match(second.stderr, /another process listens on/);
  const half = await weir(...command, ...apart, '--replace', '--buffer-folder', join(folder, 'buffer'));
  assert.equal(half.code, 1);
  assert.match(half.stderr, /is in use by process/);
  assert.equal((await curl(`${url}/?q=evil`)).status, 403);
  // With --replace no request goes unjudged while one follows the other.
  const next = await startGateway(t, [...command, '--replace'], { folder: ownFolder(t) });
  let ended = false;
  const end = agent.end('SIGTERM').finally(() => {
    ended = true;
  });
  for (let i = 0; i < 10 || !ended; i++) assert.equal((await curl(`${url}/?q=evil`)).status, 403);
  assert.equal(await end, 0, agent.running.stderr);
  await until('records of the second', () => next.records().length > 0);
  // Open is the default: without the agent requests pass.
  assert.equal(await next.end('SIGTERM'), 0, next.running.stderr);
  assert.equal((await curl(`${url}/?q=evil`)).status, 200);
  // It comes back by itself.
  const again = await startGateway(t, command, { folder });
  await until('a judgement again', async () => (await curl(`${url}/?q=evil`)).status === 403);
  assert.equal(await again.end('SIGTERM'), 0);
});

test('wrong words: exit code 2 and one sentence; files that are none: exit code 1', {
  timeout: 60_000,
}, async (t) => {
  const wrong: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [[], /takes what to do/],
    [['start'], /not 'start'/],
    [['config', 'x'], /takes no operand/],
    [['config', '--version', 'new'], /--version/],
    [['config', '--listen', 'x'], /--listen takes HOST:PORT/],
    [['config', '--socket', 'relative'], /absolute path/],
    [['config', '--socket', '/a', '--listen', 'a:1'], /exclude each other/],
    [['config', '--fail', 'safe'], /--fail takes/],
    [['config', '--host', 'a=b:1'], /--host needs --full/],
    [['config', '--full', '--host', 'a'], /NAME=HOST:PORT/],
    [['config', '--spoe', '/a\nb'], /on one line/],
    [['check'], /takes one haproxy\.cfg/],
    [['check', 'a', 'b'], /takes one haproxy\.cfg/],
    [['agent', 'x'], /takes no operands/],
    [['agent', '--paranoia', '9'], /--paranoia takes/],
    [['agent', '--replace'], /--replace takes a Unix socket/],
  ];
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await weir('haproxy', ...args);
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, message);
    assert.equal(stdout, '');
  }
  const folder = ownFolder(t);
  const missing = await weir('haproxy', 'check', join(folder, 'none.cfg'));
  assert.equal(missing.code, 1);
  assert.match(missing.stdout + missing.stderr, /none\.cfg/);
  assert.doesNotMatch(missing.stderr, /^ {4}at /m);
  const odd = await weir('haproxy', 'agent', '--socket', join(folder, 'x/y.sock'), '--no-waf', '--no-buffer');
  assert.equal(odd.code, 1, odd.stderr);
  assert.match(odd.stderr, /^weir: .*y\.sock/m);
  for (const operation of ['config', 'check', 'agent'])
    assert.equal((await weir('haproxy', operation, '--help')).code, 0);
});
