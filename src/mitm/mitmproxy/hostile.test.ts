import assert from 'node:assert/strict';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { startMitmdump, temporaryFolder, withoutMitmdump } from '../../../test/support/mitmproxy/mitmdump.ts';
import { firstWords, startPlace } from '../../../test/support/mitmproxy/place.ts';
import { TestJudge } from '../../../test/support/mitmproxy/test-judge.ts';
import { MitmproxyBridge } from './bridge.ts';

const skip = withoutMitmdump();

test('whatever clients and servers send, the connection to weir holds', { skip }, async (t) => {
  const judge = new TestJudge();
  const socket = join(temporaryFolder(t), 'weir.sock');
  const bridge = await MitmproxyBridge.listen({ judge, socket });
  t.after(() => bridge.close());
  const heads = [
    'HTTP/1.1 99999999999999999999 x',
    'HTTP/1.1 -5 x',
    'HTTP/1.1 200 \xff\xfe\x80',
    'HTTP/1.0 200',
    `HTTP/1.1 200 x\r\n\xe9: \xff\x01\r\nContent-Length: ${'9'.repeat(30)}`,
    'HTTP/1.1 204 x\r\nContent-Length: 5',
  ];
  let next = 0;
  const server = createServer((connection) => {
    connection.on('error', () => connection.destroy());
    connection.once('data', () => connection.end(`${heads[next]}\r\n\r\nhello`, 'latin1'));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const mode = ['--mode', `reverse:http://127.0.0.1:${port}`];
  const mitmdump = await startMitmdump(t, socket, mode, ['stream_large_bodies=1']);
  await mitmdump.running.says('connected to');
  const requests = [
    'GET /\xff\x80\xc3 HTTP/1.1\r\nHost: x\r\nX: \xff\xed\xa0\x80\r\n\r\n',
    `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${'9'.repeat(30)}\r\n\r\nabc`,
    '\x80\xff / HTTP/1.1\r\nHost: \xff\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET http://\xe9/ HTTP/1.1\r\nHost: x\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  ];
  for (const [number, request] of requests.entries()) {
    next = number;
    await firstWords(mitmdump.port, request);
    await firstWords(mitmdump.port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  }
  assert.ok(judge.told.length >= requests.length);
  assert.ok(judge.told.some(({ request }) => request.target === '/\xff\x80\xc3'));
  const { broken, connections } = bridge.statistics();
  assert.deepEqual([...Object.values(broken), connections], [0, 0, 0, 0, 0, 0, 0, 1]);
  assert.doesNotMatch(mitmdump.running.stdout, /dpi_buffer.py", line|not judged \(/);
});

test('what does not look like HTTP is not led past weir', { skip }, async (t) => {
  const { judge, mitmdump } = await startPlace(t);
  judge.decisions = { request: () => ({ action: 'deny', status: 403 }) };
  const rest = '/ HTTP/1.1\r\nHost: x\r\n\r\n';
  assert.equal(await firstWords(mitmdump.port, `M-SEARCH ${rest}`), 'HTTP/1.1 403');
  for (const start of ['\r\nGET', '\nGET', ' GET', '1 GET']) {
    assert.doesNotMatch(await firstWords(mitmdump.port, `${start} ${rest}`), / 200/);
  }
});
