import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import { TO_CLIENT, TO_SERVER } from '../parser.ts';
import { dhcpv6 } from './index.ts';

const PORTS = { client: 546, server: 547 };
const ELSEWHERE = { client: 4000, server: 5000 };

const option = (code: number, value: readonly number[]) => [
  0,
  code,
  value.length >> 8,
  value.length & 255,
  ...value,
];
const CLIENT_DUID = [0, 1, 0, 1, 0x1c, 0x39, 0xcf, 0x88, 0x08, 0x00, 0x27, 0xfe, 0x8f, 0x95];
const ADDRESS = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
const LIFETIMES = [0, 0, 0x0e, 0x10, 0, 0, 0x1c, 0x20];
const REPLY = Buffer.from([
  ...[7, 0x12, 0x34, 0x56],
  ...option(1, CLIENT_DUID),
  ...option(2, [0, 3, 0, 1, 1, 2, 3, 4, 5, 6]),
  ...option(3, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, ...option(5, [...ADDRESS, ...LIFETIMES])]),
  ...option(25, [0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, ...option(26, [...LIFETIMES, 56, ...ADDRESS])]),
  ...option(23, ADDRESS),
  ...option(24, [1, 0x61, 2, 0x62, 0x63, 0, 1, 0x64, 0]),
  ...option(39, [0, 4, 0x68, 0x6f, 0x73, 0x74]),
  ...option(13, [0, 2, 0x6e, 0x6f]),
  ...option(8, [0, 100]),
]);

function record(bytes: Uint8Array): Record<string, unknown> {
  const context = RecordingContext.run(dhcpv6, 'udp', [[TO_CLIENT, bytes]]);
  return context.transactions[0]?.eve().dhcpv6 as Record<string, unknown>;
}

const EXPECTED = {
  type: 'reply',
  id: 0x123456,
  client_duid: '000100011c39cf88080027fe8f95',
  client_mac: '08:00:27:fe:8f:95',
  server_duid: '00030001010203040506',
  addresses: [{ address: '2001:db8::7', preferred_lifetime: 3600, valid_lifetime: 7200 }],
  prefixes: [{ prefix: '2001:db8::7/56', preferred_lifetime: 3600, valid_lifetime: 7200 }],
  client_fqdn: 'host',
  dns_servers: ['2001:db8::7'],
  domains: ['a.bc', 'd'],
  elapsed_ms: 1000,
  status: 'no_addrs_avail',
  status_message: 'no',
};

test('a reply with addresses, prefixes and names', () => {
  assert.deepEqual(record(REPLY), EXPECTED);
});

test('a message within relays', () => {
  const wrap = (inner: Uint8Array) => Buffer.from([12, 1, ...ADDRESS, ...ADDRESS, ...option(9, [...inner])]);
  const relays = [{ hops: 1, link_address: '2001:db8::7', peer_address: '2001:db8::7' }];
  assert.deepEqual(record(wrap(REPLY)), { ...EXPECTED, relays });
  let nested: Uint8Array = REPLY;
  for (let i = 0; i < 40; i++) nested = wrap(nested);
  const context = RecordingContext.run(dhcpv6, 'udp', [[TO_SERVER, nested]]);
  assert.deepEqual(context.anomalies, ['malformed_options']);
});

test('probe: whole options, an identifier, the ports', () => {
  const probe = (bytes: Uint8Array, ports: typeof PORTS) =>
    dhcpv6.probe(bytes, 0, bytes.length, TO_SERVER, ports);
  assert.equal(probe(REPLY, PORTS), 'yes');
  assert.equal(probe(REPLY, ELSEWHERE), 'maybe');
  assert.equal(probe(REPLY.subarray(0, -1), PORTS), 'no');
  assert.equal(probe(Buffer.alloc(40), PORTS), 'no');
});

test('cut and changed messages', () => {
  for (let length = 0; length < REPLY.length; length++) record(REPLY.subarray(0, length));
  for (let at = 0; at < REPLY.length; at++) {
    for (const value of [0, 1, 9, 12, 255]) {
      const changed = Buffer.from(REPLY);
      changed[at] = value;
      record(changed);
      dhcpv6.probe(changed, 0, changed.length, TO_SERVER, PORTS);
    }
  }
});
