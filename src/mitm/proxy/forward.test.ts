import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { DestinationGuard } from './destination.ts';
import type { HttpProxy, ProxyOptions } from './index.ts';
import { eventually, proxyFor, RawClient, requestServer, serverFor } from './testing.ts';

const run = promisify(execFile);
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const FORWARD: ProxyOptions = { listeners: [{ kind: 'forward', host: '127.0.0.1', port: 0 }] };
const OPEN: ProxyOptions = { ...FORWARD, forward: { allowLocal: true, connectPorts: 'any' } };

/** What curl prints, with the status behind it. */
async function curl(...words: string[]): Promise<string> {
  const { stdout } = await run('curl', [
    '-s',
    '--max-time',
    '10',
    '-w',
    ' %{http_code}/%{http_connect}',
    ...words,
  ]);
  return stdout;
}

test('curl -x gets through, with the origin form for the server', async (t) => {
  let seen = '';
  const to = await requestServer(t, (socket, request) => {
    seen = request;
    socket.write(OK);
  });
  const { port } = await proxyFor(t, OPEN);
  assert.equal(await curl('-x', `http://127.0.0.1:${port}`, `http://127.0.0.1:${to}/a?b`), 'ok 200/000');
  assert.match(seen, /^GET \/a\?b HTTP\/1\.1\r\n/);
  assert.match(seen, new RegExp(`\r\nHost: 127\\.0\\.0\\.1:${to}\r\n`));
  assert.doesNotMatch(seen, /Proxy-Connection|X-Forwarded/);
});

test('curl -p goes through a tunnel', async (t) => {
  const to = await requestServer(t, (socket) => socket.write(OK));
  const { port, proxy } = await proxyFor(t, OPEN);
  assert.equal(await curl('-p', '-x', `http://127.0.0.1:${port}`, `http://127.0.0.1:${to}/`), 'ok 200/200');
  await eventually(() => proxy.statistics().tunnels.open === 0, 'the end of the tunnel');
  assert.equal(proxy.statistics().tunnels.opened, 1);
});

test('a tunnel passes the end of each direction on by itself', async (t) => {
  const to = await serverFor(t, (socket) => {
    let got = '';
    socket.setEncoding('latin1');
    socket.on('data', (data: string) => {
      got += data;
    });
    socket.on('end', () => socket.end(`got ${got}`));
  });
  const { port } = await proxyFor(t, OPEN);
  const client = new RawClient(t, port);
  client.send(`CONNECT 127.0.0.1:${to} HTTP/1.1\r\nHost: 127.0.0.1:${to}\r\n\r\nearly`);
  await client.until('\r\n\r\n');
  client.socket.end(' late');
  assert.equal(await client.end(), 'HTTP/1.1 200 Connection Established\r\n\r\ngot early late');
});

test('by default nobody reaches this machine through the proxy, in whatever way it is written', async (t) => {
  let requests = 0;
  const to = await requestServer(t, (socket) => {
    requests++;
    socket.write(OK);
  });
  const { port } = await proxyFor(t, { ...FORWARD, forward: { connectPorts: 'any' } });
  const hosts = ['127.0.0.1', '127.1', '2130706433', '0x7f.0.0.1', 'localhost', '0.0.0.0', '[::1]', '[::]'];
  hosts.push('[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '169.254.169.254');
  for (const host of hosts) {
    const get = new RawClient(t, port);
    get.send(`GET http://${host}:${to}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.match(await get.until('Reference'), /^HTTP\/1\.1 403 /, `GET ${host}`);
    const connect = new RawClient(t, port);
    connect.send(`CONNECT ${host}:${to} HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.match(await connect.until('Reference'), /^HTTP\/1\.1 403 /, `CONNECT ${host}`);
  }
  assert.equal(requests, 0);
});

test('tunnels lead to port 443 alone, and strangers are not served', async (t) => {
  const { port } = await proxyFor(t, FORWARD);
  const client = new RawClient(t, port);
  client.send('CONNECT 192.0.2.1:25 HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.match(await client.until('Reference'), /^HTTP\/1\.1 403 .*tunnels to port 25 are not allowed/s);
  const { port: closed, proxy } = await proxyFor(t, { ...FORWARD, forward: { clients: ['192.0.2.0/24'] } });
  assert.equal(await new RawClient(t, closed).end(), '');
  assert.equal(proxy.statistics().refused.client, 1);
});

test('requests that lead back to the proxy, or have passed it, are 508', async (t) => {
  let seen = '';
  const to = await requestServer(t, (socket, request) => {
    seen = request;
    socket.write(OK);
  });
  const { port } = await proxyFor(t, OPEN);
  const self = new RawClient(t, port);
  self.send(`GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
  assert.match(await self.until('Reference'), /^HTTP\/1\.1 508 /);
  const client = new RawClient(t, port);
  client.send(`GET http://127.0.0.1:${to}/ HTTP/1.1\r\nHost: x\r\nVia: 1.0 other\r\n\r\n`);
  await client.until('ok');
  const via = /\r\nVia: (.*)\r\n/.exec(seen)?.[1] ?? '';
  assert.match(via, /^1\.0 other, 1\.1 weir-/);
  client.send(`GET http://127.0.0.1:${to}/ HTTP/1.1\r\nHost: x\r\nVia: ${via}\r\n\r\n`);
  assert.match(await client.until('Reference'), /HTTP\/1\.1 508 /);
});

test('whoever takes tunnels over can serve them, or hand them back', async (t) => {
  const to = await requestServer(t, (socket, request) => {
    const path = request.split(' ')[1] ?? '';
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
  });
  let proxy: HttpProxy;
  const started = await proxyFor(t, {
    ...OPEN,
    listeners: [
      {
        kind: 'forward',
        host: '127.0.0.1',
        port: 0,
        takeover: (socket, head, authority, connection) => {
          socket.unshift(head);
          const origin = `http://${authority.address}:${authority.port}`;
          proxy.serve(socket, connection, { kind: 'fixed', origin });
          socket.resume();
          return true;
        },
      },
    ],
  });
  proxy = started.proxy;
  const client = new RawClient(t, started.port);
  client.send(`CONNECT 127.0.0.1:${to} HTTP/1.1\r\nHost: x\r\n\r\nGET /within HTTP/1.1\r\nHost: y\r\n\r\n`);
  await client.until('\r\n\r\n/within');
  assert.equal(proxy.statistics().requests, 2);
  assert.equal(proxy.statistics().tunnels.opened, 0);
});

test('transparent connections go where they were going', async (t) => {
  const to = await requestServer(t, (socket) => socket.write(OK));
  const { port } = await proxyFor(t, {
    listeners: [
      {
        kind: 'transparent',
        host: '127.0.0.1',
        port: 0,
        originalDestination: () => ({ address: '127.0.0.1', port: to }),
      },
    ],
    forward: { allowLocal: true },
  });
  const client = new RawClient(t, port);
  client.send('GET / HTTP/1.1\r\nHost: example.org\r\n\r\n');
  await client.until('ok');
});

test('a guard knows the IPv6 forms of local addresses', () => {
  const guard = new DestinationGuard({ refused: ['203.0.113.0/24'] });
  for (const host of [
    '127.9.9.9',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:1',
    'fe80::1',
    '64:ff9b::7f00:1',
  ]) {
    assert.equal(guard.allows(host, 80), false, host);
  }
  assert.equal(guard.allows('203.0.113.9', 80), false);
  assert.equal(guard.allows('203.0.112.9', 80), true);
  assert.equal(guard.allows('2001:db8::1', 80), true);
  assert.throws(() => new DestinationGuard({ clients: ['nonsense'] }), /clients: nonsense/);
});
