import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Nginx } from '../../test/support/nginx.ts';
import {
  curl,
  freePort,
  ownFolder,
  startGateway,
  withoutPrograms,
  writeCertificate,
  writeRules,
} from '../../test/support/web-parts.ts';
import { createCa } from '../mitm/proxy/tls/index.ts';

const skip = withoutPrograms('nginx', 'curl', 'openssl');

test('a client whose TLS is looked into is offered the HTTP that the server offers', {
  skip,
  timeout: 60_000,
}, async (t) => {
  const folder = ownFolder(t);
  const both = writeCertificate(folder);
  const ca = createCa(join(folder, 'ca'));
  const settings = `ssl_certificate ${both}; ssl_certificate_key ${both};`;
  const [modern, plain] = [await freePort(), await freePort()];
  await Nginx.start(t, { settings, listen: [`127.0.0.1:${modern} ssl http2`] });
  await Nginx.start(t, { settings, listen: [`127.0.0.1:${plain} ssl`] });
  const command = [
    ...['proxy', 'forward', '--listen', '127.0.0.1:0', '--rules', writeRules(folder)],
    ...['--intercept', '--ca', join(folder, 'ca'), '--allow-local', '127.0.0.0/8'],
    ...['--connect-port', String(modern), '--connect-port', String(plain)],
  ];
  const within = ['env', `NODE_EXTRA_CA_CERTS=${join(folder, 'certificate.pem')}`];
  const weir = await startGateway(t, command, { folder, within });
  const ask = (port: number, path: string, ...args: readonly string[]) =>
    curl('-x', weir.url, '--cacert', ca.file, ...args, `https://localhost:${port}${path}`);
  // The second time it is known.
  for (let i = 0; i < 2; i++) {
    for (const [port, version] of [
      [modern, '2'],
      [plain, '1.1'],
    ] as const) {
      const page = await ask(port, '/', '--http2');
      assert.equal(page.status, 200, weir.running.stderr);
      assert.equal(page.version, version);
      assert.equal((await ask(port, '/?q=evil', '--http2')).status, 403);
    }
  }
  assert.equal((await ask(modern, '/', '--http1.1')).version, '1.1');
  assert.equal(await weir.end('SIGTERM'), 0);
});
