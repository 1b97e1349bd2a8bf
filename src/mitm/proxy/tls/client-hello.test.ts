import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import fc from 'fast-check';
import { parseClientHello } from '../../../tap/protocol/tls/client-hello.ts';
import { ja4 } from '../../../tap/protocol/tls/index.ts';
import { ClientHelloReader, HELLO_BYTES_MOST, type HelloState } from './client-hello.ts';

/** The first bytes that a real client sends. */
async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const client = connect({ ...options, host: '127.0.0.1', port: address.port });
  client.on('error', () => client.destroy());
  try {
    const [socket] = (await once(server, 'connection')) as [Socket];
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return bytes;
  } finally {
    client.destroy();
    server.close();
  }
}

const REAL = await helloOf({ servername: 'www.example.org', ALPNProtocols: ['h2', 'http/1.1'] });
const OLD = await helloOf({ servername: '', maxVersion: 'TLSv1.2' });

function read(bytes: Uint8Array): HelloState {
  return new ClientHelloReader().push(bytes);
}

/** The message of a hello in records of a size. */
function cut(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    records.push(Buffer.of(22, 3, 1, part.length >> 8, part.length & 255), part);
  }
  return Buffer.concat(records);
}

/** As the passive stream names the same hello. */
function passive(record: Buffer): string {
  const hello = parseClientHello(record, 9, record.length);
  return hello === undefined ? '' : ja4(hello, 't');
}

const EXPECTED = {
  kind: 'hello',
  hello: {
    serverName: 'www.example.org',
    alpn: ['h2', 'http/1.1'],
    versions: [0x0304, 0x0303],
    encryptedHello: false,
    ja4: passive(REAL),
  },
};

test('what a real client says is read', () => {
  assert.deepEqual(read(REAL), EXPECTED);
  assert.deepEqual(read(OLD), {
    kind: 'hello',
    hello: { serverName: '', alpn: [], versions: [0x0303], encryptedHello: false, ja4: passive(OLD) },
  });
});

test('cut at every byte, and into records of any size, it is the same', () => {
  for (let at = 1; at < REAL.length; at++) {
    const reader = new ClientHelloReader();
    assert.equal(reader.push(REAL.subarray(0, at)).kind, 'more', `at ${at}`);
    assert.deepEqual(reader.push(REAL.subarray(at)), EXPECTED);
  }
  for (const size of [40, 100, 511]) {
    const reader = new ClientHelloReader();
    let state: HelloState = { kind: 'more' };
    for (const byte of cut(REAL, size)) state = reader.push(Buffer.of(byte));
    assert.deepEqual(state, EXPECTED);
  }
  assert.equal(read(cut(REAL, 1)).kind, 'malformed');
});

test('what is no TLS is known by its first byte that tells', () => {
  for (const text of ['GET / HTTP/1.1\r\n', 'S', '\x80\x2e\x01', '\x16G', '\x15\x03\x01\x00\x02\x02\x00']) {
    assert.equal(read(Buffer.from(text, 'latin1')).kind, 'other', JSON.stringify(text));
  }
  assert.equal(read(Buffer.from('\x16\x03\x01\x00\x00', 'latin1')).kind, 'other');
  assert.equal(read(Buffer.from('\x16\x03\x01\x00\x04\x02\x00\x00\x00', 'latin1')).kind, 'other');
  assert.equal(read(Buffer.alloc(0)).kind, 'more');
});

test('names that are none do not count', () => {
  const name = Buffer.from('www.example.org');
  for (const [text, expected] of [
    ['WWW.Example.ORG', 'www.example.org'],
    ['www.exampleorg.', 'www.exampleorg'],
    ['www/example.org', ''],
    ['www.example\0org', ''],
    ['192.000.002.001', '192.000.002.001'],
    ['192.168.100.200', ''],
    ['..............a', ''],
  ] as const) {
    const changed = Buffer.from(REAL);
    const at = changed.indexOf(name);
    changed.write(text, at, 'latin1');
    const state = read(changed);
    assert.ok(state.kind === 'hello');
    assert.equal(state.hello.serverName, expected, text);
  }
});

test('what is too long is given up, and no more of it is kept', () => {
  const length = HELLO_BYTES_MOST;
  const start = Buffer.of(22, 3, 1, 0x40, 0, 1, length >> 16, (length >> 8) & 255, length & 255);
  assert.equal(read(start).kind, 'malformed');
  const fitting = Buffer.of(22, 3, 1, 0x40, 0, 1, 0, 0x7f, 0xfc);
  const reader = new ClientHelloReader();
  assert.equal(reader.push(fitting).kind, 'more');
  let state: HelloState = reader.push(Buffer.alloc(16_384 - 4));
  for (let i = 0; i < 10 && state.kind === 'more'; i++) {
    state = reader.push(Buffer.concat([Buffer.of(22, 3, 1, 0x40, 0), Buffer.alloc(16_384)]));
  }
  assert.equal(state.kind, 'malformed');
});

test('it never throws, and says the same however the bytes come', () => {
  const damaged = fc
    .array(fc.tuple(fc.nat(REAL.length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 })
    .map((changes) => {
      const bytes = Buffer.from(REAL);
      for (const [at, value] of changes) bytes[at] = value;
      return bytes as Uint8Array;
    });
  const random = fc.uint8Array({ maxLength: 600 });
  const headed = random.map((bytes) => Buffer.concat([Buffer.of(22, 3, 1), bytes]) as Uint8Array);
  fc.assert(
    fc.property(fc.oneof(damaged, random, headed), fc.integer({ min: 1, max: 700 }), (bytes, size) => {
      const whole = read(bytes);
      const reader = new ClientHelloReader();
      let state: HelloState = { kind: 'more' };
      for (let at = 0; at < bytes.length; at += size) state = reader.push(bytes.subarray(at, at + size));
      assert.deepEqual(state, whole);
      if (whole.kind === 'hello') assert.ok(whole.hello.alpn.length <= 32);
    }),
    { numRuns: 5000 },
  );
});
