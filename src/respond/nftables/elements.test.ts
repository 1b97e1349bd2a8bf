import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elementSet, layoutFor, setNamed } from './element-set.ts';
import { readElements, readGeneration, writeChanges, writeGeneration } from './netlink-elements.ts';
import { MessageReader } from './netlink-message.ts';
import { ERRNO, NetlinkError, NetlinkSocket } from './netlink-socket.ts';
import { changeLines, duration, readListing } from './nft-text.ts';
import { isOurs, tablesIn } from './ruleset.ts';

const NOW = 1_800_000_000_000;
const TABLE = 'weir_decisions';
const HOSTS4 = elementSet('ban', 4);
const HOSTS6 = elementSet('ban', 6);

test('a set is found by its name, and names of other sets are not taken for one', () => {
  for (const set of layoutFor([elementSet('allow', 6, 0), elementSet('throttle', 4, 32)])) {
    assert.equal(setNamed(set.name), set);
  }
  for (const name of ['meter4', 'ban5', 'ban4_33', 'ban6_129', 'ban4_024', 'ban4_', 'ban4_-1', 'captcha4']) {
    assert.equal(setNamed(name), undefined, name);
  }
});

test('elements written are read again, in as many messages as their length needs', () => {
  for (const [set, element] of [
    [HOSTS4, (i: number) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`],
    [HOSTS6, (i: number) => `2001:db8::${(i + 1).toString(16)}`],
    [elementSet('ban', 6, 48), (i: number) => `2001:db8:${(i + 1).toString(16)}::`],
  ] as const) {
    const add = Array.from({ length: 5000 }, (_, i) => [element(i), NOW + 1000] as const);
    const bytes = writeChanges([{ set, remove: [], add }], TABLE, NOW, undefined).finish();
    const messages = new MessageReader(bytes).overMessages();
    let count = 0;
    while (messages.next()) {
      count++;
      assert.ok(messages.to - messages.from < 65_700);
    }
    assert.ok(count > 3, `${count} messages`);
    assert.deepEqual([...readElements(set, bytes, NOW).keys()].sort(), add.map(([text]) => text).sort());
  }
});

test('answers that are cut off or wrong are read as far as they are whole', () => {
  const set = HOSTS4;
  const add = [['10.0.0.9', NOW + 1000] as const];
  const whole = writeChanges([{ set, remove: [], add }], TABLE, NOW, 7).finish();
  for (let length = 0; length < whole.length; length++) {
    assert.ok(readElements(set, whole.subarray(0, length), NOW).size <= 1);
    for (const value of [0, 1, 0x7f, 0xff]) {
      const wrong = whole.slice();
      wrong[length] = value;
      assert.ok(readElements(set, wrong, NOW).size <= 1);
    }
  }
});

test('commands for people: an element each, whole seconds, removals first', () => {
  const change = {
    set: elementSet('ban', 4, 24),
    remove: ['203.0.113.0'],
    add: [
      ['198.51.100.0', NOW + 3_599_001],
      ['192.0.2.0', NOW + 90_061_000],
    ] as const,
  };
  assert.deepEqual(changeLines([change], TABLE, NOW, true), [
    'delete element inet weir_decisions ban4_24 { 203.0.113.0 }',
    'add element inet weir_decisions ban4_24 { 198.51.100.0 timeout 1h }',
    'add element inet weir_decisions ban4_24 { 192.0.2.0 timeout 1d1h1m1s }',
  ]);
  assert.equal(duration(1, false), '1ms');
  assert.equal(duration(1, true), '1s');
});

test('what nft lists is read, whatever stands in it', () => {
  const elem = [
    { elem: { val: '198.51.100.7', timeout: 100, expires: 99 } },
    { elem: { val: { prefix: { addr: '198.51.100.0', len: 24 } }, timeout: 100, expires: 99 } },
    '203.0.113.9',
    { elem: { val: 'nowhere' } },
    { elem: 5 },
    null,
  ];
  const listing = {
    nftables: [null, { set: { name: 'ban4', elem } }, { set: { name: 'ban6', elem: ['::1'] } }],
  };
  assert.deepEqual(
    [...readListing(HOSTS4, listing, NOW)],
    [
      ['198.51.100.7', NOW + 99_000],
      ['203.0.113.9', Number.POSITIVE_INFINITY],
    ],
  );
  assert.equal(readListing(HOSTS4, 'nothing', NOW).size, 0);
});

test('tables are told apart in a listing of all, and ours by its comment', () => {
  const listing = `table inet one {
}
# Warning: table inet two is managed by somebody
table inet two { # handle 7
\tflags owner

\tcomment "weir decisions 1"

\tchain c {
\t\tip saddr 10.0.0.1 drop comment "table inet three {"
\t}
}
table inet cut {
\tcomment "weir decisions 2"
`;
  const tables = tablesIn(listing);
  assert.deepEqual([...tables.keys()], ['one', 'two']);
  assert.deepEqual(
    ['one', 'two', 'cut'].map((name) => isOurs(tables.get(name))),
    [false, true, false],
  );
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
  const change = { set: HOSTS4, remove: [], add: [['203.0.113.9', NOW + 1000]] as const };
  const nowhere = writeChanges([change], 'weir_that_is_not_there', NOW, undefined);
  assert.throws(
    () => socket.request(nowhere, 4096),
    (error: unknown) => error instanceof NetlinkError && error.errno === ERRNO.ENOENT && error.index === 1,
  );
  assert.throws(() => socket.request(writeGeneration(), -1), TypeError);
  socket.close();
  socket.close();
});
