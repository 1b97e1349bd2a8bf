import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { AlertPush } from './alert-push.ts';
import { AlertWatch } from './alert-watch.ts';
import { parseEndpoint } from './http-call.ts';
import { Lapi, type LapiOptions } from './lapi.ts';
import { LapiError } from './lapi-error.ts';
import { originOf, ownerOf, pushedScenario } from './own.ts';
import { type CrowdSecAlert, parseTime, readAlert, readDecision, subjectOf } from './shapes.ts';
import { DecisionStream, type StreamChange } from './stream.ts';

/** What pretends to be a LAPI and answers a path as it is told. */
async function pretender(
  t: TestContext,
  answers: Readonly<Record<string, unknown>>,
  options: Partial<LapiOptions> = {},
): Promise<Lapi> {
  const server = createServer((request, response) => {
    request.resume();
    const path = (request.url ?? '').split('?')[0] as string;
    const answer = answers[path] ?? null;
    if (typeof answer === 'function') (answer as (response: ServerResponse) => void)(response);
    else response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const lapi = new Lapi({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    machine: { login: 'm', password: 'secret' },
    bouncerKey: 'key',
    version: '0.1.0',
    ...options,
  });
  t.after(() => {
    lapi.close();
    server.close();
    server.closeAllConnections();
  });
  return lapi;
}

const LOGIN = { '/v1/watchers/login': { code: 200, token: 'a.b.c', expire: '2100-01-01T00:00:00Z' } };

test('answers that are too large, too slow or none are errors that say so', async (t) => {
  const lapi = await pretender(
    t,
    {
      '/large': 'x'.repeat(5000),
      '/endless': (response: ServerResponse) => {
        const timer = setInterval(() => response.write('x'.repeat(100)), 1);
        response.once('close', () => clearInterval(timer));
      },
      '/silent': () => undefined,
      '/cut': (response: ServerResponse) => {
        response.writeHead(200, { 'Content-Length': '100' });
        response.write('{');
        setTimeout(() => response.destroy(), 5);
      },
      '/text': '<html>',
      '/moved': (response: ServerResponse) => response.writeHead(302, { Location: '/text' }).end(),
      '/failed': (response: ServerResponse) =>
        response.writeHead(500).end(JSON.stringify({ message: `no\u001b[2J ${'x'.repeat(1000)}` })),
    },
    { maxBytes: 4000, timeoutMs: 300 },
  );
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['/large', 'unreachable', /larger than 4000 bytes/],
    ['/endless', 'unreachable', /larger than 4000 bytes|within 0.3 s/],
    ['/silent', 'unreachable', /no complete answer within 0.3 s/],
    ['/cut', 'unreachable', /aborted|hang up|ECONNRESET/],
    ['/text', 'answer', /no JSON/],
    ['/moved', 'answer', /answered 302/],
    ['/failed', 'answer', /^\/failed answered 500: no \[2J x{150,200}$/],
  ];
  for (const [path, fault, message] of cases) {
    await assert.rejects(lapi.asBouncer(path), (error) => {
      assert.ok(error instanceof LapiError, String(error));
      assert.equal(error.fault, fault);
      assert.match(error.message, message);
      assert.equal(lapi.lastError, error.message);
      return true;
    });
  }
  assert.equal(lapi.statistics().failures, cases.length);
});

test('a login without a good token goes nowhere, and no secret is in what is said', async (t) => {
  for (const answer of [
    null,
    {},
    [],
    { token: 'a\r\nX-Evil: 1' },
    { token: 7 },
    { token: 'x'.repeat(9000) },
  ]) {
    const lapi = await pretender(t, { '/v1/watchers/login': answer });
    await assert.rejects(lapi.asMachine('GET', '/v1/heartbeat'), (error) => {
      assert.ok(error instanceof LapiError);
      assert.match(error.message, /login without a token/);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
});

test('a stream of anything at all is taken for what of it is decisions', async (t) => {
  const good = {
    id: 1,
    origin: 'CAPI',
    scenario: 's',
    scope: 'Ip',
    type: 'ban',
    value: '192.0.2.1',
    duration: '1h',
  };
  const bad: readonly unknown[] = [
    null,
    7,
    'x',
    [],
    {},
    { ...good, id: -1 },
    { ...good, id: '1' },
    { ...good, duration: 'soon' },
    { ...good, duration: '-1h' },
    { ...good, value: 'not an address' },
    { ...good, value: '10.0.0.0/8' },
    { ...good, value: `${'1'.repeat(100_000)}` },
    { ...good, scope: 'Country', value: 'XX' },
    { ...good, type: 'allow' },
    { ...good, value: 'fe80::1%eth0' },
  ];
  const changes: StreamChange[] = [];
  const lapi = await pretender(t, {
    '/v1/decisions/stream': {
      new: [
        ...bad,
        good,
        { ...good, id: 2, scope: 'range', value: '198.51.100.77/24', scenario: 'a\nb\u001b[2J' },
        { ...good, id: 3, scope: 'Range', value: '2001:db8::1/128' },
        { ...good, id: 4, value: '192.0.2.2', origin: 'weir/m' },
        { ...good, id: 5, value: '192.0.2.3', origin: 'x'.repeat(5000) },
      ],
      deleted: bad,
    },
  });
  const stream = new DecisionStream({ lapi, ownOrigin: 'weir/m', changed: (change) => changes.push(change) });
  await stream.pull();
  assert.deepEqual(
    changes[0]?.wishes.map(({ scope, value, scenario }) => [scope, value, scenario]),
    [
      ['address', '192.0.2.1', 's'],
      ['range', '198.51.100.0/24', 'a b [2J'],
      ['address', '2001:db8::1', 's'],
      ['address', '192.0.2.3', 's'],
    ],
  );
  const { held, own, otherScopes, otherTypes, malformed } = stream.statistics();
  assert.deepEqual([held, own, otherScopes, otherTypes], [4, 1, 1, 1]);
  assert.equal(malformed, 12);
  // The same again as changes, with the same bad ones deleted.
  await stream.pull();
  assert.equal(changes.length, 1);
  assert.equal(stream.statistics().completePulls, 1);
});

test('a stream that is none is an error, and then everything is asked for again', async (t) => {
  const answers: Record<string, unknown> = { '/v1/decisions/stream': { new: null, deleted: null } };
  const lapi = await pretender(t, answers);
  const stream = new DecisionStream({ lapi, ownOrigin: 'weir/m', changed: () => undefined });
  await stream.pull();
  await stream.pull();
  assert.equal(stream.statistics().completePulls, 1);
  for (const answer of [[], 7, 'null', {}, { new: {}, deleted: [] }]) {
    answers['/v1/decisions/stream'] = answer;
    await assert.rejects(stream.pull(), /has not the lists/);
  }
  answers['/v1/decisions/stream'] = { new: [], deleted: [] };
  await stream.pull();
  assert.equal(stream.statistics().completePulls, 2);
});

test('everything is asked for again in time, and after a long silence', async (t) => {
  let nowMs = 0;
  const lapi = await pretender(t, { '/v1/decisions/stream': { new: null, deleted: null } });
  const changed = (): void => undefined;
  const stream = new DecisionStream({
    lapi,
    ownOrigin: 'weir/m',
    changed,
    resyncMs: 100_000,
    now: () => nowMs,
  });
  const complete = async (at: number): Promise<number> => {
    nowMs = at;
    await stream.pull();
    return stream.statistics().completePulls as number;
  };
  assert.deepEqual(
    [await complete(0), await complete(40_000), await complete(80_000), await complete(100_000)],
    [1, 1, 1, 2],
  );
  assert.deepEqual([await complete(140_000), await complete(195_000)], [2, 3]);
});

test('alerts of anything at all are taken for what of it is alerts, each once', async (t) => {
  const good = {
    id: 1,
    created_at: '2026-11-21T13:46:34Z',
    scenario: 'crowdsecurity/ssh-bf',
    source: { scope: 'Ip', value: '192.0.2.1' },
  };
  const lapi = await pretender(t, {
    ...LOGIN,
    '/v1/alerts': [
      ...Array.from({ length: 450 }, () => null),
      { ...good, id: 6, source: { scope: 'Country', value: 'XX' } },
      { ...good, id: 2, scenario: 'weir/x' },
      { ...good, id: 3 },
      {
        ...good,
        id: 4,
        events: [{ meta: [{ key: '__proto__', value: 'x' }, { key: 1 }, null] }, null],
        decisions: [7],
      },
      { ...good, id: 5, source: { scope: 'Range', value: '198.51.100.1/24' } },
      good,
      // The number again, of a LAPI that was set up anew.
      { ...good, created_at: '2026-11-22T13:46:34Z' },
      // More than was asked for is not looked at.
      ...Array.from({ length: 43 + 100 }, () => null),
    ],
  });
  const alerts: CrowdSecAlert[] = [];
  const watch = new AlertWatch({ lapi, alert: (alert) => alerts.push(alert), isPushed: (id) => id === 3 });
  await watch.pull();
  await watch.pull();
  assert.deepEqual(
    alerts.map(({ id, address, range }) => [id, address, range]),
    [
      [1, '192.0.2.1', ''],
      [1, '192.0.2.1', ''],
      [5, '', '198.51.100.0/24'],
      [4, '192.0.2.1', ''],
    ],
  );
  assert.deepEqual(Object.entries(alerts[3]?.events[0]?.meta ?? {}), [['__proto__', 'x']]);
  assert.deepEqual(watch.statistics(), {
    told: 4,
    own: 2,
    otherScopes: 1,
    malformed: 2 * 493,
    cutAnswers: 2,
  });
});

test('no shape makes reading throw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      readAlert(value);
      const decision = readDecision(value);
      if (decision !== undefined) subjectOf(decision);
    }),
  );
});

test('times are read in both forms of the LAPI', () => {
  const ms = Date.UTC(2026, 10, 21, 13, 46, 34, 118);
  for (const text of [
    '2026-11-21T13:46:34.118Z',
    '2026-11-21T14:46:34.118+01:00',
    '2026-11-21 13:46:34.118 +0000 UTC',
    '2026-11-21 14:46:34.118 +0100 CET',
    '2026-11-21 13:46:34.118000999 +0000 UTC',
  ]) {
    assert.equal(parseTime(text), ms, text);
  }
  for (const text of ['', 'now', '2026-11-21', '2026-13-41T00:00:00Z', '2026-11-21T13:46:34', 7, null]) {
    assert.equal(parseTime(text), undefined, String(text));
  }
});

test('addresses of a LAPI', () => {
  const at = (text: string) => {
    const endpoint = parseEndpoint(text);
    return (
      endpoint && [endpoint.secure, endpoint.host, endpoint.port, endpoint.socketPath, endpoint.basePath]
    );
  };
  assert.deepEqual(at('http://127.0.0.1:8080/'), [false, '127.0.0.1', 8080, '', '']);
  assert.deepEqual(at('https://[2001:db8::1]/lapi/'), [true, '2001:db8::1', 443, '', '/lapi']);
  assert.deepEqual(at('/run/crowdsec.sock'), [false, 'localhost', 0, '/run/crowdsec.sock', '']);
  assert.deepEqual(at('unix:/run/crowdsec.sock')?.[3], '/run/crowdsec.sock');
  for (const bad of ['', 'localhost:8080', 'ftp://x/', 'http://u:p@x/', 'http://x/?a', 'unix:x', 'http://']) {
    assert.equal(at(bad), undefined, bad);
    assert.throws(() => new Lapi({ url: bad, version: '0' }), LapiError);
  }
  assert.throws(() => new Lapi({ url: 'http://x', version: '0', bouncerKey: 'a\r\nb' }), /bouncer key/);
});

test('whose decision it is', () => {
  const own = originOf('gateway, 1\n');
  assert.equal(own, 'weir/gateway__1_');
  assert.equal(pushedScenario('weir/x'), 'weir/x');
  assert.equal(pushedScenario('crowdsecurity/ssh-bf'), 'weir/crowdsecurity/ssh-bf');
  const cases: readonly (readonly [string, string, string])[] = [
    [own, 'weir/x', 'own'],
    [own, 'anything', 'own'],
    ['weir/other', 'weir/x', 'peer'],
    ['crowdsec', 'weir/x', 'own'],
    ['crowdsec', 'crowdsecurity/ssh-bf', 'other'],
    ['CAPI', '', 'other'],
  ];
  for (const [origin, scenario, owner] of cases) {
    assert.equal(ownerOf({ origin, scenario }, own), owner, `${origin} ${scenario}`);
  }
});

test('a batch of alerts that is refused again and again does not hold up the next', async (t) => {
  const answers: Record<string, unknown> = {
    ...LOGIN,
    '/v1/alerts': (response: ServerResponse) => response.writeHead(500).end('{"message": "no"}'),
  };
  const lapi = await pretender(t, answers);
  const push = new AlertPush({ lapi, ownOrigin: 'weir/m', version: '0.1.0', batch: 2, mostWaiting: 3 });
  const context = { events: [], count: 1, meta: {} };
  for (const value of ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4']) {
    push.queue({ scope: 'address', value, scenario: 's', message: 'm', simulated: false, context });
  }
  for (let i = 0; i < 3; i++) await assert.rejects(push.flush(), /answered 500: no/);
  assert.deepEqual(push.statistics(), { pushed: 0, dropped: 1, refused: 2, waiting: 1 });
  answers['/v1/alerts'] = ['7', 'x', '8'];
  await push.flush();
  assert.deepEqual(push.statistics(), { pushed: 1, dropped: 1, refused: 2, waiting: 0 });
  assert.deepEqual([push.has(7), push.has(8)], [true, false]);
});

test('a connection that was kept and is gone is replaced', async (t) => {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    request.resume();
    response.end('null');
    // The other side goes away without a word once the answer is out.
    response.once('finish', () => setTimeout(() => request.socket.resetAndDestroy(), 5));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const lapi = new Lapi({ url, bouncerKey: 'key', version: '0.1.0' });
  t.after(() => {
    lapi.close();
    server.close();
  });
  for (let i = 0; i < 20; i++) {
    await lapi.asBouncer('/v1/decisions');
    await new Promise((done) => setTimeout(done, i % 10));
  }
  assert.equal(lapi.statistics().failures, 0);
});
