import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BodyReader } from './body.ts';
import { type Framing, HttpError } from './message.ts';

/** Reads all at once; what was used and what came out. */
function read(reader: BodyReader, text: string): { readonly used: number; readonly data: string } {
  const bytes = Buffer.from(text, 'latin1');
  let data = '';
  const used = reader.read(bytes, 0, bytes.length, (piece, from, to) => {
    assert.equal(piece, bytes, 'payload is handed on without a copy');
    data += piece.toString('latin1', from, to);
  });
  return { used, data };
}

const CHUNKED: Framing = { kind: 'chunked' };

function refusal(status: number, reason: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof HttpError && error.status === status && reason.test(error.message);
}

test('no body is done before it begins', () => {
  for (const framing of [{ kind: 'none' }, { kind: 'length', bytes: 0 }] as const) {
    const reader = new BodyReader(framing, 0);
    assert.ok(reader.done);
    assert.deepEqual(read(reader, 'GET'), { used: 0, data: '' });
    reader.end();
  }
});

test('a length ends where it says', () => {
  const reader = new BodyReader({ kind: 'length', bytes: 5 }, 5);
  assert.deepEqual(read(reader, 'abc'), { used: 3, data: 'abc' });
  assert.ok(!reader.done);
  assert.deepEqual(read(reader, 'deGET'), { used: 2, data: 'de' });
  assert.ok(reader.done);
  assert.equal(reader.payloadBytes, 5);
  assert.deepEqual(read(reader, 'GET'), { used: 0, data: '' });
});

test("to the connection's end", () => {
  const reader = new BodyReader({ kind: 'close' }, 10, 502);
  assert.deepEqual(read(reader, 'abc'), { used: 3, data: 'abc' });
  assert.ok(!reader.done);
  reader.end();
  assert.ok(reader.done);
});

test('an end that comes too early is an error (RFC 9112, 8)', () => {
  assert.throws(() => new BodyReader({ kind: 'length', bytes: 1 }, 1).end(), refusal(400, /ended/));
  assert.throws(() => new BodyReader(CHUNKED, 1, 502).end(), refusal(502, /ended/));
});

test('payload is bounded, by what is announced and by what comes', () => {
  assert.throws(() => new BodyReader({ kind: 'length', bytes: 11 }, 10), refusal(413, /too long/));
  assert.throws(() => new BodyReader({ kind: 'length', bytes: 11 }, 10, 502), refusal(502, /too long/));
  assert.throws(() => read(new BodyReader({ kind: 'close' }, 2, 502), 'abc'), refusal(502, /too long/));
  assert.throws(() => read(new BodyReader(CHUNKED, 10), 'b\r\n'), refusal(413, /too long/));
  assert.throws(() => read(new BodyReader(CHUNKED, 10), '6\r\nabcdef\r\n5;'), refusal(413, /too long/));
  assert.deepEqual(read(new BodyReader(CHUNKED, 10), 'a\r\n0123456789\r\n0\r\n\r\n').data, '0123456789');
  const unbounded = new BodyReader({ kind: 'length', bytes: 3 }, Number.POSITIVE_INFINITY);
  assert.equal(read(unbounded, 'abc').data, 'abc');
});

test('chunks with extensions and trailers; what follows is left', () => {
  const reader = new BodyReader(CHUNKED, 100);
  const text = '3;a=b;c="d;\\"e"\r\nabc\r\nA\r\n0123456789\r\n00;x\r\nX-A: b\r\nX-B:\r\n\r\n';
  assert.deepEqual(read(reader, `${text}GET`), { used: text.length, data: 'abc0123456789' });
  assert.ok(reader.done);
  assert.deepEqual(reader.trailers, [
    ['X-A', 'b'],
    ['X-B', ''],
  ]);
  assert.equal(reader.payloadBytes, 13);
});

test('long extensions go with long data (they are bounded by its bytes)', () => {
  const chunk = `400;signature=${'a'.repeat(64)}\r\n${'x'.repeat(1024)}\r\n`;
  const reader = new BodyReader(CHUNKED, 1 << 20);
  assert.equal(read(reader, `${chunk.repeat(500)}0\r\n\r\n`).data.length, 512_000);
  assert.ok(reader.done);
});

test('nothing more is read behind what was malformed', () => {
  const reader = new BodyReader(CHUNKED, 100);
  assert.throws(() => read(reader, '3\r\nabcd'), refusal(400, /longer than its size/));
  assert.throws(() => read(reader, '0\r\n\r\n'), refusal(400, /before/));
  assert.ok(!reader.done);
  const trailers = new BodyReader(CHUNKED, 100, 502);
  assert.throws(() => read(trailers, '0\r\nX : y\r\n\r\n'), refusal(502, /white space/));
  assert.throws(() => read(trailers, '\r\n'), refusal(502, /before/));
});
