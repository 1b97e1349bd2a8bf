import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  type Answer,
  curl,
  ownFolder,
  type RunningGateway,
  startGateway,
  until,
  weir,
  withoutPrograms,
  writeRules,
} from '../../test/support/web-parts.ts';

const skip = withoutPrograms('curl');
const REFERENCE = /^x-weir-reference: ([a-z0-9]{20})$/m;
const PASSWORD = 'correct-horse-battery';
const SESSION = 'f00dfacef00dfacef00dfacef00dface';
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.c2VjcmV0LXRva2Vu.c2lnbmF0dXJl';
const SECRETS = [PASSWORD, SESSION, TOKEN];

test('where none runs one sentence says what to start', { timeout: 60_000 }, async (t) => {
  const empty = join(ownFolder(t), 'run');
  for (const command of ['requests', 'buffer', 'replay']) {
    const { code, stdout, stderr } = await weir(command, '--control', empty);
    assert.equal(code, 1, command);
    assert.match(stderr, /^weir: weir is not running \(.*\): 'weir up' starts it; or 'weir proxy reverse/);
    assert.equal(stderr.trimEnd().split('\n').length, 1);
    assert.equal(stdout, '');
  }
});

test('wrong words are exit code 2, whether one runs or not', { timeout: 60_000 }, async () => {
  const wrong: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [['requests', 'a', 'b'], /one address or reference/],
    [['requests', '--limit', '0'], /--limit takes a number/],
    [['requests', '--score', '101'], /--score takes a number/],
    [['requests', '--since', 'yesterday'], /--since takes a time/],
    [['requests', '--colour'], /Unknown option '--colour'/],
    [['requests', '-c', 'x', '--control', 'y'], /exclude each other/],
    [['buffer', 'now'], /'now'/],
    [['replay', 'a', 'b'], /one address or reference/],
    [['replay', '--paranoia', '5'], /--paranoia takes a number/],
    [['replay', '--to', 'http://127.0.0.1:1', '--paranoia', '2'], /--to judges nothing/],
  ];
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await weir(...args);
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, message);
    assert.equal(stdout, '');
  }
  for (const command of ['requests', 'buffer', 'replay']) {
    const { code, stdout } = await weir(command, '--help');
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^usage: weir ${command}`));
  }
});

describe('the requests of a weir that runs', { skip, timeout: 120_000 }, () => {
  let folder: string;
  let gateway: RunningGateway;
  let blocked: Answer;
  let reference: string;
  const seen: { method: string; url: string; cookie: string | undefined }[] = [];
  const application = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, cookie: headers.cookie ?? headers.authorization });
    request.resume().on('end', () => {
      response.writeHead(url.startsWith('/gone') ? 404 : 200, { 'content-type': 'text/plain' });
      response.end('fine');
    });
  });
  const endings: (() => unknown)[] = [];

  before(async () => {
    folder = mkdtempSync('/tmp/weir-requests-');
    endings.push(() => rmSync(folder, { recursive: true, force: true }));
    await new Promise<void>((done) => application.listen(0, '127.0.0.1', done));
    endings.push(() => {
      application.closeAllConnections();
      application.close();
    });
    const to = `http://127.0.0.1:${(application.address() as AddressInfo).port}`;
    const command = ['proxy', 'reverse', '--to', to, '--listen', '127.0.0.1:0'];
    const life = { after: (ending: () => unknown) => endings.unshift(ending) };
    gateway = await startGateway(life, [...command, '--rules', writeRules(folder)], { folder });
    const shop = ['-H', 'Host: shop.example'];
    assert.equal((await curl(...shop, `${gateway.url}/list?page=2`)).status, 200);
    assert.equal((await curl('-H', 'Host: other.example', `${gateway.url}/gone`)).status, 404);
    const login = await curl(
      ...[...shop, '-H', `Cookie: sid=${SESSION}`, '-H', `Authorization: Bearer ${TOKEN}`],
      ...['-d', `user=anna&password=${PASSWORD}&next=%2Fhome`, `${gateway.url}/login?token=${TOKEN}`],
    );
    assert.equal(login.status, 200);
    blocked = await curl(...shop, '-H', `Cookie: sid=${SESSION}`, `${gateway.url}/find?q=evil%1b%5b31m`);
    assert.equal(blocked.status, 403);
    reference = REFERENCE.exec(blocked.head)?.[1] ?? assert.fail(blocked.head);
    await gateway.kept(reference);
  });
  after(async () => {
    for (const ending of endings) await ending();
  });

  const lines = async (...args: readonly string[]): Promise<readonly Record<string, unknown>[]> => {
    const { code, stdout, stderr } = await gateway.ask('requests', '--json', ...args);
    assert.equal(code, 0, stderr);
    const texts = stdout.split('\n').filter((line) => line !== '');
    return texts.map((line) => JSON.parse(line) as Record<string, unknown>);
  };

  test('the reference of the page finds the request, and what was done', async () => {
    assert.ok(blocked.body.includes(reference));
    const { code, stdout, stderr } = await gateway.ask('requests', reference);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^GET shop\.example\/find\n/);
    assert.match(stdout, /^ {2}client +127\.0\.0\.1 port \d+$/m);
    assert.match(stdout, /^ {2}done +deny: \S/m);
    assert.match(stdout, /^ {2}found +.*sqli/m);
    assert.match(stdout, /^ {2}rules +1$/m);
    // What an attacker sends does not steer the terminal.
    assert.ok(!stdout.includes('\u001b'), stdout);
    const [entry] = await lines(reference);
    assert.equal(entry?.reference, reference);
    assert.equal(entry?.blocked, true);
  });

  test('a reference that nobody has: exit code 1 and a sentence', async () => {
    const { code, stdout, stderr } = await gateway.ask('requests', 'a'.repeat(20));
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /^weir: there is no request a{20}, or it is kept no more\n$/);
  });

  test('lists: the newest first, by what they are chosen', async () => {
    const all = await lines();
    assert.deepEqual(
      all.map(({ method, path }) => `${method} ${path}`),
      ['GET /find', 'POST /login', 'GET /gone', 'GET /list'],
    );
    const paths = async (...args: readonly string[]) => (await lines(...args)).map(({ path }) => path);
    assert.deepEqual(await paths('--blocked'), ['/find']);
    assert.deepEqual(await paths('--host', 'other.example'), ['/gone']);
    assert.deepEqual(await paths('--limit', '2'), ['/find', '/login']);
    assert.deepEqual(await paths('127.0.0.1', '--limit', '1'), ['/find']);
    assert.deepEqual(await paths('127.0.0.0/8', '--limit', '1'), ['/find']);
    assert.deepEqual(await paths('192.0.2.1'), []);
    assert.deepEqual(await paths('--since', '2100-01-01'), []);
    const table = await gateway.ask('requests');
    assert.equal(table.code, 0, table.stderr);
    assert.match(table.stdout, /CLIENT +REQUEST +STATUS/);
    assert.ok(table.stdout.includes(reference));
    assert.equal((await gateway.ask('requests', '192.0.2.1')).stdout, 'no requests\n');
  });

  test('an operand that is neither address nor reference is refused', async () => {
    for (const operand of ['nobody', '10.0.0.0/33', '../etc/passwd']) {
      for (const command of ['requests', 'replay']) {
        const { code, stdout, stderr } = await gateway.ask(command, operand);
        assert.equal(code, 2, `${command} ${operand}: ${stdout}${stderr}`);
        assert.match(stderr, /^weir: [^\n]+/);
      }
    }
    const { code } = await gateway.ask('requests', 'nobody', '--summary');
    assert.equal(code, 2);
  });

  test('--summary tells what an address did', async () => {
    const { code, stdout, stderr } = await gateway.ask('requests', '127.0.0.1', '--summary');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^127\.0\.0\.1: 4 requests from .* 1 blocked/);
    assert.match(stdout, /hosts +shop\.example \(3\), other\.example \(1\)/);
    assert.match((await gateway.ask('requests', '192.0.2.1', '--summary')).stdout, /^no requests of 192/);
    assert.equal((await gateway.ask('requests', '--summary')).code, 2);
  });

  test('passwords, cookies and tokens are nowhere: not in words, JSON, records, files', async () => {
    const login = (await lines()).find(({ path }) => path === '/login') ?? assert.fail('no login');
    const words = await gateway.ask('requests', String(login.reference));
    const everything = [
      words.stdout,
      JSON.stringify(login),
      (await gateway.ask('requests', '127.0.0.1', '--summary', '--json')).stdout,
      (await gateway.ask('buffer', '--json')).stdout,
      gateway.running.stdout,
      gateway.running.stderr,
    ];
    for (const text of everything) {
      for (const secret of SECRETS) assert.ok(!text.includes(secret), text.slice(0, 2000));
    }
    // Records have URLs as they are, in which no secret should be, and no fields or bodies.
    const eve = readFileSync(join(folder, 'eve.json'), 'utf8');
    for (const secret of [PASSWORD, SESSION]) assert.ok(!eve.includes(secret));
    // The rest of the request is there.
    assert.match(words.stdout, /user=anna/);
    assert.match(words.stdout, /next=/);
    for (const file of readdirSync(join(folder, 'buffer'), { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const bytes = readFileSync(join(file.parentPath, file.name));
      // What was found is written in words, redacted; the requests themselves are encrypted.
      const hidden = file.name.endsWith('.jsonl') ? SECRETS : [...SECRETS, 'shop.example', '/login'];
      for (const text of hidden) assert.ok(!bytes.includes(text), `${file.name} holds ${text}`);
    }
    // Who asks for them by --raw gets them, of one request.
    const raw = await gateway.ask('requests', String(login.reference), '--raw', '--json');
    assert.ok(raw.stdout.includes(PASSWORD), raw.stdout);
  });

  test('weir buffer tells how it is', async () => {
    const { code, stdout, stderr } = await gateway.ask('buffer');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^4 requests, 4 copied, 0 dropped/);
    assert.match(stdout, /threats .*blocked 1/);
    const { copy, reader } = JSON.parse((await gateway.ask('buffer', '--json')).stdout);
    assert.equal(copy.stored, 4);
    assert.equal(reader.blocked, 1);
  });

  test('weir replay judges them again with other rules, and sends nothing', async () => {
    const before = seen.length;
    const other = join(folder, 'other.conf');
    writeFileSync(
      other,
      `SecRuleEngine On
SecRule REQUEST_URI "@beginsWith /list" "id:7,phase:1,deny,status:403,log,msg:'list'"
`,
    );
    const { code, stdout, stderr } = await gateway.ask('replay', '--rules', other);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^4 requests: 1 were denied, 1 would be/);
    assert.match(stdout, /1 would be denied\n +127\.0\.0\.1 +GET shop\.example\/list +rule 7 /);
    assert.match(stdout, /1 would pass\n +127\.0\.0\.1 +GET shop\.example\/find/);
    const report = JSON.parse(
      (await gateway.ask('replay', reference, '--rules', other, '--json')).stdout,
    ) as Record<string, unknown>;
    assert.deepEqual(
      { judged: report.judged, newly: report.newlyDeniedCount, less: report.noLongerDeniedCount },
      { judged: 1, newly: 0, less: 1 },
    );
    assert.equal(seen.length, before);
    const missing = await gateway.ask('replay', '--rules', join(folder, 'none.conf'));
    assert.notEqual(missing.code, 0);
    assert.match(missing.stderr, /none\.conf/);
    writeFileSync(other, 'SecRule ARGS "@rx (" "id:1"\n');
    const wrong = await gateway.ask('replay', '--rules', other);
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.stderr, /other\.conf/);
  });

  test('weir replay --to sends them to a sandbox, without cookies, and never to the application', async () => {
    const sandboxed: { url: string; cookie: string | undefined }[] = [];
    const sandbox = createServer((request, response) => {
      const { url = '', headers } = request;
      sandboxed.push({ url, cookie: headers.cookie ?? headers.authorization });
      request.resume().on('end', () => response.end('fine'));
    });
    await new Promise<void>((done) => sandbox.listen(0, '127.0.0.1', done));
    try {
      const to = `http://127.0.0.1:${(sandbox.address() as AddressInfo).port}`;
      const { code, stdout, stderr } = await gateway.ask('replay', '--to', to);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /requests sent/);
      assert.ok(sandboxed.length >= 3, stdout);
      for (const { cookie } of sandboxed) assert.equal(cookie, undefined);
      const own = await gateway.ask('replay', '--to', `http://127.0.0.1:${applicationPort(application)}`);
      assert.notEqual(own.code, 0, own.stdout);
      assert.match(own.stderr, /^weir: /);
      for (const wrong of ['nowhere', 'ftp://127.0.0.1:1', 'http://'])
        assert.equal((await gateway.ask('replay', '--to', wrong)).code, 2, wrong);
    } finally {
      sandbox.closeAllConnections();
      sandbox.close();
    }
  });

  test('a second weir with the same control folder serves, and says that it cannot be asked', async (t) => {
    const second = ownFolder(t);
    mkdirSync(join(second, 'x'));
    const command = ['proxy', 'reverse', '--to', gateway.url, '--listen', '127.0.0.1:0', '--no-waf'];
    const other = await startGateway(t, [...command, '--control', join(folder, 'run')], { folder: second });
    assert.match(other.running.stderr, /weir requests and weir buffer cannot ask this one: .*runs already/);
    assert.equal((await curl(`${other.url}/list`)).status, 200);
    assert.equal(await other.end('SIGTERM'), 0);
    assert.equal((await gateway.ask('buffer')).code, 0, 'the first still answers');
  });

  test('after Ctrl-C it is gone', async () => {
    assert.equal(await gateway.end('SIGINT'), 0);
    await until('no answer', async () => (await gateway.ask('requests')).code === 1);
  });
});

function applicationPort(server: ReturnType<typeof createServer>): number {
  return (server.address() as AddressInfo).port;
}
