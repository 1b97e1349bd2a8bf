import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import { TO_CLIENT, TO_SERVER } from '../parser.ts';
import { ntp } from './index.ts';

const PORTS = { client: 123, server: 123 };
const SECONDS_2024 = 3_913_056_000;
const UNIX_2024_US = (SECONDS_2024 - 2_208_988_800) * 1e6;

/** A message of modes 1 to 5. */
function clock(mode: number, stratum: number, tail = 0): Buffer {
  const bytes = Buffer.alloc(48 + tail);
  bytes.set([(4 << 3) | mode, stratum, 6, 0xec]);
  bytes.writeUInt32BE(0x8000, 4);
  bytes.writeUInt32BE(0x18000, 8);
  bytes.set([0x47, 0x50, 0x53, 0], 12);
  for (const offset of [16, 24, 32, 40]) bytes.writeUInt32BE(SECONDS_2024, offset);
  bytes.writeUInt32BE(0x80000000, 44);
  return bytes;
}

function rows(bytes: Uint8Array) {
  const context = RecordingContext.run(ntp, 'udp', [[TO_CLIENT, bytes]]);
  return context.transactions.flatMap((transaction) => transaction.zeek?.() ?? []);
}

test('probe by shape and by the clock', () => {
  const probe = (bytes: Uint8Array) => ntp.probe(bytes, 0, bytes.length, TO_SERVER, PORTS);
  assert.equal(probe(clock(4, 1)), 'yes');
  assert.equal(probe(clock(3, 0)), 'maybe');
  assert.equal(probe(clock(3, 17)), 'no');
  assert.equal(probe(clock(3, 0).subarray(0, 47)), 'no');
  assert.equal(probe(Buffer.from([0x17, 0, 3, 0x2a, 0, 0, 0, 0])), 'maybe');
  assert.equal(probe(Buffer.from([0x16, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9])), 'no');
  assert.equal(probe(Buffer.alloc(48, 0xff)), 'no');
});

test("a server's answer as a row of ntp.log", () => {
  assert.deepEqual(rows(clock(4, 1))[0]?.values, [
    4,
    4,
    1,
    64e6,
    1e6 * 2 ** -20,
    0.5e6,
    1.5e6,
    'GPS\0',
    UNIX_2024_US,
    UNIX_2024_US,
    UNIX_2024_US,
    UNIX_2024_US + 500_000,
    0,
  ]);
  assert.equal(rows(clock(4, 2))[0]?.values[7], '71.80.83.0');
});

test('extension fields are counted, an authentication code is none', () => {
  const extended = clock(3, 0, 16 + 16 + 20);
  extended.set([1, 4, 0, 16], 48);
  extended.set([2, 4, 0, 16], 64);
  assert.equal(rows(extended)[0]?.values.at(-1), 2);
  assert.equal(rows(clock(3, 0, 20))[0]?.values.at(-1), 0);
});

test('control and private messages', () => {
  const eve = (bytes: number[]) =>
    RecordingContext.run(ntp, 'udp', [[TO_SERVER, Buffer.from(bytes)]]).transactions[0]?.eve().ntp as Record<
      string,
      Record<string, unknown>
    >;
  const control = eve([0x16, 0xc2, 0, 1, 0, 2, 0, 3, 0, 4, 0, 0]);
  assert.equal(control.control?.operation, 2);
  assert.equal(control.control?.error, true);
  const monlist = eve([0x97, 0x81, 3, 42, 0x40, 0, 0, 0]);
  assert.equal(monlist.private?.request, 42);
  assert.equal(monlist.private?.response, true);
  assert.equal(monlist.private?.error, 4);
  assert.deepEqual(rows(Buffer.from([0x97, 0x81, 3, 42, 0x40, 0, 0, 0])), []);
});

test('cut and changed messages', () => {
  const whole = clock(3, 0, 40);
  for (let length = 0; length <= whole.length; length++) rows(whole.subarray(0, length));
  for (let first = 0; first < 256; first++) {
    const changed = Buffer.from(whole);
    changed[0] = first;
    rows(changed);
    ntp.probe(changed, 0, changed.length, TO_SERVER, PORTS);
  }
});
