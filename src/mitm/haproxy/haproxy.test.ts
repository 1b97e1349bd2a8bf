import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { CORPUS, withoutCorpus } from '../../../test/support/corpus.ts';
import { type Judge, PASSED, unrecordedRefusal } from '../judge.ts';
import { SpoeAgent, type SpoeAgentOptions } from './agent.ts';
import { CrsJudge } from './trial/crs-judge.ts';
import { missingProgram, RunningHaproxy, type TrialOptions, webServer } from './trial/running-haproxy.ts';
import { installedVersion, isFrom, OLDEST } from './version.ts';

const run = promisify(execFile);
const without = missingProgram('haproxy', 'curl', 'openssl');

/** Denies what has `evil` in its target or body, at once. */
function plainJudge(delayMs = 0): Judge & { judged: number; ended: number } {
  const judge = {
    requestBodyLimit: 1 << 20,
    responseBodyLimit: 65536,
    refusesLongBodies: false,
    judged: 0,
    ended: 0,
    refuse: (_request: unknown, status: number, reason: string) => unrecordedRefusal(status, reason),
    async request({ target, body }: { readonly target: string; readonly body: string }) {
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
      judge.judged++;
      const isEvil = target.includes('evil') || body.includes('evil');
      return {
        reference: 'reference0123456789x',
        judgement: isEvil ? { ...PASSED, action: 'deny' as const, status: 403, reason: 'evil' } : PASSED,
        response: async () => {
          judge.ended++;
          return PASSED;
        },
        abandon: () => {
          judge.ended++;
        },
      };
    },
  };
  return judge;
}

async function curl(...args: readonly string[]): Promise<{ status: number; body: string; seconds: number }> {
  const { stdout } = await run('curl', ['-sk', '-m', '10', '-w', '\n%{http_code} %{time_total}', ...args], {
    maxBuffer: 1 << 24,
  });
  const end = stdout.lastIndexOf('\n');
  const [status, seconds] = stdout.slice(end + 1).split(' ');
  return { status: Number(status), body: stdout.slice(0, end), seconds: Number(seconds) };
}

interface Scene {
  readonly haproxy: RunningHaproxy;
  readonly agent: SpoeAgent;
  readonly url: string;
}

async function scene(
  t: TestContext,
  judge: Judge,
  haproxyOptions: Omit<TrialOptions, 'server'> = {},
  agentOptions: Partial<SpoeAgentOptions> = {},
): Promise<Scene> {
  const { server, port } = await webServer();
  const haproxy = new RunningHaproxy();
  const agents: SpoeAgent[] = [];
  t.after(async () => {
    await haproxy.stop();
    for (const agent of agents) await agent.close();
    server.closeAllConnections();
    server.close();
  });
  const agent = await SpoeAgent.listen({ judge, listen: haproxy.socket, ...agentOptions });
  agents.push(agent);
  await haproxy.start({ server: port, ...haproxyOptions });
  return { haproxy, agent, url: `http://127.0.0.1:${haproxy.httpPort}` };
}

/** Waits until a condition holds, at most five seconds. */
async function until(what: string, holds: () => boolean): Promise<void> {
  const started = performance.now();
  while (!holds()) {
    if (performance.now() - started > 5000) throw new Error(`${what} did not come to be`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const CRS = join(CORPUS, 'crs');
test('the Core Rule Set behind HAProxy', {
  skip: without || withoutCorpus('crs'),
  timeout: 120_000,
}, async (t) => {
  const judge = await CrsJudge.start(CRS, 1, true);
  t.after(() => judge.close());
  // The first requests of a worker compile their rules; a machine under load takes its time.
  const { agent, haproxy, url } = await scene(
    t,
    judge,
    { responses: 'body', fail: 'closed', processingMs: 5000 },
    { deadlineMs: 4000 },
  );
  const a = ['-H', 'Host: a.test', '-H', 'User-Agent: Mozilla/5.0'];
  assert.equal((await curl(...a, `${url}/?q=hello+world&page=2`)).status, 200);
  const attack = await curl(...a, `${url}/?q=%3Cscript%3Ealert(1)%3C/script%3E`);
  assert.equal(attack.status, 403);
  assert.match(attack.body, /Blocked\. Reference: r2/);
  assert.equal(
    (await curl(...a, '-d', "id=1' OR '1'='1' UNION SELECT password FROM users--", url)).status,
    403,
  );
  assert.equal((await curl(...a, '-d', 'name=Anna&city=Graz', url)).body.trim(), 'POST / 19');
  const tls = `https://127.0.0.1:${haproxy.httpsPort}`;
  assert.equal((await curl(...a, '--http2', `${tls}/?file=../../../../etc/passwd`)).status, 403);
  assert.equal((await curl(...a, '--http2', `${tls}/benign`)).status, 200);
  const chunked = ['-H', 'Transfer-Encoding: chunked', '--data-binary'];
  assert.equal((await curl(...a, ...chunked, 'x=<script>alert(document.cookie)</script>', url)).status, 403);
  // The answer of the server tells of an error in SQL.
  assert.equal((await curl(...a, `${url}/leak`)).status, 403);
  await until('every request ended', () => judge.judged === judge.ended && agent.statistics.inFlight === 0);
  const { requests, responses, late, uncorrelated, pendingResponses } = agent.statistics;
  assert.deepEqual(
    { requests, responses, late, uncorrelated, pendingResponses },
    {
      requests: 8,
      responses: 4,
      late: 0,
      uncorrelated: 0,
      pendingResponses: 0,
    },
  );
});

test('odd methods and targets are answered', { skip: without, timeout: 30_000 }, async (t) => {
  const { agent, url } = await scene(t, plainJudge());
  for (const method of ['DEBUG', 'PROPFIND', 'TRACE', 'OPTIONS', 'PATCH', 'M-SEARCH', 'HEAD', 'X']) {
    const head = method === 'HEAD' ? ['-I'] : ['-X', method];
    const { status, seconds } = await curl(...head, `${url}/evil`);
    assert.equal(status, 403, method);
    assert.ok(seconds < 5);
  }
  assert.equal((await curl('-X', 'OPTIONS', '--request-target', '*', url)).status, 200);
  assert.equal((await curl('-H', 'Host: a.test', '--request-target', 'http://a.test/evil', url)).status, 403);
  // Bodies that end with the head, whatever they ask for.
  const upgrade = [
    '-H',
    'Connection: Upgrade',
    '-H',
    'Upgrade: websocket',
    '-H',
    'Sec-WebSocket-Version: 13',
  ];
  assert.equal(
    (await curl(...upgrade, '-H', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', `${url}/ws`)).status,
    200,
  );
  assert.equal(
    (await curl('-X', 'CONNECT', '--request-target', 'evil.test:443', '-H', 'Host: evil.test:443', url))
      .status,
    403,
  );
  assert.equal(agent.statistics.requests, 12);
  assert.equal(agent.statistics.bodiesCut, 0);
});

test('a body beyond the buffer, with its length and chunked', {
  skip: without,
  timeout: 60_000,
}, async (t) => {
  for (const cutBody of ['deny', 'flag'] as const) {
    const judge = plainJudge();
    const { agent, haproxy, url: plain } = await scene(t, judge, {}, { cutBody });
    const tls = `https://127.0.0.1:${haproxy.httpsPort}/`;
    const send = async (bytes: number, ...args: string[]): Promise<number> => {
      const url = args.includes('--http2') ? tls : plain;
      const body = 'a'.repeat(bytes);
      const child = run('curl', [
        '-sk',
        '-m',
        '10',
        '-o',
        '/dev/null',
        '-w',
        '%{http_code}',
        ...(args.includes('-T') ? [] : ['--data-binary', '@-']),
        ...args,
        url,
      ]);
      // A client that is refused stops reading its body.
      child.child.stdin?.on('error', () => {});
      child.child.stdin?.end(body);
      return Number((await child).stdout);
    };
    const chunked = ['-H', 'Transfer-Encoding: chunked'];
    assert.equal(await send(60_000), 200);
    assert.equal(await send(60_000, ...chunked), 200);
    assert.equal(agent.statistics.bodiesCut, 0);
    const expected = cutBody === 'deny' ? 413 : 200;
    assert.equal(await send(200_000), expected);
    assert.equal(await send(200_000, ...chunked), expected);
    // HTTP/2 without a length.
    const streamed = ['--http2', '-X', 'POST', '-T', '-'];
    assert.equal(await send(50_000, ...streamed), 200);
    // HAProxy 2.6 cancels the stream behind its 413, and curl does not show it then.
    const refused = await send(200_000, ...streamed).catch(() => 413);
    assert.equal(refused, expected);
    assert.equal(agent.statistics.bodiesCut, 3);
    assert.equal(judge.judged, cutBody === 'deny' ? 3 : 6);
  }
});

test('frames smaller than requests come in fragments', {
  skip:
    without ||
    (isFrom(installedVersion() ?? OLDEST, 3, 1) && 'HAProxy 3.1 and later send no message in fragments'),
  timeout: 30_000,
}, async (t) => {
  const change = (text: string): string =>
    text.replace('    use-backend', '    max-frame-size 1024\n    use-backend');
  const { agent, url } = await scene(t, plainJudge(), { change, fail: 'closed' });
  assert.equal((await curl('-d', `${'a'.repeat(20_000)}evil`, url)).status, 403);
  assert.equal((await curl('-d', 'b'.repeat(20_000), url)).status, 200);
  assert.ok(agent.statistics.fragments >= 40, `${agent.statistics.fragments} fragments`);
  assert.deepEqual(agent.statistics.faults, {});
});

test('a request that nearly fills the buffer is judged, or refused: it never passes unseen', {
  skip: without,
  timeout: 60_000,
}, async (t) => {
  const { haproxy } = await scene(t, plainJudge(), { fail: 'open' });
  const send = (target: number, field: number, body: number): Promise<number> =>
    new Promise((resolve, reject) => {
      const sent = request({
        port: haproxy.httpPort,
        method: 'POST',
        path: `/${'t'.repeat(target)}`,
        agent: false,
        headers: { 'x-field': 'f'.repeat(field), 'content-length': 4 + body },
      });
      sent.once('response', (response) => resolve(response.resume().statusCode ?? 0));
      sent.once('error', reject);
      sent.end(`evil${'b'.repeat(body)}`);
    });
  const seen = new Set<number>();
  for (const target of [1, 30_000, 58_000]) {
    for (const field of [10, 5000]) {
      const rest = Math.max(0, 65_536 - target - field);
      for (let body = Math.max(0, rest - 1800); body < rest; body += 100) {
        const status = await send(target, field, body);
        assert.notEqual(status, 200, `${target} + ${field} + ${body} bytes passed`);
        seen.add(status);
      }
    }
  }
  assert.ok(seen.has(403) && seen.has(413), `only ${[...seen].join(' ')}`);
});

test('the agent is checked, and its absence is what the configuration says', {
  skip: without,
  timeout: 60_000,
}, async (t) => {
  for (const fail of ['open', 'closed'] as const) {
    const { agent, url } = await scene(t, plainJudge(), { fail });
    await until('a health check came', () => agent.statistics.healthchecks > 0);
    assert.equal((await curl(`${url}/evil`)).status, 403);
    await agent.close();
    assert.equal((await curl(`${url}/evil`)).status, fail === 'open' ? 200 : 503, `fail ${fail}`);
  }
});

test('a judge that is too slow is what the configuration says', {
  skip: without,
  timeout: 30_000,
}, async (t) => {
  for (const fail of ['open', 'closed'] as const) {
    const judge = plainJudge(300);
    const { agent, url } = await scene(t, judge, { fail }, { deadlineMs: 50 });
    assert.equal((await curl(`${url}/evil`)).status, fail === 'open' ? 200 : 503, `fail ${fail}`);
    assert.equal(agent.statistics.late, 1);
    await until('the late judgement was abandoned', () => judge.ended === 1);
  }
});

/** Many requests over kept connections; resolves with how often each status came. */
async function load(
  port: number,
  count: number,
  connections: number,
  half: () => void,
): Promise<Map<number, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const statuses = new Map<number, number>();
  let sent = 0;
  const client = async (): Promise<void> => {
    while (sent < count) {
      const path = sent++ % 2 === 0 ? '/benign?x=1' : '/evil?x=1';
      if (sent === Math.floor(count / 2)) half();
      const status = await new Promise<number>((resolve, reject) => {
        const asked = request({ host: '127.0.0.1', port, path, agent }, (response) => {
          response.resume();
          response.once('end', () =>
            resolve(
              path.startsWith('/evil') ? (response.statusCode ?? 0) : 1000 + (response.statusCode ?? 0),
            ),
          );
        });
        asked.once('error', reject);
        asked.end();
      });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  agent.destroy();
  return statuses;
}

test('a restart of the agent under load loses nothing', { skip: without, timeout: 60_000 }, async (t) => {
  const judge = plainJudge();
  // Nothing is expected to wait for longer than the hand-over takes.
  const { haproxy, agent } = await scene(t, judge, { fail: 'closed', responses: 'head', processingMs: 3000 });
  let handOver: Promise<SpoeAgent> | undefined;
  const statuses = await load(haproxy.httpPort, 16000, 32, () => {
    handOver = (async () => {
      const next = await SpoeAgent.listen({ judge, listen: haproxy.socket, replace: true });
      await agent.close();
      return next;
    })();
  });
  const next = await handOver;
  assert.ok(next !== undefined);
  t.after(() => next.close());
  t.diagnostic(
    `statuses: ${JSON.stringify([...statuses])}; the second agent judged ${next.statistics.requests}`,
  );
  const evilPassed = statuses.get(200) ?? 0;
  const lost = statuses.get(1503) ?? 0;
  assert.equal(evilPassed, 0);
  assert.equal((statuses.get(403) ?? 0) + (statuses.get(503) ?? 0), 16000 / 2);
  assert.equal((statuses.get(1200) ?? 0) + lost, 16000 / 2);
  // What HAProxy sends into the very moment of the goodbye is answered by policy: a handful at most.
  assert.ok(lost + (statuses.get(503) ?? 0) <= 32, `${lost} lost`);
  assert.ok(next.statistics.requests > 500);
  assert.ok(existsSync(haproxy.socket));
  await next.close();
  await until('every request ended', () => judge.judged === judge.ended);
});
