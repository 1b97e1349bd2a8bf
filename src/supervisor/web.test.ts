import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { Nginx } from '../../test/support/nginx.ts';
import { type Answer, curlIn, until, withoutPrograms, writeRules } from '../../test/support/web-parts.ts';
import { recordFaults } from '../event/schema/index.ts';
import { TestNetwork, withoutNamespaces } from '../mirror/namespace-network.ts';
import { kernelAddon } from '../native/index.ts';
import { Store } from '../store/index.ts';
import { folderFor, MAIN, type Running, up, writeConfiguration } from './testing.ts';

const skip =
  kernelAddon() === undefined
    ? 'build/weir.node is not built'
    : withoutNamespaces() || withoutPrograms('nginx', 'curl');
const REFERENCE = /^x-weir-reference: ([a-z0-9]{20})$/m;
/** nobody, whom processes become. */
const NOBODY = 65_534;

/** What a test looks at of a record. */
interface Record {
  readonly event_type: string;
  readonly community_id?: string;
  readonly src_port?: number;
  readonly http?: { readonly status?: number; readonly url?: string };
  readonly web?: { readonly reference: string; readonly action: string; readonly way: string };
  readonly waf?: { readonly reference: string; readonly rule_id: number };
}

describe('weir up with the active stream', { skip, timeout: 180_000 }, () => {
  let network: TestNetwork;
  let client: readonly string[];
  let gateway: readonly string[];
  before(() => {
    network = new TestNetwork();
    client = ['ip', 'netns', 'exec', network.client];
    gateway = ['ip', 'netns', 'exec', network.gateway];
  });
  after(() => network?.remove());

  /** An application behind a weir that watches the way to it. */
  async function started(context: TestContext, web = ''): Promise<{ weir: Running }> {
    const nginx = await Nginx.start(context, {
      within: gateway,
      listen: ['127.0.0.1:3000'],
      settings: 'location /slow { limit_rate 40k; }',
    });
    writeFileSync(join(nginx.folder, 'www/slow'), Buffer.alloc(80_000, 'x'));
    const folder = folderFor(context);
    writeConfiguration(
      folder,
      `capture: {interface: wan0}
store: {folder: ${folder}/store}
web:
  enabled: true
  waf: {rules: [${writeRules(folder)}], workers: 1}
  reverse: {listen: ':80', to: 'http://127.0.0.1:3000'}
  buffer: {folder: ${folder}/buffer, analyse: false}
${web}`,
    );
    const weir = up(context, folder, [], {}, gateway);
    await weir.running();
    return { weir };
  }

  const ask = (path: string, ...args: readonly string[]): Promise<Answer> =>
    curlIn(client, '-H', 'Host: shop.example', ...args, `http://10.9.8.1${path}`);

  const records = (weir: Running): readonly Record[] => {
    const path = join(weir.folder, 'eve.json');
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Record);
  };

  /** `weir COMMAND` that asks this one. */
  function told(weir: Running, ...args: readonly string[]): string {
    const command = [MAIN, ...args, '--config', join(weir.folder, 'weir.yaml')];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout;
  }

  test('what it judged is in file and store, beside what the sensor saw of the same connection', async (context) => {
    const { weir } = await started(context);
    assert.equal((await ask('/?page=1')).status, 200);
    const attack = await ask('/?q=evil');
    assert.equal(attack.status, 403);
    const reference = REFERENCE.exec(attack.head)?.[1] ?? assert.fail(attack.head);
    assert.match(told(weir, 'requests', reference), /^GET shop\.example\/\n[\s\S]*done +deny/);
    assert.match(told(weir, 'requests'), new RegExp(reference));
    assert.match(told(weir, 'buffer'), /^2 requests/);
    const status = told(weir, 'status');
    assert.match(status, /^ *proxy +running, pid \d+/m);
    const { statistics } = await weir.status();
    const { ways, rules } = statistics.proxy as { ways: string[]; rules: string };
    assert.deepEqual(ways, ['http://localhost:80']);
    assert.match(rules, /rules\.conf/);
    assert.equal(await weir.end('SIGTERM'), 0, weir.said);
    const all = records(weir);
    assert.deepEqual(
      all.flatMap((record) => recordFaults({ ...record })),
      [],
    );
    const active = all.filter(({ web }) => web !== undefined);
    assert.deepEqual(
      active.map(({ event_type, http, web }) => `${event_type} ${http?.status} ${web?.action} ${web?.way}`),
      ['http 200 pass proxy', 'http 403 deny proxy'],
    );
    const [matched] = all.filter(({ event_type }) => event_type === 'waf');
    assert.equal(matched?.waf?.reference, reference);
    assert.equal(matched?.waf?.rule_id, 1);
    // The sensor saw the same two connections on the wire: whoever looks for one finds the other.
    for (const { community_id, src_port, http } of active) {
      const same = all.filter((one) => one.web === undefined && one.community_id === community_id);
      const kinds = new Set(same.map(({ event_type }) => event_type));
      assert.ok(kinds.has('flow') && kinds.has('http'), `${community_id}: ${[...kinds]}`);
      const passive = same.find(({ event_type }) => event_type === 'http');
      assert.equal(passive?.src_port, src_port);
      assert.equal(passive?.http?.status, http?.status);
      assert.equal(passive?.http?.url, http?.url);
    }
    const store = await Store.open(join(weir.folder, 'store'), { readOnly: true });
    const kept = (await store.records(undefined, {}, 1000)) as readonly Record[];
    await store.close();
    for (const { web } of active)
      assert.ok(kept.some((one) => one.web?.reference === web?.reference, JSON.stringify(web)));
    assert.ok(kept.some(({ waf }) => waf?.reference === reference));
  });

  test('SIGHUP: rules that have changed judge from then on; with a mistake those of before stay', async (context) => {
    const { weir } = await started(context);
    const rules = join(weir.folder, 'rules.conf');
    const [before] = readFileSync(rules, 'utf8').split('SecRule ARGS');
    const status = async (): Promise<readonly number[]> =>
      Promise.all(['/?q=evil', '/?q=wicked'].map(async (path) => (await ask(path)).status));
    assert.deepEqual(await status(), [403, 200]);
    writeFileSync(rules, `${before}SecRule ARGS "@contains wicked" "id:2,phase:2,deny,status:403"\n`);
    weir.child.kill('SIGHUP');
    await until('the new rules', async () => (await status()).join() === '200,403');
    writeFileSync(rules, `${before}SecRule ARGS "@nonsense" "id:3,phase:2,deny"\n`);
    weir.child.kill('SIGHUP');
    await weir.until('the mistake', () => (/rules\.conf:\d+.*@nonsense/.test(weir.said) ? true : undefined));
    assert.deepEqual(await status(), [200, 403]);
    assert.equal(await weir.end('SIGTERM'), 0, weir.said);
  });

  test('a port below 1024 is open, and whoever serves it is nobody', async (context) => {
    const { weir } = await started(context);
    const status = await weir.status();
    const text = readFileSync(`/proc/${weir.pid('proxy', status)}/status`, 'utf8');
    for (const name of ['Uid', 'Gid']) {
      assert.match(text, new RegExp(`^${name}:${`\t${NOBODY}`.repeat(4)}$`, 'm'));
    }
    assert.match(text, /^Groups:\s*$/m);
    assert.match(text, /^CapEff:\t0+$/m);
    const buffer = statSync(join(weir.folder, 'buffer'));
    assert.equal(buffer.uid, NOBODY);
    assert.equal(buffer.mode & 0o777, 0o700);
    assert.equal((await ask('/')).status, 200);
    assert.equal(await weir.end('SIGTERM'), 0, weir.said);
  });

  test('SIGTERM answers what is under way, and its record is there', async (context) => {
    const { weir } = await started(context);
    const slow = ask('/slow');
    await until('the slow request', async () => {
      const { statistics } = await weir.status();
      return underWay(statistics);
    });
    const ended = weir.end('SIGTERM');
    const { status, code, body } = await slow;
    assert.deepEqual({ status, code, length: body.length }, { status: 200, code: 0, length: 80_000 });
    assert.equal(await ended, 0, weir.said);
    assert.deepEqual(
      records(weir)
        .filter(({ web }) => web !== undefined)
        .map(({ http }) => `${http?.url} ${http?.status}`),
      ['/slow 200'],
    );
  });

  test('a proxy that is killed comes back with its port, its buffer and its rules', async (context) => {
    const { weir } = await started(context);
    const first = await ask('/?q=evil');
    const reference = REFERENCE.exec(first.head)?.[1] ?? assert.fail(first.head);
    await until('the copy', () => told(weir, 'requests').includes(reference));
    const status = await weir.status();
    const pid = weir.pid('proxy', status);
    process.kill(pid, 'SIGKILL');
    const now = await weir.until('a new proxy', async () => {
      const state = await weir.running();
      return weir.pid('proxy', state) !== pid && state;
    });
    assert.equal(weir.pid('hub', now), weir.pid('hub', status));
    const proxy = now.processes.find(({ name }) => name === 'proxy');
    assert.equal(proxy?.restarts, 1);
    assert.equal(proxy.lastEnd, 'SIGKILL');
    assert.match(weir.said, /proxy ended \(SIGKILL\); it is started again in \d+ ms/);
    assert.equal((await ask('/')).status, 200);
    assert.equal((await ask('/?q=evil')).status, 403);
    // What was kept before is there still.
    assert.match(told(weir, 'requests', reference), /done +deny/);
    assert.match(told(weir, 'status'), /proxy was started again once; it ended with: SIGKILL/);
    assert.equal(await weir.end('SIGTERM'), 0, weir.said);
    assert.equal(records(weir).filter(({ web }) => web !== undefined).length, 3);
  });

  test('what stands in the way of a start is one sentence', async (context) => {
    const folder = folderFor(context);
    const taken = await Nginx.start(context, { within: gateway, listen: ['127.0.0.1:8080'] });
    assert.equal(taken.address, '127.0.0.1:8080');
    const settings = (web: string): void =>
      writeConfiguration(folder, `capture: {interface: wan0}\nweb: {enabled: true, ${web}}`);
    const rules = `waf: {rules: [${writeRules(folder)}], workers: 1}, buffer: {folder: ${folder}/buffer}`;
    const cases = [
      [
        `${rules}, reverse: {listen: '127.0.0.1:8080', to: 'http://127.0.0.1:1'}`,
        /127\.0\.0\.1:8080 is in use/,
      ],
      [`${rules}, reverse: {listen: '127.0.0.1:8081'}`, /nowhere to send requests/],
      [`waf: {rules: [${folder}/none.conf]}, reverse: {listen: ':8081', to: 'http://a:1'}`, /none\.conf/],
    ] as const;
    for (const [web, message] of cases) {
      settings(web);
      const weir = up(context, folder, [], {}, gateway);
      await until('its end', () => weir.child.exitCode !== null);
      assert.equal(weir.child.exitCode, 1, weir.said);
      assert.match(weir.said, message);
      assert.doesNotMatch(weir.said, /^ {4}at /m, weir.said);
      assert.ok(!existsSync(join(folder, 'run/weir.sock')));
    }
  });
});

/** Whether a request is under way. */
function underWay(statistics: Readonly<{ [name: string]: unknown }>): boolean {
  const proxy = statistics.proxy as { proxy?: { requests?: number } } | undefined;
  return (proxy?.proxy?.requests ?? 0) > 0;
}
