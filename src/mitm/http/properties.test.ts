import assert from 'node:assert/strict';
import { METHODS } from 'node:http';
import { test } from 'node:test';
import fc from 'fast-check';
import { ANSWER_CASES } from './answer-cases.ts';
import { BodyReader } from './body.ts';
import { exerciseHttp, HTTP_SEEDS, sentOn } from './fuzz.ts';
import { DEFAULT_LIMITS, findHeadEnd, parseRequestHead, parseResponseHead } from './head.ts';
import type { Field } from './message.ts';
import { answerByNode, readByNode } from './node-http.ts';
import { readAnswer } from './read-answer.ts';
import { readRequests } from './read-requests.ts';
import { SMUGGLING_CASES } from './smuggling-cases.ts';
import { chunkHead, LAST_CHUNK, writeRequestHead, writeResponseHead } from './write.ts';

/** What parsers of HTTP trip over. */
const PIECES = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  '\x0b',
  ':',
  ',',
  ';',
  '0',
  'a',
  '\xff',
  '\r\n\r\n',
  '0\r\n\r\n',
  '\r\n ',
  'GET / HTTP/1.1\r\nHost: b\r\n\r\n',
  'Content-Length: 3\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Connection: close\r\n',
  'Connection: content-length, host, x-a\r\n',
  'Host: b\r\n',
  'Expect: 100-continue\r\n',
  'X-A: b\r\n',
  'HTTP/1.0',
];

const short = HTTP_SEEDS.filter((seed) => seed.length < 600);

/** One of the seeds with a few changes. */
function mutated(seeds: readonly Buffer[], most: number): fc.Arbitrary<Buffer> {
  const change = fc.tuple(fc.nat(600), fc.nat(4), fc.constantFrom('', ...PIECES));
  return fc.tuple(fc.constantFrom(...seeds), fc.array(change, { maxLength: most })).map(([seed, changes]) => {
    let text = seed.toString('latin1');
    for (const [where, removed, inserted] of changes) {
      const at = where % (text.length + 1);
      text = text.slice(0, at) + inserted + text.slice(at + removed);
    }
    return Buffer.from(text, 'latin1');
  });
}

const mutatedCase = mutated(short, 4);
/** Of what is accepted as it stands more stays so. */
const mutatedRequest = mutated(
  short.filter((seed) => readRequests([seed]).requests.length > 0),
  2,
);

const TOKEN = "!#$%&'*+-.^_`|~0123456789ABCXYZabcxyz";
const token = fc.string({ unit: fc.constantFrom(...TOKEN), minLength: 1, maxLength: 20 });
const DECIDES = /^(?:host|content[-_]length|transfer[-_]encoding|connection|upgrade|expect)$/i;
const name = token.filter((text) => !DECIDES.test(text));
const value = fc
  .array(
    fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff }), fc.constant(9)),
    {
      maxLength: 60,
    },
  )
  .map((codes) => String.fromCharCode(...codes).replace(/^[ \t]+|[ \t]+$/g, ''));
const fields: fc.Arbitrary<Field[]> = fc.array(fc.tuple(name, value), { maxLength: 20 });
const target = fc
  .string({ unit: fc.constantFrom(...'/?&=%20aZ~!*(){}|"<>\\^`'), maxLength: 80 })
  .map((text) => `/${text}`);

test('cases and what mutations make of them: no defect, the same in pieces, the same when sent on', () => {
  for (const seed of HTTP_SEEDS) exerciseHttp(seed);
  fc.assert(
    fc.property(mutatedCase, (bytes) => exerciseHttp(bytes)),
    { numRuns: 2000 },
  );
});

test('any cuts give the same requests', () => {
  fc.assert(
    fc.property(mutatedCase, fc.array(fc.nat(600), { maxLength: 12 }), (bytes, cuts) => {
      const pieces: Buffer[] = [];
      let from = 0;
      for (const cut of cuts.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b)) {
        pieces.push(bytes.subarray(from, cut));
        from = cut;
      }
      pieces.push(bytes.subarray(from));
      const { error, ...whole } = readRequests([bytes]);
      const { error: failure, ...inPieces } = readRequests(pieces);
      assert.deepEqual(inPieces, whole);
      assert.equal(failure?.status, error?.status);
    }),
    { numRuns: 2000 },
  );
});

test('a request that is written is read as it was', () => {
  fc.assert(
    fc.property(token, target, fields, (method, path, own) => {
      fc.pre(method !== 'CONNECT' && method !== 'TRACE');
      const all: Field[] = [['Host', 'a.example:8080'], ...own];
      const bytes = Buffer.from(writeRequestHead({ method, target: path, fields: all }), 'latin1');
      assert.equal(findHeadEnd(bytes, 0, bytes.length), bytes.length);
      const head = parseRequestHead(bytes, 0, bytes.length, DEFAULT_LIMITS);
      assert.deepEqual(
        { method: head.method, target: head.target, fields: head.fields, bytes: head.bytes },
        { method, target: path, fields: all, bytes: bytes.length },
      );
    }),
  );
});

test('an answer that is written is read as it was', () => {
  fc.assert(
    fc.property(fc.integer({ min: 200, max: 999 }), value, fields, (status, reason, own) => {
      const bytes = Buffer.from(writeResponseHead({ status, reason, fields: own }), 'latin1');
      assert.equal(findHeadEnd(bytes, 0, bytes.length), bytes.length);
      const head = parseResponseHead(bytes, 0, bytes.length, 'GET', DEFAULT_LIMITS);
      assert.deepEqual([head.status, head.reason, head.fields], [status, reason, own]);
    }),
  );
});

test('chunks that are written give their data, however they are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 }),
      fc.integer({ min: 1, max: 50 }),
      (chunks, size) => {
        const written = chunks.flatMap((data) => [chunkHead(data.length), data, '\r\n']);
        const bytes = Buffer.concat([...written, LAST_CHUNK, 'rest'].map((part) => Buffer.from(part)));
        const reader = new BodyReader({ kind: 'chunked' }, 1000);
        const data: Buffer[] = [];
        let used = 0;
        for (let at = 0; at < bytes.length && !reader.done; at += size) {
          const end = Math.min(bytes.length, at + size);
          used = reader.read(bytes, at, end, (piece, from, to) =>
            data.push(Buffer.from(piece.subarray(from, to))),
          );
        }
        assert.ok(reader.done);
        assert.equal(used, bytes.length - 4);
        assert.deepEqual(Buffer.concat(data), Buffer.concat(chunks));
        assert.equal(reader.payloadBytes, Buffer.concat(chunks).length);
      },
    ),
  );
});

test('whatever is accepted is, sent on, the same one request to llhttp', async () => {
  const known = new Set(METHODS);
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(mutatedRequest, async (bytes) => {
      for (const request of readRequests([bytes]).requests) {
        const { head, body } = request;
        if (!known.has(head.method) || head.host === '' || head.method === 'CONNECT') continue;
        const sent = sentOn(request);
        const { requests, error } = await readByNode(Buffer.from(sent, 'latin1'));
        assert.equal(error, '', JSON.stringify(sent));
        const read = requests.map((one) => [one.method, one.target, one.body]);
        assert.deepEqual(read, [[head.method, sent.split(' ', 2)[1], body]]);
        compared++;
      }
    }),
    { numRuns: 600 },
  );
  assert.ok(compared > 50, `${compared} compared`);
});

test('whatever is accepted as an answer is the same answer to llhttp', async () => {
  const seeds = ANSWER_CASES.filter(({ read, bytes }) => read !== undefined && bytes.length < 600);
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(
      mutated(
        seeds.map(({ bytes }) => Buffer.from(bytes, 'latin1')),
        2,
      ),
      async (bytes) => {
        for (const method of ['GET', 'HEAD']) {
          const { heads, body, error, behind } = readAnswer([bytes], method);
          const status = heads.at(-1)?.status;
          if (error !== undefined || status === 101) continue;
          const theirs = await answerByNode(bytes.subarray(0, bytes.length - behind), method);
          assert.deepEqual(theirs, { status, body }, JSON.stringify(bytes.toString('latin1')));
          compared++;
        }
      },
    ),
    { numRuns: 600 },
  );
  assert.ok(compared > 50, `${compared} compared`);
});

test('eight times the bytes take about eight times the time', () => {
  const build: readonly ((size: number) => string)[] = [
    (size) => `GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(size / 6)}\r\n`,
    (size) => `GET / HTTP/1.1\r\nHost: a\r\nX:${' '.repeat(size)}y\r\n\r\n`,
    (size) => `GET / HTTP/1.1\r\nHost: a\r\nConnection: ${','.repeat(size)}\r\n\r\n`,
    (size) => `GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ${'a,'.repeat(size / 2)}chunked\r\n\r\n`,
    (size) =>
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(size / 6)}`,
    (size) => `\r\nGET / HTTP/1.1\r\nHost: a\r\n${'\rX'.repeat(size / 2)}`,
    (size) => 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(size / 27),
  ];
  const limits = { headBytes: 1 << 24, targetBytes: 1 << 24, fields: 1 << 24 };
  const cost = (text: string): number => {
    const bytes = Buffer.from(text, 'latin1');
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 3; i++) {
      const before = process.cpuUsage();
      readRequests([bytes], limits);
      const { user, system } = process.cpuUsage(before);
      best = Math.min(best, user + system);
    }
    return best;
  };
  for (const make of build) {
    const once = cost(make(1 << 18));
    const eightTimes = cost(make(1 << 21));
    // Squared it would be 64 times. What takes next to nothing is not measured well.
    assert.ok(eightTimes < 24 * Math.max(once, 2000), `${once} µs became ${eightTimes} µs: ${make(40)}`);
  }
});

test('the cases are among the seeds', () => {
  assert.ok(HTTP_SEEDS.length > SMUGGLING_CASES.length);
});
