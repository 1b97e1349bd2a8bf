import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  answers,
  curl,
  freePort,
  ownFolder,
  until,
  withoutPrograms,
  writeCertificate,
} from '../../../test/support/web-parts.ts';
import type { Decision } from '../../event/index.ts';
import { recordFaults } from '../../event/schema/index.ts';
import { Gateway, GatewayError, type GatewayOptions } from './index.ts';
import { application, optionsIn, started } from './testing.ts';

const skip = withoutPrograms('curl', 'openssl');
const REFERENCE = /^x-weir-reference: ([a-z0-9]{20})$/m;

/** Servers and threads of this process, of which a gateway must leave none. */
function open(): readonly string[] {
  return process.getActiveResourcesInfo().filter((kind) => /Server|Worker|MessagePort/.test(kind));
}

/** Waits until no more is open than before. */
async function nothingMoreOpen(before: readonly string[]): Promise<void> {
  const tell = (): string => `${open()}; before ${before}`;
  await until('end of all that was open', () => open().length <= before.length, tell, 5000);
}

test('starts, judges, tells, keeps, and is closed without a trace; the same options start it again', {
  skip,
  timeout: 60_000,
}, async (t) => {
  const folder = ownFolder(t);
  const { url: to, seen } = await application(t);
  const port = await freePort();
  const base = optionsIn(folder);
  const options: GatewayOptions = {
    ...base,
    reverse: { ...base.reverse, listen: `127.0.0.1:${port}`, to },
    mitmproxy: { socket: join(folder, 'mitmproxy.sock') },
    haproxy: { ...base.haproxy, socket: join(folder, 'spoe.sock') },
    buffer: { ...base.buffer, enabled: true, analyse: true },
  };
  const before = open();
  for (let round = 1; round <= 2; round++) {
    const { gateway, url, records } = await started(t, options);
    assert.equal(url, `http://127.0.0.1:${port}`);
    assert.deepEqual(gateway.ways, ['HAProxy (SPOE)', `mitmproxy on ${folder}/mitmproxy.sock`, url]);
    assert.match(gateway.rules, /^\d+ rules of .*rules\.conf/);
    assert.equal((await curl(`${url}/fine`)).body, 'GET /fine 0\n');
    const denied = await curl(`${url}/?q=evil`);
    assert.equal(denied.status, 403);
    const reference = REFERENCE.exec(denied.head)?.[1] ?? assert.fail(denied.head);
    const entry = await until('the copy', () => gateway.stored?.entry(reference, false));
    assert.equal(entry.blocked, true);
    assert.equal(statSync(join(folder, 'buffer')).mode & 0o777, 0o700);
    await gateway.close();
    assert.deepEqual(records().flatMap(recordFaults), []);
    assert.deepEqual(
      records().map(({ event_type }) => event_type),
      ['http', 'http', 'waf'],
    );
    assert.equal(await answers(port), false);
    for (const socket of ['spoe.sock', 'mitmproxy.sock']) assert.ok(!existsSync(join(folder, socket)));
    await nothingMoreOpen(before);
  }
  assert.deepEqual(seen, ['GET /fine http', 'GET /fine http']);
});

test('what stands in the way is said in a sentence, and nothing is left open', {
  skip,
  timeout: 120_000,
}, async (t) => {
  const folder = ownFolder(t);
  const base = optionsIn(folder);
  const taken = await application(t);
  const takenPort = new URL(taken.url).port;
  const port = await freePort();
  const listen = `127.0.0.1:${port}`;
  const reverse = { ...base.reverse, listen, to: taken.url };
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const both = writeCertificate(folder);
  const withRules = (...rules: string[]): GatewayOptions['waf'] => ({ ...base.waf, rules });
  mkdirSync(join(folder, 'others'), { mode: 0o755 });
  chmodSync(join(folder, 'others'), 0o755);
  symlinkSync(join(folder, 'others'), join(folder, 'link'));
  file('notafolder', '');
  const buffer = { ...base.buffer, enabled: true };
  const cases: readonly (readonly [string, Partial<GatewayOptions>, RegExp])[] = [
    ['a port in use', { reverse: { ...reverse, listen: `127.0.0.1:${takenPort}` } }, /in use already/],
    [
      'the second of two ports in use',
      { reverse, forward: { ...base.forward, listen: `127.0.0.1:${takenPort}` } },
      new RegExp(`127\\.0\\.0\\.1:${takenPort} is in use already`),
    ],
    [
      'an agent whose port is in use',
      { haproxy: { ...base.haproxy, listen: `127.0.0.1:${takenPort}` } },
      /in use/,
    ],
    [
      'an address of others',
      { reverse: { ...reverse, listen: '192.0.2.1:0' } },
      /no address of this machine/,
    ],
    ['no port', { reverse: { ...reverse, listen: '127.0.0.1' } }, /web\.reverse\.listen: .* with a port/],
    ['nowhere to go', { reverse: { ...reverse, to: '' } }, /nowhere to send requests/],
    ['no origin', { reverse: { ...reverse, to: 'app:3000' } }, /'app:3000' is no origin/],
    [
      'a route to nowhere',
      { reverse: { ...reverse, routes: ['/api=x'] } },
      /route \/api=x: 'x' is no origin/,
    ],
    [
      'a certificate that is missing',
      { reverse: { ...reverse, certificates: [join(folder, 'none.pem')] } },
      /none\.pem/,
    ],
    [
      'a certificate that is none',
      { reverse: { ...reverse, certificates: [file('bad.pem', 'no certificate\n')] } },
      /bad\.pem/,
    ],
    [
      'a certificate without its key',
      { reverse: { ...reverse, certificates: [join(folder, 'certificate.pem')] } },
      /certificate\.pem/,
    ],
    [
      'one good certificate and one bad',
      { reverse: { ...reverse, certificates: [both, join(folder, 'bad.pem')] } },
      /bad\.pem/,
    ],
    [
      'no CA to intercept with',
      { reverse, forward: { ...base.forward, listen: '127.0.0.1:0', intercept: true } },
      /weir ca create/,
    ],
    ['rules that are missing', { reverse, waf: withRules(join(folder, 'none.conf')) }, /none\.conf/],
    [
      'rules with mistakes',
      {
        reverse,
        waf: withRules(file('wrong.conf', 'SecRule ARGS "@rx (" "id:1"\nSecRulez\nSecRule\n')),
      },
      /the rules have mistakes[\s\S]*wrong\.conf:2: SecRulez[\s\S]*wrong\.conf:1: rule 1/,
    ],
    ['rules without rules', { reverse, waf: withRules(file('empty.conf', '# none\n')) }, /no rules/],
    ['a Core Rule Set that is none', { reverse, waf: { ...base.waf, crs: folder } }, /no rules/],
    ['a network that is none', { reverse, deny: ['10.0.0.0/8', 'here'] }, /web\.deny: 'here' is no network/],
    [
      'clients that are none',
      { forward: { ...base.forward, listen: '127.0.0.1:0', clients: ['home'] } },
      /home is no address and no prefix/,
    ],
    [
      'a buffer that others can read',
      { reverse, buffer: { ...buffer, folder: join(folder, 'others') } },
      /^buffer B: .*others/,
    ],
    [
      'a buffer behind a link',
      { reverse, buffer: { ...buffer, folder: join(folder, 'link') } },
      /^buffer B: /,
    ],
    [
      'a buffer in a file',
      { reverse, buffer: { ...buffer, folder: join(folder, 'notafolder') } },
      /^buffer B: .*notafolder/,
    ],
    [
      'a buffer in no folder',
      { reverse, buffer: { ...buffer, folder: join(folder, 'none/buffer') } },
      /^buffer B: .*none\/buffer cannot be made/,
    ],
    [
      'a socket in a file',
      { reverse, mitmproxy: { socket: join(folder, 'notafolder/mitmproxy.sock') } },
      /notafolder/,
    ],
    [
      'a socket where a file is',
      { reverse, haproxy: { ...base.haproxy, socket: join(folder, 'notafolder') } },
      /notafolder/,
    ],
  ];
  const before = open();
  for (const [name, changes, message] of cases) {
    await t.test(name, async () => {
      const starting = Gateway.start(
        { ...base, ...changes },
        { records: undefined, report: () => undefined },
      );
      const error = await starting.then(
        () => assert.fail('it starts'),
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof GatewayError, String(error));
      assert.match(error.message, message);
      assert.equal(await answers(port), false, 'the port is open still');
      await nothingMoreOpen(before);
    });
  }
});

test('HTTPS in front of an application: HTTP/1.1 and HTTP/2, judged alike; plain HTTP is told what is wanted', {
  skip,
  timeout: 60_000,
}, async (t) => {
  const folder = ownFolder(t);
  const { url: to, seen } = await application(t);
  const base = optionsIn(folder);
  const certificates = [writeCertificate(folder)];
  const { gateway, url, records, reported } = await started(t, {
    ...base,
    reverse: { ...base.reverse, listen: '127.0.0.1:0', to, certificates },
  });
  assert.match(url, /^https:/);
  const trusting = ['--cacert', join(folder, 'certificate.pem')];
  const both: string[] = [];
  for (const [flag, protocol] of [
    ['--http1.1', 'HTTP/1.1'],
    ['--http2', 'HTTP/2.0'],
  ] as const) {
    const page = await curl(...trusting, flag, url);
    assert.equal(page.status, 200, reported.join('\n'));
    assert.equal(page.version, protocol.slice(5).replace('.0', ''));
    assert.equal(page.body, 'GET / 0\n');
    const posted = await curl(...trusting, flag, '-d', 'name=Anna', `${url}/form`);
    assert.equal(posted.body, 'POST /form 9\n');
    const denied = await curl(...trusting, flag, '-d', 'name=evil', `${url}/form`);
    assert.equal(denied.status, 403);
    both.push(REFERENCE.exec(denied.head)?.[1] ?? assert.fail(denied.head));
    assert.ok(denied.body.includes(both.at(-1) ?? ''));
    const long = await curl(...trusting, flag, '-d', 'x'.repeat(5000), `${url}/form`);
    assert.equal(long.status, 413, protocol);
  }
  // Plain HTTP gets an answer, no silence.
  const plain = await curl(url.replace('https:', 'http:'));
  assert.equal(plain.status, 400);
  assert.match(plain.body, /HTTPS/);
  // A name that the certificate has not is a matter for the client, and no request.
  assert.equal((await curl(url)).code, 60);
  await gateway.close();
  assert.deepEqual(records().flatMap(recordFaults), []);
  const http = records().filter(({ event_type }) => event_type === 'http') as {
    http: { protocol: string; status: number };
    web: { reference: string };
  }[];
  assert.deepEqual(
    http.map(({ http: { protocol, status } }) => `${protocol} ${status}`),
    ['HTTP/1.1', 'HTTP/2.0'].flatMap((one) => [200, 200, 403, 413].map((status) => `${one} ${status}`)),
  );
  for (const reference of both) assert.ok(http.some(({ web }) => web.reference === reference));
  assert.deepEqual(
    seen,
    [1, 2].flatMap(() => ['GET / https', 'POST /form https']),
  );
  assert.deepEqual(reported, []);
});

test('routes by host and path, networks that are denied, rates', { skip, timeout: 60_000 }, async (t) => {
  const folder = ownFolder(t);
  const [main, api] = [await application(t), await application(t)];
  const base = optionsIn(folder);
  const reverse = { ...base.reverse, listen: '127.0.0.1:0', to: main.url, routes: [`/api=${api.url}`] };
  const routed = await started(t, { ...base, reverse });
  await curl(`${routed.url}/`);
  await curl(`${routed.url}/api/1`);
  assert.equal(main.seen.length, 1);
  assert.equal(api.seen.length, 1);
  const denied = await started(t, { ...base, reverse, deny: ['127.0.0.0/8'] });
  const refused = await curl(`${denied.url}/`);
  assert.equal(refused.status, 403);
  assert.match(refused.head, REFERENCE);
  const limited = await started(t, { ...base, reverse, rate: { requests: 3, perMs: 60_000, burst: 3 } });
  const statuses: number[] = [];
  for (let i = 0; i < 5; i++) statuses.push((await curl(`${limited.url}/`)).status);
  assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
  assert.equal(main.seen.length, 4);
  // Both are told of.
  for (const { gateway } of [routed, denied, limited]) await gateway.close();
  assert.equal(denied.records().length, 1);
  assert.equal(limited.records().length, 5);
});

test('close answers what is under way', { skip, timeout: 60_000 }, async (t) => {
  const folder = ownFolder(t);
  const server = createServer((_request, response) => setTimeout(() => response.end('late'), 500));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => server.close());
  const base = optionsIn(folder);
  const to = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { gateway, url, records } = await started(t, {
    ...base,
    reverse: { ...base.reverse, listen: '127.0.0.1:0', to },
  });
  const asked = curl(url);
  await new Promise<void>((done) => server.once('request', () => done()));
  await gateway.close();
  assert.equal((await asked).body, 'late');
  assert.equal(records().length, 1);
});

test('answers to requests from before a reload are judged by the rules from then', {
  skip,
  timeout: 60_000,
}, async (t) => {
  const folder = ownFolder(t);
  let answer = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    answer = resolve;
  });
  let asked = 0;
  const server = createServer((request, response) => {
    asked++;
    request.resume();
    void released.then(() => response.setHeader('X-Leak', 'yes').end('late'));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const base = optionsIn(folder);
  const to = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const rules = (status: number): string => {
    const file = join(folder, `${status}.conf`);
    writeFileSync(
      file,
      `SecRuleEngine On\nSecRule RESPONSE_HEADERS:X-Leak "@streq yes" "id:1,phase:3,deny,status:${status}"\n`,
    );
    return file;
  };
  const waf = { ...base.waf, responses: true, requestBodyBytes: 65_536 };
  const options: GatewayOptions = {
    ...base,
    reverse: { ...base.reverse, listen: '127.0.0.1:0', to },
    waf: { ...waf, rules: [rules(502)] },
  };
  const { gateway, url } = await started(t, options);
  // A short request is kept by the thread that takes it in, a long one by another.
  const before = [curl(url), curl('--data-binary', 'a'.repeat(30_000), url)];
  await until(
    'both requests',
    () => asked === 2,
    () => `${asked} came`,
    5000,
  );
  await gateway.renew({ ...options, waf: { ...waf, rules: [rules(503)] } });
  answer();
  assert.deepEqual(
    (await Promise.all(before)).map(({ status }) => status),
    [502, 502],
  );
  assert.equal((await curl(url)).status, 503);
});

test('decisions turn clients away, and end their open connections', { skip }, async (t) => {
  const folder = ownFolder(t);
  const app = await application(t);
  const port = await freePort();
  const gateway = await Gateway.start(
    optionsIn(folder, {
      reverse: { listen: `127.0.0.1:${port}`, to: app.url, routes: [], certificates: [] },
    }),
    { records: undefined, report: (line) => t.diagnostic(line) },
  );
  t.after(() => gateway.close());
  const open = connect(port, '127.0.0.1');
  await once(open, 'connect');
  open.write('GET /slow HTTP/1.1\r\nHost: a.example\r\n\r\n');
  await once(open, 'data');
  const ended = new Promise((resolve) => open.once('close', resolve));
  open.on('error', () => undefined);
  const decision: Decision = {
    id: 'a'.repeat(20),
    type: 'ban',
    scope: 'address',
    value: '127.0.0.1',
    origin: 'user',
    reason: 'a test',
    scenario: '',
    durationMs: 60_000,
    simulated: false,
    evidence: [],
    askedMs: Date.now(),
    author: '',
    createdMs: Date.now(),
    untilMs: Date.now() + 60_000,
  };
  gateway.decide({ replace: false, add: [decision], remove: [] });
  await ended;
  assert.equal((await curl(`http://127.0.0.1:${port}/`)).status, 403);
  gateway.decide({ replace: false, add: [], remove: [decision] });
  assert.equal((await curl(`http://127.0.0.1:${port}/`)).status, 200);
});
