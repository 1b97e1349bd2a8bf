import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { contentEncodings, decodeContent, type Encoding } from './content-encoding.ts';
import { inflate } from './inflate.ts';

const TEXT = Buffer.from('The quick brown fox jumps over the lazy dog. '.repeat(40));
const decode = (input: Uint8Array, ...layers: Encoding[]): string =>
  Buffer.from(decodeContent(input, layers, 1 << 20)).toString('latin1');

test('inflates what zlib deflates', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 4000 }),
      fc.integer({ min: 0, max: 9 }),
      fc.nat(50),
      (bytes, level, n) => {
        const content = Buffer.concat(new Array<Uint8Array>(1 + (n % 4)).fill(bytes));
        const { output, corrupt } = inflate(deflateRawSync(content, { level }), 1 << 20);
        assert.equal(corrupt, false);
        assert.deepEqual(Buffer.from(output), content);
      },
    ),
    { numRuns: 100 },
  );
});

test('inflates as far as it goes', () => {
  const packed = deflateRawSync(TEXT);
  for (let cut = 0; cut < packed.length; cut++) {
    const { output, corrupt } = inflate(packed.subarray(0, cut), 1 << 20);
    assert.equal(corrupt, false);
    assert.ok(TEXT.subarray(0, output.length).equals(output));
  }
  assert.equal(inflate(packed, 100).output.length, 100);
});

test('never throws and stays within its limit on any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      assert.ok(inflate(bytes, 5000).output.length <= 5000);
      for (const encoding of ['gzip', 'deflate', 'zlib', 'brotli', 'zstd', 'lzma'] as const) {
        assert.ok(decodeContent(bytes, [encoding], 5000).length <= Math.max(5000, bytes.length));
      }
    }),
    { numRuns: 300 },
  );
});

test('undoes each encoding, alone and in layers', () => {
  const text = TEXT.toString('latin1');
  assert.equal(decode(gzipSync(TEXT), 'gzip'), text);
  assert.equal(decode(deflateSync(TEXT), 'deflate'), text);
  assert.equal(decode(deflateRawSync(TEXT), 'deflate'), text);
  assert.equal(decode(brotliCompressSync(TEXT), 'brotli'), text);
  assert.equal(decode(zstdCompressSync(TEXT), 'zstd'), text);
  assert.equal(decode(gzipSync(deflateRawSync(TEXT)), 'deflate', 'gzip'), text);
});

test('takes data for what it is rather than for what it claims to be', () => {
  const text = TEXT.toString('latin1');
  assert.equal(decode(deflateRawSync(TEXT), 'gzip'), text);
  assert.equal(decode(gzipSync(TEXT), 'deflate'), text);
  assert.equal(decode(TEXT, 'gzip'), text);
  assert.equal(decode(gzipSync(TEXT), 'gzip', 'deflate'), text);
});

test('keeps what comes before a cut or a mistake', () => {
  const packed = gzipSync(TEXT);
  assert.ok(TEXT.toString('latin1').startsWith(decode(packed.subarray(0, 60), 'gzip')));
  const broken = Buffer.from(packed);
  broken.fill(0xff, 50);
  assert.ok(decode(broken, 'gzip').length > 0);
  // The checks behind the data are wrong.
  const unchecked = Buffer.from(packed);
  unchecked.fill(0, packed.length - 8);
  assert.equal(decode(unchecked, 'gzip'), TEXT.toString('latin1'));
});

test('a bomb gives no more than the limit', () => {
  const bomb = gzipSync(gzipSync(Buffer.alloc(50 << 20)));
  const started = performance.now();
  assert.equal(decodeContent(bomb, ['gzip', 'gzip'], 1 << 20).length, 1 << 20);
  assert.ok(performance.now() - started < 2000);
});

test('reads Content-Encoding as browsers do', () => {
  assert.deepEqual(contentEncodings('gzip').layers, ['gzip']);
  assert.deepEqual(contentEncodings('X-GZip').layers, ['gzip']);
  assert.deepEqual(contentEncodings('gz\0ip').layers, ['gzip']);
  assert.deepEqual(contentEncodings('deflate, gzip').layers, ['deflate', 'gzip']);
  assert.deepEqual(contentEncodings('gzip\xa0'), { layers: ['gzip'], abnormal: true, tooMany: false });
  assert.deepEqual(contentEncodings('identity'), { layers: [], abnormal: false, tooMany: false });
  assert.equal(contentEncodings('gzip,gzip,gzip,gzip').tooMany, true);
  assert.deepEqual(contentEncodings(undefined).layers, []);
});
