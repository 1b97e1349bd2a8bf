import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { proxyFor, reverseProxy } from './testing.ts';

const run = promisify(execFile);
const MISSING = ['nginx', 'curl', 'openssl'].find(
  (program) => spawnSync('which', [program], { stdio: 'ignore' }).status !== 0,
);
const skip = MISSING === undefined ? false : `${MISSING} is not installed`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** nginx with a folder to read from and to put into, by HTTP and HTTPS; gone with the test. */
async function nginx(t: TestContext): Promise<{ folder: string; port: number; tlsPort: number; ca: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-nginx-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['www', 'temporary']) mkdirSync(join(folder, name), { mode: 0o777 });
  const ca = join(folder, 'certificate.pem');
  const key = join(folder, 'key.pem');
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await run('openssl', [...made, ...subject, '-keyout', key, '-out', ca, '-days', '2']);
  const port = await freePort();
  const tlsPort = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/temporary;`)
    .join(' ');
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; user root; pid ${folder}/pid; error_log ${folder}/error.log;
    events { worker_connections 256; }
    http { access_log off; ${temporary} client_max_body_size 100m; gzip on; gzip_types *; gzip_proxied any;
      server { listen 127.0.0.1:${port}; listen 127.0.0.1:${tlsPort} ssl;
        ssl_certificate ${ca}; ssl_certificate_key ${key}; root ${folder}/www;
        location / { dav_methods PUT DELETE; } } }`,
  );
  const child = spawn('nginx', ['-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  const until = performance.now() + 10_000;
  while (!(await answers(port))) {
    if (performance.now() > until)
      throw new Error(`nginx does not start: ${readFileSync(join(folder, 'error.log'))}`);
    await new Promise((done) => setTimeout(done, 20));
  }
  return { folder, port, tlsPort, ca: readFileSync(ca, 'utf8') };
}

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.on('error', () => done(false));
  });
}

test('curl puts and gets large files through the proxy, by length and in chunks', { skip }, async (t) => {
  const { folder, port: to } = await nginx(t);
  const { port, proxy } = await reverseProxy(t, to);
  const body = randomBytes(20 * 1024 * 1024);
  writeFileSync(join(folder, 'body'), body);
  const hash = createHash('sha256').update(body).digest('hex');
  for (const [name, ...words] of [['length'], ['chunked', '-H', 'Transfer-Encoding: chunked']] as const) {
    const url = `http://127.0.0.1:${port}/${name}`;
    await run('curl', ['-sf', '--max-time', '30', '-T', join(folder, 'body'), ...words, url]);
    assert.equal(
      createHash('sha256')
        .update(readFileSync(join(folder, 'www', name)))
        .digest('hex'),
      hash,
    );
    // With gzip nginx answers in chunks.
    const file = join(folder, 'got');
    await run('curl', ['-sf', '--max-time', '30', '--compressed', '-o', file, url]);
    assert.equal(createHash('sha256').update(readFileSync(file)).digest('hex'), hash);
  }
  assert.deepEqual([...proxy.statistics().statuses], [2, 4, 0, 0, 0]);
});

test('a server with TLS is asked when its certificate is trusted, else it is 502', { skip }, async (t) => {
  const { folder, tlsPort, ca } = await nginx(t);
  writeFileSync(join(folder, 'www', 'hello'), 'hello');
  const listeners = [{ kind: 'reverse', host: '127.0.0.1', port: 0 }] as const;
  const routes = [{ to: `https://localhost:${tlsPort}` }];
  const trusted = await proxyFor(t, { listeners, routes, upstreamTls: { ca } });
  const strange = await proxyFor(t, { listeners, routes });
  for (let i = 0; i < 2; i++) {
    const { stdout } = await run('curl', [
      '-s',
      '--max-time',
      '10',
      `http://127.0.0.1:${trusted.port}/hello`,
    ]);
    assert.equal(stdout, 'hello');
  }
  assert.equal(trusted.proxy.statistics().upstream.opened, 1);
  const url = `http://127.0.0.1:${strange.port}/hello`;
  const { stdout } = await run('curl', ['-s', '--max-time', '10', '-w', '%{http_code}', url]);
  assert.match(stdout, /TLS with the server failed[\s\S]*502$/);
  assert.equal(strange.proxy.statistics().upstream.faults.tls, 1);
});
