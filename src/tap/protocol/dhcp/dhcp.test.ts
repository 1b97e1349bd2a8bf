import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import type { Transaction } from '../../../event/index.ts';
import { TO_CLIENT, TO_SERVER } from '../parser.ts';
import { DhcpExchanges } from './exchange.ts';
import { dhcp } from './index.ts';

const PORTS = { client: 68, server: 67 };

/** A message with the given options; `fields` overwrites bytes of the fixed part. */
function message(opcode: number, options: readonly number[], fields: Record<number, readonly number[]> = {}) {
  const bytes = Buffer.alloc(240 + options.length);
  bytes.set([opcode, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef]);
  bytes.set([0x00, 0x11, 0x32, 0x17, 0x49, 0xf0], 28);
  for (const [offset, value] of Object.entries(fields)) bytes.set(value, Number(offset));
  bytes.set([0x63, 0x82, 0x53, 0x63], 236);
  bytes.set(options, 240);
  return bytes;
}

const text = (code: number, value: string) => [code, value.length, ...Buffer.from(value)];
const REQUEST = message(
  1,
  [
    ...[53, 1, 3],
    ...[61, 7, 1, 0, 0x11, 0x32, 0x17, 0x49, 0xf0],
    ...[50, 4, 10, 16, 1, 4],
    ...text(12, 'nas1\0'),
    ...text(60, 'MSFT 5.0'),
    ...[55, 5, 1, 3, 15, 6, 99],
    ...[81, 9, 4, 0, 0, 1, 0x61, 2, 0x62, 0x63, 0],
    255,
  ],
  { 12: [10, 16, 1, 4] },
);
const ACK = message(
  2,
  [
    ...[53, 1, 5],
    ...[0, 0],
    ...[51, 4, 0, 0, 0x0e, 0x10],
    ...[58, 4, 0, 0, 6, 0x91],
    ...[59, 4, 0, 0, 0x0b, 0xd7],
    ...[1, 4, 255, 255, 0, 0],
    ...[3, 4, 10, 16, 1, 1],
    ...[6, 8, 10, 16, 1, 1, 10, 16, 1, 2],
    ...text(15, 'example.org\0'),
    255,
  ],
  { 16: [10, 16, 1, 4], 20: [10, 16, 1, 1] },
);

function eveOf(transaction: Transaction | undefined): Record<string, unknown> {
  return transaction?.eve().dhcp as Record<string, unknown>;
}

test('probe: the cookie decides', () => {
  assert.equal(dhcp.probe(REQUEST, 0, REQUEST.length, TO_SERVER, PORTS), 'yes');
  assert.equal(dhcp.probe(REQUEST, 0, 239, TO_SERVER, PORTS), 'no');
  const bootp = Buffer.from(REQUEST);
  bootp[236] = 0;
  assert.equal(dhcp.probe(bootp, 0, bootp.length, TO_SERVER, PORTS), 'maybe');
  bootp[0] = 3;
  assert.equal(dhcp.probe(bootp, 0, bootp.length, TO_SERVER, PORTS), 'no');
});

test('request and acknowledgement as EVE records', () => {
  const context = RecordingContext.run(dhcp, 'udp', [
    [TO_SERVER, REQUEST],
    [TO_CLIENT, ACK],
  ]);
  assert.deepEqual(eveOf(context.transactions[0]), {
    type: 'request',
    id: 0xdeadbeef,
    client_mac: '00:11:32:17:49:f0',
    assigned_ip: '0.0.0.0',
    client_ip: '10.16.1.4',
    dhcp_type: 'request',
    client_id: '00:11:32:17:49:f0',
    hostname: 'nas1\0',
    requested_ip: '10.16.1.4',
    params: ['subnet_mask', 'router', 'domain', 'dns_server'],
    vendor_class_identifier: 'MSFT 5.0',
  });
  assert.deepEqual(eveOf(context.transactions[1]), {
    type: 'reply',
    id: 0xdeadbeef,
    client_mac: '00:11:32:17:49:f0',
    assigned_ip: '10.16.1.4',
    client_ip: '0.0.0.0',
    relay_ip: '0.0.0.0',
    next_server_ip: '10.16.1.1',
    dhcp_type: 'ack',
    lease_time: 3600,
    rebinding_time: 3031,
    renewal_time: 1681,
    subnet_mask: '255.255.0.0',
    dns_servers: ['10.16.1.1', '10.16.1.2'],
    routers: ['10.16.1.1'],
  });
  assert.deepEqual(context.anomalies, []);
});

test('one row of dhcp.log per exchange, over several flows', () => {
  const exchanges = new DhcpExchanges();
  const state = { shared: <T>(_name: string, _make: () => T): T => exchanges as T };
  const broadcast = new RecordingContext('udp');
  Object.assign(broadcast, state, {
    uid: 'C1',
    clientAddress: '0.0.0.0',
    clientPort: 68,
    serverAddress: '255.255.255.255',
    serverPort: 67,
  });
  const answer = new RecordingContext('udp');
  Object.assign(answer, state, {
    uid: 'C2',
    clientAddress: '10.16.1.1',
    clientPort: 67,
    serverAddress: '255.255.255.255',
    serverPort: 68,
  });
  answer.timeUs = broadcast.timeUs + 2500;
  const first = dhcp.create(broadcast);
  const second = dhcp.create(answer);
  broadcast.feed(first, TO_SERVER, REQUEST);
  answer.feed(second, TO_SERVER, ACK);
  first.end?.();
  assert.equal(broadcast.transactions.length, 1);
  second.end?.();
  const rows = answer.transactions.at(-1)?.zeek?.() ?? [];
  assert.equal(rows.length, 1);
  assert.deepEqual(rows[0]?.values, [
    broadcast.timeUs,
    ['C1', 'C2'],
    '10.16.1.4',
    '10.16.1.1',
    '00:11:32:17:49:f0',
    'nas1\0',
    'a.bc',
    'example.org',
    '10.16.1.4',
    '10.16.1.4',
    3600e6,
    undefined,
    undefined,
    ['REQUEST', 'ACK'],
    2500,
  ]);
});

test('an exchange ends with silence, with age and with its size', () => {
  const context = new RecordingContext('udp');
  context.clientPort = 68;
  context.serverPort = 67;
  const parser = dhcp.create(context);
  const exchangesWritten = () => context.transactions.filter((t) => t.type === 'dhcp_exchange').length;
  context.feed(parser, TO_SERVER, REQUEST);
  context.timeUs += 9_000_000;
  context.feed(parser, TO_SERVER, REQUEST);
  assert.equal(exchangesWritten(), 0);
  context.timeUs += 6_000_000;
  context.feed(parser, TO_SERVER, REQUEST);
  assert.equal(exchangesWritten(), 1);
  for (let i = 0; i < 50; i++) context.feed(parser, TO_SERVER, REQUEST);
  assert.equal(exchangesWritten(), 2);
});

test('options that continue in the file and server name fields', () => {
  const overloaded = message(1, [53, 1, 1, 52, 1, 3, 255], {
    44: [12, 2, 0x68, 0x69, 255],
    108: [51, 4, 0, 0, 0x0e, 0x10, 255],
  });
  const context = RecordingContext.run(dhcp, 'udp', [[TO_SERVER, overloaded]]);
  const record = eveOf(context.transactions[0]);
  assert.equal(record.lease_time, 3600);
  assert.equal(record.hostname, 'hi');
});

test('cut, short and malformed messages', () => {
  const anomaliesOf = (bytes: Uint8Array) =>
    RecordingContext.run(dhcp, 'udp', [[TO_SERVER, bytes]]).anomalies;
  assert.deepEqual(anomaliesOf(message(1, [53, 1, 1])), ['truncated_options']);
  assert.deepEqual(anomaliesOf(message(1, [61, 1, 1, 255])), ['truncated_options']);
  assert.deepEqual(anomaliesOf(message(1, [51, 2, 0, 1, 255])), ['truncated_options']);
  assert.deepEqual(anomaliesOf(Buffer.alloc(100)), []);
  const latin = eveOf(
    RecordingContext.run(dhcp, 'udp', [[TO_SERVER, message(1, [12, 3, 0x61, 0xe4, 0x62, 255])]])
      .transactions[0],
  );
  assert.equal(latin.hostname, 'a\\xe4b');
  for (let length = 0; length < ACK.length; length++) anomaliesOf(ACK.subarray(0, length));
  for (let at = 0; at < ACK.length; at++) {
    for (const value of [0, 1, 52, 61, 81, 255]) {
      const changed = Buffer.from(ACK);
      changed[at] = value;
      const context = RecordingContext.run(dhcp, 'udp', [[TO_SERVER, changed]]);
      for (const transaction of context.transactions) {
        transaction.eve();
        transaction.zeek?.();
      }
    }
  }
});
