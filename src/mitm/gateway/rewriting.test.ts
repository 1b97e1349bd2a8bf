import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { defaultConfiguration } from '../../config/index.ts';
import { CertificateAuthority, createCa } from '../proxy/tls/index.ts';
import { Gateway } from './gateway.ts';
import { GatewayError, type GatewayOptions } from './options.ts';
import { readRewriter } from './rewriting.ts';

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-rewriting-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function curl(...args: readonly string[]): Promise<string> {
  const child = spawn('curl', ['-s', '-m', '10', '-i', ...args]);
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
  });
  const [status] = await once(child, 'close');
  assert.equal(status, 0, args.join(' '));
  return text;
}

test('a file of rules is read, and its mistakes are told with their places', (t) => {
  const path = join(folderFor(t), 'rules.yaml');
  writeFileSync(path, '- response: {headers: {set: {X-A: b}}}\n');
  assert.ok(readRewriter(path));
  const refusals: readonly (readonly [string, RegExp])[] = [
    [
      '- response: {headers: {sett: {X-A: b}}}\n',
      /rules\.yaml: rules\[0\]\.response\.headers: .*did you mean set/,
    ],
    ['- {unclosed', /rules\.yaml: /],
    ['just a text', /rules\.yaml: /],
  ];
  for (const [text, message] of refusals) {
    writeFileSync(path, text);
    assert.throws(
      () => readRewriter(path),
      (error) => error instanceof GatewayError && message.test(error.message),
    );
  }
  assert.throws(() => readRewriter(`${path}.gone`), GatewayError);
});

test('rules change what goes through HTTP/1 and HTTP/2, and secrets of TLS are logged on request', async (t) => {
  const folder = folderFor(t);
  const site = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(`<html><head></head><body>${request.url} for ${request.headers['x-asked']}</body></html>`);
  });
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  t.after(() => site.close());
  const { port } = site.address() as AddressInfo;
  const { file } = createCa(join(folder, 'ca'));
  const { certificate, key } = CertificateAuthority.load(join(folder, 'ca')).leaf('shop.example');
  writeFileSync(join(folder, 'shop.pem'), `${certificate}${key}`);
  const rules = [
    '- match: {path: /old}',
    '  request: {path: {prefix: /old, to: /new}}',
    '- request: {headers: {set: {X-Asked: "{host}"}}}',
    '  response:',
    '    headers: {set: {X-Seen: weir}}',
    '    inject: [{before: </body>, html: "<!--seen-->"}]',
  ];
  writeFileSync(join(folder, 'rules.yaml'), `${rules.join('\n')}\n`);
  const { web } = defaultConfiguration();
  const options: GatewayOptions = {
    ...web,
    waf: { ...web.waf, enabled: false },
    buffer: { ...web.buffer, enabled: false },
    reverse: {
      listen: '127.0.0.1:0',
      to: `http://127.0.0.1:${port}`,
      routes: [],
      certificates: [join(folder, 'shop.pem')],
    },
    rewrite: join(folder, 'rules.yaml'),
    keyLog: join(folder, 'keys.log'),
  };
  const gateway = await Gateway.start(options, { records: undefined, report: () => undefined });
  t.after(() => gateway.close());
  const at = new URL(gateway.ways[0] ?? '').port;
  const common = ['--cacert', file, '--resolve', `shop.example:${at}:127.0.0.1`];
  for (const version of ['--http1.1', '--http2']) {
    const text = await curl(version, ...common, `https://shop.example:${at}/old/x?y=1`);
    assert.match(text, version === '--http2' ? /^HTTP\/2 200/ : /^HTTP\/1\.1 200/);
    assert.match(text, /^x-seen: weir\r$/im);
    assert.match(text, /\/new\/x\?y=1 for shop\.example<!--seen--><\/body>/);
  }
  assert.match(readFileSync(options.keyLog, 'latin1'), /^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]+$/m);
  assert.equal(statSync(options.keyLog).mode & 0o777, 0o600);
});
