import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addressesOf,
  isNew,
  type LanClient,
  nameOf,
  queryOf,
  searchWords,
  trafficLines,
} from './lan-figures.ts';

const traffic = { flows: 0, packetsUp: 0, packetsDown: 0, bytesUp: 0, bytesDown: 0 };
const span = { firstUs: 1e15, lastUs: 1e15 };

function client(change: Partial<LanClient>): LanClient {
  return {
    id: '02:00:5e:00:53:01',
    randomised: false,
    router: false,
    names: [],
    addresses: [],
    protocols: [],
    applications: [],
    destinations: [],
    otherDestinations: traffic,
    ...traffic,
    ...span,
    ...change,
  };
}

const address = (text: string, current: boolean) => ({ address: text, version: 4, current, ...span });

test('a device is called by its latest name, its address, its identifier', () => {
  const names = [
    { name: 'old', source: 'dhcp', lastUs: 1 },
    { name: 'new', source: 'mdns', lastUs: 2 },
  ];
  assert.equal(nameOf(client({ names })), 'new');
  assert.equal(
    nameOf(client({ addresses: [address('10.0.0.1', false), address('10.0.0.2', true)] })),
    '10.0.0.2',
  );
  assert.equal(nameOf(client({})), '02:00:5e:00:53:01');
});

test('addresses in use come first, and make the question', () => {
  const both = client({ addresses: [address('10.0.0.1', false), address('2001:db8::1', true)] });
  assert.deepEqual(addressesOf(both), ['2001:db8::1', '10.0.0.1']);
  assert.equal(queryOf(both), '2001:db8::1 or 10.0.0.1');
  assert.equal(queryOf(client({})), undefined);
});

test('it is new for a day', () => {
  assert.equal(isNew({ firstUs: 1e15 }, 1e12 + 86_399_999), true);
  assert.equal(isNew({ firstUs: 1e15 }, 1e12 + 86_400_000), false);
});

test('it is found by what it is and where it goes', () => {
  const words = searchWords(
    client({
      vendor: 'Example GmbH',
      destinations: [
        { address: '192.0.2.9', names: ['Shop.Example'], ports: [], external: true, ...traffic, ...span },
      ],
    }),
  );
  for (const word of ['example gmbh', '192.0.2.9', 'shop.example', '02:00:5e'])
    assert.ok(words.includes(word), word);
});

test('lines share their times, and the rest is one line', () => {
  const items = Array.from({ length: 8 }, (_, index) => ({
    timeUs: 1_000_000_000 + (index % 2) * 10_000_000,
    key: `p${index}`,
    bytes: 1000 - index,
    packets: 1,
    flows: 1,
  }));
  const lines = trafficLines({ intervalSeconds: 10, items }, 1_025_000, 6);
  assert.deepEqual(
    lines.map(({ name }) => name),
    ['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'others'],
  );
  assert.deepEqual(lines[0]?.points, [
    [990_000, 0],
    [1_000_000, 800],
    [1_010_000, 0],
  ]);
  assert.equal(lines[6]?.points[1]?.[1], (8 * 994) / 10);
  assert.deepEqual(trafficLines({ intervalSeconds: 10, items: [] }, 0, 6), []);
});
