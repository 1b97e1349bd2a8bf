import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { frame as writeFrame } from '../../../../test/support/http2-frame.ts';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import type { Direction } from '../parser.ts';
import * as frame from './frame.ts';
import { doh2, http2 } from './index.ts';

type Piece = readonly [Direction, Uint8Array];

/** A frame; the body as bytes or in hexadecimal digits. */
function frameOf(type: number, flags: number, stream: number, body: Uint8Array | string): Buffer {
  return writeFrame(type, flags, stream, typeof body === 'string' ? Buffer.from(body, 'hex') : body);
}

/** Literal fields without indexing and without Huffman coding. */
function block(...fields: readonly (readonly [string, string])[]): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of fields) {
    for (const text of [name, value]) {
      const bytes = Buffer.from(text);
      const length =
        bytes.length < 127
          ? [bytes.length]
          : [127, ((bytes.length - 127) & 127) | 128, (bytes.length - 127) >> 7];
      if (text === name) parts.push(Buffer.from([0]));
      parts.push(Buffer.from(length), bytes);
    }
  }
  return Buffer.concat(parts);
}

const REQUEST = block(
  [':method', 'GET'],
  [':path', '/a?b=1'],
  [':authority', 'example.com'],
  ['user-agent', 'x'],
);

function exchange(coding: string, content: Uint8Array): Piece[] {
  const answer = block(
    [':status', '200'],
    ['content-encoding', coding],
    ['content-length', String(content.length)],
  );
  const half = content.length >> 1;
  const padded = Buffer.concat([Buffer.from([3]), content.subarray(0, half), Buffer.alloc(3)]);
  return [
    [0, frame.PREFACE],
    [0, frameOf(frame.SETTINGS, 0, 0, '000300000064')],
    [0, frameOf(frame.HEADERS, frame.END_HEADERS | frame.END_STREAM, 1, REQUEST)],
    [1, frameOf(frame.SETTINGS, 0, 0, '00020000000000ff00000001')],
    [1, frameOf(frame.SETTINGS, 1, 0, '')],
    [1, frameOf(frame.HEADERS, 0, 1, answer.subarray(0, 5))],
    [1, frameOf(frame.CONTINUATION, frame.END_HEADERS, 1, answer.subarray(5))],
    [1, frameOf(frame.DATA, frame.PADDED, 1, padded)],
    [1, frameOf(frame.PING, 0, 0, '0000000000000000')],
    [1, frameOf(frame.DATA, frame.END_STREAM, 1, content.subarray(half))],
    [0, frameOf(frame.GOAWAY, 0, 0, '0000000000000000')],
  ];
}

function records(context: RecordingContext): unknown[] {
  return context.transactions.map((transaction) => [transaction.type, transaction.eve()]);
}

interface HttpRecord {
  readonly http: Record<string, unknown> & { readonly http2: Record<string, unknown> };
}

test('a request and its coded answer', () => {
  const text = Buffer.from('hello '.repeat(50));
  const codings: readonly (readonly [string, Uint8Array])[] = [
    ['gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['identity', text],
  ];
  for (const [coding, content] of codings) {
    const context = RecordingContext.run(http2, 'tcp', exchange(coding, content));
    assert.deepEqual(context.anomalies, []);
    assert.deepEqual(context.names, ['example.com']);
    assert.equal(context.files.length, 1);
    assert.equal(context.files[0]?.content.toString(), text.toString(), coding);
    assert.equal(context.files[0]?.complete, true);
    assert.equal(context.files[0]?.start.filename, '/a');
    const all = context.transactions.map((transaction) => transaction.eve() as unknown as HttpRecord);
    assert.equal(all.length, 4);
    const { http } = all[2] as HttpRecord;
    assert.equal(http.url, '/a?b=1');
    assert.equal(http.status, 200);
    assert.equal(http.length, content.length);
    assert.equal(http.hostname, 'example.com');
    assert.equal(http.version, '2');
    assert.deepEqual(http.http2, { stream_id: 1, request: {}, response: {} });
    assert.deepEqual(all[0]?.http.http2, {
      stream_id: 0,
      request: { settings: [{ settings_id: 'SETTINGSMAXCONCURRENTSTREAMS', settings_value: 100 }] },
      response: {},
    });
    assert.deepEqual(all[3]?.http.http2.request, { error_code: 'NOERROR' });
  }
});

test('any segmentation gives the same records and files', () => {
  const pieces = exchange('gzip', gzipSync(Buffer.from('hello '.repeat(50))));
  const whole = RecordingContext.run(http2, 'tcp', pieces);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }), (sizes) => {
      const cut: Piece[] = [];
      let turn = 0;
      for (const [direction, bytes] of pieces) {
        for (let at = 0; at < bytes.length; ) {
          const size = sizes[turn++ % sizes.length] as number;
          cut.push([direction, bytes.subarray(at, at + size)]);
          at += size;
        }
      }
      const context = RecordingContext.run(http2, 'tcp', cut);
      assert.deepEqual(records(context), records(whole));
      assert.deepEqual(context.files[0]?.content, whole.files[0]?.content);
      assert.deepEqual(context.anomalies, []);
    }),
    { numRuns: 60 },
  );
});

test('an upgraded connection answers the request that was made in HTTP/1.1', () => {
  const context = RecordingContext.run(http2, 'tcp', [
    [0, frame.PREFACE],
    [1, frameOf(frame.HEADERS, frame.END_HEADERS, 1, block([':status', '200']))],
    [1, frameOf(frame.DATA, frame.END_STREAM, 1, Buffer.from('abc'))],
  ]);
  assert.equal(context.transactions.length, 1);
  assert.equal(context.files[0]?.content.toString(), 'abc');
});

test('DNS over HTTP/2: the query in the path, the answer as content', () => {
  const query = Buffer.from('000001000001000000000000037777770767737461746963036e65740000010001', 'hex');
  const answer = Buffer.concat([
    Buffer.from('00008180000100010000000003777777076773746174696303', 'hex'),
    Buffer.from('6e65740000010001c00c000100010000003c0004c0000201', 'hex'),
  ]);
  const request = block(
    [':path', `/dns-query?dns=${query.toString('base64url')}`],
    ['accept', 'application/dns-message'],
  );
  const context = RecordingContext.run(http2, 'tcp', [
    [0, frame.PREFACE],
    [0, frameOf(frame.HEADERS, frame.END_HEADERS | frame.END_STREAM, 1, request)],
    [1, frameOf(frame.HEADERS, frame.END_HEADERS, 1, block(['content-type', 'application/dns-message']))],
    [1, frameOf(frame.DATA, frame.END_STREAM, 1, answer)],
  ]);
  const [transaction] = context.transactions;
  assert.ok(transaction);
  assert.equal(transaction.type, 'dns');
  const { dns } = transaction.eve() as { dns: { type: string; answers: { rdata: string }[] } };
  assert.equal(dns.type, 'response');
  assert.equal(dns.answers[0]?.rdata, '192.0.2.1');
  assert.deepEqual(context.resolutions, [['www.gstatic.net', '192.0.2.1']]);
  assert.equal(doh2.probe(Buffer.from('x'), 0, 1, 0, { client: 1, server: 2 }), 'no');
});

test('bounds: too many streams, endless blocks, content beyond the limit', () => {
  const opened: Piece[] = [[0, frame.PREFACE]];
  for (let id = 1; id < 400; id += 2)
    opened.push([0, frameOf(frame.HEADERS, frame.END_HEADERS, id, REQUEST)]);
  const many = RecordingContext.run(http2, 'tcp', opened);
  assert.ok(many.anomalies.includes('too_many_streams'));
  assert.equal(many.transactions.length, 200);

  const endless: Piece[] = [
    [0, frame.PREFACE],
    [0, frameOf(frame.HEADERS, 0, 1, REQUEST)],
  ];
  for (let i = 0; i < 10; i++)
    endless.push([0, frameOf(frame.CONTINUATION, 0, 1, Buffer.alloc(16000, 0x82))]);
  const context = RecordingContext.run(http2, 'tcp', endless);
  assert.deepEqual(context.anomalies, ['reassembly_limit_reached']);

  const long: Piece[] = [
    [0, frame.PREFACE],
    [0, frameOf(frame.HEADERS, frame.END_HEADERS, 1, REQUEST)],
  ];
  for (let i = 0; i < 5; i++)
    long.push([0, frameOf(frame.DATA, i === 4 ? 1 : 0, 1, Buffer.alloc(1000, 0x61))]);
  const limited = RecordingContext.run(http2, 'tcp', long, (recorder) => {
    recorder.limits = { ...recorder.limits, bodyBytes: 1500 };
  });
  assert.equal(limited.files[0]?.content.length, 1500);
  assert.equal(limited.files[0]?.skipped, 3500);
});

test('a coded body that grows without bound is cut', () => {
  const bomb = gzipSync(Buffer.alloc(8 << 20));
  const context = RecordingContext.run(http2, 'tcp', exchange('gzip', bomb), (recorder) => {
    recorder.limits = { ...recorder.limits, bodyBytes: 100_000 };
  });
  assert.deepEqual(context.anomalies, ['compression_bomb']);
  assert.ok((context.files[0]?.content.length ?? 0) <= 100_000);
});

test('detection', () => {
  const port = { client: 40000, server: 8080 };
  const probe = (bytes: Uint8Array, direction: Direction): string =>
    http2.probe(bytes, 0, bytes.length, direction, port);
  assert.equal(probe(frame.PREFACE, 0), 'yes');
  assert.equal(probe(frame.PREFACE.subarray(0, 5), 0), 'maybe');
  assert.equal(probe(Buffer.from('GET / HTTP/1.1\r\n'), 0), 'no');
  assert.equal(probe(frameOf(frame.SETTINGS, 0, 0, '000300000064'), 1), 'yes');
  assert.equal(probe(frameOf(frame.SETTINGS, 0, 0, '003300000064'), 1), 'no');
  assert.equal(probe(Buffer.alloc(40), 1), 'no');
});

test('no bytes make it throw', () => {
  const pieces = exchange('gzip', gzipSync(Buffer.from('hello '.repeat(50))));
  const byte = fc.tuple(fc.nat(pieces.length - 1), fc.nat(400), fc.nat(255));
  fc.assert(
    fc.property(fc.array(byte, { minLength: 1, maxLength: 12 }), (changes) => {
      const copies = pieces.map(([direction, bytes]) => [direction, Buffer.from(bytes)] as const);
      for (const [piece, at, value] of changes) {
        const target = copies[piece]?.[1];
        if (target !== undefined && target.length > 0) target[at % target.length] = value;
      }
      for (const transaction of RecordingContext.run(http2, 'tcp', copies).transactions) transaction.eve();
    }),
    { numRuns: 800 },
  );
});
