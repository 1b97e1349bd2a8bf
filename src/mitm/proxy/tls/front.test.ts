import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { listen } from '../testing.ts';
import { CertificateAuthority, createCa } from './ca.ts';
import { CertificateTable } from './certificates.ts';
import { ServerContexts } from './contexts.ts';
import { type Accepted, TlsFront, type TlsFrontOptions } from './front.ts';
import { KeyLog, KeyLogError } from './keylog.ts';
import { type PassEntry, PassThroughTable } from './pass-through.ts';

const root = mkdtempSync(join(tmpdir(), 'weir-tls-'));
after(() => rmSync(root, { recursive: true, force: true }));
const { file: CA_FILE } = createCa(join(root, 'ca'));
const ca = CertificateAuthority.load(join(root, 'ca'));

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(command: string, args: readonly string[], input = ''): Promise<Run> {
  const child: ChildProcess = spawn(command, args, { stdio: 'pipe', timeout: 20_000 });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data) => {
    stdout += data;
  });
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  child.stdin?.on('error', () => child.stdin?.destroy());
  child.stdin?.end(input);
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stdout, stderr };
}

interface Served {
  readonly port: number;
  readonly front: TlsFront;
  readonly accepted: Accepted[];
}

/** A server that answers HTTP/1.1 on what the front ends, and tells what the front made of each connection. */
async function serve(
  t: TestContext,
  options: Partial<TlsFrontOptions> & { host?: string; upstream?: readonly string[] } = {},
): Promise<Served> {
  const front = new TlsFront({ contexts: new ServerContexts({ ca }), protocols: ['http/1.1'], ...options });
  const accepted: Accepted[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    const { upstream } = options;
    void front
      .accept(socket, '127.0.0.1', options.host, undefined, upstream && (async () => upstream))
      .then((result) => {
        accepted.push(result);
        if (result.kind === 'terminated') {
          result.stream.once('data', () => {
            const text = `${result.protocol} ${result.tls.version} ${result.tls.serverName}`;
            result.stream.end(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
          });
        } else if (result.kind === 'other') {
          socket.once('data', (data) => socket.end(`echo ${data}`));
          socket.resume();
        }
      });
  });
  return { port: await listen(t, server), front, accepted };
}

function curl(port: number, name: string, ...more: string[]): Promise<Run> {
  const args = ['-sS', '-m', '10', '--resolve', `${name}:${port}:127.0.0.1`, ...more];
  return run('curl', [...args, `https://${name}:${port}/`]);
}

test('curl believes the leaf for the name it asks for, in TLS 1.2 and 1.3, and by address', async (t) => {
  const { port, front } = await serve(t, { host: '127.0.0.1' });
  for (const [more, version] of [
    [['--tlsv1.2', '--tls-max', '1.2'], 'TLSv1.2'],
    [['--tlsv1.3'], 'TLSv1.3'],
    [['--http1.1', '--no-alpn'], 'TLSv1.3'],
  ] as const) {
    const { status, stdout, stderr } = await curl(port, 'www.shop.example', '--cacert', CA_FILE, ...more);
    assert.equal(status, 0, stderr);
    assert.equal(stdout, `http/1.1 ${version} www.shop.example`);
  }
  const byAddress = await run('curl', ['-sS', '-m', '10', '--cacert', CA_FILE, `https://127.0.0.1:${port}/`]);
  assert.equal(byAddress.stdout, 'http/1.1 TLSv1.3 ', byAddress.stderr);
  assert.equal(ca.signed, 2);
  assert.equal(front.statistics.terminated, 4);
});

test('a client that does not know the CA, or speaks an old version only, is counted with its reason', async (t) => {
  const { port, front, accepted } = await serve(t);
  assert.equal((await curl(port, 'a.example')).status, 60);
  assert.equal((await curl(port, 'a.example', '--cacert', CA_FILE, '--tls-max', '1.1')).status, 35);
  const noShared = connectTls({ port, host: '127.0.0.1', servername: 'a.example', ALPNProtocols: ['imap'] });
  await assert.rejects(once(noShared, 'secureConnect'), /application protocol/);
  assert.deepEqual(front.statistics.failed, {
    'unknown-ca': 1,
    'no-common-version': 1,
    'no-common-protocol': 1,
  });
  assert.ok(accepted.every((one) => one.kind === 'failed' && one.reason !== ''));
});

test('ALPN is what both we and the server speak', async (t) => {
  for (const [upstream, expected] of [
    [['h2', 'http/1.1'], 'h2'],
    [['http/1.1'], 'http/1.1'],
    [[], 'http/1.1'],
    [undefined, 'h2'],
  ] as const) {
    const { port } = await serve(t, { protocols: ['h2', 'http/1.1'], ...(upstream && { upstream }) });
    const client = connectTls({
      port,
      host: '127.0.0.1',
      servername: 'a.example',
      ca: readFileSync(CA_FILE),
      ALPNProtocols: ['http/1.1', 'h2'],
    });
    await once(client, 'secureConnect');
    assert.equal(client.alpnProtocol, expected);
    client.destroy();
  }
});

test('a client that pins its certificate is passed on after three refusals, visibly, and for a time', async (t) => {
  const told: PassEntry[] = [];
  let now = Date.now();
  const passThrough = new PassThroughTable({
    now: () => now,
    onPass: (_candidate, entry) => told.push(entry),
  });
  const { port, accepted } = await serve(t, {
    passThrough,
    host: 'app.example',
    protocols: ['h2', 'http/1.1'],
  });
  const pin = ['--pinnedpubkey', `sha256//${'A'.repeat(43)}=`, '--cacert', CA_FILE];
  for (let i = 0; i < 3; i++) assert.equal((await curl(port, 'app.example', ...pin)).status, 90);
  const [entry] = passThrough.entries();
  assert.ok(entry?.kind === 'learned');
  assert.equal(entry.serverName, 'app.example');
  assert.match(entry.reason, /behind the TLS handshake/);
  assert.equal(entry.expires - entry.since, 3_600_000);
  const pending = curl(port, 'app.example', ...pin, '-m', '2');
  await pending;
  const last = accepted.at(-1);
  assert.ok(last?.kind === 'pass');
  assert.equal(last.hello.serverName, 'app.example');
  assert.equal(told.length, 1);
  assert.equal(passThrough.entries()[0]?.count, 1);
  // Another name of the same client is still inspected.
  assert.equal((await curl(port, 'other.example', '--cacert', CA_FILE, '--http1.1')).status, 0);
  now += 3_600_000;
  assert.equal((await curl(port, 'app.example', '--cacert', CA_FILE, '--http1.1')).status, 0);
  assert.deepEqual(passThrough.entries(), []);
});

test('alerts count as refusals, and a success makes them forgotten', async (t) => {
  const passThrough = new PassThroughTable({ onPass: () => assert.fail('passed') });
  const { port } = await serve(t, { passThrough });
  for (let i = 0; i < 2; i++) assert.equal((await curl(port, 'a.example')).status, 60);
  assert.equal((await curl(port, 'a.example', '--cacert', CA_FILE)).status, 0);
  for (let i = 0; i < 2; i++) assert.equal((await curl(port, 'a.example')).status, 60);
  assert.deepEqual(passThrough.entries(), []);
});

test('what is no TLS is handed on whole, and so is a client that waits', async (t) => {
  const { port, accepted } = await serve(t, { helloTimeoutMs: 200 });
  const plain = connect(port, '127.0.0.1');
  plain.write('GET / HTTP/1.1\r\n\r\n');
  const [answer] = (await once(plain, 'data')) as [Buffer];
  assert.equal(String(answer), 'echo GET / HTTP/1.1\r\n\r\n');
  const late = connect(port, '127.0.0.1');
  await new Promise((resolve) => setTimeout(resolve, 400));
  late.write('EHLO x\r\n');
  const [greeting] = (await once(late, 'data')) as [Buffer];
  assert.equal(String(greeting), 'echo EHLO x\r\n');
  assert.deepEqual(accepted, [
    { kind: 'other', silent: false },
    { kind: 'other', silent: true },
  ]);
});

test('a handshake that does not go on is ended, and so is one of garbage', async (t) => {
  const { port, accepted, front } = await serve(t, { handshakeTimeoutMs: 200, helloTimeoutMs: 5000 });
  const hello = await new Promise<Buffer>((resolve) => {
    const server = createServer((socket) => socket.once('data', resolve)).listen(0, '127.0.0.1', () => {
      const address = server.address();
      assert.ok(address !== null && typeof address === 'object');
      const client = connectTls({ port: address.port, host: '127.0.0.1', servername: 'slow.example' });
      client.on('error', () => client.destroy());
      t.after(() => {
        client.destroy();
        server.close();
      });
    });
  });
  const slow = connect(port, '127.0.0.1');
  slow.on('error', () => slow.destroy());
  slow.resume();
  slow.write(hello);
  await once(slow, 'close');
  const garbage = connect(port, '127.0.0.1');
  garbage.on('error', () => garbage.destroy());
  garbage.resume();
  const damaged = Buffer.from(hello);
  damaged.fill(255, 60, 90);
  garbage.write(damaged);
  await once(garbage, 'close');
  const gone = connect(port, '127.0.0.1');
  gone.end(hello.subarray(0, 50));
  gone.resume();
  await once(gone, 'close');
  const faults = accepted.map((one) => (one.kind === 'failed' ? one.fault : one.kind));
  assert.deepEqual(faults, ['timeout', 'protocol-error', 'closed']);
  assert.deepEqual(front.statistics.failed, { timeout: 1, 'protocol-error': 1, closed: 1 });
});

/** Files of a certificate that openssl made, valid for some days from an offset of days. */
async function certificate(
  name: string,
  names: readonly string[],
  ...more: string[]
): Promise<{ certificate: string; key: string }> {
  const files = { certificate: join(root, `${name}.pem`), key: join(root, `${name}-key.pem`) };
  const { status, stderr } = await run('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`],
    ...['-keyout', files.key, '-out', files.certificate],
    ...['-addext', `subjectAltName=${names.join(',')}`, ...more],
  ]);
  assert.equal(status, 0, stderr);
  return files;
}

test('configured certificates are chosen by name, by wildcard, or by default, and are read anew', async (t) => {
  const exact = await certificate('exact', ['DNS:www.own.example', 'IP:192.0.2.1'], '-days', '2');
  const wild = await certificate('wild', ['DNS:*.own.example'], '-days', '2');
  const other = await certificate('other', ['DNS:other.example'], '-days', '2');
  const table = new CertificateTable([exact, wild, { ...other, isDefault: true }]);
  assert.deepEqual(
    table.all.map(({ names }) => names.join()),
    ['www.own.example,192.0.2.1', '*.own.example', 'other.example'],
  );
  const { port } = await serve(t, { contexts: new ServerContexts({ certificates: table }) });
  for (const [name, files] of [
    ['www.own.example', exact],
    ['a.own.example', wild],
    ['a.b.own.example', other],
    ['unknown.example', other],
  ] as const) {
    const client = connectTls({ port, host: '127.0.0.1', servername: name, rejectUnauthorized: false });
    await once(client, 'secureConnect');
    const { fingerprint256 } = new X509Certificate(readFileSync(files.certificate));
    assert.equal(client.getPeerCertificate().fingerprint256, fingerprint256, name);
    client.destroy();
  }
  table.reload([wild]);
  assert.equal(table.find('www.own.example')?.file, wild.certificate);
  assert.throws(
    () => table.reload([{ ...exact, key: wild.key }]),
    /wild-key\.pem: is not the key of .*exact\.pem/,
  );
  assert.equal(table.find('www.own.example')?.file, wild.certificate);
});

test('certificates that cannot be used are refused with which and why', async () => {
  const good = await certificate('good', ['DNS:good.example'], '-days', '2');
  const load = (files: Parameters<CertificateTable['reload']>[0], now?: number): void => {
    new CertificateTable([]).reload(files, now);
  };
  const days = 86_400_000;
  assert.throws(() => load([good], Date.now() + 3 * days), /good\.pem: expired on .* renewed/);
  assert.throws(() => load([good], Date.now() - days), /valid from .* clock/);
  assert.throws(
    () => load([{ ...good, names: ['bad.example'] }]),
    /is not for bad\.example, but for good\.example/,
  );
  assert.throws(() => load([{ ...good, key: good.certificate }]), /good\.pem: is not a private key/);
  assert.throws(() => load([{ ...good, certificate: good.key }]), /is not a certificate in PEM/);
  assert.throws(() => load([{ ...good, certificate: join(root, 'none') }]), /cannot be read: ENOENT/);
});

test('without a certificate for it a client is told so', async (t) => {
  const { port, front } = await serve(t, { contexts: new ServerContexts({}) });
  const client = connectTls({ port, host: '127.0.0.1', servername: 'a.example' });
  await assert.rejects(once(client, 'secureConnect'), /unrecognized name/i);
  assert.deepEqual(front.statistics.failed, { 'no-certificate': 1 });
});

test('contexts are kept by use, as many as may be, and renewed in time', () => {
  let now = Date.now();
  const contexts = new ServerContexts({ ca, capacity: 3, now: () => now });
  const first = contexts.find('a.example');
  contexts.find('b.example');
  contexts.find('c.example');
  assert.equal(contexts.find('A.example'), first);
  contexts.find('d.example');
  assert.equal(contexts.find('a.example'), first);
  assert.deepEqual(contexts.statistics, { kept: 3, hits: 2, made: 4, evicted: 1 });
  for (let i = 0; i < 20; i++) contexts.find(`n${i}.example`);
  assert.equal(contexts.statistics.kept, 3);
  now += 6.5 * 86_400_000;
  const before = contexts.statistics.made;
  contexts.find('n19.example');
  assert.equal(contexts.statistics.made, before + 1);
  assert.equal(contexts.find('not a name'), undefined);
});

test('the key log has the lines that openssl has for the same connection', async (t) => {
  const path = join(root, 'keys.log');
  const keyLog = new KeyLog(path, (error) => assert.fail(error));
  t.after(() => keyLog.close());
  const { port } = await serve(t, { keyLog });
  const theirs = join(root, 'openssl-keys.log');
  for (const version of ['-tls1_2', '-tls1_3']) {
    const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'k.example', version];
    await run('openssl', [...args, '-quiet', '-keylogfile', theirs], 'GET / HTTP/1.1\r\n\r\n');
  }
  const sorted = (file: string): string[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => /^[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]+$/.test(line))
      .sort();
  const own = sorted(path);
  assert.deepEqual(own, sorted(theirs));
  assert.ok(own.some((line) => line.startsWith('CLIENT_RANDOM ')));
  assert.ok(own.some((line) => line.startsWith('CLIENT_TRAFFIC_SECRET_0 ')));
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(keyLog.lines, own.length);
});

test('a key log goes into no link, and a device that is full ends it once', () => {
  const target = join(root, 'target.log');
  writeFileSync(target, '');
  const link = join(root, 'link.log');
  symlinkSync(target, link);
  const never = (): never => assert.fail('told');
  assert.throws(() => new KeyLog(link, never), KeyLogError);
  assert.throws(() => new KeyLog('/dev/full', never), /a file of one's own/);
  assert.throws(() => new KeyLog(join(root, 'none', 'x'), never), /ENOENT/);
  const log = new KeyLog(target, never);
  log.write(Buffer.from('a line\n'));
  log.close();
  log.write(Buffer.from('a late line\n'));
  assert.equal(readFileSync(target, 'utf8'), 'a line\n');
});
