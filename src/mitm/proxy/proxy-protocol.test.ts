import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { PASSED, unrecordedRefusal } from '../judge.ts';
import type { IncomingRequest } from '../transaction.ts';
import { ProxyProtocolError, parseProxyHeader } from './proxy-protocol.ts';
import { HttpProxy } from './server.ts';

const SIGNATURE = '0d0a0d0a000d0a515549540a';

test('version 1 names both ends, and what follows is the connection', () => {
  const header = 'PROXY TCP4 203.0.113.9 192.0.2.80 51234 443\r\n';
  assert.deepEqual(parseProxyHeader(Buffer.from(`${header}GET / HTTP/1.1\r\n`)), {
    ends: {
      client: { address: '203.0.113.9', port: 51234 },
      server: { address: '192.0.2.80', port: 443 },
    },
    length: header.length,
  });
  const six = parseProxyHeader(Buffer.from('PROXY TCP6 2001:DB8::9 2001:db8::80 1 2\r\n'));
  assert.deepEqual(six?.ends?.client, { address: '2001:db8::9', port: 1 });
  assert.deepEqual(parseProxyHeader(Buffer.from('PROXY UNKNOWN whatever\r\nx')), {
    ends: undefined,
    length: 24,
  });
});

test('version 2 does, in bytes, and may carry more', () => {
  const four = Buffer.from(`${SIGNATURE}21110010cb007109c0000250c82201bb04000141aa`, 'hex');
  assert.deepEqual(parseProxyHeader(four), {
    ends: {
      client: { address: '203.0.113.9', port: 51234 },
      server: { address: '192.0.2.80', port: 443 },
    },
    length: 32,
  });
  const six = `${SIGNATURE}21210024${'20010db8'.padEnd(31, '0')}9${'20010db8'.padEnd(31, '0')}8c82201bb`;
  assert.deepEqual(parseProxyHeader(Buffer.from(six, 'hex'))?.ends, {
    client: { address: '2001:db8::9', port: 51234 },
    server: { address: '2001:db8::8', port: 443 },
  });
  // LOCAL: a health check of the balancer's own.
  const local = Buffer.from(`${SIGNATURE}20000000`, 'hex');
  assert.deepEqual(parseProxyHeader(local), { ends: undefined, length: 16 });
});

test('what is no header is refused, and a part of one waited for', () => {
  for (const text of [
    'GET / HTTP/1.1\r\n',
    'PROXY TCP4 203.0.113.9 192.0.2.80 51234\r\n',
    'PROXY TCP4 203.0.113.9 192.0.2.80 51234 99999\r\n',
    'PROXY TCP4 203.0.113.9 2001:db8::1 1 2\r\n',
    'PROXY TCP6 203.0.113.9 192.0.2.80 1 2\r\n',
    'PROXY TCP4 203.0.113.999 192.0.2.80 1 2\r\n',
    `PROXY TCP4 ${'1'.repeat(120)}`,
  ]) {
    assert.throws(() => parseProxyHeader(Buffer.from(text)), ProxyProtocolError, text);
  }
  for (const hex of ['31110010', '2111ffff', '21110004cb007109']) {
    assert.throws(() => parseProxyHeader(Buffer.from(SIGNATURE + hex, 'hex')), ProxyProtocolError, hex);
  }
  const whole = Buffer.from('PROXY TCP4 203.0.113.9 192.0.2.80 51234 443\r\n');
  for (let end = 0; end < whole.length; end++) {
    assert.equal(parseProxyHeader(whole.subarray(0, end)), undefined, `${end} bytes`);
  }
});

test('any bytes are a header, a part of one, or refused', () => {
  const start = fc.constantFrom('', 'PROXY ', 'PROXY TCP4 1.2.3.4 ');
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 200 }), fc.boolean(), (text, bytes, binary) => {
      const head = binary ? Buffer.from(`${SIGNATURE}2111`, 'hex') : Buffer.from(text);
      try {
        const found = parseProxyHeader(Buffer.concat([head, bytes]));
        assert.ok(found === undefined || found.length <= head.length + bytes.length);
      } catch (error) {
        assert.ok(error instanceof ProxyProtocolError, String(error));
      }
    }),
  );
});

/** A reverse proxy in front of a server that answers each connection once. */
async function proxied(context: TestContext, balancers: readonly string[]) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi'),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const seen: IncomingRequest['connection'][] = [];
  const proxy = await HttpProxy.start({
    listeners: [{ kind: 'reverse', host: '127.0.0.1', port: 0, balancers }],
    routes: [{ to: `http://127.0.0.1:${address.port}` }],
    judge: {
      requestBodyLimit: 0,
      responseBodyLimit: 0,
      refusesLongBodies: false,
      request: async ({ connection }) => {
        seen.push(connection);
        const response = async () => PASSED;
        return { reference: '', judgement: PASSED, response, abandon: () => undefined };
      },
      refuse: (_request, status, reason) => unrecordedRefusal(status, reason),
    },
  });
  context.after(async () => {
    await proxy.stop(0);
    server.close();
  });
  const [{ port } = { port: 0 }] = proxy.addresses();
  return { proxy, port, seen };
}

/** All that comes back; `parts` are written one after the other. */
async function talk(port: number, parts: readonly string[]): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part;
  });
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  for (const part of parts) {
    socket.write(part);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await closed;
  return text;
}

const REQUEST = 'GET / HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n';

test('behind a balancer the connection is that of its client, also where the header comes in pieces', async (context) => {
  const { port, seen } = await proxied(context, ['127.0.0.0/8']);
  const header = 'PROXY TCP4 203.0.113.9 192.0.2.80 51234 80\r\n';
  assert.match(await talk(port, [header + REQUEST]), /^HTTP\/1\.1 200/);
  assert.match(
    await talk(port, [header.slice(0, 20), header.slice(20) + REQUEST.slice(0, 9), REQUEST.slice(9)]),
    /^HTTP\/1\.1 200/,
  );
  assert.deepEqual(
    seen.map(({ client, server }) => [client, server]),
    Array.from({ length: 2 }, () => [
      { address: '203.0.113.9', port: 51234 },
      { address: '192.0.2.80', port: 80 },
    ]),
  );
  assert.equal(await talk(port, [REQUEST]), '', 'without a header it is ended');
});

test('who is no balancer is itself, and its header no request', async (context) => {
  const { port, seen } = await proxied(context, ['192.0.2.0/24']);
  assert.match(await talk(port, [REQUEST]), /^HTTP\/1\.1 200/);
  assert.equal(seen[0]?.client.address, '127.0.0.1');
  assert.match(
    await talk(port, [`PROXY TCP4 203.0.113.9 192.0.2.80 51234 80\r\n${REQUEST}`]),
    /^HTTP\/1\.1 400/,
  );
});

test('clients behind a balancer are ended by their own addresses', async (context) => {
  const { port, proxy } = await proxied(context, ['127.0.0.0/8']);
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write('PROXY TCP4 203.0.113.9 192.0.2.80 51234 80\r\nGET / HTTP/1.1\r\n');
  while (proxy.endClients((address) => address === '203.0.113.9') === 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await closed;
});
