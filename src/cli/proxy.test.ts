import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Nginx } from '../../test/support/nginx.ts';
import {
  BROWSER,
  coreRuleSet,
  curl,
  curlIn,
  MAIN,
  ownFolder,
  startGateway,
  until,
  weir,
  withoutCoreRuleSet,
  withoutPrograms,
  writeCertificate,
  writeRules,
} from '../../test/support/web-parts.ts';
import { recordFaults } from '../event/schema/index.ts';
import { TestNetwork, withoutNamespaces } from '../mirror/namespace-network.ts';
import { createCa } from '../mitm/proxy/tls/index.ts';

const skip = withoutPrograms('nginx', 'curl');
const ROOT_USER = process.getuid?.() === 0;
const ANYWHERE = ['--listen', '127.0.0.1:0'];
const REFERENCE = /^x-weir-reference: ([a-z0-9]{20})$/m;

/** The command for a reverse proxy with rules that load at once. */
function reverse(folder: string, to: string, ...more: readonly string[]): readonly string[] {
  return ['proxy', 'reverse', '--to', to, ...ANYWHERE, '--rules', writeRules(folder), ...more];
}

/** A folder whose file system is small; undefined where none can be mounted. */
function smallDisk(t: TestContext, size: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'weir-disk-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  t.after(() => {
    if (status === 0) spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return status === 0 ? folder : undefined;
}

/** A server of this process, gone with the test. */
async function serving(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test('in front of nginx: pages pass, attacks get a page with a reference that weir requests finds', {
  skip: skip || withoutCoreRuleSet(),
  timeout: 60_000,
}, async (t) => {
  const nginx = await Nginx.start(t, { settings: 'location /api { return 204; }' });
  const crs = coreRuleSet() ?? '';
  const command = ['proxy', 'reverse', '--to', nginx.url, ...ANYWHERE, '--crs', crs];
  const weir = await startGateway(t, command, { folder: ownFolder(t) });
  const site = ['-H', 'Host: shop.example'];
  const page = await curl(...BROWSER, ...site, weir.url);
  assert.equal(page.status, 200);
  assert.match(page.body, /Welcome/);
  assert.doesNotMatch(page.head, REFERENCE);
  assert.equal((await curl(...BROWSER, ...site, '-I', weir.url)).status, 200);
  assert.equal((await curl(...BROWSER, ...site, '-d', 'name=Anna', `${weir.url}/api`)).status, 204);
  assert.equal((await curl(...BROWSER, ...site, `${weir.url}/nowhere`)).status, 404);
  const attack = await curl(...BROWSER, ...site, `${weir.url}/?id=1%27%20OR%20%271%27=%271`);
  assert.equal(attack.status, 403);
  const reference = REFERENCE.exec(attack.head)?.[1] ?? assert.fail(attack.head);
  assert.match(attack.head, /^content-type: text\/html/m);
  assert.ok(attack.body.includes(reference), attack.body);
  assert.doesNotMatch(attack.body, /OR|9421|libinjection|anomaly/, 'the page tells an attacker nothing');
  assert.doesNotMatch(nginx.accesses, /OR/, 'it never came there');
  await weir.running.says(reference);
  assert.match(
    weir.running.stdout,
    /^\d\d:\d\d:\d\d +403 +127\.0\.0\.1 +GET \/\?id=1.* sqli +[a-z0-9]{20}\n$/,
  );
  const entry = await weir.kept(reference);
  assert.equal(entry.host, 'shop.example');
  assert.equal(entry.blocked, true);
  const words = await weir.ask('requests', reference);
  assert.match(words.stdout, /^GET shop\.example\/\n[\s\S]* done +deny: [\s\S]* found +.*sqli/);
  assert.equal(await weir.end('SIGINT'), 0, weir.running.stderr);
  const records = weir.records();
  assert.deepEqual(records.flatMap(recordFaults), []);
  const http = records.filter(({ event_type }) => event_type === 'http') as {
    readonly http: { readonly status: number };
    readonly web: { readonly action: string; readonly reference: string };
  }[];
  assert.deepEqual(
    http.map(({ http, web }) => `${http.status} ${web.action}`),
    ['200 pass', '200 pass', '204 pass', '404 pass', '403 deny'],
  );
  assert.equal(http.at(-1)?.web.reference, reference);
});

test('an application that is down: a page of 502 and a line that names it; it comes back by itself', {
  skip,
  timeout: 60_000,
}, async (t) => {
  const nginx = await Nginx.start(t);
  const folder = ownFolder(t);
  const weir = await startGateway(t, reverse(folder, nginx.url), { folder });
  assert.equal((await curl(weir.url)).status, 200);
  await nginx.stop();
  const down = await curl(...BROWSER, weir.url);
  assert.equal(down.status, 502);
  const reference = REFERENCE.exec(down.head)?.[1] ?? assert.fail(down.head);
  assert.ok(down.body.includes(reference));
  assert.doesNotMatch(down.body, /ECONNREFUSED|127\.0\.0\.1/, 'the page tells nothing of what is behind');
  await weir.running.says(reference);
  const line = weir.running.stderr.split('\n').find((one) => one.includes(reference)) ?? '';
  assert.ok(line.startsWith(`weir: ${nginx.url}: `), line);
  assert.match(line, /\(502, /);
  await nginx.start();
  assert.equal((await curl(weir.url)).status, 200);
  // Connections that were kept are dead after a restart; a request on one of them is sent anew.
  for (let i = 0; i < 3; i++) {
    await nginx.stop();
    await nginx.start();
    assert.equal((await curl(weir.url)).status, 200);
  }
  assert.equal(await weir.end('SIGTERM'), 0);
});

test('Ctrl-C lets a download come to its end, and takes no new connections', {
  skip,
  timeout: 60_000,
}, async (t) => {
  const nginx = await Nginx.start(t, { settings: 'limit_rate 2m;' });
  writeFileSync(join(nginx.folder, 'www/big'), Buffer.alloc(4 << 20, 'x'));
  const folder = ownFolder(t);
  const weir = await startGateway(t, reverse(folder, nginx.url), { folder });
  const { url } = weir;
  const file = join(folder, 'download');
  const download = curl('-o', file, `${url}/big`);
  await until('bytes of the download', () => {
    const stat = statSync(file, { throwIfNoEntry: false });
    return (stat?.size ?? 0) > 0;
  });
  const ended = weir.end('SIGINT');
  await weir.running.says('requests under way are answered first');
  await until('the closed door', async () => (await curl(url)).code === 7);
  const { code, status } = await download;
  assert.deepEqual({ code, status }, { code: 0, status: 200 });
  assert.equal(statSync(file).size, 4 << 20);
  assert.equal(await ended, 0, weir.running.stderr);
});

test('a second Ctrl-C ends it at once', { skip, timeout: 60_000 }, async (t) => {
  const port = await serving(
    t,
    createServer(() => undefined),
  );
  const folder = ownFolder(t);
  const weir = await startGateway(t, reverse(folder, `http://127.0.0.1:${port}`), { folder });
  const hanging = curl(weir.url);
  await until('a request', async () => (await weir.ask('buffer')).code === 0);
  weir.running.child.kill('SIGINT');
  await weir.running.says('requests under way are answered first');
  weir.running.child.kill('SIGINT');
  const { signal } = await weir.running.ended;
  assert.equal(signal, 'SIGINT');
  assert.notEqual((await hanging).code, 0);
});

test('--detection-only blocks nothing and tells of it; --no-waf judges nothing', {
  skip,
  timeout: 60_000,
}, async (t) => {
  const nginx = await Nginx.start(t);
  const crs = coreRuleSet();
  if (crs !== undefined) {
    const command = ['proxy', 'reverse', '--to', nginx.url, ...ANYWHERE, '--crs', crs, '--detection-only'];
    const detecting = await startGateway(t, command, { folder: ownFolder(t) });
    assert.match(detecting.running.stderr, /nothing is blocked/);
    const passed = await curl(...BROWSER, `${detecting.url}/?q=%3Cscript%3Ealert(1)%3C/script%3E`);
    assert.equal(passed.status, 200);
    await detecting.running.says('noticed');
    assert.match(detecting.running.stdout, /noticed +127\.0\.0\.1 +GET .* xss /);
    assert.equal(await detecting.end('SIGTERM'), 0);
  }
  const folder = ownFolder(t);
  const free = await startGateway(
    t,
    ['proxy', 'reverse', '--to', nginx.url, ...ANYWHERE, '--no-waf', '--no-buffer'],
    { folder },
  );
  assert.match(free.running.stderr, /judged by no rules/);
  assert.equal((await curl(`${free.url}/?q=evil`)).status, 200);
  const { code, stderr } = await free.ask('requests');
  assert.equal(code, 1);
  assert.match(stderr, /keeps no requests/);
  assert.equal(await free.end('SIGTERM'), 0);
});

test('a forward proxy: plain HTTP is judged, TLS passes unread; who may not use it is told so', {
  skip: skip || withoutPrograms('openssl') || withoutNamespaces(),
  timeout: 90_000,
}, async (t) => {
  const network = new TestNetwork();
  t.after(() => network.remove());
  const [gateway, client] = [network.gateway, network.client].map((name) => [
    'ip',
    'netns',
    'exec',
    name,
  ]) as [string[], string[]];
  const folder = ownFolder(t);
  const both = writeCertificate(folder);
  const server = await Nginx.start(t, {
    within: client,
    listen: ['10.9.8.2:80', '10.9.8.2:443 ssl'],
    settings: `ssl_certificate ${both}; ssl_certificate_key ${both};`,
  });
  const command = ['proxy', 'forward', '--rules', writeRules(folder), '--listen'];
  const weir = await startGateway(t, [...command, '10.9.8.1:3128'], { folder, within: gateway });
  const ask = (...args: readonly string[]) => curlIn(client, '-x', 'http://10.9.8.1:3128', ...args);
  assert.match((await ask('http://10.9.8.2/')).body, /Welcome/);
  const attack = await ask('http://10.9.8.2/?q=evil');
  assert.equal(attack.status, 403);
  await weir.kept(REFERENCE.exec(attack.head)?.[1] ?? assert.fail(attack.head));
  const trusting = ['--cacert', join(folder, 'certificate.pem')];
  const unread = await ask(...trusting, 'https://10.9.8.2/?q=evil-unread');
  assert.equal(unread.status, 200, unread.head);
  assert.match(server.accesses, /GET \/\?q=evil-unread/);
  // Nobody gets to services of the machine itself, nor to other ports than that of HTTPS.
  assert.equal((await ask('http://127.0.0.1/')).status, 403);
  assert.notEqual((await ask('-p', 'http://10.9.8.2:80/')).code, 0);
  assert.equal(await weir.end('SIGTERM'), 0);
  // Whom it does not serve.
  const closed = [...command, '10.9.8.1:3129', '--clients', '192.0.2.0/24'];
  const other = await startGateway(t, closed, { folder: ownFolder(t), within: gateway });
  const refused = await curlIn(client, '-x', 'http://10.9.8.1:3129', 'http://10.9.8.2/');
  assert.ok(refused.status === 403 || refused.code !== 0, String(refused.status));
  assert.doesNotMatch(refused.body, /Welcome/);
  assert.equal(await other.end('SIGTERM'), 0);
});

test('a forward proxy that looks into TLS: what clients trust is judged, exceptions and refusals pass unread', {
  skip: skip || withoutPrograms('openssl') || withoutNamespaces(),
  timeout: 90_000,
}, async (t) => {
  const network = new TestNetwork();
  t.after(() => network.remove());
  const [gateway, client] = [network.gateway, network.client].map((name) => [
    'ip',
    'netns',
    'exec',
    name,
  ]) as [string[], string[]];
  const folder = ownFolder(t);
  const both = writeCertificate(folder);
  const server = await Nginx.start(t, {
    within: client,
    listen: ['10.9.8.2:443 ssl http2'],
    settings: `ssl_certificate ${both}; ssl_certificate_key ${both};`,
  });
  const ca = createCa(join(folder, 'ca'));
  const own = join(folder, 'certificate.pem');
  const command = [
    ...['proxy', 'forward', '--rules', writeRules(folder), '--listen', '10.9.8.1:3128'],
    ...['--intercept', '--ca', join(folder, 'ca')],
  ];
  // The proxy trusts the server, the client only what it is told to.
  const within = [...gateway, 'env', `NODE_EXTRA_CA_CERTS=${own}`];
  const weir = await startGateway(t, command, { folder, within });
  const ask = (trusted: string, path: string, ...args: readonly string[]) =>
    curlIn(client, '-x', 'http://10.9.8.1:3128', '--cacert', trusted, ...args, `https://10.9.8.2${path}`);
  for (const version of ['--http1.1', '--http2']) {
    const page = await ask(ca.file, '/', version);
    assert.equal(page.status, 200, page.body + weir.running.stderr);
    assert.match(page.body, /Welcome/);
    assert.equal(page.version, version === '--http2' ? '2' : '1.1');
    const attack = await ask(ca.file, '/?q=evil', version);
    assert.equal(attack.status, 403);
    const entry = await weir.kept(REFERENCE.exec(attack.head)?.[1] ?? assert.fail(attack.head));
    assert.equal(entry.host, '10.9.8.2');
  }
  assert.doesNotMatch(server.accesses, /evil/);
  // A client that does not trust our CA fails a few times, is let through unread from then on, and that is told.
  const codes: number[] = [];
  while (codes.length < 6 && codes.at(-1) !== 0) codes.push((await ask(own, '/?q=evil-unread')).code);
  assert.deepEqual([codes[0], codes.at(-1)], [60, 0], codes.join());
  assert.match(server.accesses, /evil-unread/);
  await weir.running.says('is passed on unread until');
  assert.equal(await weir.end('SIGTERM'), 0);
  // Names that are never looked into.
  const except = [...command, '--except', '10.9.8.2'];
  const other = await startGateway(t, except, { folder: ownFolder(t), within });
  assert.equal((await ask(own, '/')).status, 200, other.running.stderr);
  assert.equal(await other.end('SIGTERM'), 0);
});

test('wrong words on the command line: exit code 2 and one sentence', { timeout: 60_000 }, async () => {
  const to = ['--to', 'http://127.0.0.1:1'];
  const wrong: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [['proxy'], /takes what kind of it/],
    [['proxy', 'sideways'], /reverse.* not 'sideways'/],
    [['proxy', 'reverse'], /where do requests go\? --to/],
    [['proxy', 'reverse', ...to, 'x'], /takes no operands/],
    [['proxy', 'reverse', ...to, '--paranoia', '5'], /--paranoia takes a number from 1 to 4/],
    [['proxy', 'reverse', ...to, '--workers', '0'], /--workers takes a number/],
    [['proxy', 'reverse', ...to, '--long-bodies', 'keep'], /--long-bodies takes deny, judge/],
    [['proxy', 'reverse', ...to, '--rate', 'fast'], /--rate takes a number/],
    [['proxy', 'reverse', ...to, '--lisen', ':1'], /Unknown option '--lisen'/],
    [['proxy', 'forward', '--intercept=x'], /--intercept/],
    [['proxy', 'forward', '--connect-port', '0'], /--connect-port takes a number from 1/],
    [['proxy', 'reverse', '--to', 'http://127.0.0.1:1', '--plain', ':80'], /--plain .*--cert/],
    [['proxy', 'reverse', '--to', 'http://127.0.0.1:1', '--plain-mode', 'x'], /--plain-mode takes redirect/],
    [['proxy', 'forward', 'x'], /takes no operands/],
  ];
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await weir(...args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, message);
    assert.match(stderr, /^weir: /);
    assert.equal(stdout, '');
  }
  for (const kind of ['reverse', 'forward']) {
    const { code, stdout } = await weir('proxy', kind, '--help');
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^usage: weir proxy ${kind}`));
  }
});

test('mistakes in rules: exit code 1, and each mistake in a line of its own', {
  timeout: 60_000,
}, async (t) => {
  const file = join(ownFolder(t), 'wrong.conf');
  writeFileSync(file, 'SecRulez A\nSecRule ARGS "@rx (" "id:1,phase:2"\n');
  const { code, stderr } = await weir('proxy', 'reverse', '--to', 'http://127.0.0.1:1', '--rules', file);
  assert.equal(code, 1);
  const told = stderr.split('\n').filter((line) => line.includes('wrong.conf:'));
  assert.equal(told.length, 2, stderr);
  assert.match(told[0] ?? '', /^weir: .*wrong\.conf:1: SecRulez/);
  assert.match(told[1] ?? '', /^weir: .*wrong\.conf:2: rule 1/);
});

test('what cannot be opened: exit code 1 and one sentence', { skip, timeout: 60_000 }, async (t) => {
  const folder = ownFolder(t);
  const rules = writeRules(folder);
  const port = await serving(
    t,
    createServer(() => undefined),
  );
  const own = ['--control', join(folder, 'run'), '--buffer-folder', join(folder, 'buffer'), '--rules', rules];
  writeFileSync(join(folder, 'bad.pem'), 'not a certificate\n');
  const to = ['--to', 'http://127.0.0.1:1'];
  const cases: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [[...to, '--listen', `127.0.0.1:${port}`], /is in use already/],
    [[...to, '--listen', '192.0.2.1:0'], /192\.0\.2\.1.* is no address of this machine/],
    [[...to, '--listen', 'nowhere'], /'nowhere' is no address with a port/],
    [['--to', 'ftp://x'], /'ftp:\/\/x' is no origin/],
    [[...to, ...ANYWHERE, '--route', '/api'], /no origin/],
    [[...to, ...ANYWHERE, '--cert', join(folder, 'bad.pem')], /bad\.pem/],
    [[...to, ...ANYWHERE, '--cert', join(folder, 'missing.pem')], /missing\.pem/],
    [[...to, ...ANYWHERE, '--deny', '10.0.0.0/33'], /'10\.0\.0\.0\/33' is no network/],
    [[...to, ...ANYWHERE, '--eve', join(folder, 'none/eve.json')], /none\/eve\.json/],
    [[...to, ...ANYWHERE, '--rules', join(folder, 'none.conf')], /none\.conf/],
    [[...to, ...ANYWHERE, '--crs', folder], new RegExp(folder)],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await weir('proxy', 'reverse', ...own, ...args);
    assert.equal(code, 1, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /^ {4}at /m, stderr);
    assert.equal(stdout, '');
  }
});

test('without root it keeps its state in the home of its user; a port below 1024 is explained', {
  skip: skip || (!ROOT_USER && 'only root can become somebody else') || withoutPrograms('setpriv'),
  timeout: 60_000,
}, async (t) => {
  const nginx = await Nginx.start(t);
  const folder = ownFolder(t);
  const home = join(folder, 'home');
  mkdirSync(home);
  chownSync(home, 65534, 65534);
  chmodSync(home, 0o700);
  const env = { ...process.env, HOME: home, XDG_STATE_HOME: '', XDG_RUNTIME_DIR: home, TMPDIR: home };
  const command = [
    ...['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, MAIN, 'proxy', 'reverse'],
    ...['--to', nginx.url, '--rules', writeRules(folder)],
  ];
  // Where ports of all kinds are open to everybody there is nothing to explain.
  if (readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8').trim() === '1024') {
    const low = spawnSync('setpriv', [...command, '--listen', '127.0.0.1:79'], { encoding: 'utf8', env });
    assert.equal(low.status, 1);
    assert.match(low.stderr, /127\.0\.0\.1:79 may not be opened by this user: ports below 1024 need root/);
  }
  const closed = join(home, 'closed');
  mkdirSync(closed, { mode: 0o500 });
  chownSync(closed, 65534, 65534);
  const buffer = ['--buffer-folder', closed];
  const unwritable = spawnSync('setpriv', [...command, ...ANYWHERE, ...buffer], { encoding: 'utf8', env });
  assert.equal(unwritable.status, 1, unwritable.stderr);
  assert.match(unwritable.stderr, /^weir: buffer B: .*closed/m);
  const child = spawn('setpriv', [...command, ...ANYWHERE], { stdio: ['ignore', 'pipe', 'pipe'], env });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const url = await until(
    'an address',
    () => said.includes('Ctrl-C ends') && /http:\/\/127\.0\.0\.1:\d+$/m.exec(said)?.[0],
    () => said,
  );
  assert.equal((await curl(`${url}/?q=evil`)).status, 403);
  assert.equal(statSync(join(home, '.local/state/weir/buffer')).mode & 0o777, 0o700);
  assert.equal(statSync(join(home, 'weir/weir.sock')).mode & 0o777, 0o600);
});

test('a full disk: requests go on, the loss is told of once and at the end', {
  skip: skip || (!ROOT_USER && 'only root can make a small disk'),
  timeout: 60_000,
}, async (t) => {
  const nginx = await Nginx.start(t);
  const disk = smallDisk(t, '256k');
  if (disk === undefined) return t.skip('no small disk can be mounted');
  const folder = ownFolder(t);
  const command = reverse(folder, nginx.url, '--eve', join(disk, 'eve.json'));
  const weir = await startGateway(t, [...command, '--no-buffer'], { folder });
  writeFileSync(join(disk, 'filler'), Buffer.alloc(200 << 10));
  // The rest of the disk is full after so many records.
  const { code } = await curl('--fail', `${weir.url}/?number=[1-300]&q=${'x'.repeat(500)}`);
  assert.equal(code, 0);
  assert.equal((await curl(`${weir.url}/?q=evil`)).status, 403);
  await weir.running.says('records are lost');
  assert.equal(weir.running.stderr.split('records are lost').length, 2, 'told of once');
  assert.equal(await weir.end('SIGTERM'), 0);
  assert.match(weir.running.stderr, /^weir: \d+ records could not be written to .*eve\.json$/m);
});

test('a buffer whose disk is full is said at the start, or loses copies and not requests', {
  skip: skip || (!ROOT_USER && 'only root can make a small disk'),
  timeout: 60_000,
}, async (t) => {
  const disk = smallDisk(t, '2m');
  if (disk === undefined) return t.skip('no small disk can be mounted');
  const nginx = await Nginx.start(t);
  const folder = ownFolder(t);
  const rest = ['--buffer-folder', join(disk, 'buffer')];
  const command = reverse(folder, nginx.url, ...rest);
  const gateway = await startGateway(t, command, { folder });
  assert.equal((await curl(gateway.url)).status, 200);
  const filler = spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=4096']);
  assert.notEqual(filler.status, 0, 'the disk is full');
  const { code, status } = await curl('--fail', `${gateway.url}/?number=[1-200]&q=${'x'.repeat(2000)}`);
  assert.deepEqual({ code, status }, { code: 0, status: 200 });
  assert.equal((await curl(`${gateway.url}/?q=evil`)).status, 403);
  const buffer = await gateway.ask('buffer', '--json');
  assert.equal(buffer.code, 0, buffer.stderr);
  assert.equal(await gateway.end('SIGTERM'), 0, gateway.running.stderr);
  // It starts on a full disk, or says in a sentence why not.
  const own = ['--control', join(folder, 'run'), '--eve', join(folder, 'eve.json')];
  rmSync(join(disk, 'buffer'), { recursive: true });
  spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'filler2')}`, 'bs=4096']);
  const { code: started, stderr } = await weir(...reverse(folder, nginx.url, ...own, ...rest));
  assert.equal(started, 1, stderr);
  assert.match(stderr, /^weir: buffer B: .*(space|full|ENOSPC)/m);
});
