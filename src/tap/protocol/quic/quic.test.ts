import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { test } from 'node:test';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import { type Direction, TO_CLIENT, TO_SERVER } from '../parser.ts';
import { CryptoStream, MAX_CRYPTO } from './crypto-stream.ts';
import { quic } from './index.ts';
import { deriveInitialKeys, type InitialKeys, unprotect } from './initial-keys.ts';
import { integerLength, readInteger } from './variable-integer.ts';
import { QUIC_V1, QUIC_V2, type QuicVersion, quicVersion } from './versions.ts';

type Piece = readonly [Direction, Uint8Array | string];

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const known = (number: number): QuicVersion => {
  const version = quicVersion(number);
  assert.ok(version);
  return version;
};
const keysOf = (version: number, direction: Direction, id = DCID): InitialKeys => {
  const keys = deriveInitialKeys(known(version), id, direction);
  assert.ok(keys);
  return keys;
};

/** Connection id of RFC 9001 appendix A. */
const DCID = hex('8394c8f03e515708');
/** The CRYPTO frame of RFC 9001 appendix A.2. */
const HELLO_FRAME = hex(
  '060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c00000413011302010000c000000010' +
    '000e00000b6578616d706c652e636f6dff01000100000a00080006001d0017001800100007000504616c706e000500050100000000003300' +
    '260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b0003020304000d0010000e04030503' +
    '06030203080408050806002d00020101001c00024001003900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075' +
    '300901100f088394c8f03e51570806048000ffff',
);
const HELLO = HELLO_FRAME.subarray(4);
/** The server's packets of RFC 9001 appendix A.3 and RFC 9369 appendix A.3. */
const SERVER_V1 = hex(
  'cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c' +
    '3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f58' +
    '891850abbdca3d20398c276456cbc42158407dd074ee',
);
const SERVER_V2 = hex(
  'dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698baeea26b91eb761d9b89237bbf87263017915358230035f7fd' +
    '3945d88965cf17f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507698075b2c984c707f0a0812d8cd5a6881eaf21ceda' +
    '98f4bd23f6fe1a3e2c43edd9ce7ca84bed8521e2e140',
);

function integer(value: number): Buffer {
  if (value < 64) return Buffer.from([value]);
  const bytes = Buffer.alloc(value < 16384 ? 2 : 4);
  if (value < 16384) bytes.writeUInt16BE(value | 0x4000);
  else bytes.writeUInt32BE((value | 0x80000000) >>> 0);
  return bytes;
}

function cryptoFrame(offset: number, data: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([6]), integer(offset), integer(data.length), data]);
}

/** Builds a protected Initial packet with a packet number of four bytes, as the RFCs' examples have it. */
function protect(
  version: number,
  frames: Buffer,
  options: { dcid?: Buffer; keyId?: Buffer; number?: number; size?: number; direction?: Direction } = {},
): Buffer {
  const { dcid = DCID, keyId = DCID, number = 2, size = 1162, direction = TO_SERVER } = options;
  const keys = keysOf(version, direction, keyId);
  const plain = Buffer.alloc(Math.max(size, frames.length));
  frames.copy(plain);
  const prefix = Buffer.concat([
    Buffer.from([version === QUIC_V2 ? 0xd3 : 0xc3]),
    Buffer.alloc(4),
    integer(dcid.length),
    dcid,
    Buffer.from([0, 0]),
    integer(plain.length + 20),
  ]);
  prefix.writeUInt32BE(version, 1);
  const header = Buffer.concat([prefix, Buffer.alloc(4)]);
  header.writeUInt32BE(number, prefix.length);
  const nonce = Buffer.from(keys.iv);
  nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ number) >>> 0, 8);
  const cipher = createCipheriv('aes-128-gcm', keys.key, nonce);
  cipher.setAAD(header);
  const packet = Buffer.concat([header, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  const sample = packet.subarray(prefix.length + 4, prefix.length + 20);
  const mask = createCipheriv('aes-128-ecb', keys.headerProtection, null).update(sample);
  packet[0]! ^= mask[0]! & 0x0f;
  for (let i = 0; i < 4; i++) packet[prefix.length + i]! ^= mask[1 + i]!;
  return packet;
}

function records(context: RecordingContext): Record<string, unknown>[] {
  return context.transactions
    .filter((transaction) => !transaction.zeekOnly)
    .map((transaction) => transaction.eve().quic as Record<string, unknown>);
}

function zeekRows(context: RecordingContext, path: string): Record<string, unknown>[] {
  return context.transactions
    .flatMap((transaction) => transaction.zeek?.() ?? [])
    .filter((row) => row.log.path === path)
    .map((row) => Object.fromEntries(row.log.columns.map(([name], i) => [name, row.values[i]])));
}

const run = (pieces: readonly Piece[]): RecordingContext => RecordingContext.run(quic, 'udp', pieces);

test('Initial keys of RFC 9001 and RFC 9369', () => {
  const text = (keys: InitialKeys): string[] =>
    [keys.key, keys.iv, keys.headerProtection].map((bytes) => bytes.toString('hex'));
  assert.deepEqual(text(keysOf(QUIC_V1, TO_SERVER)), [
    '1f369613dd76d5467730efcbe3b1a22d',
    'fa044b2f42a3fd3b46fb255c',
    '9f50449e04a0e810283a1e9933adedd2',
  ]);
  assert.deepEqual(text(keysOf(QUIC_V1, TO_CLIENT)), [
    'cf3a5331653c364c88f0f379b6067e37',
    '0ac1493ca1905853b0bba03e',
    'c206b8d9b9f0f37644430b490eeaa314',
  ]);
  assert.deepEqual(text(keysOf(QUIC_V2, TO_SERVER)), [
    '8b1a0bc121284290a29e0971b5cd045d',
    '91f73e2351d8fa91660e909f',
    '45b95e15235d6f45a6b19cbcb0294ba9',
  ]);
  assert.deepEqual(text(keysOf(QUIC_V2, TO_CLIENT)), [
    '82db637861d55e1d011f19ea71d5d2a7',
    'dd13c276499c0249d3310652',
    'edf6d05c83121201b436e16877593c3a',
  ]);
});

test('the client packet of RFC 9001 appendix A.2 has the sample and header given there', () => {
  const packet = protect(QUIC_V1, HELLO_FRAME);
  assert.equal(packet.length, 1200);
  assert.equal(packet.subarray(0, 22).toString('hex'), 'c000000001088394c8f03e5157080000449e7b9aec34');
  assert.equal(packet.subarray(22, 38).toString('hex'), 'd1b1c98dd7689fb8ec11d242b123dc9b');
  const plain = unprotect(keysOf(QUIC_V1, TO_SERVER), packet, 0, 18, packet.length);
  assert.deepEqual(plain?.subarray(0, HELLO_FRAME.length), HELLO_FRAME);
  packet[600]! ^= 1;
  assert.equal(unprotect(keysOf(QUIC_V1, TO_SERVER), packet, 0, 18, packet.length), undefined);
});

test('both hellos of the examples, versions 1 and 2', () => {
  for (const [version, text, server] of [
    [QUIC_V1, '1', SERVER_V1],
    [QUIC_V2, '6b3343cf', SERVER_V2],
  ] as const) {
    const context = run([
      [TO_SERVER, protect(version, HELLO_FRAME)],
      [TO_CLIENT, server],
    ]);
    const [client, reply, ...others] = records(context);
    assert.equal(others.length, 0);
    assert.equal(client?.version, text);
    assert.equal(client?.sni, 'example.com');
    assert.deepEqual(client?.ja3, {
      string: '771,4865-4866,0-65281-10-16-5-51-43-13-45-28-57,29-23-24,',
      hash: '41bc9ae914d6cb3bd0bd0a5453ab7d7f',
    });
    assert.match(client?.ja4 as string, /^q13d0211an_/);
    assert.partialDeepStrictEqual(client, {
      extensions: [{ name: 'server_name', type: 0, values: ['example.com'] }],
    });
    assert.partialDeepStrictEqual(reply, { ja3s: { string: '771,4865,51-43' } });
    assert.deepEqual(context.names, ['example.com']);
    assert.deepEqual(context.anomalies, []);
    assert.equal(zeekRows(context, 'quic')[0]?.history, 'ISis');
    assert.partialDeepStrictEqual(zeekRows(context, 'ssl')[0], {
      version: 'TLSv13',
      cipher: 'TLS_AES_128_GCM_SHA256',
      curve: 'x25519',
      server_name: 'example.com',
      ssl_history: 'Cs',
    });
  }
});

test('a hello over several packets: out of order, repeated, overlapping', () => {
  const part = (from: number, to: number): Buffer => cryptoFrame(from, HELLO.subarray(from, to));
  const context = run([
    [
      TO_SERVER,
      protect(QUIC_V1, Buffer.concat([part(150, 200), Buffer.from([0, 0, 1]), part(60, 120)]), { number: 1 }),
    ],
    [TO_SERVER, protect(QUIC_V1, Buffer.concat([part(150, 200), part(100, 160)]), { number: 0 })],
    [TO_SERVER, protect(QUIC_V1, part(190, HELLO.length), { number: 2 })],
    [TO_SERVER, protect(QUIC_V1, part(0, 61), { number: 3 })],
  ]);
  const found = records(context);
  assert.equal(found.length, 4);
  assert.deepEqual(found[2], { version: '1' });
  assert.equal(found[3]?.sni, 'example.com');
  assert.equal(zeekRows(context, 'quic')[0]?.history, 'IIIIS');
});

test('a Retry changes the keys once', () => {
  const other = hex('0102030405060708');
  const retry = Buffer.concat([hex('f0000000010008'), other, Buffer.alloc(40, 9)]);
  const context = run([
    [TO_SERVER, protect(QUIC_V1, HELLO_FRAME)],
    [TO_CLIENT, retry],
    [TO_SERVER, protect(QUIC_V1, HELLO_FRAME, { dcid: other, keyId: other })],
    [TO_CLIENT, retry],
  ]);
  assert.deepEqual(
    records(context).map((record) => record.sni),
    ['example.com', undefined, 'example.com', undefined],
  );
  assert.deepEqual(context.anomalies, []);
  assert.deepEqual(
    zeekRows(context, 'quic').map((row) => row.history),
    ['ISr', 'ISr'],
  );
  assert.equal(zeekRows(context, 'ssl')[0]?.ssl_history, 'CC');
});

test('packets that do not authenticate are named once and do not unseat the keys', () => {
  const context = run([
    [TO_SERVER, protect(QUIC_V1, cryptoFrame(0, HELLO.subarray(0, 100)))],
    [TO_SERVER, protect(QUIC_V1, Buffer.alloc(0), { dcid: hex('ffffffffffffffff'), keyId: hex('aaaa') })],
    [TO_SERVER, protect(QUIC_V1, cryptoFrame(100, HELLO.subarray(100)))],
  ]);
  assert.deepEqual(context.anomalies, ['failed_decrypt']);
  assert.equal(records(context)[2]?.sni, 'example.com');
});

test('a refused connection ends its row', () => {
  const context = run([
    [TO_SERVER, protect(QUIC_V1, HELLO_FRAME)],
    [TO_CLIENT, protect(QUIC_V1, hex('1c0200'), { dcid: Buffer.alloc(0), direction: TO_CLIENT })],
  ]);
  assert.deepEqual(
    zeekRows(context, 'quic').map((row) => row.history),
    ['ISic'],
  );
});

test('CRYPTO streams are bounded', () => {
  const stream = new CryptoStream();
  const piece = Buffer.alloc(10);
  assert.equal(stream.add(piece, 0, 10, MAX_CRYPTO - 9), false);
  let refused = 0;
  for (let offset = 0; offset + 10 < MAX_CRYPTO; offset += 20)
    if (!stream.add(piece, 0, 10, offset)) refused++;
  assert.ok(refused > 0);
  assert.equal(stream.ready, 10);
  for (let offset = 10; offset + 10 < MAX_CRYPTO; offset += 10) stream.add(piece, 0, 10, offset);
  assert.equal(stream.ready, MAX_CRYPTO - (MAX_CRYPTO % 10));
});

test('pieces in any order give the same bytes', () => {
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  const text = Buffer.from(Array.from({ length: 300 }, (_, i) => i & 255));
  for (let round = 0; round < 100; round++) {
    const stream = new CryptoStream();
    const seen = new Set<number>();
    while (stream.ready < text.length) {
      const from = random(text.length);
      const to = Math.min(text.length, from + 1 + random(60));
      stream.add(text, from, to, from);
      for (let i = from; i < to; i++) seen.add(i);
      let ready = 0;
      while (seen.has(ready)) ready++;
      assert.equal(stream.ready, ready);
    }
    assert.deepEqual(stream.bytes.subarray(0, text.length), text);
  }
});

test('variable-length integers of RFC 9000 appendix A.1', () => {
  for (const [text, value] of [
    ['c000000100000002', 0x1_0000_0002],
    ['9d7f3e7d', 494878333],
    ['7bbd', 15293],
    ['25', 37],
  ] as const) {
    const bytes = hex(text);
    assert.equal(integerLength(bytes[0] as number), bytes.length);
    assert.equal(readInteger(bytes, 0), value);
  }
});

test('the probe takes QUIC and nothing else', () => {
  const ports = { client: 50000, server: 443 };
  const probe = (bytes: Buffer): string => quic.probe(bytes, 0, bytes.length, TO_SERVER, ports);
  assert.equal(probe(protect(QUIC_V1, HELLO_FRAME)), 'yes');
  assert.equal(probe(SERVER_V2), 'yes');
  assert.equal(probe(Buffer.from('800000000000085555555555555555000000016b3343cf', 'hex')), 'yes');
  assert.equal(probe(Buffer.concat([hex('0d'), DCID, Buffer.from('Q039\x01'), Buffer.alloc(20)])), 'yes');
  for (const text of [
    '4081828384858687888990919293949596979899',
    'c0000000011500000000000000000000000000000000000000',
    'c3000000010800000000000000000000ffff0000000000000000',
    '160301020001000000000000000000000000000000',
    '800000000000085555555555555555000000aabbccdd',
    'ffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    '0d0102030405060708513939390100000000000000000000000000',
  ])
    assert.equal(probe(hex(text)), 'no', text);
});

test('random changes never throw and end soon', () => {
  let seed = 3;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  const google = Buffer.concat([
    hex('0d'),
    DCID,
    Buffer.from('Q043\x01'),
    Buffer.alloc(12),
    hex('a001000443484c4f02000000534e490003000000554149440600000061626364'),
    Buffer.from('ef'),
  ]);
  const sources = [
    protect(QUIC_V1, HELLO_FRAME),
    SERVER_V1,
    SERVER_V2,
    google,
    Buffer.concat([protect(QUIC_V1, HELLO_FRAME, { size: 300 }), SERVER_V1]),
  ];
  const until = Date.now() + 1500;
  for (let round = 0; round < 3000 && Date.now() < until; round++) {
    const pieces: Piece[] = [];
    for (let i = random(5); i >= 0; i--) {
      let bytes: Buffer;
      if (random(3) === 0) {
        // Valid protection around broken frames.
        const frames = Buffer.from(HELLO_FRAME.subarray(0, random(HELLO_FRAME.length)));
        if (frames.length > 0) frames[random(frames.length)] = random(256);
        bytes = protect(QUIC_V1, frames, { size: frames.length + random(4) });
      } else {
        bytes = Buffer.from(sources[random(sources.length)] as Buffer);
        for (let n = random(4); n > 0; n--) bytes[random(40)] = random(256);
        bytes = bytes.subarray(0, random(4) === 0 ? random(bytes.length) : bytes.length);
      }
      quic.probe(bytes, 0, bytes.length, TO_SERVER, { client: 1, server: 443 });
      pieces.push([random(2) as Direction, bytes]);
    }
    for (const transaction of run(pieces).transactions) {
      transaction.eve();
      transaction.zeek?.();
    }
  }
});
