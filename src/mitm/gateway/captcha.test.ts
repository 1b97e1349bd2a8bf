import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import {
  type Answer,
  BROWSER,
  curl,
  ownFolder,
  until,
  withoutPrograms,
  writeCertificate,
} from '../../../test/support/web-parts.ts';
import type { Decision } from '../../event/index.ts';
import { recordFaults } from '../../event/schema/index.ts';
import { RunningHaproxy } from '../haproxy/trial/running-haproxy.ts';
import { expectedAnswer, networkOf } from '../live/index.ts';
import { Gateway, type GatewayOptions } from './index.ts';
import { optionsIn } from './testing.ts';

const HOST = ['-H', 'Host: a.test'];

/** A gateway with the ways that `changes` name, before an application that counts its requests. */
async function scene(t: TestContext, changes: (folder: string, to: string) => Partial<GatewayOptions>) {
  const folder = ownFolder(t);
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.end('application\n');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const key = randomBytes(32);
  const lines: string[] = [];
  const gateway = await Gateway.start(
    {
      ...optionsIn(folder),
      waf: { ...optionsIn(folder).waf, enabled: false, rules: [] },
      decisions: { ban: 'deny', location: '', captcha: { passMs: 3_600_000, key } },
      ...changes(folder, `http://127.0.0.1:${port}`),
    },
    { records: { write: (line) => void lines.push(line) }, report: () => undefined },
  );
  t.after(() => gateway.close());
  const records = () => lines.map((line) => JSON.parse(line) as { web: { action: string; status?: number } });
  return { gateway, key, seen, port, records };
}

/** A captcha for all of 127.0.0.0/8, from now on. */
function captchaNow(): Decision {
  return {
    id: 'd1',
    type: 'captcha',
    scope: 'range',
    value: '127.0.0.0/8',
    origin: 'user',
    reason: '',
    scenario: '',
    durationMs: 600_000,
    simulated: false,
    evidence: [],
    askedMs: 0,
    author: '',
    createdMs: Date.now(),
    untilMs: Date.now() + 600_000,
  };
}

function field(answer: Answer, name: string): string {
  const line = answer.head.split('\n').find((one) => one.startsWith(`${name}: `));
  return line?.slice(name.length + 2) ?? '';
}

function tokenOf(answer: Answer): string {
  return (
    /name="token" value="([^"]+)"/.exec(answer.body)?.[1] ?? assert.fail(`${answer.status} ${answer.body}`)
  );
}

/** Sends an answer as the form does. */
function send(
  url: string,
  token: string,
  digits: string,
  to: string,
  ...args: readonly string[]
): Promise<Answer> {
  const form = [
    ['token', token],
    ['answer', digits],
    ['to', to],
  ].flatMap(([name, value]) => ['--data-urlencode', `${name}=${value}`]);
  return curl(...HOST, ...BROWSER, ...form, ...args, `${url}/.weir/captcha`);
}

/** What a client goes through, by whatever way; the same for all. */
async function goThrough(
  url: string,
  key: Buffer,
  seen: string[],
  ...options: readonly string[]
): Promise<void> {
  const ask = (path: string, ...args: readonly string[]): Promise<Answer> =>
    curl(...HOST, ...BROWSER, ...options, ...args, `${url}${path}`);
  const digitsOf = (token: string, network = '127.0.0.1'): string =>
    expectedAnswer(key, networkOf(network), token);
  const page = await ask('/shop?item=1&x=2');
  assert.equal(page.status, 403);
  assert.match(field(page, 'content-type'), /^text\/html/);
  assert.match(field(page, 'content-security-policy'), /default-src 'none';.*form-action 'self'/);
  assert.equal(field(page, 'cache-control'), 'no-store');
  assert.match(page.body, /<svg .*name="to" value="\/shop\?item=1&amp;x=2"/);
  assert.deepEqual(seen, []);

  // Of another address, and wrong: a new picture each.
  const token = tokenOf(page);
  const foreign = tokenOf(await ask('/', '--interface', '127.0.0.2'));
  for (const [one, digits] of [
    [foreign, digitsOf(foreign, '127.0.0.2')],
    [tokenOf(await ask('/')), '12345'],
    ['forged', '123456'],
  ] as const) {
    const refused = await send(url, one, digits, '/', ...options);
    assert.deepEqual([refused.status, field(refused, 'set-cookie')], [403, '']);
    tokenOf(refused);
  }

  const solved = await send(url, token, digitsOf(token), '/shop?item=1&x=2', ...options);
  assert.deepEqual([solved.status, field(solved, 'location')], [303, '/shop?item=1&x=2']);
  const cookie = field(solved, 'set-cookie').split(';')[0] ?? '';
  assert.match(cookie, /weir-pass=/);
  assert.equal((await ask('/shop?item=1&x=2', '-b', cookie)).body, 'application\n');
  assert.deepEqual(seen, ['GET /shop?item=1&x=2']);

  // The same answer again, the cookie of another address, one that was changed.
  assert.equal((await send(url, token, digitsOf(token), '/', ...options)).status, 403);
  assert.equal((await ask('/', '-b', cookie, '--interface', '127.0.0.2')).status, 403);
  assert.equal((await ask('/', '-b', `${cookie.slice(0, -2)}AA`)).status, 403);
  // Nobody is led elsewhere.
  const next = tokenOf(await ask('/'));
  const led = await send(url, next, digitsOf(next), '//evil.example/', ...options);
  assert.deepEqual([led.status, field(led, 'location')], [303, '/']);
  // Programs get no page.
  const program = await curl(...HOST, ...options, `${url}/`);
  assert.equal(program.status, 403);
  assert.doesNotMatch(program.body, /<svg/);
  assert.equal(seen.length, 1);
}

test('a client under a captcha: through the built-in proxy', { skip: withoutPrograms('curl') }, async (t) => {
  const { gateway, key, seen, records } = await scene(t, (_, to) => ({
    reverse: { listen: '127.0.0.1:0', to, routes: [], certificates: [] },
  }));
  const url = (gateway.ways[0] ?? '').replace('localhost', '127.0.0.1');
  gateway.decide({ replace: false, add: [captchaNow()], remove: [] });
  await goThrough(url, key, seen);
  const { judge } = gateway.statistics() as { judge: Record<string, number> };
  assert.deepEqual([judge.captchaSolved, judge.captchaWrong, judge.captchaPassed], [2, 4, 1]);
  assert.ok((judge.captchaShown ?? 0) >= 6);
  await until(
    'all records',
    () => records().length === 14,
    () => JSON.stringify(records().map(({ web }) => web)),
  );
  const told = records();
  assert.deepEqual(
    told.flatMap((record) => recordFaults({ ...record })),
    [],
  );
  assert.doesNotMatch(JSON.stringify(told), /weir-pass/);
  assert.deepEqual(
    ['deny', 'redirect', 'pass'].map((action) => told.filter(({ web }) => web.action === action).length),
    [11, 2, 1],
  );

  // Answers, however many, take bounded room and time.
  const flood = await Promise.all(
    Array.from({ length: 20 }, () => send(url, 'forged', '1', '/', '-o', '/dev/null')),
  );
  assert.equal(flood.at(-1)?.status, 429);
  assert.ok(Number(field(flood.at(-1) ?? assert.fail(), 'retry-after')) > 0);
  const { judge: after } = gateway.statistics() as { judge: Record<string, number> };
  assert.ok((after.captchaNetworks ?? 99) <= 2);
  // Without a decision the path leads back, and to no application.
  gateway.decide({ replace: true, add: [], remove: [] });
  const back = await curl(...HOST, `${url}/.weir/captcha`);
  assert.deepEqual([back.status, field(back, 'location')], [303, '/']);
});

test('a client under a captcha: TLS, HTTP/2', { skip: withoutPrograms('curl', 'openssl') }, async (t) => {
  const { gateway, key, seen } = await scene(t, (folder, to) => ({
    reverse: { listen: '127.0.0.1:0', to, routes: [], certificates: [writeCertificate(folder)] },
  }));
  gateway.decide({ replace: false, add: [captchaNow()], remove: [] });
  await goThrough((gateway.ways[0] ?? '').replace('localhost', '127.0.0.1'), key, seen, '-k', '--http2');
});

test('a client under a captcha: behind HAProxy', {
  skip: withoutPrograms('curl', 'openssl', 'haproxy'),
  timeout: 30_000,
}, async (t) => {
  const haproxy = new RunningHaproxy();
  t.after(() => haproxy.stop());
  const { gateway, key, seen, port } = await scene(t, () => ({
    haproxy: { socket: haproxy.socket, group: 'auto', listen: '', deadlineMs: 4000 },
  }));
  await haproxy.start({ server: port, processingMs: 5000, fail: 'closed' });
  gateway.decide({ replace: false, add: [captchaNow()], remove: [] });
  await goThrough(`http://127.0.0.1:${haproxy.httpPort}`, key, seen);
  seen.length = 0;
  gateway.decide({ replace: false, add: [captchaNow()], remove: [] });
  const limited = await send(`http://127.0.0.1:${haproxy.httpPort}`, 'a', '1', '/');
  assert.ok([403, 429].includes(limited.status));
});
