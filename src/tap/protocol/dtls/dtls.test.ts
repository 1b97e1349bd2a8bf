import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EC_CERTIFICATE } from '../../../../test/support/certificates.ts';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import {
  certificates,
  clientHello,
  datagramHandshake,
  datagramRecord,
  extension,
  list16,
  number,
  serverHello,
  serverName,
  vector,
} from '../../../../test/support/tls-messages.ts';
import type { Direction } from '../parser.ts';
import { dtls } from './index.ts';

type Piece = readonly [Direction, Uint8Array];

const hello = (cookie: Buffer): Buffer =>
  clientHello({
    version: 0xfefd,
    cookie,
    extensions: [serverName('d.example'), extension(13, list16(2, 0x0403))],
  });
const handshake = (type: number, sequence: number, body: Buffer): Buffer =>
  datagramRecord(22, 0, datagramHandshake(type, sequence, body));
const CERTIFICATE = certificates(EC_CERTIFICATE);
const piece = (from: number, to: number): Buffer =>
  datagramRecord(22, 0, datagramHandshake(11, 2, CERTIFICATE, from, to));
const CIPHER_CHANGE = datagramRecord(20, 0, Buffer.of(1));
const SEALED = datagramRecord(22, 1, Buffer.alloc(40, 0xee));

const EXCHANGE: Piece[] = [
  [0, handshake(1, 0, hello(Buffer.alloc(0)))],
  [1, handshake(3, 0, Buffer.concat([number(0xfefd, 2), vector(1, Buffer.alloc(16))]))],
  [0, handshake(1, 1, hello(Buffer.alloc(16)))],
  [
    1,
    Buffer.concat([
      handshake(2, 1, serverHello({ version: 0xfefd, suite: 0xc02b })),
      piece(200, CERTIFICATE.length),
    ]),
  ],
  [1, piece(100, 250)],
  [1, piece(0, 100)],
  [1, Buffer.concat([piece(0, 100), handshake(14, 3, Buffer.alloc(0))])],
  [0, Buffer.concat([handshake(16, 2, Buffer.alloc(66)), CIPHER_CHANGE, SEALED])],
  [1, Buffer.concat([CIPHER_CHANGE, SEALED])],
];

function run(pieces: readonly Piece[]): RecordingContext {
  return RecordingContext.run(dtls, 'udp', pieces);
}

function ssl(context: RecordingContext): Record<string, unknown> {
  const row = context.transactions.flatMap((t) => t.zeek?.() ?? []).find((r) => r.log.path === 'ssl');
  assert.ok(row);
  return Object.fromEntries(row.log.columns.map(([name], i) => [name, row.values[i]]));
}

test('a handshake with cookie and a certificate in pieces out of order', () => {
  const context = run(EXCHANGE);
  const records = context.transactions.filter((t) => t.zeekOnly !== true).map((t) => t.eve().tls);
  assert.equal(records.length, 1);
  const [record] = records as [Record<string, unknown>];
  assert.equal(record.version, 'DTLS 1.2');
  assert.equal(record.sni, 'd.example');
  assert.equal(record.subject, 'O=Bücher / Söhne, CN=ec');
  assert.match(String(record.ja4), /^dd2d0102/);
  const row = ssl(context);
  assert.equal(row.version, 'DTLSv12');
  assert.equal(row.ssl_history, 'CvCsxnGIi');
  assert.equal(row.established, true);
  assert.equal(row.sni_matches_cert, false);
  assert.ok(context.finished);
});

test('a client on the side that answers', () => {
  const context = run(EXCHANGE.map(([direction, bytes]): Piece => [direction === 0 ? 1 : 0, bytes]));
  assert.equal(ssl(context).ssl_history, '^CvCsxnGIi');
  assert.equal(ssl(context).established, true);
});

test('what is probed', () => {
  const probe = (bytes: Buffer): string => dtls.probe(bytes, 0, bytes.length, 0, { client: 1, server: 2 });
  assert.equal(probe(handshake(1, 0, hello(Buffer.alloc(0)))), 'yes');
  assert.equal(probe(piece(0, 50)), 'yes');
  assert.equal(probe(SEALED), 'yes');
  assert.equal(probe(datagramRecord(23, 1, Buffer.alloc(20), 0xfeff)), 'yes');
  assert.equal(probe(SEALED.subarray(0, SEALED.length - 1)), 'no');
  assert.equal(probe(Buffer.concat([SEALED, Buffer.from('junkjunk')])), 'no');
  assert.equal(probe(Buffer.from('000100002112a44200000000000000000000000000', 'hex')), 'no');
  assert.equal(probe(Buffer.alloc(60, 0x16)), 'no');
});

test('other datagrams of the flow are passed over', () => {
  const context = run([[0, Buffer.from('000100002112a442000000000000000000000000', 'hex')], ...EXCHANGE]);
  assert.equal(ssl(context).established, true);
});

test('altered datagrams never throw, nor do many beginnings of messages stay', () => {
  let seed = 7;
  const random = (n: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % n;
  };
  for (let round = 0; round < 1500; round++) {
    const context = run(
      EXCHANGE.map(([direction, bytes]): Piece => {
        const altered = Buffer.from(bytes);
        for (let i = random(5); i > 0; i--) altered[random(altered.length)] = random(256);
        return [direction, altered];
      }),
    );
    for (const transaction of context.transactions) {
      transaction.eve();
      transaction.zeek?.();
    }
  }
});
