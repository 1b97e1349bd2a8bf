import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import { type Direction, TO_CLIENT, TO_SERVER } from '../parser.ts';
import { corpusFolder, readPayloads } from '../quic/captured-payloads.ts';
import { ssh } from './index.ts';
import { commonVersion, sessionDirection } from './zeek-log.ts';

type Piece = readonly [Direction, Uint8Array | string];

function record(message: number, content: Buffer): Buffer {
  const padding = 8;
  const bytes = Buffer.alloc(6 + content.length + padding);
  bytes.writeUInt32BE(2 + content.length + padding, 0);
  bytes[4] = padding;
  bytes[5] = message;
  content.copy(bytes, 6);
  return bytes;
}

function string(content: Buffer | string): Buffer {
  const body = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

function init(compression = 'none'): Buffer {
  const lists = [
    'curve25519-sha256,diffie-hellman-group14-sha1',
    'ssh-ed25519',
    'aes128-ctr,aes256-ctr',
    'aes128-ctr',
  ];
  const rest = ['hmac-sha2-256', 'hmac-sha2-256', compression, compression, '', ''];
  return record(
    20,
    Buffer.concat([Buffer.alloc(16, 7), ...[...lists, ...rest].map(string), Buffer.alloc(5)]),
  );
}

const greeting: Piece[] = [
  [TO_SERVER, 'SSH-2.0-OpenSSH_9.6 Debian-1\r\n'],
  [TO_CLIENT, 'SSH-2.0-dropbear_2022.83\r\n'],
];

function eve(context: RecordingContext): Record<string, Record<string, unknown>>[] {
  return context.transactions
    .filter((transaction) => !transaction.zeekOnly)
    .map((transaction) => transaction.eve().ssh as Record<string, Record<string, unknown>>);
}

function zeek(context: RecordingContext): Record<string, unknown> {
  const row = context.transactions.flatMap((transaction) => transaction.zeek?.() ?? [])[0];
  assert.ok(row);
  return Object.fromEntries(row.log.columns.map(([name], i) => [name, row.values[i]]));
}

test('banners of both sides and the HASSH of their lists, however the bytes are cut', () => {
  for (const size of [1, 7, 4000]) {
    const pieces: Piece[] = [...greeting];
    for (const [direction, bytes] of [
      [TO_SERVER, init()],
      [TO_CLIENT, init()],
    ] as const)
      for (let at = 0; at < bytes.length; at += size) pieces.push([direction, bytes.subarray(at, at + size)]);
    const [found, ...others] = eve(RecordingContext.run(ssh, 'tcp', pieces));
    assert.equal(others.length, 0);
    const text = 'curve25519-sha256,diffie-hellman-group14-sha1;aes128-ctr,aes256-ctr;hmac-sha2-256;none';
    assert.deepEqual(found?.client, {
      proto_version: '2.0',
      software_version: 'OpenSSH_9.6',
      hassh: { hash: '8f650e6193767ad295e40df9c53b0cc5', string: text },
    });
    assert.equal(found?.server?.software_version, 'dropbear_2022.83');
    assert.match(JSON.stringify(found?.server?.hassh), /;aes128-ctr;/);
  }
});

test('the result of the authentication from the sizes of encrypted segments', () => {
  const key = Buffer.from('a host key');
  const begin: Piece[] = [
    ...greeting,
    [TO_SERVER, init()],
    [TO_CLIENT, init()],
    [
      TO_CLIENT,
      Buffer.concat([
        record(31, Buffer.concat([string(key), string('f'), string('s')])),
        record(21, Buffer.alloc(0)),
      ]),
    ],
    [TO_SERVER, record(21, Buffer.alloc(0))],
    [TO_SERVER, Buffer.alloc(48)],
    [TO_CLIENT, Buffer.alloc(48)],
    [TO_SERVER, Buffer.alloc(64)],
    [TO_CLIENT, Buffer.alloc(80)],
    [TO_SERVER, Buffer.alloc(64)],
    [TO_CLIENT, Buffer.alloc(80)],
  ];
  const failed = zeek(RecordingContext.run(ssh, 'tcp', begin));
  assert.equal(failed.auth_success, false);
  assert.equal(failed.auth_attempts, 1);
  const context = RecordingContext.run(ssh, 'tcp', [...begin, [TO_CLIENT, Buffer.alloc(32)]]);
  const row = zeek(context);
  assert.equal(context.finished, true);
  assert.deepEqual(
    [
      row.version,
      row.auth_success,
      row.auth_attempts,
      row.cipher_alg,
      row.mac_alg,
      row.kex_alg,
      row.host_key_alg,
    ],
    [2, true, 2, 'aes128-ctr', 'hmac-sha2-256', 'curve25519-sha256', 'ssh-ed25519'],
  );
  assert.match(row.host_key as string, /^([0-9a-f]{2}:){15}[0-9a-f]{2}$/);
});

test('compression hides the result', () => {
  const row = zeek(
    RecordingContext.run(ssh, 'tcp', [
      ...greeting,
      [TO_SERVER, Buffer.concat([init('zlib@openssh.com'), record(21, Buffer.alloc(0))])],
      [TO_CLIENT, Buffer.concat([init('zlib@openssh.com'), record(21, Buffer.alloc(0))])],
      [TO_SERVER, Buffer.alloc(48)],
      [TO_CLIENT, Buffer.alloc(48)],
      [TO_CLIENT, Buffer.alloc(32)],
    ]),
  );
  assert.equal(row.auth_success, undefined);
  assert.equal(row.auth_attempts, 0);
});

test('malformed beginnings are named', () => {
  const cases: [string, Piece[], string[]][] = [
    ['no version', [[TO_SERVER, 'SSH-2.0\r\n']], ['invalid_banner']],
    ['client preface', [[TO_SERVER, 'hello\r\nSSH-2.0-x\r\n']], ['invalid_banner']],
    ['long banner', [[TO_SERVER, `SSH-2.0-x ${'y'.repeat(300)}\r\n`]], ['long_banner']],
    ['endless banner', [[TO_SERVER, `SSH-2.0-x ${'y'.repeat(300)}`]], ['long_banner']],
    ['short record', [[TO_SERVER, `SSH-2.0-x\r\n\0\0\0\x01\x00\x14`]], ['invalid_record']],
    ['long lists', [[TO_SERVER, `SSH-2.0-x\r\n\0\x02\0\0\x04\x14abc`]], ['long_kex_record']],
  ];
  for (const [name, pieces, anomalies] of cases)
    assert.deepEqual(RecordingContext.run(ssh, 'tcp', pieces).anomalies, anomalies, name);
  const preface = RecordingContext.run(ssh, 'tcp', [[TO_CLIENT, 'Welcome\r\nSSH-1.99-x\r\n']]);
  assert.deepEqual(eve(preface)[0], { server: { proto_version: '1.99', software_version: 'x' } });
});

test('the probe', () => {
  const ports = { client: 50000, server: 22 };
  const probe = (text: string, direction: Direction): string =>
    ssh.probe(Buffer.from(text), 0, text.length, direction, ports);
  assert.equal(probe('SSH-2.0-x\r\n', TO_SERVER), 'yes');
  assert.equal(probe('SS', TO_SERVER), 'maybe');
  assert.equal(probe('SIP', TO_SERVER), 'no');
  assert.equal(probe('220 hello\r\n', TO_CLIENT), 'no');
  assert.equal(probe('hello\r\nSSH-2.0-x\r\n', TO_CLIENT), 'yes');
  assert.equal(probe('hello\r\nSSH-2.0-x\r\n', TO_SERVER), 'no');
});

test('versions and direction as Zeek has them', () => {
  assert.equal(commonVersion('SSH-2.0-a', 'SSH-1.99-b'), 2);
  assert.equal(commonVersion('SSH-1.5-a', 'SSH-1.99-b'), 1);
  assert.equal(commonVersion('SSH-1.99-a', 'SSH-1.99-b'), 2);
  assert.equal(commonVersion('SSH-1.5-a', 'SSH-2.0-b'), undefined);
  assert.equal(sessionDirection('192.168.1.1', '8.8.8.8'), 'OUTBOUND');
  assert.equal(sessionDirection('8.8.8.8', '172.31.0.1'), 'INBOUND');
  assert.equal(sessionDirection('fd00::1', '::1'), undefined);
  assert.equal(sessionDirection('8.8.8.8', '100.128.0.1'), undefined);
});

test('random changes never throw', () => {
  const bytes = Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), init(), record(21, Buffer.alloc(4))]);
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  for (let round = 0; round < 2000; round++) {
    const changed = Buffer.from(bytes);
    for (let i = random(8); i >= 0; i--) changed[random(changed.length)] = random(256);
    const cut = random(changed.length);
    RecordingContext.run(ssh, 'tcp', [
      [TO_SERVER, changed.subarray(0, cut)],
      [TO_CLIENT, changed],
      [TO_SERVER, changed.subarray(cut)],
    ]);
  }
});

const corpus = corpusFolder();
test('HASSH of a capture whose lists are spread over segments', { skip: !corpus && 'no corpus' }, () => {
  const payloads = readPayloads(join(corpus as string, 'pcaps/67d1aa07087cfbd8.pcap'));
  const context = RecordingContext.run(
    ssh,
    'tcp',
    payloads.map(({ destinationPort, payload }) => [destinationPort === 22 ? TO_SERVER : TO_CLIENT, payload]),
  );
  const found = eve(context)[0];
  assert.ok(found);
  for (const side of [found.client, found.server])
    assert.partialDeepStrictEqual(side, { hassh: { hash: '3cc67862bceac0f334c62ad1b76895b4' } });
});
