import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeaderDecoder, type HeaderField } from './hpack.ts';
import { decodeHuffman } from './huffman.ts';

const LIMIT = 1 << 20;

function decode(decoder: HeaderDecoder, digits: string): HeaderField[] {
  const block = Buffer.from(digits.replaceAll(' ', ''), 'hex');
  const fields: HeaderField[] = [];
  assert.ok(decoder.decode(block, 0, block.length, LIMIT, fields));
  return fields;
}

function pairs(...list: readonly string[]): HeaderField[] {
  return list.map((line) => {
    const at = line.indexOf('=');
    return { name: line.slice(0, at), value: line.slice(at + 1) };
  });
}

const FIRST = [':method=GET', ':scheme=http', ':path=/', ':authority=www.example.com'];
const SECOND = [...FIRST, 'cache-control=no-cache'];
const THIRD = [
  ':method=GET',
  ':scheme=https',
  ':path=/index.html',
  ':authority=www.example.com',
  'custom-key=custom-value',
];

test('requests without Huffman coding (RFC 7541 C.3)', () => {
  const decoder = new HeaderDecoder();
  assert.deepEqual(decode(decoder, '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d'), pairs(...FIRST));
  assert.equal(decoder.size, 57);
  assert.deepEqual(decode(decoder, '8286 84be 5808 6e6f 2d63 6163 6865'), pairs(...SECOND));
  assert.equal(decoder.size, 110);
  const third = '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65';
  assert.deepEqual(decode(decoder, third), pairs(...THIRD));
  assert.equal(decoder.size, 164);
});

test('requests with Huffman coding (RFC 7541 C.4)', () => {
  const decoder = new HeaderDecoder();
  assert.deepEqual(decode(decoder, '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff'), pairs(...FIRST));
  assert.deepEqual(decode(decoder, '8286 84be 5886 a8eb 1064 9cbf'), pairs(...SECOND));
  const third = '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf';
  assert.deepEqual(decode(decoder, third), pairs(...THIRD));
  assert.equal(decoder.size, 164);
});

test('responses that evict entries (RFC 7541 C.6)', () => {
  const decoder = new HeaderDecoder();
  assert.deepEqual(decode(decoder, '3fe1 01'), [{ tableSize: 256 }]);
  const first = `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e
    919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3`.replace(/\s+/g, '');
  assert.deepEqual(
    decode(decoder, first),
    pairs(
      ':status=302',
      'cache-control=private',
      'date=Mon, 21 Oct 2013 20:13:21 GMT',
      'location=https://www.example.com',
    ),
  );
  assert.equal(decoder.size, 222);
  assert.deepEqual(decode(decoder, '4883 640e ffc1 c0bf')[0], { name: ':status', value: '307' });
  assert.equal(decoder.size, 222);
  const third = `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7
    821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5
    b106 3d50 07`.replace(/\s+/g, '');
  assert.deepEqual(
    decode(decoder, third),
    pairs(
      ':status=200',
      'cache-control=private',
      'date=Mon, 21 Oct 2013 20:13:22 GMT',
      'location=https://www.example.com',
      'content-encoding=gzip',
      'set-cookie=foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    ),
  );
  assert.equal(decoder.size, 215);
});

test('codes of long symbols (RFC 7541 appendix B)', () => {
  const output = new Uint8Array(16);
  const cases: readonly [code: number, bits: number, symbol: number][] = [
    [0x1ff8, 13, 0],
    [0x3ffffffc, 30, 10],
    [0x7fff0, 19, 92],
    [0xfffe6, 20, 128],
    [0x3ffffee, 26, 255],
    [0xffffffe, 28, 249],
  ];
  for (const [code, bits, symbol] of cases) {
    const ones = 40 - bits;
    const all = (BigInt(code) << BigInt(ones)) | ((1n << BigInt(ones)) - 1n);
    const padded = Buffer.from(all.toString(16).padStart(10, '0'), 'hex').subarray(0, Math.ceil(bits / 8));
    assert.equal(decodeHuffman(padded, 0, padded.length, output), 1, `symbol ${symbol}`);
    assert.equal(output[0], symbol);
  }
});

test('Huffman strings that must be refused', () => {
  const output = new Uint8Array(16);
  for (const digits of ['ffffffff', '1fff', '00']) {
    const bytes = Buffer.from(digits, 'hex');
    assert.equal(decodeHuffman(bytes, 0, bytes.length, output), -1, digits);
  }
});

test('broken representations are errors, not exceptions', () => {
  assert.deepEqual(decode(new HeaderDecoder(), '80'), [{ error: 'HTTP2HeaderDecodeIndex0' }]);
  assert.deepEqual(decode(new HeaderDecoder(), 'be'), [{ error: 'HTTP2HeaderDecodeNotIndexed' }]);
  assert.deepEqual(decode(new HeaderDecoder(), '410f77'), [{ error: 'HTTP2HeaderDecodeError' }]);
  const overflow = decode(new HeaderDecoder(), 'ffffffffffffffff01');
  assert.deepEqual(overflow[0], { error: 'HTTP2HeaderDecodeIntegerOverflow' });
});

test('a block that refers to one large entry again and again is cut', () => {
  const decoder = new HeaderDecoder();
  const block = Buffer.concat([Buffer.from('400161', 'hex'), Buffer.from([0x7f, 0xa1, 0x1e])]);
  const value = Buffer.alloc(4000, 0x62);
  const fields: HeaderField[] = [];
  const bomb = Buffer.concat([block, value, Buffer.alloc(60000, 0xbe)]);
  assert.equal(decoder.decode(bomb, 0, bomb.length, 65536, fields), false);
  assert.ok(fields.length < 20);
});
