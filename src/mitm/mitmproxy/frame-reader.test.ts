import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameReader } from './frame-reader.ts';
import { parseEmpty, parseHello, parseRequest, parseResponse } from './message.ts';
import { BrokenFrame, encodeFrame, FRAME, type Frame, PREFIX_BYTES } from './protocol.ts';

const HEAD_LIMIT = 4096;
const BODY_LIMIT = 1024;

/** A frame with a body, as the addon sends it. */
function frameWith(type: number, id: number, head: object, body: string): Buffer {
  const bytes = Buffer.concat([encodeFrame(type, id, head), Buffer.from(body, 'latin1')]);
  bytes.writeUInt32BE(bytes.length - 4, 0);
  return bytes;
}

const REQUEST = {
  client: ['192.0.2.1', 40000],
  server: ['2001:db8::1', 443],
  tls: ['TLSv1.3', 'www.example.org', 'h2'],
  time_us: 1_700_000_000_000_000,
  method: 'POST',
  target: '/caf\u00c3\u00a9?x=\u00ff',
  protocol: 'HTTP/1.1',
  headers: [
    ['Host', 'www.example.org'],
    ['X-Raw', '\u0080\u00ff'],
  ],
  body_bytes: 3,
};
const RESPONSE = { status: 200, protocol: 'HTTP/1.1', headers: [['Server', 'x']], body_bytes: -1 };

type Flat = readonly [type: number, id: number, head: string, body: string];

/** What a reader finds in bytes that come in pieces. */
function readAll(pieces: readonly Buffer[]): Flat[] {
  const reader = new FrameReader(HEAD_LIMIT, BODY_LIMIT);
  const found: Flat[] = [];
  for (const piece of pieces) {
    reader.read(piece, ({ type, id, head, body }) =>
      found.push([type, id, head.toString(), body.toString('latin1')]),
    );
  }
  return found;
}

/** The only frame in bytes. */
function only(bytes: Buffer): Frame {
  const frames: Frame[] = [];
  new FrameReader(HEAD_LIMIT, BODY_LIMIT).read(bytes, (frame) => frames.push(frame));
  const [frame] = frames;
  assert.equal(frames.length, 1);
  assert.ok(frame !== undefined);
  return frame;
}

function parseAny(frame: Frame): void {
  switch (frame.type) {
    case FRAME.hello:
      parseHello(frame);
      break;
    case FRAME.request:
      parseRequest(frame, BODY_LIMIT);
      break;
    case FRAME.response:
      parseResponse(frame, BODY_LIMIT);
      break;
    default:
      parseEmpty(frame);
  }
}

test('frames are found however the bytes come', () => {
  const frames = [
    frameWith(FRAME.hello, 0, { version: 1 }, ''),
    frameWith(FRAME.request, 0xffffffff, REQUEST, 'a\0\xff'),
    frameWith(FRAME.abandon, 7, {}, ''),
    frameWith(FRAME.response, 8, RESPONSE, 'b'.repeat(BODY_LIMIT)),
  ];
  const all = Buffer.concat(frames);
  const expected: readonly Flat[] = [
    [FRAME.hello, 0, '{"version":1}', ''],
    [FRAME.request, 0xffffffff, JSON.stringify(REQUEST), 'a\0\xff'],
    [FRAME.abandon, 7, '{}', ''],
    [FRAME.response, 8, JSON.stringify(RESPONSE), 'b'.repeat(BODY_LIMIT)],
  ];
  assert.deepEqual(readAll([all]), expected);
  for (const size of [1, 2, 3, PREFIX_BYTES, PREFIX_BYTES + 1, 50, 511]) {
    const pieces: Buffer[] = [];
    for (let at = 0; at < all.length; at += size) pieces.push(all.subarray(at, at + size));
    assert.deepEqual(readAll(pieces), expected, `in pieces of ${size}`);
  }
});

test('lengths that no frame has are refused before anything is kept', () => {
  const good = frameWith(FRAME.request, 1, {}, '');
  const cases: readonly (readonly [length: number, head: number])[] = [
    [0, 0],
    [8, 0],
    [9, 1],
    [0xffffffff, 0],
    [9 + HEAD_LIMIT + 1, HEAD_LIMIT + 1],
    [9 + BODY_LIMIT + 1, 0],
    [9, 0xffffffff],
  ];
  for (const [length, head] of cases) {
    const bytes = Buffer.from(good);
    bytes.writeUInt32BE(length, 0);
    bytes.writeUInt32BE(head, 9);
    const refused = { name: 'BrokenFrame', reason: 'length' };
    assert.throws(() => readAll([bytes]), refused, `${length} ${head} at once`);
    assert.throws(
      () => readAll([...bytes].map((byte) => Buffer.of(byte))),
      refused,
      `${length} ${head} in bytes`,
    );
  }
});

test('a request becomes what the judge asks for', () => {
  const request = parseRequest(only(frameWith(FRAME.request, 1, REQUEST, 'a\0\xff')), BODY_LIMIT);
  assert.deepEqual(
    { ...request, connection: { ...request.connection, communityId: '' } },
    {
      method: 'POST',
      target: REQUEST.target,
      protocol: 'HTTP/1.1',
      headers: REQUEST.headers,
      body: 'a\0\xff',
      bodyBytes: 3,
      client: { address: '192.0.2.1', port: 40000 },
      server: { address: '2001:db8::1', port: 443 },
      timeUs: REQUEST.time_us,
      connection: {
        way: 'mitmproxy',
        client: { address: '192.0.2.1', port: 40000 },
        server: { address: '2001:db8::1', port: 443 },
        communityId: '',
        tls: { version: 'TLSv1.3', serverName: 'www.example.org', alpn: 'h2' },
      },
    },
  );
  const cut = parseRequest(only(frameWith(FRAME.request, 1, REQUEST, 'abc')), 2);
  assert.equal(cut.body, 'ab');
  assert.equal(cut.bodyBytes, 3);
});

test('cookies that HTTP/2 split are one again, and nothing else is', () => {
  const headers = [
    ['cookie', 'a=1'],
    ['x', '1'],
    ['cookie', 'b=2'],
    ['x', '2'],
    ['cookie', 'c=3'],
  ];
  const fields = (protocol: string): unknown =>
    parseRequest(only(frameWith(FRAME.request, 1, { ...REQUEST, protocol, headers }, '')), 0).headers;
  assert.deepEqual(fields('HTTP/2.0'), [
    ['cookie', 'a=1; b=2; c=3'],
    ['x', '1'],
    ['x', '2'],
  ]);
  assert.deepEqual(fields('HTTP/1.1'), headers);
});

test('heads that are not as they have to be are refused, and nothing of them is told', () => {
  const wrong: readonly (readonly [member: string, value: unknown])[] = [
    ['client', ['192.0.2.1']],
    ['client', ['192.0.2.1', 65536]],
    ['client', [1, 1]],
    ['server', null],
    ['server', ['192.0.2.1', '443']],
    ['tls', {}],
    ['tls', ['TLSv1.3', 'secret']],
    ['tls', undefined],
    ['time_us', -1],
    ['time_us', 1.5],
    ['time_us', 2 ** 60],
    ['method', undefined],
    ['target', 'secret\u0100'],
    ['protocol', 1],
    ['headers', {}],
    ['headers', [['secret']]],
    ['headers', [['a', 'b', 'secret']]],
    ['headers', [['a', 1]]],
    ['headers', [['a', 'secret\ud800']]],
    ['body_bytes', 2],
    ['body_bytes', -2],
    ['body_bytes', '3'],
  ];
  for (const [member, value] of wrong) {
    const frame = only(frameWith(FRAME.request, 1, { ...REQUEST, [member]: value }, 'abc'));
    assert.throws(
      () => parseRequest(frame, BODY_LIMIT),
      (error) =>
        error instanceof BrokenFrame && error.reason === 'shape' && !error.message.includes('secret'),
      `${member}: ${JSON.stringify(value)}`,
    );
  }
  for (const text of ['', '{', '[]', 'null', '1', '"secret"', '{"version":1}x', '\xff']) {
    const bytes = Buffer.concat([
      encodeFrame(FRAME.hello, 0, {}).subarray(0, PREFIX_BYTES),
      Buffer.from(text),
    ]);
    bytes.writeUInt32BE(bytes.length - 4, 0);
    bytes.writeUInt32BE(bytes.length - PREFIX_BYTES, 9);
    assert.throws(
      () => parseHello(only(bytes)),
      (error) => error instanceof BrokenFrame && !error.message.includes('secret'),
      text,
    );
  }
  assert.throws(() => parseEmpty(only(frameWith(FRAME.abandon, 1, {}, 'x'))), { reason: 'shape' });
});

test('whatever comes, the answer is a frame or a named error, and pieces change nothing', () => {
  // mulberry32: the same bytes in every run.
  let state = 0x5eed;
  const random = (below: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
  const seeds = [
    frameWith(FRAME.hello, 0, { version: 1, agent: 'x' }, ''),
    frameWith(FRAME.request, 1, REQUEST, 'abc'),
    frameWith(FRAME.response, 1, RESPONSE, 'abc'),
    frameWith(FRAME.abandon, 1, {}, ''),
  ];
  const outcome = (pieces: readonly Buffer[]): readonly unknown[] => {
    const found: unknown[] = [];
    const reader = new FrameReader(HEAD_LIMIT, BODY_LIMIT);
    try {
      for (const piece of pieces) {
        reader.read(piece, (frame) => {
          found.push(frame.type, frame.id, frame.head.length, frame.body.length);
          parseAny(frame);
        });
      }
    } catch (error) {
      assert.ok(error instanceof BrokenFrame, String(error));
      found.push(error.reason);
    }
    return found;
  };
  const reasons = new Set<unknown>();
  for (let i = 0; i < 4000; i++) {
    const count = 1 + random(3);
    const bytes = Buffer.concat(Array.from({ length: count }, () => seeds[random(seeds.length)] as Buffer));
    for (let n = random(4); n > 0; n--) bytes[random(bytes.length)] = random(256);
    const all = bytes.subarray(0, 1 + random(bytes.length));
    const at = random(all.length);
    const whole = outcome([all]);
    assert.deepEqual(outcome([all.subarray(0, at), all.subarray(at)]), whole);
    reasons.add(whole.at(-1));
  }
  for (const reason of ['length', 'json', 'shape']) assert.ok(reasons.has(reason), `never ${reason}`);
});
