import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EC_CERTIFICATE, RSA_CERTIFICATE } from '../../../../test/support/certificates.ts';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import {
  applicationProtocols,
  certificates,
  clientHello,
  extension,
  handshake,
  list16,
  number,
  record,
  serverHello,
  serverName,
  vector,
} from '../../../../test/support/tls-messages.ts';
import type { Direction } from '../parser.ts';
import { tls } from './index.ts';

type Piece = readonly [Direction, Uint8Array];

const CLIENT = record(
  22,
  handshake(1, clientHello({ suites: [0xc02f, 0x1301], extensions: [serverName('www.example.com')] })),
  0x0301,
);
const CIPHER_CHANGE = record(20, Buffer.of(1));
const ENCRYPTED = record(22, Buffer.alloc(40, 0xee));
const DATA = record(23, Buffer.alloc(40, 0xdd));
const KEY_EXCHANGE = handshake(12, Buffer.concat([Buffer.of(3), number(23, 2), vector(1, Buffer.alloc(65))]));
const TLS12_SERVER = Buffer.concat([
  handshake(2, serverHello({ extensions: [extension(0xff01, Buffer.of(0)), applicationProtocols('h2')] })),
  handshake(11, certificates(RSA_CERTIFICATE, EC_CERTIFICATE)),
  KEY_EXCHANGE,
  handshake(14),
]);

function run(pieces: readonly Piece[], prepare?: (context: RecordingContext) => void): RecordingContext {
  return RecordingContext.run(tls, 'tcp', pieces, prepare);
}

function eve(context: RecordingContext): Record<string, unknown>[] {
  return context.transactions
    .filter((t) => t.zeekOnly !== true)
    .map((t) => ({ event_type: t.type, ...(t.eve().tls as Record<string, unknown>) }));
}

function ssl(context: RecordingContext): Record<string, unknown> {
  const rows = context.transactions.flatMap((t) => t.zeek?.() ?? []).filter((r) => r.log.path === 'ssl');
  assert.equal(rows.length, 1);
  const { log, values } = rows[0]!;
  return Object.fromEntries(log.columns.map(([name], i) => [name, values[i]]));
}

const FULL: Piece[] = [
  [0, CLIENT],
  [1, record(22, TLS12_SERVER)],
  [0, Buffer.concat([record(22, handshake(16, Buffer.alloc(66))), CIPHER_CHANGE, ENCRYPTED])],
  [1, Buffer.concat([record(22, handshake(4, Buffer.alloc(10))), CIPHER_CHANGE, ENCRYPTED])],
  [0, DATA],
];

test('a whole handshake of TLS 1.2', () => {
  const context = run(FULL, (c) => {
    c.timeUs = Date.UTC(2030, 0, 1) * 1000;
  });
  const [record] = eve(context);
  assert.equal(record?.version, 'TLS 1.2');
  assert.equal(record?.sni, 'www.example.com');
  assert.equal(record?.serial, '00:97:E6:47:09:8E:EA:C9:B4');
  assert.match(String(record?.fingerprint), /^([0-9a-f]{2}:){19}[0-9a-f]{2}$/);
  assert.deepEqual(record?.server_alpns, ['h2']);
  assert.equal((record?.ja3s as { string: string } | undefined)?.string, '771,49199,65281-16');
  assert.deepEqual(record?.server_handshake, { version: 'TLS 1.2', cipher: 0xc02f, exts: [65281, 16] });
  const row = ssl(context);
  assert.equal(row.version, 'TLSv12');
  assert.equal(row.cipher, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256');
  assert.equal(row.curve, 'secp256r1');
  assert.equal(row.ssl_history, 'CsxknGIti');
  assert.equal(row.established, true);
  assert.equal(row.sni_matches_cert, true);
  assert.equal((row.cert_chain_fps as string[]).length, 2);
  assert.deepEqual(row.client_cert_chain_fps, []);
  assert.ok(context.finished);
  assert.deepEqual(context.names, ['www.example.com']);
  assert.deepEqual(context.anomalies, []);
});

test('the record is out with the certificate, not later', () => {
  const context = new RecordingContext();
  const parser = tls.create(context);
  context.feed(parser, 0, CLIENT);
  assert.equal(context.transactions.length, 0);
  context.feed(parser, 1, record(22, TLS12_SERVER));
  assert.equal(context.transactions.length, 1);
});

test('any cutting into segments and records gives the same', () => {
  const expected = JSON.stringify([eve(run(FULL)), ssl(run(FULL))]);
  for (const size of [1, 2, 3, 7, 100]) {
    const small: Piece[] = FULL.flatMap(([direction, bytes]) =>
      Array.from(
        { length: Math.ceil(bytes.length / size) },
        (_, i): Piece => [direction, bytes.subarray(i * size, (i + 1) * size)],
      ),
    );
    assert.equal(JSON.stringify([eve(run(small)), ssl(run(small))]), expected, `segments of ${size}`);
  }
  for (const size of [1, 3, 4, 50, 1000]) {
    const records = Array.from({ length: Math.ceil(TLS12_SERVER.length / size) }, (_, i) =>
      record(22, TLS12_SERVER.subarray(i * size, (i + 1) * size)),
    );
    const fragmented = FULL.with(1, [1, Buffer.concat(records)]);
    assert.equal(
      JSON.stringify([eve(run(fragmented)), ssl(run(fragmented))]),
      expected,
      `records of ${size}`,
    );
  }
});

const TLS13_SERVER = record(
  22,
  handshake(
    2,
    serverHello({
      suite: 0x1301,
      extensions: [
        extension(43, number(0x0304, 2)),
        extension(51, number(29, 2), vector(2, Buffer.alloc(32))),
        extension(41, number(0, 2)),
      ],
    }),
  ),
);
const TLS13_CLIENT = record(
  22,
  handshake(
    1,
    clientHello({
      suites: [0x1301],
      extensions: [
        serverName('a.example'),
        extension(43, list16(1, 0x0304)),
        extension(41, Buffer.alloc(50)),
      ],
    }),
  ),
  0x0301,
);

test('TLS 1.3 by a pre-shared key', () => {
  const context = run([
    [0, TLS13_CLIENT],
    [1, Buffer.concat([TLS13_SERVER, CIPHER_CHANGE, DATA])],
    [0, Buffer.concat([CIPHER_CHANGE, DATA])],
    [0, DATA],
  ]);
  const [record] = eve(context);
  assert.equal(record?.version, 'TLS 1.3');
  assert.equal(record?.subject, undefined);
  assert.equal(record?.session_resumed, undefined);
  const row = ssl(context);
  assert.equal(row.version, 'TLSv13');
  assert.equal(row.curve, 'x25519');
  assert.equal(row.resumed, true);
  assert.equal(row.ssl_history, 'CsiI');
  assert.equal(row.established, true);
  assert.equal(row.cert_chain_fps, undefined);
  assert.ok(context.finished);
});

test('a HelloRetryRequest', () => {
  const random = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex');
  const retry = serverHello({
    random,
    suite: 0x1301,
    extensions: [extension(43, number(0x0304, 2)), extension(51, number(24, 2))],
  });
  const second = clientHello({
    suites: [0x1301],
    extensions: [serverName('a.example'), extension(43, list16(1, 0x0304)), extension(44, Buffer.alloc(4))],
  });
  const context = run([
    [0, TLS13_CLIENT],
    [1, Buffer.concat([record(22, handshake(2, retry)), CIPHER_CHANGE])],
    [0, Buffer.concat([CIPHER_CHANGE, record(22, handshake(1, second))])],
    [1, Buffer.concat([TLS13_SERVER, DATA])],
    [0, DATA],
  ]);
  assert.deepEqual(
    eve(context).map((r) => r.event_type),
    ['tls_hello', 'tls'],
  );
  assert.equal(ssl(context).ssl_history, 'CjiICs');
  assert.equal(ssl(context).curve, 'x25519');
});

test('a session taken up again', () => {
  const session = Buffer.alloc(32, 5);
  const context = run([
    [0, record(22, handshake(1, clientHello({ session })))],
    [1, Buffer.concat([record(22, handshake(2, serverHello({ session }))), CIPHER_CHANGE, ENCRYPTED])],
    [0, Buffer.concat([CIPHER_CHANGE, ENCRYPTED, DATA])],
  ]);
  assert.equal(eve(context)[0]?.session_resumed, true);
  assert.equal(ssl(context).resumed, true);
  assert.equal(ssl(context).ssl_history, 'CsiI');
});

test('a client certificate is waited for when it was asked for', () => {
  const server = Buffer.concat([
    handshake(2, serverHello({})),
    handshake(11, certificates(RSA_CERTIFICATE)),
    handshake(13, Buffer.alloc(6)),
    handshake(14),
  ]);
  const context = new RecordingContext();
  const parser = tls.create(context);
  context.feed(parser, 0, CLIENT);
  context.feed(parser, 1, record(22, server));
  assert.equal(context.transactions.length, 0);
  context.feed(parser, 0, record(22, handshake(11, certificates(EC_CERTIFICATE))));
  const [record0] = eve(context);
  assert.equal((record0?.client as { subject: string } | undefined)?.subject, 'O=Bücher / Söhne, CN=ec');
  parser.end?.();
  assert.equal((ssl(context).client_cert_chain_fps as string[]).length, 1);
});

test('an alert before any answer', () => {
  const context = run([
    [0, CLIENT],
    [1, record(21, Buffer.of(2, 40), 0x0301)],
  ]);
  assert.equal(eve(context)[0]?.version, 'TLSv1');
  const row = ssl(context);
  assert.equal(row.last_alert, 'handshake_failure');
  assert.equal(row.ssl_history, 'Cl');
  assert.equal(row.version, undefined);
  assert.equal(row.established, false);
});

test('x509.log has each certificate once in a run', () => {
  const shared = new Map<string, unknown>();
  const rows = [1, 2].flatMap(() => {
    const context = run(FULL, (c) => {
      Object.assign(c, {
        shared: (name: string, make: () => unknown) => {
          if (!shared.has(name)) shared.set(name, make());
          return shared.get(name);
        },
      });
    });
    return context.transactions.flatMap((t) => t.zeek?.() ?? []).filter((r) => r.log.path === 'x509');
  });
  assert.deepEqual(
    rows.map((r) => r.values[r.log.columns.findIndex(([name]) => name === 'certificate.serial')]),
    ['97E647098EEAC9B4', '05'],
  );
});

test('anomalies under the names of Suricata', () => {
  const cases: [string, Buffer][] = [
    ['INVALID_RECORD_TYPE', Buffer.of(99, 3, 3, 0, 10)],
    ['INVALID_RECORD_LENGTH', Buffer.of(22, 3, 3, 0, 0)],
    ['INVALID_RECORD_LENGTH', Buffer.of(22, 3, 3, 0xff, 0)],
    ['INVALID_RECORD_VERSION', Buffer.of(22, 9, 9, 0, 10)],
    ['INVALID_HANDSHAKE_MESSAGE', record(22, handshake(77))],
    ['HANDSHAKE_INVALID_LENGTH', record(22, handshake(1, Buffer.alloc(5)))],
    ['INVALID_SNI_LENGTH', record(22, handshake(1, clientHello({ extensions: [serverName('')] })))],
    [
      'MULTIPLE_SNI_EXTENSIONS',
      record(22, handshake(1, clientHello({ extensions: [serverName('a'), serverName('b')] }))),
    ],
    ['OVERFLOW_HEARTBEAT_MESSAGE', record(24, Buffer.of(1, 0xff, 0xff))],
  ];
  for (const [event, bytes] of cases) assert.ok(run([[0, bytes]]).anomalies.includes(event), event);
  const broken = Buffer.concat([
    handshake(2, serverHello({})),
    handshake(11, certificates(Buffer.alloc(30))),
  ]);
  assert.ok(
    run([
      [0, CLIENT],
      [1, record(22, broken)],
    ]).anomalies.includes('CERTIFICATE_INVALID_DER'),
  );
});

test('application data is passed over', () => {
  const context = new RecordingContext();
  const parser = tls.create(context);
  context.feed(parser, 1, Buffer.concat([Buffer.of(23, 3, 3, 0x40, 0), Buffer.alloc(100)]));
  assert.equal(context.left(1), 0);
  context.feed(parser, 1, Buffer.alloc(0x4000 - 100));
  context.feed(parser, 1, DATA);
  assert.equal(context.failed, false);
});

test('SSLv2 hellos', () => {
  const body = Buffer.concat([
    Buffer.of(1, 3, 1),
    number(6, 2),
    number(0, 2),
    number(16, 2),
    Buffer.of(0, 0, 5, 1, 0, 0x80),
    Buffer.alloc(16, 3),
  ]);
  const hello = Buffer.concat([number(0x8000 | body.length, 2), body]);
  assert.equal(tls.probe(hello, 0, hello.length, 0, { client: 1, server: 443 }), 'yes');
  const context = run([
    [0, hello],
    [1, record(22, TLS12_SERVER)],
  ]);
  assert.equal(eve(context)[0]?.version, 'TLS 1.2');
  assert.equal(ssl(context).ssl_history, 'Csxkn');
});

test('what is probed', () => {
  const ports = { client: 1, server: 2 };
  const probe = (bytes: Buffer, direction: Direction = 0): string =>
    tls.probe(bytes, 0, bytes.length, direction, ports);
  assert.equal(probe(CLIENT), 'yes');
  for (let n = 1; n <= 5; n++) assert.equal(probe(CLIENT.subarray(0, n)), 'maybe');
  assert.equal(probe(record(22, TLS12_SERVER), 1), 'yes');
  assert.equal(probe(Buffer.concat([DATA, DATA])), 'yes');
  assert.equal(probe(DATA.subarray(0, 20)), 'maybe');
  assert.equal(probe(Buffer.concat([DATA, Buffer.from('GET /')])), 'no');
  assert.equal(probe(record(21, Buffer.of(2, 40)), 1), 'yes');
  assert.equal(probe(Buffer.from('GET / HTTP/1.1\r\n')), 'no');
  assert.equal(probe(Buffer.from('SSH-2.0-x\r\n'), 1), 'no');
});

test('altered handshakes never throw', () => {
  let seed = 1;
  const random = (n: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % n;
  };
  for (let round = 0; round < 1500; round++) {
    const pieces = FULL.map(([direction, bytes]): Piece => {
      const altered = Buffer.from(bytes);
      for (let i = random(4); i > 0; i--) altered[random(altered.length)] = random(256);
      return [direction, altered.subarray(0, random(8) === 0 ? random(altered.length) : altered.length)];
    });
    const context = run(pieces);
    for (const transaction of context.transactions) {
      transaction.eve();
      transaction.zeek?.();
    }
  }
});

/** A handshake of which `length` bytes of the client's hello are missing from `from` on. */
function withoutPartOfHello(from: number, length: number): RecordingContext {
  const context = new RecordingContext();
  const parser = tls.create(context);
  assert.equal(parser.data(CLIENT, 0, from, 0), 0);
  // What waits is dropped with the hole.
  assert.equal(parser.gap?.(length, 0), true);
  context.feed(parser, 0, CLIENT.subarray(from + length));
  for (const [direction, bytes] of FULL.slice(1)) context.feed(parser, direction, bytes);
  parser.end?.();
  return context;
}

test('a hole in the hello of the client does not hide the server', () => {
  for (const [from, length] of [
    [40, 10],
    [5, CLIENT.length - 5],
  ] as const) {
    const context = withoutPartOfHello(from, length);
    const [told] = eve(context);
    assert.equal(told?.version, 'TLS 1.2');
    assert.equal(told?.serial, '00:97:E6:47:09:8E:EA:C9:B4');
    assert.equal((told?.ja3s as { string: string } | undefined)?.string, '771,49199,65281-16');
    assert.equal(told?.ja4, undefined);
    assert.equal(ssl(context).established, true);
    assert.deepEqual(context.anomalies, []);
  }
});

test('a hole that hides where records of the client begin leaves the server', () => {
  const context = new RecordingContext();
  const parser = tls.create(context);
  const [, answer] = FULL;
  context.feed(parser, 0, CLIENT);
  assert.equal(parser.gap?.(100, 0), true);
  context.feed(parser, 0, Buffer.alloc(1000, 0x16));
  context.feed(parser, 1, answer![1]);
  const [told] = eve(context);
  assert.equal(told?.sni, 'www.example.com');
  assert.equal(told?.serial, '00:97:E6:47:09:8E:EA:C9:B4');
  assert.deepEqual(context.anomalies, []);
});

test('a hole in what the server says ends it once the client has spoken', () => {
  const context = new RecordingContext();
  const parser = tls.create(context);
  assert.equal(parser.gap?.(100, 1), true);
  context.feed(parser, 0, CLIENT);
  assert.equal(parser.gap?.(100, 1), false);
  parser.end?.();
  assert.equal(eve(context)[0]?.sni, 'www.example.com');
  const neither = tls.create(new RecordingContext());
  assert.equal(neither.gap?.(1, 1), true);
  assert.equal(neither.gap?.(1, 0), false, 'nothing is left to be read');
});

test('a side that cannot be read is not followed for ever', () => {
  const context = new RecordingContext();
  const parser = tls.create(context);
  context.feed(parser, 0, CLIENT);
  parser.gap?.(100, 0);
  for (let i = 0; i < 64 && !context.finished; i++) context.feed(parser, 0, DATA);
  assert.ok(context.finished);
  assert.equal(eve(context).length, 1);
});
