import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { TestNetwork, withoutNamespaces } from '../../mirror/namespace-network.ts';
import { kernelAddon } from '../../native/index.ts';
import {
  descriptorOf,
  destinationFinder,
  destinationOf,
  listenTransparent,
  type TransparentMode,
} from './transparent.ts';
import { transparentRules } from './transparent-rules.ts';

const skip = kernelAddon() === undefined ? 'build/weir.node is not built (setup/addon.sh)' : false;
const namespaces = skip || withoutNamespaces('nft', 'curl');
const PORT = 8080;

/** Answers each connection with its destination; `none` where there is none. */
const SERVER = `
const { destinationOf, listenTransparent } = await import(process.argv[1]);
const { createServer } = await import('node:net');
const mode = process.argv[2];
const ownPorts = new Set([${PORT}]);
const server = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.once('data', () => {
    const found = destinationOf(socket, { mode, ownPorts });
    const body = found === undefined ? 'none' : found.address + ' ' + found.port;
    socket.end('HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: ' + body.length + '\\r\\n\\r\\n' + body);
  });
});
server.listen(mode === 'tproxy' ? { fd: listenTransparent('::', ${PORT}) } : { port: ${PORT}, host: '::' }, () => console.log('ready'));
`;

describe('a socket', { skip }, () => {
  test('that was not led here: its destination is its own address, and a circle where that is ours', async (t) => {
    const server = createServer();
    t.after(() => server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { readonly port: number };
    const client = connect(port, '127.0.0.1');
    t.after(() => client.destroy());
    const [socket] = (await once(server, 'connection')) as [Socket];
    const others = new Set<number>();
    const own = new Set([port]);
    assert.deepEqual(destinationOf(socket, { mode: 'tproxy', ownPorts: others }), {
      address: '127.0.0.1',
      port,
    });
    for (const mode of ['redirect', 'tproxy'] as const)
      assert.equal(destinationOf(socket, { mode, ownPorts: own }), undefined);
    const find = destinationFinder({ mode: 'tproxy', ownPorts: others });
    assert.deepEqual(find(socket), { address: '127.0.0.1', port });
    assert.equal(typeof descriptorOf(socket), 'number');
    socket.destroy();
    assert.equal(descriptorOf(socket), undefined);
    for (const mode of ['redirect', 'tproxy'] as const)
      assert.equal(destinationOf(socket, { mode, ownPorts: others }), undefined);
  });

  test('of another kind has no descriptor', () => {
    for (const handle of [undefined, null, 7, {}, { fd: -1 }, { fd: '7' }, { fd: 1.5 }])
      assert.equal(descriptorOf({ _handle: handle } as object), undefined);
  });

  test('that is none is refused by its number', () => {
    const { originalDestination } = kernelAddon()!;
    assert.throws(() => originalDestination(2 ** 30), { errno: 9 });
    for (const wrong of [-1, 0.5, 2 ** 31, Number.NaN, '0'])
      assert.throws(() => originalDestination(wrong as number), TypeError);
  });

  test('cannot listen on what is no address', { skip: process.getuid?.() !== 0 && 'needs root' }, () => {
    for (const [address, port] of [
      ['localhost', 80],
      ['127.0.0.1', 65_536],
      ['127.0.0.1', -1],
      [`${'1'.repeat(4096)}`, 80],
      ['127.0.0.1\0', 80],
    ] as const)
      assert.throws(() => listenTransparent(address, port), TypeError);
    // TEST-NET-3 (RFC 5737) belongs to nobody here: only a transparent socket may have an address of it.
    closeSync(listenTransparent('203.0.113.7', 0));
  });
});

describe('rules', () => {
  const options = { mode: 'redirect', interface: 'lan0', port: 8080 } as const;

  test('refuse what could be read otherwise than it is meant', () => {
    for (const wrong of ['', 'a b', 'lan0" accept', 'a'.repeat(16), 'lan0\n', '*', '-x'])
      assert.throws(() => transparentRules({ ...options, interface: wrong }), /^RangeError: interface/);
    for (const port of [0, -1, 65_536, 1.5, Number.NaN])
      assert.throws(() => transparentRules({ ...options, port }), /^RangeError: port/);
    assert.throws(() => transparentRules({ ...options, ports: [] }), /^RangeError: ports/);
    assert.throws(() => transparentRules({ ...options, ports: [80, 0] }), /^RangeError: ports\[1\]/);
    assert.throws(() => transparentRules({ ...options, mark: 3 }), /^RangeError: mark/);
    assert.throws(() => transparentRules({ ...options, table: 254 }), /^RangeError: table/);
  });

  test('are rules to nft', { skip: namespaces }, (t) => {
    const network = new TestNetwork();
    t.after(() => network.remove());
    for (const mode of ['redirect', 'tproxy'] as const) {
      for (const rejectsQuic of [false, true]) {
        const { nft } = transparentRules({ ...options, mode, rejectsQuic, ports: [80, 8000, 80] });
        network.inGateway('sh', '-c', 'printf %s "$1" | nft -c -f -', 'sh', nft);
      }
    }
  });
});

for (const mode of ['redirect', 'tproxy'] as const) {
  test(`${mode} tells where clients wanted to go`, { skip: namespaces, timeout: 60_000 }, async (t) => {
    const network = new TestNetwork();
    t.after(() => network.remove());
    const { nft, commands, undo } = transparentRules({ mode, interface: 'wan0', port: PORT });
    const load = ['sh', '-c', 'printf %s "$1" | nft -f -', 'sh', nft];
    const first = network.run(network.gateway, load);
    if (/No such file|not supported/.test(first.stderr)) {
      t.skip(`this kernel has no ${mode} in nftables: ${first.stderr.split('\n')[0]}`);
      return;
    }
    assert.equal(first.status, 0, first.stderr);
    // Loaded twice they are the same.
    network.inGateway(...load);
    for (const command of commands) network.inGateway(...command);
    routeThroughGateway(network);
    await startServer(network, mode);

    assert.deepEqual(ask(network, 'http://203.0.113.7/', 'http://203.0.113.8:443/'), [
      '203.0.113.7 80',
      '203.0.113.8 443',
    ]);
    assert.deepEqual(ask(network, 'http://[2001:db8::7]/', 'http://[2001:db8:1::8]:443/'), [
      '2001:db8::7 80',
      '2001:db8:1::8 443',
    ]);
    const many = Array.from({ length: 20 }, (_, i) => `198.51.100.${i + 1}`);
    assert.deepEqual(
      ask(network, ...many.map((address) => `http://${address}/`)),
      many.map((address) => `${address} 80`),
    );
    // Whoever comes to the proxy's own port would be sent round in a circle.
    assert.deepEqual(ask(network, `http://10.9.8.1:${PORT}/`, `http://[fd09::1]:${PORT}/`), ['none', 'none']);

    for (const command of undo) network.inGateway(...command);
    assert.equal(network.inGateway('nft', 'list', 'ruleset').trim(), '');
    assert.doesNotMatch(network.inGateway('ip', 'rule'), /fwmark/);
  });
}

/** The proxy itself, with a rule that marks what went through it. */
const PROXY = `
const [root, mode] = process.argv.slice(1);
const { HttpProxy } = await import(root + '/index.ts');
const { RuleRewriter } = await import(root + '/rewrite/index.ts');
const { destinationFinder } = await import(root + '/transparent.ts');
await HttpProxy.start({
  listeners: [{ kind: 'transparent', host: '::', port: ${PORT}, originalDestination: destinationFinder({ mode, ownPorts: new Set([${PORT}]) }) }],
  rewriter: new RuleRewriter([{ response: { headers: { set: { 'X-Through': '{host}' } } } }]),
});
console.log('ready');
`;

/** Answers each connection with the address that it came from. */
const FAR_SERVER = `
const { createServer } = await import('node:http');
createServer((request, response) => response.end(request.socket.localAddress + ' ' + request.headers.host + request.url)).listen(80, '::', () => console.log('ready'));
`;

test('a client that knows of no proxy talks through it to a server', {
  skip: namespaces,
  timeout: 60_000,
}, async (t) => {
  const network = new TestNetwork();
  t.after(() => network.remove());
  const far = `${network.gateway}far`;
  const ip = (...args: readonly string[]): void => {
    const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  };
  ip('netns', 'add', far);
  t.after(() => spawnSync('ip', ['netns', 'del', far]));
  ip('link', 'add', 'wan1', 'netns', network.gateway, 'type', 'veth', 'peer', 'name', 'far1', 'netns', far);
  for (const [name, device, host] of [
    [network.gateway, 'wan1', 1],
    [far, 'far1', 2],
  ] as const) {
    ip('-n', name, 'addr', 'add', `10.9.7.${host}/24`, 'dev', device);
    ip('-n', name, 'addr', 'add', `fd07::${host}/64`, 'dev', device, 'nodad');
    ip('-n', name, 'link', 'set', device, 'up');
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }
  ip('-n', far, 'addr', 'add', '203.0.113.7/32', 'dev', 'lo');
  ip('-n', far, 'addr', 'add', '2001:db8::7/128', 'dev', 'lo', 'nodad');
  ip('-n', network.gateway, 'route', 'add', '203.0.113.7', 'via', '10.9.7.2');
  ip('-n', network.gateway, '-6', 'route', 'add', '2001:db8::7', 'via', 'fd07::2');
  const { nft } = transparentRules({ mode: 'redirect', interface: 'wan0', port: PORT });
  network.inGateway('sh', '-c', 'printf %s "$1" | nft -f -', 'sh', nft);
  routeThroughGateway(network);
  await startProgram(network, far, FAR_SERVER);
  await startProgram(network, network.gateway, PROXY, import.meta.dirname, 'redirect');
  const { status, stdout, stderr } = network.run(network.client, [
    ...['curl', '-sS', '--noproxy', '*', '--max-time', '10', '-w', ' %header{x-through}\n'],
    ...['http://203.0.113.7/a', 'http://[2001:db8::7]/b'],
  ]);
  assert.equal(status, 0, stderr);
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    '::ffff:203.0.113.7 203.0.113.7/a 203.0.113.7',
    '2001:db8::7 [2001:db8::7]/b [2001:db8::7]',
  ]);
});

function routeThroughGateway(network: TestNetwork): void {
  for (const route of [
    ['-4', 'route', 'add', 'default', 'via', '10.9.8.1'],
    ['-6', 'route', 'add', 'default', 'via', 'fd09::1'],
  ]) {
    const { status, stderr } = network.run(network.client, ['ip', ...route]);
    assert.equal(status, 0, stderr);
  }
}

async function startServer(network: TestNetwork, mode: TransparentMode): Promise<void> {
  await startProgram(network, network.gateway, SERVER, join(import.meta.dirname, 'transparent.ts'), mode);
}

/** Runs a program of Node in a namespace, and waits until it says that it is ready. */
async function startProgram(
  network: TestNetwork,
  namespace: string,
  code: string,
  ...args: readonly string[]
): Promise<void> {
  const program = network.start(namespace, [process.execPath, '--input-type=module', '-e', code, ...args]);
  let said = '';
  program.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const lines = createInterface({ input: program.stdout! });
  const outcome = await Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    once(program, 'exit').then(() => `it ended: ${said}`),
  ]);
  assert.equal(outcome, 'ready');
}

function ask(network: TestNetwork, ...urls: readonly string[]): string[] {
  const { status, stdout, stderr } = network.run(network.client, [
    ...['curl', '-sS', '--noproxy', '*', '--max-time', '10', '-w', '\n'],
    ...urls,
  ]);
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split('\n');
}
