import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type Judge, type Judgement, PASSED, unrecordedRefusal } from '../../judge.ts';
import { HttpProxy } from '../index.ts';
import { blockedAnswer, pageAnswer, RuleRewriter } from './index.ts';

const PAGE = '<html><head></head><body>internal.example.org says hello</body></html>';
const LONG = `<html><head></head><body>${'internal.example.org '.repeat(60_000)}</body></html>`;

function missing(): string | false {
  for (const program of ['nginx', 'curl'])
    if (spawnSync(program, ['-V'], { stdio: 'ignore' }).error !== undefined)
      return `${program} is not installed`;
  return false;
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  server.close();
  await once(server, 'close');
  return port;
}

interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string;
}

function curl(url: string, ...args: readonly string[]): Promise<Answer> {
  const all = ['-sS', '-i', '--path-as-is', '--noproxy', '*', '--max-time', '10', ...args, url];
  return new Promise((done, failed) => {
    execFile('curl', all, { encoding: 'latin1', maxBuffer: 8 << 20 }, (error, stdout, stderr) => {
      if (error !== null) {
        failed(new Error(stderr));
        return;
      }
      const end = stdout.indexOf('\r\n\r\n');
      const [first = '', ...lines] = stdout.slice(0, end).split('\r\n');
      const fields = Object.fromEntries(
        lines.map((line) => [
          line.slice(0, line.indexOf(':')).toLowerCase(),
          line.slice(line.indexOf(':') + 2),
        ]),
      );
      done({ status: Number(first.split(' ')[1]), fields, body: stdout.slice(end + 4) });
    });
  });
}

describe('rules between curl and nginx', { skip: missing(), timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-rewrite-'));
  let server: ChildProcess | undefined;
  let to = 0;

  before(async () => {
    to = await freePort();
    for (const [name, content] of [
      ['index.html', PAGE],
      ['long.html', LONG],
      ['packed.html.gz', gzipSync(PAGE)],
      ['data.json', '{"host":"internal.example.org"}'],
    ] as const)
      writeFileSync(join(folder, name), content);
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1; user root;
events { worker_connections 64; }
http {
  access_log off; types { text/html html; application/json json; } default_type text/plain;
  client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c;
  uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
  gzip on; gzip_min_length 1; gzip_types application/json;
  server {
    listen 127.0.0.1:${to}; root ${folder};
    location = /packed.html { gzip_static always; }
    location /echo { return 200 "$request_method $request_uri host=$host ae=$http_accept_encoding x=$http_x_mark cookie=$http_cookie\\n"; }
  }
}
`,
    );
    server = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
    for (let round = 0; round < 100; round++) {
      if (
        await curl(`http://127.0.0.1:${to}/`).then(
          ({ status }) => status === 200,
          () => false,
        )
      )
        return;
      assert.equal(server.exitCode, null, 'nginx ended');
      await wait(50);
    }
    assert.fail('nginx does not answer');
  });

  after(async () => {
    if (server !== undefined && server.exitCode === null) {
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(
    t: TestContext,
    rules: unknown,
    judge?: Judge,
  ): Promise<{ url: string; rewriter: RuleRewriter }> {
    const rewriter = new RuleRewriter(rules);
    const proxy = await HttpProxy.start({
      listeners: [{ kind: 'reverse', host: '127.0.0.1', port: 0 }],
      routes: [{ to: `http://127.0.0.1:${to}` }],
      rewriter,
      judge,
      answers: {
        blocked: (judged) => blockedAnswer(judged, [['Accept', 'text/html']]),
        failed: (status, _, reference) => pageAnswer({ status, reference }, [['Accept', 'text/html']]),
      },
    });
    t.after(() => proxy.stop(0));
    return { url: `http://127.0.0.1:${proxy.addresses()[0]?.port}`, rewriter };
  }

  test('requests', async (t) => {
    const { url } = await start(t, [
      {
        match: { path: '/old' },
        request: { redirect: { status: 301, location: 'https://{host}/new{query}' } },
      },
      {
        match: { path: '/admin' },
        request: { answer: { status: 403, body: 'no\n', headers: { 'X-By': 'rule' } } },
      },
      {
        match: { path: '/api' },
        request: {
          path: { prefix: '/api', to: '/echo' },
          headers: { remove: ['Cookie'], set: { 'X-Mark': '{client}', Host: 'inner.example.org' } },
        },
      },
    ]);
    const moved = await curl(`${url}/old?a=b`, '-H', 'Host: www.example.org');
    assert.deepEqual([moved.status, moved.fields.location], [301, 'https://www.example.org/new?a=b']);
    for (const path of ['/admin', '/%61dmin/x', '/x/../admin']) {
      const refused = await curl(`${url}${path}`);
      assert.deepEqual([refused.status, refused.body, refused.fields['x-by']], [403, 'no\n', 'rule']);
    }
    const made = await curl(`${url}/api/v1?q=1`, '-H', 'Cookie: a=b');
    assert.equal(made.body, 'GET /echo/v1?q=1 host=inner.example.org ae= x=127.0.0.1 cookie=\n');
    const head = await curl(`${url}/admin`, '-I');
    assert.deepEqual([head.status, head.body], [403, '']);
  });

  test('bodies and fields', async (t) => {
    const { url, rewriter } = await start(t, [
      { match: { path: '/echo' }, response: { replace: [{ pattern: 'x=[a-z]{0,9}', with: 'gone' }] } },
      {
        match: { contentType: 'text/html' },
        response: {
          headers: { remove: ['Server'] },
          securityHeaders: 'insert',
          replace: [{ text: 'internal.example.org', with: 'www.example.org' }],
          inject: [{ before: '</body>', html: '<!-- ä -->' }],
        },
      },
      { match: { status: 404 }, response: { status: 410, headers: { set: { 'X-Gone': '{path}' } } } },
    ]);
    const changed = PAGE.replace('internal', 'www').replace('</body>', '<!-- \u00c3\u00a4 --></body>');
    for (const path of ['/', '/packed.html']) {
      const page = await curl(`${url}${path}`, '-H', 'Accept-Encoding: gzip', '-H', 'Range: bytes=0-3');
      assert.equal(page.status, 200);
      assert.equal(page.body, changed);
      assert.equal(page.fields['content-length'], String(changed.length));
      assert.equal(page.fields['x-frame-options'], 'SAMEORIGIN');
      for (const name of ['server', 'content-encoding', 'etag']) assert.equal(page.fields[name], undefined);
    }
    // The type of what it asked for is not known beforehand: it came plain, and was left alone.
    const json = await curl(`${url}/data.json`, '-H', 'Accept-Encoding: gzip');
    assert.equal(json.body, '{"host":"internal.example.org"}');
    assert.ok(json.fields.server?.startsWith('nginx'));
    const echo = await curl(`${url}/echo`, '-H', 'X-Mark: abc');
    assert.match(echo.body, /ae=identity gone cookie=\n$/);
    const gone = await curl(`${url}/none`);
    assert.deepEqual([gone.status, gone.fields['x-gone']], [410, '/none']);
    // Longer than what is held: it passes as it is, its fields are changed all the same.
    const long = await curl(`${url}/long.html`);
    assert.equal(long.body, LONG);
    assert.equal(long.fields.server, undefined);
    assert.deepEqual(rewriter.statistics().bodies, { changed: 4, unchanged: 0, undecodable: 0, tooLong: 1 });
  });

  test('what a judge refuses', async (t) => {
    const judgement: Judgement = {
      ...PASSED,
      action: 'limit',
      status: 429,
      retryAfter: 7,
      reason: 'too many',
    };
    const reference = 'k3v9q0a1b2c3d4e5f6g7';
    const judge: Judge = {
      requestBodyLimit: 1000,
      responseBodyLimit: 0,
      refusesLongBodies: true,
      refuse: (_request, status, reason) => unrecordedRefusal(status, reason),
      request: async () => ({
        reference,
        judgement,
        response: async () => PASSED,
        abandon() {},
      }),
    };
    const { url } = await start(t, [], judge);
    const page = await curl(`${url}/`);
    assert.equal(page.status, 429);
    assert.equal(page.fields['retry-after'], '7');
    assert.ok(page.body.includes(`<code>${reference}</code>`));
    const long = await curl(`${url}/`, '--data-binary', 'a'.repeat(2000));
    assert.equal(long.status, 413);
    assert.match(long.body, /<title>413 Request too large<\/title>/);
  });
});
