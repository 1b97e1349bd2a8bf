import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ElementSet, SETS } from './element-set.ts';
import { readElements, readGeneration, writeChanges, writeGeneration } from './netlink-elements.ts';
import { MessageReader } from './netlink-message.ts';
import { ERRNO, NetlinkError, NetlinkSocket } from './netlink-socket.ts';
import { changeLines, duration, readListing } from './nft-text.ts';

const NOW = 1_800_000_000_000;
const tableOf = ({ table }: ElementSet): string => `weir_${table}`;

function setOf(table: string, name: string): ElementSet {
  const set = SETS.find((each) => each.table === table && each.name === name);
  assert.ok(set);
  return set;
}

test('elements written are read again, in as many messages as their length needs', () => {
  for (const [table, name, element] of [
    ['hosts', 'ban4', (i: number) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`],
    ['hosts', 'ban6', (i: number) => `2001:db8::${(i + 1).toString(16)}`],
    ['ranges', 'ban4', (i: number) => `10.${i >> 8}.${i & 255}.0-10.${i >> 8}.${i & 255}.127`],
    [
      'ranges',
      'ban6',
      (i: number) => `2001:db8:${(i + 1).toString(16)}::-2001:db8:${(i + 1).toString(16)}::f`,
    ],
  ] as const) {
    const set = setOf(table, name);
    const add = Array.from({ length: 5000 }, (_, i) => [element(i), NOW + 1000] as const);
    const bytes = writeChanges([{ set, remove: [], add }], tableOf, NOW, undefined).finish();
    const messages = new MessageReader(bytes).overMessages();
    let count = 0;
    while (messages.next()) {
      count++;
      assert.ok(messages.to - messages.from < 65_700);
    }
    assert.ok(count > 4, `${count} messages`);
    assert.deepEqual([...readElements(set, bytes, NOW).keys()].sort(), add.map(([text]) => text).sort());
  }
});

test('the last address of all is the end of a range that has none', () => {
  const set = setOf('ranges', 'ban4');
  const elements = ['0.0.0.0-127.255.255.255', '128.0.0.0-255.255.255.255'];
  const add = elements.map((element) => [element, NOW + 1000] as const);
  const bytes = writeChanges([{ set, remove: [], add }], tableOf, NOW, 7).finish();
  assert.deepEqual([...readElements(set, bytes, NOW).keys()], elements);
});

test('answers that are cut off or wrong are read as far as they are whole', () => {
  const set = setOf('ranges', 'ban4');
  const add = [['10.0.0.0-10.0.0.255', NOW + 1000] as const];
  const whole = writeChanges([{ set, remove: [], add }], tableOf, NOW, 7).finish();
  for (let length = 0; length < whole.length; length++) {
    assert.ok(readElements(set, whole.subarray(0, length), NOW).size <= 1);
    for (const value of [0, 1, 0x7f, 0xff]) {
      const wrong = whole.slice();
      wrong[length] = value;
      assert.ok(readElements(set, wrong, NOW).size <= 2);
    }
  }
});

test('commands for people: networks as such, whole seconds, removals first', () => {
  const set = setOf('ranges', 'ban4');
  const change = {
    set,
    remove: ['203.0.113.0-203.0.113.255'],
    add: [
      ['198.51.100.7-198.51.100.7', NOW + 3_599_001],
      ['198.51.100.8-198.51.100.10', NOW + 90_061_000],
    ] as const,
  };
  assert.deepEqual(changeLines([change], tableOf, NOW, true), [
    'delete element inet weir_ranges ban4 { 203.0.113.0/24 }',
    'add element inet weir_ranges ban4 { 198.51.100.7 timeout 1h }',
    'add element inet weir_ranges ban4 { 198.51.100.8-198.51.100.10 timeout 1d1h1m1s }',
  ]);
  assert.equal(duration(1, false), '1ms');
  assert.equal(duration(1, true), '1s');
});

test('what nft lists is read, whatever stands in it', () => {
  const set = setOf('ranges', 'ban4');
  const elem = [
    { elem: { val: { prefix: { addr: '198.51.100.0', len: 24 } }, timeout: 100, expires: 99 } },
    { elem: { val: { range: ['10.0.0.1', '10.0.0.9'] }, timeout: 100, expires: 1 } },
    '203.0.113.9',
    { elem: { val: 'nowhere' } },
    { elem: 5 },
    null,
  ];
  const listing = {
    nftables: [null, { set: { name: 'ban4', elem } }, { set: { name: 'ban6', elem: ['::1'] } }],
  };
  assert.deepEqual(
    [...readListing(set, listing, NOW)],
    [
      ['198.51.100.0-198.51.100.255', NOW + 99_000],
      ['10.0.0.1-10.0.0.9', NOW + 1000],
      ['203.0.113.9-203.0.113.9', Number.POSITIVE_INFINITY],
    ],
  );
  assert.equal(readListing(set, 'nothing', NOW).size, 0);
});

const socket = NetlinkSocket.open();
const skip =
  socket === undefined
    ? 'build/weir.node is not built, or without netlink (setup/addon.sh)'
    : process.getuid?.() === 0
      ? false
      : 'needs root';

test('the kernel is asked, and says which message of a batch it refused', { skip }, () => {
  assert.ok(socket);
  assert.ok(Number(readGeneration(socket.request(writeGeneration(), 4096))) >= 0);
  const set = setOf('hosts', 'ban4');
  const change = { set, remove: [], add: [['203.0.113.9', NOW + 1000]] as const };
  const nowhere = writeChanges([change], () => 'weir_that_is_not_there', NOW, undefined);
  assert.throws(
    () => socket.request(nowhere, 4096),
    (error: unknown) => error instanceof NetlinkError && error.errno === ERRNO.ENOENT && error.index === 1,
  );
  assert.throws(() => socket.request(writeGeneration(), -1), TypeError);
  socket.close();
  socket.close();
});
