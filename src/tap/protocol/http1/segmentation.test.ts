import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import { http1 } from './index.ts';

/** A well-formed message pair that a generator makes up. */
interface Pair {
  readonly method: string;
  readonly body: Uint8Array;
  readonly upload: Uint8Array;
  readonly framing: number;
  readonly fields: number;
}

const pair: fc.Arbitrary<Pair> = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE'),
  body: fc.uint8Array({ maxLength: 300 }),
  upload: fc.uint8Array({ maxLength: 100 }),
  framing: fc.integer({ min: 0, max: 3 }),
  fields: fc.integer({ min: 0, max: 3 }),
});

function request({ method, upload, fields, framing }: Pair, index: number): Buffer {
  const extra = ['', 'X-Fold: a\r\n b\r\n', 'Cookie: k=v\r\n', 'Referer: http://r/\r\n'][fields] ?? '';
  const head = `${method} /${index} HTTP/1.1\r\nHost: a.example\r\n${extra}`;
  if (method !== 'POST') return Buffer.from(`${head}\r\n`);
  if (framing % 2 === 0)
    return Buffer.concat([Buffer.from(`${head}Content-Length: ${upload.length}\r\n\r\n`), upload]);
  return Buffer.concat([Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`), chunked(upload)]);
}

function chunked(content: Uint8Array): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; i < content.length; i += 50) {
    const piece = content.subarray(i, i + 50);
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), Buffer.from(piece), Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

function response({ method, body, framing, fields }: Pair): Buffer {
  const head = `HTTP/1.1 200 OK\r\nServer: x\r\n${fields === 1 ? 'X: y\r\n\tz\r\n' : ''}`;
  if (method === 'HEAD') return Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n`);
  if (framing === 0)
    return Buffer.concat([Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n`), body]);
  if (framing === 1)
    return Buffer.concat([Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`), chunked(body)]);
  const packed = gzipSync(body);
  if (framing === 2) {
    return Buffer.concat([
      Buffer.from(`${head}Content-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n`),
      packed,
    ]);
  }
  return Buffer.concat([
    Buffer.from(`${head}Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n`),
    chunked(packed),
  ]);
}

function outcome(requests: Buffer, responses: Buffer, cuts: readonly number[]): unknown {
  const context = new RecordingContext();
  const parser = http1.create(context);
  for (const [direction, bytes] of [
    [0, requests],
    [1, responses],
  ] as const) {
    const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
    let at = 0;
    for (const place of [...places, bytes.length]) {
      if (place > at) context.feed(parser, direction, bytes.subarray(at, place));
      at = Math.max(at, place);
    }
  }
  parser.close?.(0);
  parser.close?.(1);
  parser.end?.();
  return {
    transactions: context.transactions.map((transaction) => [
      transaction.eve(),
      transaction.zeek?.()[0]?.values,
    ]),
    files: context.files.map((file) => [file.start.path, file.content.toString('hex'), file.complete]),
    anomalies: context.anomalies,
  };
}

test('any segmentation gives the same transactions and files', () => {
  fc.assert(
    fc.property(
      fc.array(pair, { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(5000), { maxLength: 40 }),
      (pairs, cuts) => {
        const requests = Buffer.concat(pairs.map(request));
        const responses = Buffer.concat(pairs.map(response));
        const whole = outcome(requests, responses, []);
        assert.deepEqual(outcome(requests, responses, cuts), whole);
        const { transactions, files } = whole as {
          transactions: unknown[];
          files: [string, string, boolean][];
        };
        assert.equal(transactions.length, pairs.length);
        const expected = [];
        for (const one of pairs)
          if (one.method === 'POST' && one.upload.length > 0) expected.push(one.upload);
        for (const one of pairs) if (one.method !== 'HEAD' && one.body.length > 0) expected.push(one.body);
        assert.deepEqual(
          files.map(([, hex]) => hex),
          expected.map((bytes) => Buffer.from(bytes).toString('hex')),
        );
      },
    ),
    { numRuns: 150 },
  );
});

test('one byte at a time', () => {
  const pairs: Pair[] = [0, 1, 2, 3].map((framing) => ({
    method: 'POST',
    body: Buffer.from('some content'),
    upload: Buffer.from('upload'),
    framing,
    fields: framing,
  }));
  const requests = Buffer.concat(pairs.map(request));
  const responses = Buffer.concat(pairs.map(response));
  const all = Array.from({ length: 5000 }, (_, i) => i);
  assert.deepEqual(outcome(requests, responses, all), outcome(requests, responses, []));
});

/** Bytes that decide something in HTTP. */
const MARKS = Buffer.from('\r\n \t:;,/\0"-=%0aF9HTTP/1.1 GET \xff', 'latin1');

/** A small generator, so that a failure can be run again from its seed. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test('changed messages never throw, hang or keep bytes without bound', () => {
  const deadline = performance.now() + 3000;
  for (let seed = 1; performance.now() < deadline; seed++) {
    const random = generator(seed);
    const pick = (n: number): number => Math.floor(random() * n);
    const pairs: Pair[] = Array.from({ length: 1 + pick(3) }, () => ({
      method: ['GET', 'POST', 'HEAD', 'CONNECT'][pick(4)] ?? 'GET',
      body: Buffer.from('<html>body</html>'.repeat(pick(5))),
      upload: Buffer.from('--b\r\nContent-Disposition: form-data; filename="x"\r\n\r\nq\r\n--b--'),
      framing: pick(4),
      fields: pick(4),
    }));
    const streams = [Buffer.concat(pairs.map(request)), Buffer.concat(pairs.map(response))];
    for (const stream of streams) {
      for (let n = pick(8); n > 0; n--) {
        const at = pick(stream.length);
        if (random() < 0.5) stream[at] = MARKS[pick(MARKS.length)] ?? 0;
        else stream.copyWithin(at, pick(stream.length), pick(stream.length));
      }
    }
    const context = new RecordingContext();
    context.limits = { bodyBytes: 200, headerBytes: 2000, pendingTransactions: 3 };
    const parser = http1.create(context);
    const at = [0, 0];
    const started = performance.now();
    for (let turn = 0; turn < 400 && (at[0]! < streams[0]!.length || at[1]! < streams[1]!.length); turn++) {
      const direction = pick(2) as 0 | 1;
      const stream = streams[direction]!;
      const length = Math.min(1 + pick(80), stream.length - at[direction]!);
      if (length === 0) continue;
      if (random() < 0.03) parser.gap?.(length, direction);
      else context.feed(parser, direction, stream.subarray(at[direction], at[direction]! + length));
      at[direction] = at[direction]! + length;
      if (random() < 0.005) parser.close?.(direction);
    }
    parser.close?.(1);
    parser.end?.();
    for (const transaction of context.transactions) {
      JSON.stringify(transaction.eve());
      transaction.zeek?.();
    }
    assert.ok(performance.now() - started < 1000, `seed ${seed}`);
    assert.ok(
      context.files.every((file) => file.complete !== undefined),
      `seed ${seed}: a file is left open`,
    );
  }
});
