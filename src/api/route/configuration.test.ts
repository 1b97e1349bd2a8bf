import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { CAPTURES, folderFor, up, writeConfiguration } from '../../supervisor/testing.ts';

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

function ask(socketPath: string, method: string, path: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const asked = request({ socketPath, method, path: `/api/v1/${path}`, headers, agent: false });
    asked.once('error', reject);
    asked.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    });
    asked.end(body);
  });
}

test('the configuration of a running weir is planned and changed within bounds', async (context) => {
  const folder = folderFor(context);
  writeConfiguration(folder, `api: {listen: 'unix:${folder}/console.sock'}\nlan: {enabled: true}\n`);
  const file = join(folder, 'weir.yaml');
  const weir = up(context, folder, ['--capture', join(CAPTURES, 'campus-1.pcap')]);
  await weir.running();
  const socket = join(folder, 'run/api.sock');
  const text = readFileSync(file, 'utf8');
  const wish = (value: unknown): string => JSON.stringify(value);

  await context.test('a text with mistakes says where they are', async () => {
    const { status, body } = await ask(socket, 'PUT', 'configuration', wish({ text: 'lan: {enabled: 7}\n' }));
    assert.equal(status, 200);
    const [mistake] = body.mistakes as readonly { readonly line: number }[];
    assert.deepEqual([mistake?.line, body.applied], [1, false]);
    assert.equal(body.digest, (await ask(socket, 'GET', 'configuration')).body.digest);
    assert.equal(readFileSync(file, 'utf8'), text);
  });

  await context.test('what is hostile is refused, and weir goes on', async () => {
    const deep = `{"set":{"lan.networks":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`;
    for (const body of [
      deep,
      '{"set":{"__proto__.x":1}}',
      '{"set":{"constructor.prototype.x":1}}',
      '{"set":{"a.b.c.d.e.f.g.h.i":1}}',
      wish({ text: 'lan: {networks: &n [*n]}\n' }),
      wish({ text: '['.repeat(200_000) }),
    ]) {
      const answer = await ask(socket, 'POST', 'configuration/plan', body);
      const refused =
        answer.status === 400 || (answer.body.mistakes as readonly unknown[] | undefined)?.length !== 0;
      assert.ok(answer.status < 500 && refused, `${body.slice(0, 40)}: ${answer.status}`);
    }
    assert.equal((await ask(socket, 'GET', 'status')).status, 200);
    assert.doesNotMatch(weir.said, /RangeError/);
  });

  await context.test(
    'root makes no files for who changes it here',
    {
      skip: process.getuid?.() !== 0 && 'needs root',
    },
    async () => {
      const place = join(folder, 'elsewhere/records.json');
      const set = { 'outputs.eve.file': place, 'lan.enabled': false };
      const { status, body } = await ask(socket, 'PUT', 'configuration', wish({ set }));
      assert.equal(status, 400);
      assert.match(String(body.detail), /outputs\.eve\.file names files/);
      assert.equal(existsSync(place), false);
      assert.equal(readFileSync(file, 'utf8'), text);
    },
  );

  await context.test(
    'a setting is changed, and the file stays readable where somebody damaged it',
    async () => {
      const changed = await ask(
        socket,
        'PUT',
        'configuration',
        wish({ set: { 'api.rate': 77 }, note: 'less' }),
      );
      assert.deepEqual([changed.status, changed.body.applied], [200, true]);
      assert.match(readFileSync(file, 'utf8'), /rate: 77/);
      writeFileSync(file, 'lan: *nobody\n');
      const { status, body } = await ask(socket, 'GET', 'configuration');
      assert.deepEqual([status, body.text, body.settings], [200, 'lan: *nobody\n', {}]);
      const again = await ask(socket, 'POST', 'configuration/versions/1/rollback');
      assert.deepEqual([again.status, again.body.applied], [200, true]);
      assert.equal(readFileSync(file, 'utf8'), text);
    },
  );
});

test('who came in without a login makes no files, whoever runs weir', {
  skip: process.getuid?.() !== 0 && 'needs root to become another user',
}, async (context) => {
  const folder = folderFor(context);
  writeConfiguration(folder, `api: {listen: 'unix:${folder}/console.sock', anonymous: admin}\n`);
  spawnSync('chown', ['-R', 'nobody', folder]);
  const weir = up(context, folder, ['--capture', join(CAPTURES, 'campus-1.pcap')], {}, [
    'setpriv',
    '--reuid=nobody',
    '--clear-groups',
  ]);
  await weir.running();
  const place = join(folder, 'elsewhere.json');
  const body = JSON.stringify({ set: { 'outputs.eve.file': place } });
  const answer = await ask(join(folder, 'run/api.sock'), 'PUT', 'configuration', body);
  assert.equal(answer.status, 400, JSON.stringify(answer.body));
  assert.equal(existsSync(place), false);
});
