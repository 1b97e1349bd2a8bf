import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { Nginx } from '../../test/support/nginx.ts';
import {
  curlIn,
  ownFolder,
  startGateway,
  withoutPrograms,
  writeCertificate,
  writeRules,
} from '../../test/support/web-parts.ts';
import { TestNetwork, withoutNamespaces } from '../mirror/namespace-network.ts';
import { createCa } from '../mitm/proxy/tls/index.ts';
import { kernelAddon } from '../native/index.ts';
import { proxyTransparent } from './proxy-transparent.ts';
import { UsageError } from './usage.ts';

const MAIN = join(import.meta.dirname, 'main.ts');

for (const [args, message] of [
  [['now'], /takes no operands/],
  [['--mode', 'magic'], /--mode/],
  [['--rules-only'], /needs the interface/],
  [['--rules-only', '--interface', 'lan0" accept'], /no name of an interface/],
  [['--rules-only', '--interface', 'lan0', '--listen', 'lan0'], /--listen takes an address with a port/],
  [['--rules-only', '--interface', 'lan0', '--listen', ':0'], /--listen takes an address with a port/],
] as const) {
  test(`weir proxy transparent ${args.join(' ')}: wrong usage`, async () => {
    await assert.rejects(
      proxyTransparent(args),
      (error) => error instanceof UsageError && message.test(error.message),
    );
  });
}

test('the rules lead to the port of --listen, TLS only where it is looked into', () => {
  const print = (...args: readonly string[]): string => {
    const words = [MAIN, 'proxy', 'transparent', '--rules-only', '--interface', 'lan0', ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  assert.match(print(), /iifname "lan0" tcp dport \{ 80 \} redirect to :3129\n/);
  assert.doesNotMatch(print(), /443|udp|bridge/);
  const both = print('--intercept', '--mode', 'tproxy', '--listen', '192.0.2.1:8081');
  assert.match(both, /tcp dport \{ 80, 443 \} tproxy ip to :8081/);
  assert.match(both, /udp dport \{ 80, 443 \} reject/);
  assert.match(both, /# {3}sysctl -w net\.bridge\.bridge-nf-call-iptables=0/);
});

const ADDON = kernelAddon() === undefined ? 'build/weir.node is not built (setup/addon.sh)' : false;
/** Connections to this machine itself as well, where the servers of the test are. */
const RULES = `table ip weir_test {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    tcp dport { 443, 444 } redirect to :3129
  }
}`;

test('a client that knows of no proxy is offered the HTTP that the server offers', {
  skip: ADDON || withoutPrograms('nginx', 'curl', 'openssl') || withoutNamespaces('nft'),
  timeout: 60_000,
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
  const ca = createCa(join(folder, 'ca'));
  await Nginx.start(t, {
    within: gateway,
    listen: ['10.9.8.1:443 ssl http2', '10.9.8.1:444 ssl'],
    settings: `ssl_certificate ${both}; ssl_certificate_key ${both};`,
  });
  const command = [
    ...['proxy', 'transparent', '--rules', writeRules(folder)],
    ...['--intercept', '--ca', join(folder, 'ca')],
  ];
  const within = [...gateway, 'env', `NODE_EXTRA_CA_CERTS=${join(folder, 'certificate.pem')}`];
  const weir = await startGateway(t, command, { folder, within });
  network.inGateway('nft', RULES);
  // The certificate is for the name that the client asks for, not for the address that it goes to.
  const ask = (port: number, path: string) =>
    curlIn(
      client,
      ...['--cacert', ca.file, '--http2', '--resolve', `localhost:${port}:10.9.8.1`],
      `https://localhost:${port}${path}`,
    );
  for (const [port, version] of [
    [443, '2'],
    [444, '1.1'],
  ] as const) {
    const page = await ask(port, '/');
    assert.equal(page.status, 200, page.body + weir.running.stderr);
    assert.equal(page.version, version);
    assert.equal((await ask(port, '/?q=evil')).status, 403);
  }
  assert.equal(await weir.end('SIGTERM'), 0);
});
