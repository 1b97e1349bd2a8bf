import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHeaders } from '../headers.ts';
import { readMessage } from '../message.ts';
import { FrameSplitter } from './frames.ts';
import {
  CAPTURED_HEALTHCHECK,
  CAPTURED_HELLO,
  CAPTURED_NOTIFY,
  frame,
  headerList,
  message,
  readAgentFrames,
  requestPayload,
  string,
  typed,
  varint,
} from './haproxy-frames.ts';
import { readHello } from './hello.ts';
import { PayloadJoiner } from './payload.ts';
import { SpopError, STATUS } from './protocol.ts';
import { SpopReader } from './reader.ts';
import { FrameWriter } from './writer.ts';

const LIMITS = { request: 1 << 20, response: 1 << 20 };

function readerOf(bytes: Uint8Array): SpopReader {
  const reader = new SpopReader();
  reader.begin(bytes, 0, bytes.length);
  return reader;
}

function statusOf(action: () => unknown): number {
  try {
    action();
  } catch (error) {
    if (error instanceof SpopError) return error.status;
    throw error;
  }
  return -1;
}

test('numbers of variable length, at each of their bounds', () => {
  const values = [
    0,
    1,
    239,
    240,
    255,
    256,
    2287,
    2288,
    264431,
    264432,
    33818863,
    33818864,
    4294967295,
    2 ** 53 - 1,
  ];
  for (const value of values) assert.equal(readerOf(varint(value)).varint(), value);
  // The longest that 64 bits give: read to its end, though it is not exact.
  const reader = readerOf(Buffer.concat([varint(2n ** 64n - 1n), Buffer.from([7])]));
  assert.ok(!Number.isSafeInteger(reader.varint()));
  assert.equal(reader.byte(), 7);
  assert.equal(
    statusOf(() => readerOf(Buffer.alloc(20, 0xff)).varint()),
    STATUS.invalid,
  );
  assert.equal(
    statusOf(() => readerOf(Buffer.from([0xff, 0x80])).varint()),
    STATUS.invalid,
  );
});

test('typed values of each type, read as what is asked for or passed over', () => {
  const values = Buffer.concat([
    typed(null),
    typed(true),
    typed(false),
    typed(70000),
    Buffer.from([6, 192, 0, 2, 1]),
    Buffer.from([7, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
    typed('text'),
    typed(Buffer.from([0, 255])),
  ]);
  const reader = readerOf(values);
  assert.equal(reader.text(), undefined);
  assert.equal(reader.boolean(), true);
  assert.equal(reader.boolean(), false);
  assert.equal(reader.integer(), 70000);
  assert.equal(reader.address(), '192.0.2.1');
  assert.equal(reader.address(), '2001:db8::1');
  assert.equal(reader.textUpTo(2), 'te');
  assert.equal(reader.length, 4);
  assert.equal(reader.text(), '\u0000\u00ff');
  assert.ok(reader.isAtEnd);
  const again = readerOf(values);
  for (let i = 0; i < 8; i++) again.skip();
  assert.ok(again.isAtEnd);
  const wrong = readerOf(values);
  assert.equal(wrong.integer(), -1);
  assert.equal(wrong.address(), '');
  assert.equal(
    statusOf(() => readerOf(Buffer.from([10])).skip()),
    STATUS.invalid,
  );
  assert.equal(
    statusOf(() => readerOf(Buffer.from([8, 5, 65])).text()),
    STATUS.invalid,
  );
  assert.equal(
    statusOf(() => readerOf(Buffer.from([7, 1, 2])).address()),
    STATUS.invalid,
  );
});

test('what HAProxy 2.6 sends: HELLO, health check, NOTIFY', () => {
  const payload = (bytes: Buffer, from: number): SpopReader => {
    const reader = new SpopReader();
    reader.begin(bytes, from, bytes.length);
    return reader;
  };
  assert.deepEqual(readHello(payload(CAPTURED_HELLO, 11)), {
    maxFrameSize: 65532,
    capabilities: ['pipelining', 'async'],
    healthcheck: false,
    engineId: 'fd0da217-9619-4b10-a605-c5554ce7540b',
  });
  assert.equal(readHello(payload(CAPTURED_HEALTHCHECK, 11)).healthcheck, true);
  const read = readMessage(payload(CAPTURED_NOTIFY, 11), LIMITS, 5);
  assert.equal(read.kind, 'request');
  if (read.kind !== 'request') return;
  assert.equal(read.id, '1ea0cf1a-b8d5-4388-87ef-e1a4f2295d18');
  assert.equal(read.answerFollows, true);
  assert.equal(read.bodyWhole, true);
  const { connection, client, server, ...request } = read.request;
  assert.deepEqual(request, {
    timeUs: 5,
    method: 'POST',
    target: '/a?b=c',
    protocol: 'HTTP/1.1',
    headers: [
      ['host', '127.0.0.1:18080'],
      ['user-agent', 'curl/7.88.1'],
      ['accept', '*/*'],
      ['content-length', '3'],
      ['content-type', 'application/x-www-form-urlencoded'],
    ],
    body: 'q=1',
    bodyBytes: 3,
  });
  assert.deepEqual(client, { address: '127.0.0.1', port: 42438 });
  assert.deepEqual(server, { address: '127.0.0.1', port: 18080 });
  assert.match(connection.communityId, /^1:/);
});

test('a target is as the request line had it, and the origin form where there was none', () => {
  const target = (values: Record<string, string | null>): string => {
    const read = readMessage(readerOf(requestPayload(values)), LIMITS, 0);
    return read.kind === 'request' ? read.request.target : read.kind;
  };
  assert.equal(target({ url: 'http://a.test/x?y' }), 'http://a.test/x?y');
  assert.equal(target({ url: 'https://a.test/x?y', version: '2.0' }), '/x?y');
  assert.equal(target({ url: 'https://a.test', version: '2.0' }), '/');
  assert.equal(target({ url: '*', version: '2.0' }), '*');
  assert.equal(target({ url: 'a.test:443', method: 'CONNECT' }), 'a.test:443');
  assert.equal(target({ url: null, path: '/p', query: 'q=1' }), '/p?q=1');
  assert.equal(target({ url: null, path: '/p', query: null }), '/p');
});

test('a body that is cut is known by its size, and by its missing end', () => {
  const read = (values: Record<string, number | boolean | Buffer>) => {
    const found = readMessage(readerOf(requestPayload(values)), { request: 4, response: 0 }, 0);
    assert.equal(found.kind, 'request');
    if (found.kind !== 'request') throw new Error('no request');
    return [found.bodyWhole, found.bodySent, found.request.body, found.request.bodyBytes];
  };
  const body = Buffer.from('123456');
  assert.deepEqual(read({ body, body_size: 6 }), [true, 6, '1234', 6]);
  assert.deepEqual(read({ body, body_size: 60 }), [false, 6, '1234', 60]);
  assert.deepEqual(read({ body, body_size: 60, body_end: false }), [false, 6, '1234', 60]);
  assert.deepEqual(read({ body, body_size: 6, body_end: false }), [false, 6, '1234', -1]);
});

test('other messages and arguments are passed over', () => {
  const other = message('other', { a: 'b', c: 1, d: null });
  const found = readMessage(readerOf(Buffer.concat([other, requestPayload({ unknown: 'x' })])), LIMITS, 0);
  assert.equal(found.kind, 'request');
  assert.deepEqual(readMessage(readerOf(other), LIMITS, 0), { kind: 'unknown', name: 'other' });
});

test('lists of header fields, also long, cut, and without their end', () => {
  const long = 'v'.repeat(70000);
  const fields = [
    ['host', 'a.test'],
    ['x', ''],
    ['cookie', long],
  ] as const;
  const bytes = headerList(fields);
  assert.deepEqual(readHeaders(bytes, 0, bytes.length), fields);
  const shifted = Buffer.concat([Buffer.from('before'), bytes]);
  assert.deepEqual(readHeaders(shifted, 6, shifted.length), fields);
  assert.deepEqual(readHeaders(bytes, 0, 0), []);
  for (const end of [1, 4, 5, 7, 100, bytes.length - 3]) {
    assert.equal(
      statusOf(() => readHeaders(bytes, 0, end)),
      STATUS.invalid,
      `cut at ${end}`,
    );
  }
});

test('frames come out whole however the stream is cut', () => {
  const stream = Buffer.concat([CAPTURED_HELLO, CAPTURED_NOTIFY, frame(3, 1, 5, 1, Buffer.alloc(3000, 7))]);
  for (const size of [1, 2, 3, 5, 100, 331, 4096, stream.length]) {
    const seen: string[] = [];
    const splitter = new FrameSplitter(4096, (bytes, start, end) => {
      seen.push(Buffer.from(bytes.subarray(start, end)).toString('hex'));
    });
    for (let at = 0; at < stream.length; at += size) splitter.push(stream.subarray(at, at + size));
    assert.equal(seen.length, 3, `in pieces of ${size}`);
    assert.equal(seen[1], CAPTURED_NOTIFY.subarray(4).toString('hex'));
    assert.equal(splitter.isInside, false);
  }
});

test('frames that are too long or too short are refused before they are there', () => {
  const splitter = new FrameSplitter(256, () => assert.fail('no frame was whole'));
  assert.equal(
    statusOf(() => splitter.push(Buffer.from([0, 0, 1, 1]))),
    STATUS.tooBig,
  );
  assert.equal(
    statusOf(() => new FrameSplitter(256, () => {}).push(Buffer.from([0, 0, 0, 6, 1]))),
    STATUS.invalid,
  );
});

test('a HELLO that lacks something is refused with the status for it', () => {
  const status = (text: Record<string, string | number | null>): number =>
    statusOf(() =>
      readHello(
        readerOf(
          Buffer.concat(Object.entries(text).flatMap(([name, value]) => [string(name), typed(value)])),
        ),
      ),
    );
  const good = { 'supported-versions': '2.0', 'max-frame-size': 16380, capabilities: '' };
  assert.equal(status(good), -1);
  assert.equal(status({ ...good, 'supported-versions': null }), STATUS.noVersion);
  assert.equal(status({ ...good, 'supported-versions': '1.0, 3.0' }), STATUS.unsupportedVersion);
  assert.equal(status({ ...good, 'supported-versions': '1.0 , 2.1' }), -1);
  assert.equal(status({ 'supported-versions': '2.0', capabilities: '' }), STATUS.noMaxFrameSize);
  assert.equal(status({ ...good, 'max-frame-size': 255 }), STATUS.badMaxFrameSize);
  assert.equal(status({ ...good, capabilities: null }), STATUS.noCapabilities);
});

test('fragments are joined, within a bound, and not mixed', () => {
  const joiner = new PayloadJoiner(100_000);
  joiner.open(1, 2);
  for (let i = 0; i < 9; i++) {
    if (i > 0) joiner.continue(1, 2);
    joiner.add(Buffer.alloc(10_000, i), 0, 10_000);
  }
  assert.equal(
    statusOf(() => joiner.continue(1, 3)),
    STATUS.interlacedFrames,
  );
  assert.equal(
    statusOf(() => joiner.open(2, 2)),
    STATUS.interlacedFrames,
  );
  const whole = Buffer.concat(Array.from({ length: 9 }, (_, i) => Buffer.alloc(10_000, i)));
  assert.ok(joiner.close().equals(whole));
  assert.equal(
    statusOf(() => joiner.continue(1, 2)),
    STATUS.frameIdNotFound,
  );
  joiner.open(1, 2);
  assert.equal(
    statusOf(() => joiner.add(Buffer.alloc(100_001), 0, 100_001)),
    STATUS.tooBig,
  );
});

test('what the agent writes is read back, and fits the frame', () => {
  const writer = new FrameWriter();
  writer.hello(16380, 'pipelining,fragmentation');
  writer.disconnect(4, 'é\u0000'.repeat(400));
  assert.equal(
    writer.ack(
      300_000,
      70_000,
      [
        ['deny', true],
        ['status', 403],
        ['reason', 'für'.repeat(500)],
      ],
      16380,
    ),
    0,
  );
  // The smallest frame that peers may agree on: the first variables are there, the long one is not.
  assert.equal(
    writer.ack(
      1,
      1,
      [
        ['deny', true],
        ['location', 'x'.repeat(300)],
        ['score', 5],
      ],
      256,
    ),
    1,
  );
  const { frames, rest } = readAgentFrames(writer.take());
  assert.equal(rest.length, 0);
  assert.deepEqual(frames[0], {
    type: 101,
    streamId: 0,
    frameId: 0,
    values: { version: '2.0', 'max-frame-size': 16380, capabilities: 'pipelining,fragmentation' },
  });
  assert.equal(frames[1]?.values['status-code'], 4);
  assert.deepEqual(frames[2], {
    type: 103,
    streamId: 300_000,
    frameId: 70_000,
    values: { deny: true, status: 403, reason: 'für'.repeat(500) },
  });
  assert.deepEqual(frames[3]?.values, { deny: true, score: 5 });
  assert.equal(writer.length, 0);
});
