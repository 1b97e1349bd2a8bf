import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createAnalyser } from './index.ts';
import { START_MS, testTransaction } from './test-transaction.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test('100,000 endpoints of as many clients, hosts and parameter names take no more than the bounds', async () => {
  const analyser = await createAnalyser({});
  const heapMost = 160 << 20;
  collectGarbage();
  const before = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 100_000; i++) {
    const letters = [...i.toString(26)]
      .map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 26)))
      .join('');
    await analyser.analyse(
      testTransaction({
        client: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
        atMs: START_MS + i * 50,
        host: `host${i % 40}.example`,
        method: i % 5 === 0 ? 'POST' : 'GET',
        target: `/${letters.slice(0, 1)}/x${letters}/${i % 3 === 0 ? `y${letters}` : ''}?p${letters}=1&q=${i}`,
        headers: [
          ['Cookie', `sid=${'s'.repeat(16)}${i}; c${letters}=1`],
          [`X-${letters}`, '1'],
        ],
        status: i % 7 === 0 ? 404 : 200,
      }),
    );
  }
  const { endpoints, rates, sequences } = analyser.statistics() as Record<string, Record<string, number>>;
  assert.ok((endpoints?.endpoints ?? 0) <= 2000, JSON.stringify(endpoints));
  assert.ok((endpoints?.hosts ?? 0) <= 32);
  assert.ok((endpoints?.models ?? 0) <= 16_384 && (endpoints?.models ?? 0) >= 0);
  assert.ok((endpoints?.evicted ?? 0) > 0);
  assert.ok((rates?.clients ?? 0) <= 10_000 && (rates?.forgotten ?? 0) >= 90_000);
  for (const size of Object.values(sequences ?? {})) assert.ok(size <= 20_000);
  collectGarbage();
  const grown = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < heapMost, `${Math.round(grown / 2 ** 20)} MiB`);
  const saved = JSON.stringify(analyser.snapshot()).length;
  assert.ok(saved < 64 << 20, `${saved} bytes`);
});

test('a request that is as large as it may be costs no more than a bounded time of many small ones', async () => {
  const analyser = await createAnalyser({});
  const huge = testTransaction({
    method: 'POST',
    target: `/${'a/'.repeat(30_000)}?${'b=c&'.repeat(30_000)}`,
    type: 'application/json',
    body: `{"x":${'['.repeat(500_000)}`,
    headers: Array.from({ length: 1000 }, (_, i) => [`X-${i}`, 'y'.repeat(1000)] as const),
  });
  const small = testTransaction({ target: '/a?b=c' });
  const time = async (count: number, transaction: typeof small): Promise<number> => {
    const startMs = performance.now();
    for (let i = 0; i < count; i++) await analyser.analyse(transaction);
    return (performance.now() - startMs) / count;
  };
  await time(200, small);
  await time(5, huge);
  const ratio = (await time(20, huge)) / (await time(500, small));
  assert.ok(ratio < 2000, `${ratio.toFixed(0)} times a small one`);
});

test('options that make no sense are refused by name', async () => {
  await assert.rejects(createAnalyser({ alertScore: 0 }), /alertScore takes a number from 1 to 100, not 0/);
  await assert.rejects(
    createAnalyser({ rates: { clients: -1 } }),
    /rates\.clients takes a number above 0, not -1/,
  );
  await assert.rejects(
    createAnalyser({ endpoints: { clientLessons: 300 } }),
    /clientLessons takes at most 255/,
  );
});
