import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientKey } from './client-key.ts';
import { DEFAULT_RATES, Rates } from './rates.ts';
import { read } from './reading.ts';
import { START_MS, type TestTransaction, testTransaction, told } from './test-transaction.ts';

const BLOCKED = {
  action: 'deny',
  status: 403,
  location: '',
  reason: 'x',
  retryAfter: 0,
  verdict: undefined,
} as const;

/** What is found for the last of some requests, one every `stepMs`. */
function last(count: number, stepMs: number, wish: (i: number) => TestTransaction): string[] {
  const rates = new Rates(DEFAULT_RATES);
  let found: string[] = [];
  for (let i = 0; i < count; i++) {
    found = told(rates.judge(read(testTransaction({ atMs: START_MS + i * stepMs, ...wish(i) }), 1)));
  }
  return found;
}

test('more than 20 requests in 10 seconds add 20', () => {
  assert.deepEqual(
    last(20, 100, () => ({})),
    [],
  );
  assert.deepEqual(
    last(21, 100, () => ({})),
    ['rate 20'],
  );
  assert.deepEqual(
    last(400, 10, () => ({})),
    ['rate 40'],
  );
  assert.deepEqual(
    last(100, 1000, () => ({})),
    [],
    'one a second is no rate',
  );
  assert.deepEqual(
    last(400, 150, () => ({})),
    ['rate 25'],
    'more than 300 in a minute',
  );
});

test('the windows slide: a burst is forgotten when it is over', () => {
  const rates = new Rates(DEFAULT_RATES);
  for (let i = 0; i < 50; i++) rates.judge(read(testTransaction({ atMs: START_MS + i }), 1));
  assert.deepEqual(told(rates.judge(read(testTransaction({ atMs: START_MS + 8000 }), 1))), ['rate 20']);
  assert.deepEqual(told(rates.judge(read(testTransaction({ atMs: START_MS + 12_000 }), 1))), []);
});

test('time that runs back breaks nothing', () => {
  const rates = new Rates(DEFAULT_RATES);
  for (let i = 0; i < 30; i++) rates.judge(read(testTransaction({ atMs: START_MS - i * 5000 }), 1));
  assert.deepEqual(told(rates.judge(read(testTransaction({ atMs: START_MS }), 1))), ['rate 20']);
});

test('addresses of one IPv6 network of 64 bits are one client, others are not', () => {
  assert.equal(clientKey('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(clientKey('192.0.2.7'), '192.0.2.7');
  assert.deepEqual(
    last(21, 10, (i) => ({ client: `2001:db8::${i.toString(16)}` })),
    ['rate 20'],
  );
  assert.deepEqual(
    last(21, 10, (i) => ({ client: `2001:db8:0:${i.toString(16)}::1` })),
    [],
  );
});

test('a session is counted over all of its addresses', () => {
  const found = last(81, 10, (i) => ({
    client: `192.0.2.${i}`,
    headers: [['Cookie', 'a=b; PHPSESSID=0123456789abcdef0123']],
  }));
  assert.deepEqual(found, ['rate 20']);
});

test('bursts of errors', () => {
  assert.deepEqual(
    last(9, 1000, () => ({ status: 401 })),
    [],
  );
  assert.deepEqual(
    last(10, 1000, () => ({ status: 401 })),
    ['brute_force 35'],
  );
  assert.deepEqual(
    last(15, 2000, () => ({ status: 404 })),
    [],
  );
  assert.deepEqual(
    last(16, 2000, () => ({ status: 404 })),
    ['enumeration 25'],
  );
  assert.deepEqual(
    last(5, 1000, () => ({ judgement: BLOCKED })),
    ['scanner 40'],
  );
});

test('a flood of clients is bounded, and what is forgotten is counted', () => {
  const rates = new Rates({ ...DEFAULT_RATES, clients: 100 });
  for (let i = 0; i < 1000; i++) {
    rates.judge(read(testTransaction({ client: `10.0.${i >> 8}.${i & 255}`, atMs: START_MS + i }), 1));
  }
  assert.deepEqual(rates.statistics(), { clients: 100, sessions: 0, forgotten: 900 });
});
