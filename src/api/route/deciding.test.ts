import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Fastify, { type InjectOptions } from 'fastify';
import { withoutPrograms } from '../../../test/support/web-parts.ts';
import { RunningWeir } from '../../control/index.ts';
import { folderFor, type Running, up } from '../../supervisor/testing.ts';
import type { Role } from '../access.ts';
import type { Backend } from '../backend.ts';
import { LiveFeed } from '../live/feed.ts';
import { problemOf } from '../problem.ts';
import { readSecretFile } from '../secret-file.ts';
import type { Api, ApiTypes } from '../server.ts';
import { addressesRoutes } from './addresses.ts';
import { bufferRoutes } from './buffer.ts';
import { correlationsRoutes } from './correlations.ts';
import { decisionsRoutes } from './decisions.ts';
import { dpiRoutes } from './dpi.ts';
import { exceptionsRoutes } from './exceptions.ts';
import { incidentsRoutes } from './incidents.ts';
import { replayRoutes } from './replay.ts';
import { scenariosRoutes } from './scenarios.ts';
import { threatsRoutes } from './threats.ts';
import { wafRoutes } from './waf.ts';

const SPACE = `wdec${process.pid}`;
const CLIENT = '203.0.113.5';
const skip =
  process.getuid?.() === 0 ? withoutPrograms('ip', 'curl') : 'only root can make a network namespace';
const SETTINGS = `capture: {interface: lo}
respond: {mode: observe}
status: {enabled: false}
store: {enabled: true, folder: FOLDER/store}
web: {enabled: true, reverse: {listen: '127.0.0.1:8081', to: 'http://127.0.0.1:9'}, buffer: {enabled: true, folder: FOLDER/buffer}}`;

type Json = Readonly<Record<string, unknown>>;

test('what the API tells and changes of threats, decisions, scenarios and rules', {
  skip,
  timeout: 120_000,
}, async (context) => {
  const ground = await Ground.open(context);

  await context.test('an answer has every field that there is to tell', async () => {
    const { items } = await ground.get('/api/v1/correlations?limit=1');
    const [{ id, incident }] = items as [{ id: string; incident: string }];
    for (const path of [
      '/api/v1/threats',
      '/api/v1/threats?kind=ja4',
      `/api/v1/addresses/${CLIENT}`,
      `/api/v1/addresses/${CLIENT}/reputation`,
      `/api/v1/addresses/${CLIENT}/behaviour`,
      `/api/v1/reputations/${encodeURIComponent('2001:db8::/64')}`,
      '/api/v1/correlations',
      '/api/v1/correlations/statistics',
      `/api/v1/correlations/${id}`,
      '/api/v1/incidents',
      `/api/v1/incidents/${incident}`,
      '/api/v1/decisions',
      '/api/v1/exceptions',
      '/api/v1/proposals',
      '/api/v1/scenarios',
      `/api/v1/scenarios/${encodeURIComponent('weir/waf-blocked')}`,
      '/api/v1/waf',
      '/api/v1/waf/rules/942100',
      '/api/v1/buffer',
      '/api/dpi/status',
      '/api/dpi/mitm/buffer',
      '/api/dpi/tap/flows',
    ]) {
      await ground.get(path);
    }
    const own = await ground.get('/api/dpi/correlated', { isWhole: false });
    assert.equal((own.correlations as Json[])[0]?.ip, CLIENT);
  });

  await context.test(
    'pages of correlations and decisions are whole, whatever comes in meanwhile',
    async () => {
      const all = await ground.get('/api/v1/correlations?limit=1000');
      const expected = (all.items as { id: string }[]).map(({ id }) => id);
      assert.ok(expected.length >= 3, String(expected.length));
      const found: string[] = [];
      for (let next = ''; ; ) {
        const page = await ground.get(`/api/v1/correlations?limit=1${next && `&cursor=${next}`}`);
        found.push(...(page.items as { id: string }[]).map(({ id }) => id));
        if (found.length === 1) {
          await ground.post('/api/v1/correlations', { address: '198.51.100.9', reason: 'seen elsewhere' });
        }
        if (page.next === undefined) break;
        next = String(page.next);
      }
      assert.deepEqual(found, expected);
      for (const value of ['198.51.100.1', '198.51.100.2', '198.51.100.3']) {
        await ground.post('/api/v1/decisions', { value, reason: 'a test' });
      }
      const first = await ground.get('/api/v1/decisions?limit=2');
      const second = await ground.get(`/api/v1/decisions?limit=2&cursor=${first.next}`);
      const values = [first, second].flatMap(({ items }) => (items as Json[]).map(({ value }) => value));
      assert.deepEqual(values.toSorted(), ['198.51.100.1', '198.51.100.2', '198.51.100.3']);
      assert.equal(second.next, undefined);
      await ground.refused('GET', '/api/v1/decisions?cursor=nonsense', 400);
      await ground.refused('GET', '/api/v1/correlations?since=yesterday', 400, /since is a time/);
    },
  );

  await context.test('a decision is planned, taken, found, undone and lifted', async () => {
    const plan = await ground.post('/api/v1/decisions/plan', { value: '198.51.100.20' });
    assert.deepEqual([plan.isRefused, plan.mode], [false, 'observe']);
    assert.ok((plan.lines as string[]).length > 0);
    assert.equal((await ground.get('/api/v1/decisions?value=198.51.100.20')).total, 0);
    const guarded = await ground.post('/api/v1/decisions/plan', { value: '127.0.0.1' });
    assert.ok(guarded.isRefused && (guarded.refusals as string[]).length === 1);
    await ground.refused('POST', '/api/v1/decisions', 409, /loopback|reserved/, { value: '127.0.0.1' });
    const taken = await ground.post('/api/v1/decisions', { value: '198.51.100.20', durationMs: 60_000 });
    const { id, author } = taken.decision as { id: string; author: string };
    assert.equal(author, 'tester');
    assert.equal((await ground.get(`/api/v1/decisions/${id}`)).value, '198.51.100.20');
    const [undone] = (await ground.post('/api/v1/decisions/undo')).lifted as Json[];
    assert.equal(undone?.id, id);
    await ground.refused('GET', `/api/v1/decisions/${id}`, 404);
    const again = await ground.post('/api/v1/decisions', { value: '198.51.100.0/29', type: 'throttle' });
    assert.equal((again.decision as Json).scope, 'range');
    await ground.ask('DELETE', '/api/v1/decisions?value=198.51.100.0%2F29');
    await ground.refused('DELETE', '/api/v1/decisions?value=198.51.100.0%2F29', 404);
    const forced = { value: '198.51.100.21', force: true };
    await ground.refused('POST', '/api/v1/decisions', 403, /role admin/, forced, 'operator');
    await ground.refused('POST', '/api/v1/decisions', 400, /no address/, { value: 'somebody' });
  });

  await context.test(
    'a false alarm is marked, its address is forgotten, an exception is made and removed',
    async () => {
      const before = await ground.get(`/api/v1/addresses/${CLIENT}/reputation`);
      const { items } = await ground.get(`/api/v1/correlations?address=${CLIENT}&limit=1`);
      const [{ id }] = items as [{ id: string }];
      const marked = await ground.post(`/api/v1/correlations/${id}/mark`, {
        as: 'false',
        note: 'our scanner',
      });
      assert.match(String(marked.done), /marked as false/);
      const between = await ground.get(`/api/v1/addresses/${CLIENT}/reputation`);
      assert.ok((between.score as number) <= (before.score as number));
      await ground.ask('DELETE', `/api/v1/addresses/${CLIENT}/reputation`);
      assert.equal((await ground.get(`/api/v1/addresses/${CLIENT}/reputation`)).score, 0);
      await ground.post('/api/v1/exceptions', {
        match: { network: '192.0.2.0/24', ruleId: '942100' },
        reason: 'our own scanner',
      });
      const [exception] = (await ground.get('/api/v1/exceptions')).items as Json[];
      assert.deepEqual(exception?.match, { network: '192.0.2.0/24', ruleId: '942100' });
      await ground.ask('DELETE', `/api/v1/exceptions/${exception?.id}`);
      assert.deepEqual((await ground.get('/api/v1/exceptions')).items, []);
      await ground.refused('POST', '/api/v1/exceptions', 400, undefined, { match: {} });
      await ground.refused('POST', '/api/v1/proposals/none/accept', 400, /no proposal/);
    },
  );

  await context.test(
    'scenarios: mistakes with their places, and what one would have found over what is stored',
    async () => {
      const { text, overflows, met } = await ground.get(
        `/api/v1/scenarios/${encodeURIComponent('weir/waf-blocked')}`,
      );
      assert.match(String(text), /^name: weir\/waf-blocked$/m);
      assert.ok(Number(overflows) >= 1);
      assert.equal((met as Json[])[0]?.value, CLIENT);
      const wrong = String(text).replace(/^filter: .*$/m, 'filter: "evt.Meta.log_type =="');
      const { mistakes } = await ground.post('/api/v1/scenarios/check', { text: wrong });
      const line = wrong.split('\n').findIndex((one) => one.startsWith('filter:')) + 1;
      assert.equal((mistakes as { line: number }[])[0]?.line, line);
      await ground.refused('POST', '/api/v1/scenarios/test', 400, /line \d+: /, { text: wrong });
      const tested = await ground.post('/api/v1/scenarios/test', { name: 'weir/waf-blocked', since: '1h' });
      assert.ok(Number(tested.records) > 0 && Number(tested.overflows) >= 1, JSON.stringify(tested));
      const { items } = tested.decisions as { items: { value: string }[] };
      assert.deepEqual(
        items.map(({ value }) => value),
        [CLIENT],
      );
      assert.equal(tested.isCutOff, false);
      const none = await ground.post('/api/v1/scenarios/test', {
        name: 'weir/waf-blocked',
        since: '2h',
        until: '1h',
      });
      assert.equal(none.records, 0);
      const files = `${text}data: [{dest_file: passwd, type: string}]\n`;
      const named = await ground.post('/api/v1/scenarios/check', { text: files });
      assert.match(JSON.stringify(named.mistakes), /no data folder is set/);
    },
  );

  await context.test(
    'rules: mistakes, a verdict without secrets, no files, stored requests judged again',
    async () => {
      const check = await ground.post('/api/v1/waf/check', {
        text: '# one\nSecRule ARGS "@rx (" "id:1,phase:1,deny"',
      });
      assert.equal((check.mistakes as { line: number }[])[0]?.line, 2);
      const request =
        "POST /?id=1'%20OR%20'1'='1 HTTP/1.1\nHost: a.example\nAuthorization: Basic c2VjcmV0OnNlY3JldA==\nContent-Type: application/x-www-form-urlencoded\n\npassword=hunter2hunter2";
      const verdict = await ground.post('/api/v1/waf/test', { request, paranoia: 4 });
      assert.equal(verdict.action, 'deny');
      assert.ok((verdict.matches as Json[]).some(({ id }) => id === 942100));
      assert.doesNotMatch(JSON.stringify(verdict), /hunter2|c2VjcmV0/);
      const rules = 'SecRule ARGS:id "@contains OR" "id:77,phase:1,deny,status:418,msg:\'Or\'"';
      const own = await ground.post('/api/v1/waf/test', { request, rules, crs: false });
      assert.deepEqual([own.ruleId, own.status, (own.matches as Json[])[0]?.line], [77, 418, 1]);
      const reading = [
        'Include /etc/hostname',
        'IncludeOptional /etc/host*',
        'SecRule ARGS "@pmFromFile /etc/passwd" "id:1,phase:1,deny"',
        'SecRule ARGS "@pmf crs-setup.conf" "id:2,phase:1,deny"',
        'SecRule REMOTE_ADDR "@ipMatchFromFile ../../etc/hosts" "id:3,phase:1,deny"',
      ];
      const files = await ground.post('/api/v1/waf/check', { text: reading.join('\n') });
      assert.deepEqual(
        (files.mistakes as { line: number; message: string }[]).map(
          ({ line, message }) => `${line} ${message.includes('read no files')}`,
        ),
        ['1 true', '2 true', '3 true', '4 true', '5 true'],
      );
      await ground.refused('POST', '/api/v1/waf/test', 400, /read no files/, { request, rules: reading[2] });
      const { rules: top, categories } = await ground.get('/api/v1/waf');
      assert.ok(
        (top as Json[]).some(({ id }) => id === 942100) && JSON.stringify(categories).includes('sqli'),
      );
      const rule = await ground.get('/api/v1/waf/rules/942100');
      assert.match(String(rule.text), /^SecRule [\s\S]*id:942100/);
      assert.equal((rule.hits as Json[])[0]?.address, CLIENT);
      await ground.refused('GET', '/api/v1/waf/rules/1', 404);
      const judged = await ground.post('/api/v1/waf/rejudge', {
        selection: { address: CLIENT },
        paranoia: 2,
      });
      assert.ok(Number(judged.judged) >= 3);
      const rejudged = await ground.post('/api/v1/waf/rejudge', {
        rules: 'SecRule REQUEST_URI "@contains page-2" "id:79,phase:1,pass,log,msg:\'Two\'"',
      });
      assert.ok((rejudged.rules as Json[]).some(({ id, after }) => id === 79 && after === 1));
      await ground.refused('POST', '/api/v1/waf/rejudge', 400, /read no files/, { rules: reading[0] });
      const replay = await ground.post(`/api/dpi/replay/${CLIENT}`);
      assert.deepEqual([replay.success, replay.replayed], [true, judged.judged]);
      const sent = await ground.post('/api/v1/replays', {
        to: 'http://127.0.0.1:7',
        selection: { address: CLIENT },
      });
      assert.equal(sent.sent, sent.failed);
      await ground.ask('DELETE', `/api/v1/buffer/addresses/${CLIENT}`);
      const erased = await ground.ask('DELETE', '/api/v1/buffer');
      assert.deepEqual(erased, { entries: 0, isKeyReplaced: true });
    },
  );
});

/** A weir in a network namespace, attacked through its proxy, and the routes over it. */
class Ground {
  private readonly api: Api;
  private payload: unknown;
  private role: Role = 'admin';

  static async open(context: TestContext): Promise<Ground> {
    const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'pipe' });
    ip('netns', 'add', SPACE);
    context.after(() => ip('netns', 'delete', SPACE));
    ip('-n', SPACE, 'link', 'set', 'lo', 'up');
    ip('-n', SPACE, 'address', 'add', `${CLIENT}/32`, 'dev', 'lo');
    const folder = folderFor(context);
    const running = await start(context, folder);
    const weir = RunningWeir.at(join(folder, 'run'));
    for (let i = 0; i < 4; i++) attack(i);
    await running.until(
      'correlations',
      async () => (await weir.correlations({}, 10)).correlations.length >= 3,
    );
    await running.until('overflows', async () =>
      (await weir.scenarios()).scenarios.some(({ overflows }) => overflows > 0),
    );
    await running.until('stored matches', async () =>
      (await weir.requests({}, 10)).every((one) => one.analysed),
    );
    const ground = new Ground({
      weir,
      feed: feedOf(folder),
      configuration: () => assert.fail('nobody asks for the configuration'),
      folder,
      secret: readSecretFile,
      owner: 'root',
      report: (line) => assert.fail(line),
    });
    await ground.api.ready();
    context.after(() => ground.api.close());
    return ground;
  }

  private constructor(backend: Backend) {
    this.api = Fastify({
      ajv: { customOptions: { coerceTypes: 'array', removeAdditional: false } },
    }).withTypeProvider<ApiTypes>();
    this.api.decorateRequest('principal', undefined);
    this.api.addHook('onRequest', async (request) => {
      request.principal = { name: 'tester', role: this.role, by: 'socket' };
    });
    this.api.addHook('preSerialization', async (_request, _reply, payload) => {
      this.payload = payload;
      return payload;
    });
    this.api.setErrorHandler((error, _request, reply) => {
      const problem = problemOf(error);
      if (problem === undefined) throw error;
      return reply.code(problem.status).send({ detail: problem.message });
    });
    for (const routes of [
      addressesRoutes,
      bufferRoutes,
      correlationsRoutes,
      decisionsRoutes,
      dpiRoutes,
      exceptionsRoutes,
      incidentsRoutes,
      replayRoutes,
      scenariosRoutes,
      threatsRoutes,
      wafRoutes,
    ]) {
      routes(this.api, backend);
    }
  }

  /** `isWhole`: nothing that the route gave is missing in the answer. */
  async ask(
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    { body, isWhole = true }: { readonly body?: object | undefined; readonly isWhole?: boolean } = {},
  ): Promise<Json> {
    const { status, value } = await this.send(method, url, body);
    assert.equal(status, 200, `${method} ${url}: ${JSON.stringify(value).slice(0, 300)}`);
    if (isWhole) assert.deepEqual(value, JSON.parse(JSON.stringify(this.payload)), `${method} ${url}`);
    return value;
  }

  get(url: string, options: { readonly isWhole?: boolean } = {}): Promise<Json> {
    return this.ask('GET', url, options);
  }

  post(url: string, body?: object): Promise<Json> {
    return this.ask('POST', url, { body });
  }

  async refused(
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    expected: number,
    detail?: RegExp,
    body?: object,
    role: Role = 'admin',
  ): Promise<void> {
    this.role = role;
    const { status, value } = await this.send(method, url, body);
    this.role = 'admin';
    assert.equal(status, expected, `${method} ${url}: ${JSON.stringify(value).slice(0, 300)}`);
    if (detail !== undefined) assert.match(String(value.detail), detail);
  }

  private async send(method: 'GET' | 'POST' | 'DELETE', url: string, body: object | undefined) {
    const options: InjectOptions = { method, url, ...(body === undefined ? {} : { payload: body }) };
    const answer = await this.api.inject(options);
    return { status: answer.statusCode, value: answer.json<Json>() };
  }
}

async function start(context: TestContext, folder: string): Promise<Running> {
  const { writeConfiguration } = await import('../../supervisor/testing.ts');
  writeConfiguration(folder, SETTINGS.replaceAll('FOLDER', folder));
  const running = up(context, folder, [], {}, ['ip', 'netns', 'exec', SPACE]);
  await running.running();
  return running;
}

function attack(number: number): void {
  const url = `http://127.0.0.1:8081/page-${number}?id=1%27%20OR%20%271%27=%271`;
  const args = [
    'netns',
    'exec',
    SPACE,
    'curl',
    '-s',
    '-m',
    '10',
    '-o',
    '/dev/null',
    '--interface',
    CLIENT,
    url,
  ];
  execFileSync('ip', args, { stdio: 'pipe' });
}

/** What the process of the API would have heard. */
function feedOf(folder: string): LiveFeed {
  const feed = new LiveFeed();
  const lines = readFileSync(join(folder, 'eve.json'), 'utf8').trim().split('\n');
  feed.take(lines.map((line) => ({ line, record: JSON.parse(line) as Json })));
  return feed;
}
